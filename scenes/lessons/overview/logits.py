"""From the last row to chances: logits by W_U, the largest of them, and their softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manim import PI, FadeIn, FadeOut, LaggedStart, Transform

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.text import LABEL, Formula, Label
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import COME, LEAVE
from scenes.lessons.overview.depth import LastRow

if TYPE_CHECKING:
    from model.runs.sampling import Turn

SHOWN_WEIGHTS = 2000  # columns of W_U that are painted
ALL_ROWS = 10**9
UPRIGHT_ROW = 0.32  # how wide the row x is when it stands before W_U
BESIDE_W_U = 0.8  # room left of W_U for it
OVER_AND_UNDER = 0.5  # room above and below W_U and the logits for their names


@dataclass(frozen=True, eq=False)
class Logits:
    """Steps over one turn of the loop at a temperature; `named` words get a bar."""

    scene: TextLesson
    turn: Turn
    temperature: Tensor
    named: int

    def logits(self, last_row: LastRow) -> TensorGrid:
        """The row meets W_U; the largest logits come out, each with its word."""
        logits, play = self.turn.trace["logits"][-1], self.scene.play
        part = " · the first {n} of {v} columns" if len(logits) > SHOWN_WEIGHTS else ""
        with self.scene.step(
            "Logits",
            "This row meets the column of each word: one logit for each of {v} words.",
            subtitle="logits = x W_U · position {i}" + part,
            quiz=self.scene.quiz("Which word of all gets the largest logit?", logits, self.scene.called_next),
            keep=(last_row.journey, last_row.frame),
            v=len(logits),
            i=len(self.turn.trace) - 1,
            n=SHOWN_WEIGHTS,
        ):
            left, right = self.weights_and_largest
            weights, strip = self.unembedding(left, logits)
            x = last_row.journey.strip(len(last_row.journey.rows) - 1)
            upright = x.copy().rotate(-PI / 2).stretch_to_fit_height(weights.height).stretch_to_fit_width(UPRIGHT_ROW)
            upright.next_to(weights, (-1, 0, 0), buff=0.3)
            name = Formula("x", LABEL).next_to(upright, (0, 1, 0), buff=0.15)
            name_of_weights = Formula("W_U", LABEL, "positive").next_to(weights, (0, 1, 0), buff=0.15)
            name_of_strip = Label("logits", LABEL, "logit").next_to(strip, (0, -1, 0), buff=0.12)
            leaving = [FadeOut(last_row.journey, rate_func=LEAVE), FadeOut(last_row.frame)]
            play(*leaving, Transform(x, upright), FadeIn(name, rate_func=COME), run_time=1.2)
            play(FadeIn(weights), FadeIn(name_of_weights), run_time=0.8)
            play(Introduce(strip, "columns", lag=0.02), FadeIn(name_of_strip), run_time=1.4)
            return self.come_out(strip, logits, right)

    def unembedding(self, box: Box, logits: Tensor) -> tuple[HeatStrips, HeatStrips]:
        """W_U as a texture and, aligned under it, the logits: one for each column."""
        painted = min(len(logits), SHOWN_WEIGHTS)
        room = Box(box.left + BESIDE_W_U, box.bottom + OVER_AND_UNDER, box.right, box.top - OVER_AND_UNDER)
        W_U = self.turn.trace["W_U"][:, :painted]
        weights = HeatStrips(W_U, "weight", width=room.width, height=0.78 * room.height, rows=ALL_ROWS)
        strip = HeatStrips(logits[:painted], "logit", width=room.width, height=0.5, pitch=0.5)
        stack(weights, strip, gap=0.3).move_to(room.center)
        return weights, strip

    def come_out(self, strip: HeatStrips, logits: Tensor, box: Box) -> TensorGrid:
        """The largest logits come out of the strip, with their words; the smallest of all stands below."""
        grid = self.ranked(logits, box)
        rows = [k for k, row in enumerate(grid.rows) if row is not None]
        pieces, empty = [grid.piece([k], [0]) for k in rows], grid.copy().reveal(0)
        ids = [int(self.turn.ranking[grid.rows[k]]) for k in rows]
        places = [strip.cell_center(0, k) if k < strip.values.shape[1] else strip.get_right() for k in ids]
        flights = [FadeIn(p, target_position=at, scale=0.2) for p, at in zip(pieces, places, strict=True)]
        self.scene.play(LaggedStart(*flights, lag_ratio=0.3), run_time=2)
        self.scene.play(FadeIn(empty), run_time=0.5)  # their words
        self.scene.remove(empty, *pieces)
        self.scene.add(grid)
        return grid

    def ranked(self, logits: Tensor, box: Box) -> TensorGrid:
        """The logits in order, likeliest first, one below the other with their words."""
        ranking, vocabulary = self.turn.ranking, self.turn.trace.vocabulary
        cell = (self.scene.by(wide=1.25, square=1.25, tall=1.05), self.bars().pitch)
        room: Look = dict(cell=cell, width=box.width, height=99, rows=self.named + 2)
        words = [display(vocabulary[k]) for k in ranking]
        look: Look = dict(upright=True, brackets=False, size=LABEL, row_labels=words)
        return box.fit(TensorGrid(logits[ranking], "logit", **look, **room))

    def probabilities(self, largest: TensorGrid) -> ProbabilityBars:
        """The largest logits step aside; beside them grow the chances."""
        probs, best = self.turn.probs, int(self.turn.ranking[0])
        fields: Look = dict(p=probs[best], all=probs.sum(), word=display(self.turn.trace.vocabulary[best]))
        with self.scene.step(
            "Probabilities",
            "Softmax turns logits into chances that add up to {all:.0%}: “{word}” gets {p:.1%}.",
            subtitle="probs = softmax(logits / T) · temperature T = {t:.2g} · {v} words",
            quiz=self.scene.quiz("What chance does “{word}” get?", probs, place=best, spec=".1%", **fields),
            keep=(largest,),
            **fields,
            t=self.temperature,
            v=len(probs),
        ):
            left, right = self.logits_and_bars
            bars = self.bars().move_to(right.center)
            aside = largest.copy()
            aside.scale(bars.pitch / (aside.ch * aside.zoom()))
            if aside.width > left.width:
                aside.scale(left.width / aside.width)
            aside.move_to((left.right - aside.width / 2, bars.get_top()[1] - aside.height / 2, 0))
            self.scene.play(Transform(largest, aside), run_time=1)
            self.scene.play(Grow(bars, "values", lag=0.2), run_time=2)
        return bars

    def bars(self) -> ProbabilityBars:
        """The chances, with their total."""
        box, size = self.logits_and_bars[1], self.scene.by(wide=0.42, square=0.42, tall=0.46)
        room: Look = dict(width=box.width, height=box.height, size=size)
        return ProbabilityBars(
            self.turn.probs, self.turn.trace.vocabulary, count=self.named, fill="probability", total=True, **room
        )

    @property
    def weights_and_largest(self) -> list[Box]:
        beside = self.scene.stage.columns(2.1, 1, gap=0.5)
        return self.scene.by(wide=beside, square=beside, tall=self.scene.stage.rows(1, 1, gap=0.5))

    @property
    def logits_and_bars(self) -> list[Box]:
        beside = self.scene.stage.columns(1, 2.2, gap=0.6)
        return self.scene.by(wide=beside, square=beside, tall=self.scene.stage.columns(1, 1.95, gap=0.3))
