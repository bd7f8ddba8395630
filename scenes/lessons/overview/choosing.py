"""Other ways to choose the next word: the likeliest, another seed, another temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manim import FadeIn

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from model.study.loop import Loop
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.grid import WAITING
from scenes.kit.recipes import Look, longest_bar
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import above, most
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.loop import FinishedRun, mark_end

if TYPE_CHECKING:
    from model.runs.sampling import Turn

SHORT = 10  # words of a prompt that fit in a line of a frame that is not wide
TITLE, TEXT = 0.46, 0.42  # em of a panel's temperature and of the text below its bars


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
        top, rest = stage.rows(1 if len(self.tokens) <= SHORT else 1.8, 6)
        return top, rest.columns(1, 1, 1, gap=0.25)

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.loop.sampled[0].trace.tokens

    def prompt(self, box: Box) -> TokenRow:
        """The text that all runs begin with."""
        unknown, lines = self.loop.sampled[0].trace.unknown, self.scene.by(wide=2, square=2, tall=4)
        return box.fit(TokenRow(self.tokens, unknown=unknown, width=box.width, size=0.5, lines=lines))

    def temperatures(self, heats: tuple[float, float]) -> None:
        """The first distribution at the two temperatures of `cool` and `warm`, and the texts that come of them."""
        first, both = self.loop.sampled[0], (self.loop.cool, self.loop.warm)
        order, best = first.ranking[: self.named].tolist(), int(first.ranking[0])
        cool, warm = (turns[0].probs for turns in both)
        fields: Look = dict(word=display(first.trace.vocabulary[best]), a=cool[best], b=warm[best])
        with self.scene.step(
            "Temperature",
            "A low T favours what is likely (“{word}”: {a:.1%}), a high T evens the chances out ({b:.1%}).",
            subtitle="softmax(logits / T) · both with seed {s}: the same u at every turn",
            keep=(),
            claims=[most(cool, best), above(("low", "favours", "high"), cool[best], warm[best])],
            **fields,
            s=self.loop.seed,
        ):
            beside = self.scene.stage.columns(1, 1, gap=0.8)
            halves = self.scene.by(wide=beside, square=beside, tall=self.scene.stage.rows(1, 1, gap=0.6))
            longest = longest_bar((probs, order) for probs in (cool, warm))
            panels = [
                self.panel(box, heat, turns, order, longest)
                for box, heat, turns in zip(halves, heats, both, strict=True)
            ]
            titles = [FadeIn(title) for title, _, _ in panels]
            self.scene.play(*titles, *[Grow(bars, "values", lag=0.1) for _, bars, _ in panels], run_time=1.6)
            self.scene.play(*[Grow(row, "emphasis", lag=0.8) for _, _, row in panels], run_time=2.5)

    def panel(
        self, box: Box, heat: float, turns: tuple[Turn, ...], order: list[int], longest: float
    ) -> tuple[Label, ProbabilityBars, TokenRow]:
        """The first distribution at one temperature, and the text that comes of it."""
        head, middle, foot = box.rows(0.45, 2.7, 1.3, gap=0.15)
        given = Tensor.given(heat, "temperature", origin=CHOSEN)
        title = Label(say("T = {t:.2g}", t=given), TITLE, "probability", of=turns[0].probs)
        room: Look = dict(width=middle.width, height=middle.height, longest=longest)
        bars = ProbabilityBars(turns[0].probs, turns[0].trace.vocabulary, order=order, **room).move_to(middle.center)
        row = TokenRow([turn.word for turn in turns], width=foot.width, size=TEXT, lines=2)
        return title.move_to(head.center), bars, foot.fit(mark_end(row, turns))
