"""What can be asked of word vectors: directions, analogies, and real vectors of everyday words. The second half of `Embedding`."""

from __future__ import annotations

import numpy as np
from manim import UP, FadeIn, FadeOut, LaggedStart, Transform, VGroup

from model.numbers.tensor import concatenate
from model.numbers.tensor import stack as stack_tensors
from model.study.probes import GLOVE_ANALOGIES, Probe, known
from model.study.space import Analogy, analogy, cosine, nearest, pca
from scenes.kit.charts.numberline import Group, NumberLine
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.ground.typesetting import width
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.terms import TermSum
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson

NEAR = 5  # neighbours that are listed
BAR_TEXT = 0.46  # em of the words beside bars
SIDES = ("position", "prediction")  # colours of the two ends of a direction
FIRST_ANALOGY = "man king woman queen"  # the one that everybody tells


class WordGeometry(TextLesson):
    """Steps over the model's table `E`, its `vocabulary` and `probes`, and over GloVe's vectors (`glove`, `glove_rows`)."""

    # ── directions ───────────────────────────────────────────────────────────────────────────────
    def pairs(self):
        found: Probe = self.probes[0]
        a, b = found.question.sides
        own = cosine(stack_tensors([self.E[j] - self.E[i] for i, j in found.pairs], "pair"), found.along)
        with self.step(
            "A direction",
            "The mean difference of {n} pairs like “{a}”, “{b}” is a direction.",
            a=a,
            b=b,
            n=len(found.pairs),
            keep=(),
            subtitle="across: W_E [id, :] · direction · cosine of each arrow with the mean: {low:.2f} to {high:.2f}",
            low=own.min(),
            high=own.max(),
        ):
            space = self.pairs_map(found, self.stage)
            grown = space.copy()
            space.arrow_grown = np.zeros(len(found.pairs))
            self.play(FadeIn(space), run_time=0.8)
            self.play(Transform(space, grown), run_time=1.8)
        self.space = space

    def pairs_map(self, found: Probe, box: Box) -> VectorSpace:
        """The pairs as arrows: across their dot product with the direction, up what varies most besides."""
        rows = [row for pair in found.pairs for row in pair]
        axes = pca(self.E[rows], "the pairs, across fixed", first=found.along).axes
        space = VectorSpace(
            self.E[rows] @ axes,
            [self.vocabulary[row] for row in rows],
            width=box.width,
            height=box.height,
            roles=list(SIDES) * len(found.pairs),
            arrows=[(2 * k, 2 * k + 1) for k in range(len(found.pairs))],
            stretched=True,
            size=0.36,
            titles=("the direction →", ""),
        )
        return space.move_to(box.center)

    def line_of(self, found: Probe, box: Box, extra: Group | None = None) -> NumberLine:
        """The words tested at their dot products with the direction."""
        groups = [
            Group(values, [self.vocabulary[row] for row in rows], role, above=k == 1)
            for k, (values, rows, role) in enumerate(zip(found.values, found.tested, SIDES, strict=True))
        ]
        a, b = found.question.sides
        line = NumberLine(
            groups + ([extra] if extra else []),
            width=box.width,
            height=min(box.height, 5.2),
            mark=found.border,
            ends=(a, b),
            size=0.38,
        )
        return line.move_to(box.center)

    def probe_line(self):
        found: Probe = self.probes[0]
        with self.step(
            "A probe",
            "{what}, not among the pairs: {right} of {total} lie on their side.",
            what=found.question.what.capitalize(),
            right=found.right,
            total=found.total,
            keep=(self.space,),
            subtitle="dot product W_E [id, :] · direction of each word · dashed: the middle of the {n} pairs",
            n=len(found.pairs),
        ):
            extra = Group(self.E[self.own] @ found.along, [self.vocabulary[row] for row in self.own], "target")
            box, strip = self.above_strip(0.5 if self.wide else 1.3)
            boxes = box.rows(1.4, 1, gap=0.3) if self.portrait else [box]
            line = self.line_of(found, boxes[-1], extra)
            line.sight[2] = 0.0
            line.arrived[:] = 0.0
            if not self.portrait:  # the map is pressed flat onto the line
                flat = self.space.copy()
                flat.emphasis[:], flat.arrow_grown[:], flat.title_opacity = 0.0, 0.0, 0.0
                self.play(Transform(self.space, flat.stretch(0.02, 1)), FadeIn(line), run_time=1.2)
                self.remove(self.space)
            else:
                self.play(Transform(self.space, self.pairs_map(found, boxes[0])), FadeIn(line), run_time=1.2)
            landed = line.copy()
            landed.arrived[:] = 1.0
            self.play(Transform(line, landed), run_time=2)
            terms = self.outermost(found, strip)
            self.play(DotProduct(terms), run_time=1.8)
        self.line, self.terms = line, terms

    def above_strip(self, height: float) -> tuple[Box, Box]:
        """The stage without a strip at its foot, and the strip."""
        stage = self.stage
        foot = stage.bottom + height
        return Box(stage.left, foot + 0.1, stage.right, stage.top), Box(stage.left, stage.bottom, stage.right, foot)

    def outermost(self, found: Probe, box: Box) -> TermSum:
        """The dot product of the word that lies furthest to the right, worked out."""
        k = int(found.values[1].values.argmax())
        row = found.tested[1][k]
        lead = say("{w}:  ", w=display(self.vocabulary[row]))
        return box.fit(
            TermSum(
                self.E[row],
                found.along,
                found.values[1][k],
                width=box.width,
                lines=1 if self.wide else 3,
                size=0.38,
                lead=lead,
            )
        )

    def sentence_on_line(self):
        found: Probe = self.probes[0]
        values = self.E[self.own] @ found.along
        far = int(np.abs(values.values - float(found.border)).argmax())
        with self.step(
            "Any word",
            "A direction answers for any word, whether that fits or not: “{w}” gets {v:+.2f}.",
            w=display(self.vocabulary[self.own[far]]),
            v=values[far],
            subtitle="the words of this sentence on the same line · W_E [id, :] · direction",
        ):
            self.play(FadeOut(self.terms), run_time=0.4)
            shown = self.line.copy()
            shown.sight = np.array([0.4, 0.4, 1.0])
            shown.label_sight = np.array([0.0, 0.0, 1.0])
            self.play(Transform(self.line, shown), run_time=1.6)

    def more_questions(self):
        found = self.probes[1:3]
        fields = {
            f"{name}{k}": value
            for k, p in enumerate(found)
            for name, value in (("right", p.right), ("total", p.total), ("what", p.question.what))
        }
        counts = ", ".join(f"{{right{k}}} of {{total{k}}} {{what{k}}}" for k in range(len(found)))
        with self.step(
            "Other questions",
            "Other pairs: " + counts + " on their side.",
            keep=(),
            **fields,
            subtitle="W_E [id, :] · direction · words not among the pairs · dashed: the pairs’ middle",
        ):
            boxes = (self.stage.rows if self.portrait else self.stage.columns)(*[1] * len(found), gap=0.5)
            lines = [self.line_of(p, box) for p, box in zip(found, boxes, strict=True)]
            for line in lines:
                line.arrived[:] = 0.0
            self.play(*[FadeIn(line) for line in lines], run_time=0.6)
            landed = [line.copy() for line in lines]
            for line in landed:
                line.arrived[:] = 1.0
            self.play(*[Transform(a, b) for a, b in zip(lines, landed, strict=True)], run_time=2.2)

    # ── analogies ────────────────────────────────────────────────────────────────────────────────
    def ranking_of(self, found: Analogy, table, vocabulary, box: Box, **alike) -> Ranking:
        """What really lies nearest to b − a + c; the expected word with its true rank, if it is not among them."""
        ids, ranks, values = list(found.found.ids), list(range(1, len(found.found.ids) + 1)), found.found.cosines
        if found.expected not in ids:
            ids, ranks = [*ids, found.expected], [*ranks, found.rank]
            values = cosine(table[ids], found.target)
        return Ranking(
            values,
            [vocabulary[row] for row in ids],
            ranks=ranks,
            marked=ids.index(found.expected),
            mark="truth" if found.holds else "loss",
            title=self.expression(found, vocabulary),
            title_fill="target",
            width=box.width,
            height=box.height,
            size=BAR_TEXT,
            **alike,
        )

    @staticmethod
    def expression(found: Analogy, vocabulary) -> Said:
        return say("{b} − {a} + {c}", **{name: display(vocabulary[getattr(found, name)]) for name in "abc"})

    def own_analogies(self):
        shown = self.analogies
        first, words = shown[0], self.vocabulary
        fields = dict(e=self.expression(first, words), w=display(words[first.found.ids[0]]))
        if len(shown) > 1:
            caption = "{e}: “{w}”. But for {e2} “{w2}” is number {r}."
            fields |= dict(e2=self.expression(shown[1], words), w2=display(words[shown[1].expected]), r=shown[1].rank)
        else:
            caption = "{e} leads to “{w}”" + ("." if first.holds else "; “{w2}” is number {r}.")
            fields |= dict(w2=display(words[first.expected]), r=first.rank)
        with self.step(
            "Analogies",
            caption,
            keep=(),
            subtitle="rows of W_E · cosines with all {v} rows but those of the three words asked",
            v=self.E.shape[0],
            **fields,
        ):
            boxes = (self.stage.rows if self.portrait else self.stage.columns)(
                *[1] * len(shown), gap=0.8 if self.wide else 0.5
            )
            widest = max(
                width(display(words[row]), 1.0) for found in shown for row in (*found.found.ids, found.expected)
            )
            alike = dict(lines=NEAR + 1.6, label_room=widest)
            bars = [
                box.fit(self.ranking_of(found, self.E, words, box, **alike))
                for found, box in zip(shown, boxes, strict=True)
            ]
            self.play(LaggedStart(*[Grow(b, "bar_opacity", lag=0.4) for b in bars], lag_ratio=0.6), run_time=3)

    # ── everyday words ───────────────────────────────────────────────────────────────────────────
    def everyday_words(self):
        glove, rows = self.glove, self.everyday
        missing = [w for w in dict.fromkeys(self.words) if w.lower() not in self.glove_rows]
        note = " · not among them: {missing}" if missing else ""
        with self.step(
            "Everyday words",
            "GloVe, from six billion words: neighbours share meaning and theme.",
            keep=(),
            missing=", ".join(missing[:4]),
            subtitle="glove.vectors = {v} words × {d}" + note,
            v=len(glove),
            d=glove.table.shape[1],
        ):
            found = [nearest(glove.table, glove.table[row], NEAR, [row]) for row in rows]
            boxes = (self.stage.rows if self.portrait else self.stage.columns)(
                *[1] * len(rows), gap=0.6 if self.wide else 0.4
            )
            widest = max(width(glove.vocabulary[k], 1.0) for near in found for k in near.ids)
            bars = [
                box.fit(
                    Ranking(
                        near.cosines,
                        [glove.vocabulary[k] for k in near.ids],
                        width=min(box.width, 6.5),
                        height=box.height,
                        numbered=False,
                        label_room=widest,
                        title=say("{w}", w=glove.vocabulary[row]),
                        title_fill="target",
                        size=BAR_TEXT,
                    )
                )
                for row, near, box in zip(rows, found, boxes, strict=True)
            ]
            self.play(LaggedStart(*[Grow(b, "bar_opacity", lag=0.4) for b in bars], lag_ratio=0.4), run_time=2.6)

    def king_and_queen(self):
        table, words = self.glove.table, self.glove.vocabulary
        found = analogy(table, *known(FIRST_ANALOGY, self.glove_rows), n=NEAR)
        with self.step(
            "King and queen",
            "{e} leads to “{w}”, if the words asked are left out.",
            e=self.expression(found, words),
            w=words[found.found.ids[0]],
            keep=(),
            subtitle="GloVe, {n} words · left out: {a}, {b}, {c}; else “{raw}” is nearest",
            n=len(words),
            a=words[found.a],
            b=words[found.b],
            c=words[found.c],
            raw=words[found.nearest_of_all],
        ):
            boxes = self.stage.columns(1.5, 1, gap=0.5) if self.wide else self.stage.rows(1.5, 1, gap=0.3)
            space = self.analogy_map(found, boxes[0])
            bars = boxes[1].fit(self.ranking_of(found, table, words, boxes[1]))
            arrows = space.arrow_grown.copy()
            space.arrow_grown = np.zeros_like(arrows)
            self.play(FadeIn(space), run_time=0.8)
            grown = space.copy()
            grown.arrow_grown = arrows
            self.play(Transform(space, grown), run_time=1.6)
            self.play(Grow(bars, "bar_opacity", lag=0.4), run_time=1.5)

    def analogy_map(self, found: Analogy, box: Box) -> VectorSpace:
        """The four words and what lies near the target, in their own plane; the target is a ring."""
        words = self.glove.vocabulary
        rows = list(dict.fromkeys([found.a, found.b, found.c, found.expected, *found.found.ids]))
        points = self.glove.table[rows]
        axes = pca(points, "the words shown")
        with_target = concatenate([points, stack_tensors([found.target], "word")], 0)
        roles = ["ink"] * 3 + ["truth"] + ["secondary"] * (len(rows) - 4) + ["target"]
        titles = (say("across: {v:.0%} of the variance", v=axes.explained[0]), say("up: {v:.0%}", v=axes.explained[1]))
        space = VectorSpace(
            axes.project(with_target),
            [*(words[row] for row in rows), self.expression(found, words)],
            width=box.width,
            height=box.height,
            roles=roles,
            size=0.36,
            must=[len(rows), 0, 1, 2, 3],
            arrows=[(0, 1), (2, len(rows))],
            arrow_fill="target",
            hollow=[len(rows)],
            titles=titles,
        )
        return space.move_to(box.center)

    def hits_and_misses(self):
        table, words = self.glove.table, self.glove.vocabulary
        found = [
            analogy(table, *rows, n=1) for rows in (known(each, self.glove_rows) for each in GLOVE_ANALOGIES) if rows
        ]
        worst = max(found, key=lambda each: each.rank)
        with self.step(
            "Hits and misses",
            "{hits} of these {n} hold. For {e}, “{x}” is number {r}.",
            hits=sum(each.holds for each in found),
            n=len(found),
            keep=(),
            e=self.expression(worst, words),
            x=words[worst.expected],
            r=worst.rank,
            subtitle="GloVe · nearest of the {v} other words, its cosine, and the place of the word expected",
            v=len(words) - 3,
        ):
            rows = [[Label(t, LABEL, "secondary") for t in ("", "nearest", "expected", "place")]]
            for each in found:
                role = "truth" if each.holds else "loss"
                rows.append(
                    [
                        Label(self.expression(each, words), LABEL),
                        Label(say("{w} {v:.2f}", w=words[each.found.ids[0]], v=each.found.cosines[0]), LABEL),
                        Label(say("{w}", w=words[each.expected]), LABEL, role),
                        Label(say("{r}", r=each.rank), LABEL, role),
                    ]
                )
            table_rows = self.set_lines(rows[1:]) if self.portrait else self.set_table(rows)
            self.play(
                LaggedStart(*[FadeIn(VGroup(*row), shift=0.15 * UP) for row in table_rows], lag_ratio=0.3), run_time=3
            )

    def set_lines(self, rows: list[list[Label]]) -> list[list[Label]]:
        """Each row in two lines: the question, and below it what is nearest, what was expected, and its place."""
        lines = []
        for question, near, expected, place in rows:
            notes = [Label(text, LABEL, "secondary") for text in ("· expected", "at place")]
            answer = VGroup(near, notes[0], expected, notes[1], place).arrange(buff=0.2)
            lines.append(VGroup(question.scale(1.25), answer).arrange((0, -1, 0), buff=0.1, aligned_edge=(-1, 0, 0)))
        self.stage.fit(VGroup(*lines).arrange((0, -1, 0), buff=0.55, aligned_edge=(-1, 0, 0)))
        return [[question, *answer] for question, answer in lines]

    def set_table(self, rows: list[list[Label]]) -> list[list[Label]]:
        """Labels in columns over the stage."""
        widths = [max(row[k].width for row in rows) for k in range(len(rows[0]))]
        gap = min(1.2, (self.stage.width - sum(widths)) / (len(widths) - 1))
        factor = 1.0
        if gap < 0.25:
            factor = (self.stage.width - 0.25 * (len(widths) - 1)) / sum(widths)
            widths, gap = [w * factor for w in widths], 0.25
        elif sum(widths) + gap * (len(widths) - 1) < 0.8 * self.stage.width:
            factor = min(1.35, 0.8 * self.stage.width / (sum(widths) + gap * (len(widths) - 1)))
            widths, gap = [w * factor for w in widths], gap * factor
        pitch = min(self.stage.height / len(rows), 2.4 * LABEL * factor)
        left = -(sum(widths) + gap * (len(widths) - 1)) / 2
        top = self.stage.center[1] + pitch * (len(rows) - 1) / 2
        for i, row in enumerate(rows):
            x = left
            for label, room in zip(row, widths, strict=True):
                label.scale(factor).move_to((x + label.width / 2, top - i * pitch, 0))
                x += room + gap
        return rows


__all__ = ["WordGeometry"]
