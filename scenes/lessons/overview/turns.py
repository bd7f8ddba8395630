"""The turns of the loop: a random number picks a word, the word is written, and all begins again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from manim import FadeIn, FadeOut, Mobject, Transform

from model.numbers.trace import Trace
from model.study.loop import Loop
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import CumulativeBar, LayEndToEnd
from scenes.kit.ground.layout import Box
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import Fact, ordered, within
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.loop import LoopScreen

if TYPE_CHECKING:
    from model.runs.sampling import Turn

READABLE = 0.8  # how wide the interval of a word must be, to be looked at without a lens
DRAW = "u: draw {k} of NumPy’s default_rng({seed}) · likeliest words first"
DRAWS = DRAW.replace("draw {k}", "draws {k} to {m}")


def drawn(turn: Turn) -> list[Fact]:
    """u falls into the interval of the turn's word, where the likeliest words come first."""
    assert turn.u is not None
    return [within(turn.u, turn.lower, turn.upper), ordered(turn.probs[turn.ranking])]


@dataclass(frozen=True)
class Screen:
    """On stage: the text with room for its words, the next one's frame, the model's last row, bars, and u's line."""

    text: TokenRow
    slot: Frame
    inside: HeatStrips
    bars: ProbabilityBars
    line: CumulativeBar

    def all(self) -> tuple[Mobject, ...]:
        return self.text, self.slot, self.line, self.bars, self.inside


@dataclass(frozen=True, eq=False)
class Turns:
    """Steps over the sampled turns. journey: how a run of the model is drawn in a box; `named` words get a bar."""

    scene: TextLesson
    loop: Loop
    journey: Callable[[Trace, Box], HeatStrips]
    named: int

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.loop.sampled

    @property
    def prompt(self) -> Trace:
        return self.turns[0].trace

    @cached_property
    def places(self) -> LoopScreen:
        """Where everything stands, and how bars and line of each turn look."""
        how: Look = dict(named=self.named, unknown=self.prompt.unknown, wide=self.scene.wide, tall=self.scene.portrait)
        return LoopScreen(self.scene.stage, self.prompt.tokens, self.turns, **how)

    def inside(self, k: int) -> HeatStrips:
        """The last row through the model in turn k."""
        return self.journey(self.turns[k].trace, self.places.inside)

    def sample(self, bars: ProbabilityBars) -> Screen:
        """The bars are laid end to end; u falls on them."""
        turn, line = self.turns[0], self.places.line(self.turns[0])
        with self.scene.step(
            "Sample",
            ask="All chances end to end, and a random number u between none and all: whose interval will it hit?",
            subtitle=DRAW,
            keep=(bars,),
            claims=drawn(turn),
            u=turn.u,
            word=display(turn.word),
            seed=self.loop.seed,
            k=1,
        ):
            play, text, inside = self.scene.play, self.places.text, self.inside(0)
            slot = Frame(text.corners(len(self.prompt)))
            arriving = [FadeIn(m) for m in (text, slot, inside)]
            play(*arriving, Transform(bars, self.places.bars(turn, picked=False)), run_time=1.2)
            play(LayEndToEnd(bars, line), run_time=1.8)
            play(line.animate.aim(), run_time=0.8)
            play(line.animate.land(), run_time=0.7)
            self.pick(bars, line, turn, run_time=0.6)
            self.scene.answer(f"u = {{u:{line.spec}}} falls into the interval of “{{word}}”.")
        return Screen(text, slot, inside, bars, line)

    def pick(self, bars: ProbabilityBars, line: CumulativeBar, turn: Turn, run_time: float) -> None:
        """The word that u hit takes its colour; one without a bar takes the place of the last that has one."""
        before, after = self.places.bars(turn, picked=False), self.places.bars(turn)
        if before.ids != after.ids:
            for look in (before.copy(), after.copy()):
                look.emphasis[len(look.ids) - 1] = 0.0
                self.scene.play(Transform(bars, look), run_time=0.3)
        self.scene.play(line.animate.pick(), Transform(bars, after), run_time=run_time)

    @property
    def lens_needed(self) -> bool:
        """Whether the interval that was hit is too thin to be read."""
        turn = self.turns[0]
        return (float(turn.upper) - float(turn.lower)) * self.places.foot.width < READABLE

    def closer_look(self, screen: Screen) -> None:
        """The interval that was hit, enlarged, where bars and model stood."""
        turn, line = self.turns[0], screen.line
        fields: Look = dict(word=display(turn.word), p=turn.probs[turn.id], a=turn.lower, b=turn.upper)
        with self.scene.step(
            "A closer look",
            f"Enlarged: “{{word}}” has {{p:.2%}} of the bar, from {{a:{line.spec}}} to {{b:{line.spec}}}.",
            subtitle=DRAW,
            keep=(screen.text, screen.slot, line),
            claims=drawn(turn),
            **fields,
            seed=self.loop.seed,
            k=1,
        ):
            lens, rays, window = self.places.lens(turn, line)
            spot = line.interval_corners(*window)
            arriving = FadeIn(lens, target_position=(spot[0] + spot[2]) / 2, scale=0.05)
            self.scene.play(line.animate.settle(), arriving, FadeIn(rays), run_time=1.5)

    def append(self, screen: Screen) -> None:
        """The word is written. After a closer look, bars and model come back first."""
        turn = self.turns[0]
        with self.scene.step(
            "Append",
            "“{word}” was drawn: here the model ends the text, and the loop stops."
            if turn.last
            else "It is written at the end, and the text with “{word}” is the next input.",
            keep=screen.all(),
            claims=drawn(turn),
            word=display(turn.word),
        ):
            if screen.bars not in self.scene.mobjects:
                back = [FadeIn(screen.bars), FadeIn(screen.inside)]
                self.scene.play(screen.line.animate.pick(), *back, run_time=0.6)
            self.write(screen, 0, 1.4)

    def write(self, screen: Screen, k: int, run_time: float) -> None:
        """The word that turn k has drawn flies from its interval to the end of the text."""
        place = len(self.prompt) + k
        target, corners = screen.text.piece(place), screen.line.word_corners(self.turns[k].place)
        flying = target.copy().move_to((corners[0] + corners[2]) / 2)
        more = k + 1 < len(self.turns)
        next_slot = Transform(screen.slot, Frame(screen.text.corners(place + 1))) if more else FadeOut(screen.slot)
        self.scene.play(Transform(flying, target), next_slot, run_time=run_time)
        self.scene.remove(flying)
        screen.text.show_only(place + 1)

    def repeat(self, screen: Screen) -> Screen:
        """The second turn, move by move."""
        turn, line, play = self.turns[1], self.places.line(self.turns[1]), self.scene.play
        fields: Look = dict(n=len(turn.trace.tokens), u=turn.u, word=display(turn.word))
        with self.scene.step(
            "Repeat",
            f"The same again with {{n}} tokens: new rows, new chances, a new u = {{u:{line.spec}}}: “{{word}}”.",
            subtitle=DRAW,
            claims=drawn(turn),
            **fields,
            seed=self.loop.seed,
            k=2,
        ):
            inside = self.inside(1)
            play(FadeOut(screen.inside), Introduce(inside, "rows", lag=0.6), run_time=1.4)
            play(Transform(screen.bars, self.places.bars(turn, picked=False)), run_time=1)
            play(Transform(screen.line, line), run_time=0.8)
            play(screen.line.animate.land(), run_time=0.8)
            self.pick(screen.bars, screen.line, turn, run_time=0.5)
            self.write(screen, 1, 0.9)
        return replace(screen, inside=inside)

    def again(self, screen: Screen) -> None:
        """All other turns, each in one move."""
        rest, last = range(2, len(self.turns)), self.turns[-1]
        fields: Look = dict(n=len(rest), word=display(last.word), seed=self.loop.seed, k=3, m=len(self.turns))
        with self.scene.step(
            "Again and again",
            "And again, {n} more times, until it draws “{word}”: there the text ends."
            if last.last
            else "And again, {n} more times: each turn is a run of the whole model and a new u.",
            subtitle=DRAWS,
            claims=[each for turn in self.turns[2:] for each in drawn(turn)],
            **fields,
        ):
            for k in rest:
                turn, inside = self.turns[k], Transform(screen.inside, self.inside(k))
                bars = Transform(screen.bars, self.places.bars(turn))
                line = Transform(screen.line, self.places.line(turn).pick())
                self.scene.play(inside, bars, line, run_time=0.9)
                self.write(screen, k, 0.5)
