"""Two runs: where in a model two sentences part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from manim import UP, FadeIn, Mobject

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.runs.ablation import moved
from model.runs.stacks import is_translator
from model.study.inside.comparing import Aligned, Comparison
from model.study.inside.models import TwoModels, next_words
from scenes.course import own_run
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.kit.words.strip import READABLE
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson, call
from scenes.lesson.options import Choice
from scenes.lesson.steps import give_way
from scenes.lessons.compare import heads, last, rows, story
from scenes.lessons.compare.aligned import AlignedTexts, telling
from scenes.lessons.compare.second import again, heads_of, is_same, run_of_another, second_run

TITLE, GAP = 0.55, 0.35  # room over bars for their title; between the texts and the bars
SHARE, LEAST = 0.42, 0.22  # of the stage’s height that both texts take at most; em down to which they shrink for that
SMALLEST = 0.2  # em of the words below which some are left out
LARGER = 1.7  # how much larger the texts begin, at most
END = (-1, -1)  # the last words of both texts
OTHER = "Lucy was tired, so she"  # beside the lesson’s own text


class Compare(TextLesson):
    """Two runs side by side: of two texts, of one with heads switched off, or by two models.

    Afterwards you can say what a relative distance of two rows is, why nothing parts before the word that differs, and
    tell a head that looks elsewhere from one that reads something else in the same place. It opens with two sentences
    and what comes after them, and closes with where they part.
    """

    controls = ("other", "other_model", "without")
    predicts = True
    text, model = own_run("compare")

    def prepare(self) -> None:
        """`beside`: both runs, word by word; it is `found`, or of two models `models`. `word`, `rival`: what is
        likeliest after A, and after B or changes most there."""
        super().prepare()
        self.off = heads_of(self.options.without)
        self.second = self.keep_run(self.make_second())
        self.check_length(self.second.tokens)
        self.runs = (self.trace, self.second)
        self.sides = {"A": [self.trace.run_id], "B": [self.second.run_id]}
        self.probs: tuple[Tensor, Tensor] = next_words(self.trace, self.second)
        p, q = (np.asarray(probs.values) for probs in self.probs)
        self.word = int(p.argmax())
        change = abs(q - p)
        change[self.word] = -1.0
        self.rival = int(q.argmax()) if int(q.argmax()) != self.word else int(change.argmax())
        vocabulary = self.trace.vocabulary
        self.phrases |= dict(model=self.model_name, w=display(vocabulary[self.word]), v=display(vocabulary[self.rival]))
        self.beside: Aligned
        if self.options.other_model is None:
            self.beside = self.found = Comparison(*self.runs)
            self.find_the_place()
        else:
            self.beside = self.models = TwoModels(*self.runs)
            self.column, self.notes_variant = self.models.parting, "models"
            self.phrases |= dict(o=self.second.info["checkpoint"], place=self.called_column(self.column))

    def make_second(self) -> Trace:
        """The run that is compared with the first one."""
        options, other = self.options, self.options.other_model
        if other is None:
            own = OTHER if self.text_asked == self.text else None
            return second_run(self.model_asked, self.trace, options.other, self.off, own)
        if is_translator(other):
            raise UsageError(f"{type(self).__name__} shows models of one stack, and {other} translates with two.")
        if is_same(self.model_asked, other):
            raise UsageError(f"both runs would be of one model: {other} is the first one's, too; leave it out.")
        return run_of_another(other, self.text_asked if options.other is None else options.other, self.off)

    def find_the_place(self) -> None:
        """Of one model: where its runs part, and the head that writes most differently there."""
        if not self.found.distances.values.any():
            raise UsageError("both runs are the same up to the end of the shorter text: give one that differs earlier.")
        self.column, self.stop = self.found.parting
        self.block = max(self.stop - 1, 0)
        writes = self.found.writes(self.block, self.column).values
        self.carrier = int(np.argmax(writes))
        self.phrases |= dict(l=self.block, h=self.carrier, place=self.called_column(self.column))

    @property
    def carries(self) -> bool:
        """Whether the head that carries most is on in both runs, so that it can be switched off."""
        return (self.block, self.carrier) not in self.off

    @cached_property
    def without(self) -> tuple[Tensor, Tensor]:
        """What comes next in both runs without the head that carries most, in runs that are made when it is asked."""
        head = (self.block, self.carrier)
        runs = [
            self.keep_run(again(self.model_asked, run, (*off, head)))
            for run, off in zip(self.runs, ((), self.off), strict=True)
        ]
        for name, run in zip("AB", runs, strict=True):
            self.sides[name].append(run.run_id)
        return runs[0]["probs"][-1], runs[1]["probs"][-1]

    def choices(self) -> dict[str, Choice]:
        """None is a number."""
        return {}

    # ── how things are called ────────────────────────────────────────────────────────────────────
    def called_column(self, column: int) -> Said:
        """How a caption speaks of the words of a common column: “she”, or “hungry” / “tired”."""
        (i, j), kept = self.beside.common[column], self.beside.kept[column]
        return self.called(i) if kept else self.called(i) + say(" / ") + self.called_second(j)

    def called_second(self, position: int) -> Said:
        """How a caption speaks of a word of the second text."""
        return call([display(token) for token in self.second.tokens], position)

    @property
    def difference(self) -> Said:
        """In what the two runs differ."""
        pairs = [pair for pair, kept in zip(self.beside.common, self.beside.kept, strict=True) if not kept]
        if self.beside.same_words:
            told = [say("head {h} of layer {l}", h=head, l=layer) for layer, head in self.off[:2]]
            more = say(" and others") if len(self.off) > 2 else say("")
            return (told[0] + say(" and ") + told[1] if len(told) > 1 else told[0]) + more
        if len(self.beside.columns) == len(self.beside.common) and len(pairs) == 1:
            ((i, j),) = pairs
            return say("“{u}” in place of “{x}”", u=display(self.second.tokens[j]), x=self.words[i])
        return say("{k} of {n} places", k=len(self.beside.columns) - sum(self.beside.kept), n=len(self.beside.columns))

    # ── pictures ─────────────────────────────────────────────────────────────────────────────────
    def texts(self) -> AlignedTexts:
        """Both texts at the top of the stage; of those too long to be read there, the words that matter."""
        order, made = telling(self.beside, self.column), self.texts_of(None)
        if made.size < SMALLEST:
            for count in range(len(order) - 1, 1, -1):
                made = self.texts_of(order[:count])
                if made.size >= READABLE and made.height <= SHARE * self.stage.height:
                    break
        return made.move_to(self.stage.center).align_to((0, self.stage.top, 0), UP)

    def texts_of(self, shown: Sequence[int] | None) -> AlignedTexts:
        """Both texts, or these columns of them, in letters that shrink until they leave room for what stands below."""
        size, lines = self.by(wide=0.46, square=0.42, tall=0.46), self.by(wide=2, square=3, tall=4)
        while True:
            made = AlignedTexts(self.beside, width=self.stage.width, size=size, lines=lines, shown=shown)
            if made.height <= SHARE * self.stage.height or size < LEAST:
                return made
            size *= 0.94

    def opening_texts(self) -> AlignedTexts:
        """The same, in the middle of the stage and as large as fits."""
        texts = self.texts()
        grown = min(self.stage.width / texts.width, 0.6 * self.stage.height / texts.height, LARGER)
        return texts.scale(max(grown, 1.0)).move_to(self.stage.center)

    def below(self, texts: Mobject) -> Box:
        stage = self.stage
        return Box(stage.left, stage.bottom, stage.right, float(texts.get_bottom()[1]) - GAP)

    def bars(
        self, box: Box, both: tuple[Tensor, Tensor], at: tuple[int, int] = END
    ) -> tuple[list[Label], list[ProbabilityBars]]:
        """What comes next in A and in B, the same words on one scale: side by side, or one below the other.

        at: after which word of A, and of B."""
        boxes = box.columns(1, 1, gap=0.6) if self.wide else box.rows(1, 1, gap=0.3)
        ids = likeliest_in_either(
            *(self.probs if at == END else both), max(4, min(6, int((boxes[0].height - TITLE) / 0.45)))
        )
        room: Look = dict(width=boxes[0].width, height=boxes[0].height - TITLE, size=0.42)
        bars = bars_on_one_scale(both, self.trace.vocabulary, ids, fill="probability", **room)
        titles = []
        for k, (one, place) in enumerate(zip(bars, boxes, strict=True)):
            last_word = display(self.runs[k].tokens[at[k]])
            title = Label(self.title_of(k, last_word), 0.36, "secondary", of=both[k])
            one.move_to(place.center).align_to((0, place.top - TITLE, 0), UP)
            titles.append(title.next_to(one, UP, buff=0.15))
        return titles, bars

    @property
    def after_the_last(self) -> Said:
        """What the bars are of."""
        last, end = self.words[-1], display(self.second.tokens[-1])
        if self.options.other_model is not None and last == end:
            return say("next word after “{last}”, in A and in B", last=last)
        return say("next word after “{last}” in A, after “{end}” in B", last=last, end=end)

    def title_of(self, k: int, last_word: str) -> Said:
        """What stands over the bars of a run."""
        if self.options.other_model is not None:
            return story.run_name(self, k) + say(" · after “{x}”", x=last_word)
        return say("{run}: next word after “{x}”", run="AB"[k], x=last_word)

    # ── the lesson ───────────────────────────────────────────────────────────────────────────────
    def construct(self) -> None:
        if self.options.other_model is not None:
            return story.of_two_models(self)
        texts = self.question()
        there = self.stakes(texts)
        number = rows.one_distance(self, there)
        grid = rows.going_in(self, number)
        grid = rows.layer_by_layer(self, grid)
        picture = rows.first_place(self, grid)
        picture = heads.who_writes(self, picture)
        if self.carries:
            picture = heads.where_it_looks(self, picture)
            picture = heads.without_it(self, picture)
        picture = heads.every_pattern(self, picture)
        picture = heads.two_patterns(self, picture)
        if last.can_be_shown(self):
            picture = last.word_against_word(self, picture)
        self.answer_to_the_question(picture)

    def question(self) -> AlignedTexts:
        same = self.found.same_words
        with self.step(
            "Two runs",
            ask="One text, but in B {d} off. Where in the model do the two runs part?"
            if same
            else "Two texts, and in B there is {d}. Where in the model do they part?"
            if " in place of " in self.difference
            else "Two texts that differ in {d}. Where in the model do they part?",
            d=self.difference + (say(" is") if len(self.off) == 1 else say(" are")) if same else self.difference,
            subtitle="model {model} · A and B",
            keep=(),
        ):
            texts = self.show_texts()
        if self.trace.unknown:
            self.unknown_words(texts.rows[0])
        return texts

    def show_texts(self) -> AlignedTexts:
        """One comes after the other."""
        texts = self.opening_texts()
        self.play(FadeIn(texts.rows[0], texts.names[0], shift=0.2 * UP), run_time=0.8)
        self.play(FadeIn(texts.rows[1], texts.names[1], shift=0.2 * UP), run_time=1)
        return texts

    def stakes(self, texts: AlignedTexts) -> list[Mobject]:
        """What comes next in either."""
        p, q = self.probs
        with self.step(
            "What comes next",
            ask="What comes next in A, and what in B?",
            subtitle="{after}",
            after=self.after_the_last,
            a=p[self.word],
            b=q[self.word],
            c=p[self.rival],
            d=q[self.rival],
            keep=(texts,),
            quiz=self.quiz("Which word is likeliest in B?", q, self.called_next),
        ):
            small = self.texts()
            titles, bars = self.bars(self.below(small), self.probs)
            shrunk = texts.animate.scale(small.width / texts.width).move_to(small)
            self.play(shrunk, run_time=1)
            for title, one in zip(titles, bars, strict=True):
                self.play(FadeIn(title), Grow(one, "values"), run_time=1.4)
            self.answer("“{w}”: {a:.1%} in A, {b:.1%} in B. “{v}”: {c:.1%} in A, {d:.1%} in B.")
        return [texts, *titles, *bars]

    def answer_to_the_question(self, before: list[Mobject]) -> None:
        with self.step(
            "Where they part", ask="So where do they part?", subtitle="{after}", after=self.after_the_last, keep=before
        ):
            texts = self.texts()
            titles, bars = self.bars(self.below(texts), self.probs)
            self.play(*give_way(before, texts, *titles), run_time=0.8)
            self.play(*[Grow(one, "values") for one in bars], run_time=1.4)
            self.answer(
                "{where} the row of {place} parts first: by {x:.2f} of its length. In the end {t:.0%} of the next "
                "word’s probability goes elsewhere.",
                where=rows.where(self.stop),
                x=self.found.distances[self.column, self.stop],
                t=moved(*self.runs),
            )


def likeliest_in_either(p: Tensor, q: Tensor, count: int) -> list[int]:
    """The likeliest words after A and after B, as many of each as there is room for; those of A first."""
    orders = [np.argsort(-np.asarray(probs.values), kind="stable").tolist() for probs in (p, q)]
    ids: list[int] = []
    for pair in zip(*orders, strict=True):
        ids += [word for word in dict.fromkeys(pair) if word not in ids][: count - len(ids)]
        if len(ids) >= count:
            break
    return sorted(ids, key=lambda word: -p.values[word])


__all__ = ["Compare"]
