"""Texts that grow word by word: the screen of the loop predict–sample–append, and finished runs of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from manim import VGroup

from model.numbers.tensor import stack as stack_tensors
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import CumulativeBar
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.words.links import Threads
from scenes.kit.words.tokens import TokenNumbers, TokenRow

if TYPE_CHECKING:
    from model.runs.sampling import Turn


def with_bars(turn: Turn, named: int, picked: bool = True) -> list[int]:
    """The `named` words that get a bar: the likeliest, and of the last of them takes its place the one that was drawn,
    if it is less likely than all of these."""
    ids: list[int] = turn.ranking[:named].tolist()
    return [*ids[:-1], turn.id] if picked and turn.id not in ids else ids


def mark_end(row: TokenRow, turns: Sequence[Turn], first: int = 0) -> TokenRow:
    """The mark that ends a text is no word: it is grey. The turns' words stand in the row from `first` on."""
    for k, turn in enumerate(turns):
        if turn.last:
            row.mark(first + k, "secondary")
    return row


def mark_drawn(row: TokenRow, turns: Sequence[Turn], first: int) -> TokenRow:
    """What was drawn is pink."""
    for k in range(len(turns)):
        row.mark(first + k, "prediction")
    return mark_end(row, turns, first)


class LoopScreen:
    """Where everything of the loop stands on a stage: the text on top, then room for what the model computes (`inside`)
    beside the bars (above them where the frame is tall), and at the bottom the bar that u falls on.

    tokens: of the prompt. turns: of `model.runs.sampling.generate`. named: how many words get a bar. `text` has room
    for all words from the start; only the prompt is seen. All bars and all lines of the turns have one scale, so that
    they turn into each other.
    """

    def __init__(
        self,
        stage: Box,
        tokens: Sequence[str],
        turns: Sequence[Turn],
        *,
        named: int,
        unknown: Iterable[int] = (),
        wide: bool = True,
        tall: bool = False,
    ):
        self.stage, self.turns, self.named = stage, turns, named
        words = [*tokens, *[turn.word for turn in turns]]
        long = len(words) > 14
        lines, size = (1 + long, 0.4 if long else 0.52) if wide else (3 + long, 0.6) if tall else (2 + long, 0.52)
        row = TokenRow(words, unknown=unknown, width=stage.width, size=size, lines=lines)
        text = mark_drawn(row, turns, len(tokens))
        top = Box(stage.left, stage.top - max(text.height, 0.7), stage.right, stage.top)
        self.text = top.fit(text.show_only(len(tokens)))
        self.bar_height, self.size = (0.46, 0.32) if wide else (0.8, 0.4) if tall else (0.6, 0.36)
        rest = Box(stage.left, stage.bottom, stage.right, text.get_bottom()[1] - 0.25)
        self.foot = Box(
            rest.left, rest.bottom, rest.right, rest.bottom + CumulativeBar.room(self.bar_height, self.size)
        )
        self.middle = Box(rest.left, self.foot.top + 0.2, rest.right, rest.top)
        self.inside, self.beside = self.middle.rows(1, 1.7, gap=0.5) if tall else self.middle.columns(1, 1.2, gap=0.5)

    def bars(self, turn: Turn, picked: bool = True) -> ProbabilityBars:
        """The chances of a turn; `picked`: the word that was drawn has a bar of its own, in its colour."""
        longest = max(float(t.probs.values[t.ranking[0]]) for t in self.turns)
        rest = max(1 - float(t.probs.values[with_bars(t, self.named)].sum()) for t in self.turns)
        bars = ProbabilityBars(
            turn.probs,
            turn.trace.vocabulary,
            order=with_bars(turn, self.named, picked),
            fill="probability",
            width=self.beside.width,
            height=self.beside.height,
            longest=max(longest, rest),
            label_room=1.7,
            drawn=turn.id if picked else None,
        )
        return bars.move_to(self.beside.center)

    def line(self, turn: Turn) -> CumulativeBar:
        line = CumulativeBar(
            turn, turn.trace.vocabulary, width=self.foot.width, height=self.bar_height, named=self.named, size=self.size
        )
        return line.move_to(self.foot.center)

    def lens(self, turn: Turn, line: CumulativeBar) -> tuple[CumulativeBar, Threads, tuple[float, float]]:
        """The surroundings of the word that was drawn, enlarged, in the middle; rays from the line to it; the part
        shown."""
        low, high = float(turn.lower), float(turn.upper)
        margin = 1.5 * (high - low)
        window = (max(low - margin, 0.0), min(high + margin, 1.0))
        size = 1.15 * self.size
        height = min(1.4, max(self.middle.height - 0.3 - CumulativeBar.room(0, size), 0.5))
        lens = CumulativeBar(
            turn,
            turn.trace.vocabulary,
            width=self.middle.width,
            height=height,
            named=self.named,
            size=size,
            window=window,
        )
        lens.pick().move_to(self.middle.center).shift((0, 0.1, 0))
        spot, large = line.interval_corners(*window), lens.interval_corners(*window)
        rays = Threads(spot[:2, :2], large[[3, 2], :2], straight=True, line=0.02, opacity=1.0)
        return lens, rays, window


class FinishedRun(VGroup):
    """The words that a run of the loop has written, and with each the chance that it had.

    Lies across its box with the name in front, or (`down`) stands in it with the name on top. Parts: `.label .row
    .numbers`."""

    def __init__(
        self,
        box: Box,
        name: Said,
        turns: Sequence[Turn],
        *,
        role: str = "ink",
        size: float = 0.46,
        down: bool = False,
        gap: float = 0.3,
    ):
        words = [turn.word for turn in turns]
        self.label = Label(name, LABEL, role, of=turns[0].u)
        if down:
            room = Box(box.left, box.bottom, box.right - 0.95, box.top - 0.6)
            if self.label.width > box.width:
                self.label.scale(box.width / self.label.width)
            self.row = TokenRow(words, width=room.width, height=room.height, size=size, down=True, gap=gap)
            self.row.move_to((room.left + self.row.width / 2, room.top - self.row.height / 2, 0))
            self.label.move_to((box.left + self.label.width / 2, box.top - 0.25, 0))
        else:
            room = Box(box.left + 3.0, box.bottom, box.right - 0.2, box.top)  # numbers may be wider than their words
            self.row = TokenRow(words, width=room.width, size=size, gap=gap)
            self.row.move_to((room.left + self.row.width / 2, room.center[1] + 0.12, 0))
            self.label.move_to((box.left + self.label.width / 2, self.row.get_center()[1], 0))
        mark_end(self.row, turns)
        self.numbers = TokenNumbers(
            self.row, stack_tensors([turn.probs[turn.id] for turn in turns], "turn"), spec=".1%", least=0.0
        )
        super().__init__(self.label, self.row, self.numbers)

    @classmethod
    def together(
        cls, boxes: Iterable[Box], runs: Sequence[tuple[Said, Sequence[Turn], str]], **options: Any
    ) -> list[FinishedRun]:
        """Several (name, turns, role) in one size of letters and one of numbers."""
        size = options.pop("size")
        for _ in range(2):
            made = [
                cls(box, name, turns, role=role, size=size, **options)
                for box, (name, turns, role) in zip(boxes, runs, strict=True)
            ]
            size = min(run.row.size for run in made)
        for run in made:
            run.numbers.size = min(other.numbers.size for other in made)
        return made


__all__ = ["FinishedRun", "LoopScreen", "mark_end", "with_bars"]
