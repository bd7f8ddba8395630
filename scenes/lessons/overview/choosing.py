"""Other ways to choose the next word: the likeliest, another seed, another temperature."""

from __future__ import annotations

from dataclasses import dataclass

from manim import RIGHT, FadeIn, Transform

from model.study.loop import Loop
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import CumulativeBar
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Number
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.grid import WAITING
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import above, most
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.loop import FinishedRun, with_bars

SHORT = 10  # words of a prompt that fit in a line of a frame that is not wide
LONG = 40  # words; of more the prompt needs still more room


@dataclass(frozen=True, eq=False)
class Choosing:
    """Steps that compare finished runs of the loop; `named` words get a bar."""

    scene: TextLesson
    loop: Loop
    named: int

    def compare(self) -> None:
        """Greedy, and two seeds, word by word."""
        with self.scene.step(
            "Greedy or sampled",
            "Greedy takes the likeliest word each time; sampling, at temperature {t:.2g}, leaves it to u.",
            subtitle="three runs on one prompt · with each word, its chance",
            keep=(),
            claims=[most(turn.probs, turn.id) for turn in self.loop.greedy],
            t=self.loop.temperature,
        ):
            top, boxes = self.prompt_and_lanes
            prompt, seeds = self.prompt(top), (self.loop.seed, self.loop.seed + 1)
            names = [Said("greedy"), *[say("sampled, seed {s}", s=seed) for seed in seeds]]
            turns = (self.loop.greedy, self.loop.sampled, self.loop.other_seed)
            runs = list(zip(names, turns, ("logit", "probability", "probability"), strict=True))
            how: Look = dict(size=self.scene.by(wide=0.46, square=0.44, tall=0.44), down=not self.scene.wide)
            lanes = FinishedRun.together(boxes, runs, gap=self.scene.by(wide=0.3, square=0.14, tall=0.35), **how)
            words = [Grow(lane.row, "emphasis", lag=0.8) for lane in lanes]
            numbers = [Grow(lane.numbers, "shown_opacity", lag=0.8, least=WAITING) for lane in lanes]
            come = [FadeIn(m) for lane in lanes for m in (lane.label, lane.numbers)]
            self.scene.play(FadeIn(prompt), *come, run_time=0.8)
            self.scene.play(*words, *numbers, run_time=4.5)

    @property
    def prompt_and_lanes(self) -> tuple[Box, list[Box]]:
        """Room for the prompt, and for the three runs: below each other in a wide frame, else side by side."""
        stage = self.scene.stage
        if self.scene.wide:
            top, *lanes = stage.rows(0.7, 1, 1, 1, gap=0.1)
            return top, lanes
        many = len(self.tokens)
        top, rest = stage.rows(1 if many <= SHORT else 1.8 if many <= LONG else 2.2, 6)
        return top, rest.columns(1, 1, 1, gap=0.25)

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.loop.sampled[0].trace.tokens

    @property
    def tall_lines(self) -> int:
        """Into how many lines the prompt goes at most in a tall frame, which has room for them."""
        return 4 if len(self.tokens) <= LONG else 6

    def prompt(self, box: Box) -> TokenRow:
        """The text that all runs begin with."""
        unknown, lines = self.loop.sampled[0].trace.unknown, self.scene.by(wide=2, square=2, tall=self.tall_lines)
        return box.fit(TokenRow(self.tokens, unknown=unknown, width=box.width, size=0.5, lines=lines))

    def temperatures(self) -> None:
        """One chart, one u: the temperature rises, and the word that u hits changes under it."""
        first, last, loop = self.loop.heated[0], self.loop.heated[-1], self.loop
        best = int(first.ranking[0])
        fields: Look = dict(word=display(first.trace.vocabulary[best]), hit=display(last.word))
        fields |= dict(p=first.probs[best], q=last.probs[best], r=last.probs[last.id])
        fields |= dict(a=loop.heats[0], b=loop.heats[-1])
        with self.scene.step(
            "Temperature",
            ask="The same logits, the same u, and a T that rises from {a:.1f} to {b:.1f}: which word will u hit?",
            quiz=self.scene.quiz(
                "What chance has “{word}” at the largest T?", last.probs, place=best, spec=".1%", **fields
            ),
            subtitle="softmax(logits / T) · u: draw {k} of NumPy’s default_rng({seed})",
            keep=(),
            claims=[most(first.probs, best), above(("low", "favours", "high"), first.probs[best], last.probs[best])],
            **fields,
            k=1,
            seed=loop.seed,
        ):
            text, *chart = self.heated(0)
            bars, line = chart[0], chart[1]
            self.scene.play(FadeIn(text), *map(FadeIn, chart[2:]), Grow(bars, "values", lag=0.1), run_time=1.4)
            self.scene.play(FadeIn(line), run_time=0.8)
            for k in range(1, len(loop.heated)):
                moves = [Transform(old, new) for old, new in zip(chart, self.heated(k)[1:], strict=True)]
                self.scene.play(*moves, run_time=1.3)
                self.scene.wait(0.4)
            self.scene.answer(
                "A low T favours what is likely (“{word}”: {p:.1%}), a high T evens it out ({q:.1%}), "
                "and u hits “{hit}” ({r:.1%})."
            )

    def heated(self, k: int) -> tuple[TokenRow, ProbabilityBars, CumulativeBar, TokenRow, Number]:
        """At the k-th temperature: the text, the chart, u's line, the word that it hits, and T."""
        turn, scene = self.loop.heated[k], self.scene
        many, much = len(self.tokens), scene.by(wide=1.7, square=1.7, tall=2.6)
        share = much if many > LONG else 1.7 if many > SHORT or not scene.wide else 1.0  # of the text
        line = CumulativeBar(
            turn, turn.trace.vocabulary, width=scene.stage.width, height=0.5, named=self.named, size=0.36
        )
        stage, foot = scene.stage, scene.stage.bottom + line.height
        line.pick().move_to((0, foot - line.height / 2, 0))
        top, middle = Box(stage.left, foot + 0.1, stage.right, stage.top).rows(share, 3.2, gap=0.2)
        longest = typesetting.width(max((display(t.word) for t in self.loop.heated), key=len), 0.5) + 0.7
        room: Look = dict(size=0.5, lines=scene.by(wide=2, square=3, tall=self.tall_lines))
        text = TokenRow(self.tokens, unknown=turn.trace.unknown, width=top.width - longest, **room)
        text.scale(min(1.0, top.height / text.height)).move_to(top.center - (longest / 2, 0, 0))
        word = TokenRow([turn.word], width=longest, size=text.size * text.zoom()).mark(0, "prediction")
        word.next_to(text.edge_point(len(self.tokens) - 1, (1, 0.5)), RIGHT, buff=0.14)
        left, right = middle.columns(1, 3.2, gap=0.3)
        heat = Number(
            self.loop.heats[k], ".1f", 0.6 if scene.wide else 0.46, "probability", before="T = ", of=turn.probs
        ).move_to(left.center)
        ids, vocabulary = with_bars(turn, self.named), turn.trace.vocabulary
        wide: Look = dict(longest=1.0, label_room=1.7, size=0.42, fill="probability", drawn=turn.id)
        bars = ProbabilityBars(turn.probs, vocabulary, order=ids, width=right.width, height=right.height, **wide)
        bars.move_to(right.center)
        return text, bars, line, word, heat
