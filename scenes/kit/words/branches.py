"""WordTree: what several texts on one prompt say next, as a tree whose branches are as thick as their probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Thickness
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Index
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.words.tokens import display

if TYPE_CHECKING:
    from model.study.turns.branching import Branch

TALL, SMALL = 1.35, 0.8  # height of a word's box, and em of its chance, in em of the word
AIR = 0.12  # between a word and the line that leads to it
BEGUN = 0.05  # of a line, from which on it is seen


class WordTree(Painted):
    """The words of a tree in boxes, each with its chance after the words before it; the line that leads there is
    `widest` · chance wide. From left to right, or (`down`) from top to bottom.

    branches: of `model.study.turns.branching.tree_of`. root: the word that all texts go on from. seeds: of the texts,
    each at its end; draws: the first random number of each text. totals: in place of these two, a number for each text,
    written at its end. `grown`: how much of each level is drawn.
    """

    grown: Mix[np.ndarray]

    def __init__(
        self,
        branches: Sequence[Branch],
        root: str,
        seeds: Sequence[int] = (),
        draws: Sequence[Tensor] = (),
        *,
        totals: Sequence[Tensor] = (),
        width: float,
        height: float,
        size: float = 0.4,
        widest: float = 0.3,
        fill: str = "probability",
        down: bool = False,
    ):
        self.branches, self.down, self.rgb = list(branches), down, color(fill)
        self.root, self.seeds, self.draws = display(root), list(seeds), list(draws)
        self.totals = list(totals)
        self.words = [display(branch.word) for branch in branches]
        self.levels = 1 + max(branch.depth for branch in branches)
        self.lanes = self._lanes()
        self.pitch, self.lane = self._pitches(width, height)
        self.size = self._size(size)
        self.widest = min(widest, 0.5 * self.lane, 0.9 * TALL * self.size)
        self.grown = np.ones(self.levels)
        super().__init__(width, height)

    # ── where things are, in local units ─────────────────────────────────────────────────────────
    def _lanes(self) -> list[float]:
        """Across, in lanes: the ends one beside the other, every other word in the middle of what follows it."""
        order: list[Branch] = []

        def visit(branch: Branch) -> None:
            if not branch.children:
                order.append(branch)
            for child in branch.children:
                visit(child)

        for branch in self.branches:
            if branch.parent is None:
                visit(branch)
        self.ends = order
        place = {id(branch): float(k) for k, branch in enumerate(order)}
        for branch in reversed(self.branches):  # children come after their parents
            if branch.children:
                below = [place[id(child)] for child in branch.children]
                place[id(branch)] = (min(below) + max(below)) / 2
        return [place[id(branch)] for branch in self.branches]

    def _pitches(self, width: float, height: float) -> tuple[float, float]:
        """From one level to the next, and from one lane to the next."""
        along, across = (height, width) if self.down else (width, height)
        return along / (self.levels + 2), across / len(self.ends)

    def _size(self, most: float) -> float:
        """The em at which every word has room."""
        texts = [*self.words, self.root]
        room = self.lane - 0.1 if self.down else 0.72 * self.pitch
        low = (0.6 * self.pitch if self.down else 0.9 * self.lane) / (TALL + 1.2 * SMALL)
        return max(min(fitting_size(texts, room, most), low), smallest() / SMALL)

    def at(self, depth: int, lane: float) -> tuple[float, float]:
        """The middle of the word at a level (−1: the root) and in a lane."""
        along, across = (depth + 1.5) * self.pitch, (lane + 0.5) * self.lane
        return (across, along) if self.down else (along, across)

    def _half(self, word: str) -> float:
        """How far a word's box reaches, to the side that lines come from."""
        return TALL * self.size / 2 if self.down else typesetting.width(word, self.size) / 2 + 0.16 * self.size

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        firsts = [lane for branch, lane in zip(self.branches, self.lanes, strict=True) if branch.parent is None]
        middle = (min(firsts) + max(firsts)) / 2
        places = {
            id(branch): self.at(branch.depth, lane) for branch, lane in zip(self.branches, self.lanes, strict=True)
        }
        words = {id(branch): word for branch, word in zip(self.branches, self.words, strict=True)}
        for branch, word in zip(self.branches, self.words, strict=True):
            above = branch.parent
            start = self.at(-1, middle) if above is None else places[id(above)]
            before = self.root if above is None else words[id(above)]
            self._draw_line(pen, branch, (start, before), (places[id(branch)], word))
        self._draw_word(pen, self.root, self.at(-1, middle), "ink", 1.0, None)
        for branch, word in zip(self.branches, self.words, strict=True):
            self._draw_branch(pen, branch, word, places[id(branch)])

    def _draw_line(
        self, pen: Pen, branch: Branch, start: tuple[tuple[float, float], str], end: tuple[tuple[float, float], str]
    ) -> None:
        """From a word to the next: it leaves and arrives along the tree, and grows with its level."""
        grown = min(1.0, 1.6 * float(self.grown[branch.depth]))
        if grown <= BEGUN:
            return
        axis = int(self.down)
        first, last = (np.array(place) for place, _ in (start, end))
        first[axis] += self._half(start[1]) + (1.15 * SMALL * self.size + 0.03 if self.down else 0.0)
        last[axis] -= self._half(end[1])
        bend = np.zeros(2)
        bend[axis] = (last[axis] - first[axis]) / 2
        points = _first_part(np.array([first, first + bend, last - bend, last]), grown)
        shows = Thickness(Cell(branch.chance), self.widest)
        pen.curve(points.tolist(), self.rgb, max(0.012, self.widest * float(branch.chance)), 0.75, shows=shows)

    def _draw_branch(self, pen: Pen, branch: Branch, word: str, place: tuple[float, float]) -> None:
        seen = float(np.clip(2.5 * self.grown[branch.depth] - 1.5, 0, 1))
        self._draw_word(pen, word, place, "secondary" if branch.last else "ink", seen, branch.chance)
        if branch not in self.ends:
            return
        x, y = place
        x, y = (x, y + (TALL / 2 + 1.8 * SMALL) * self.size) if self.down else (x + self._half(word) + AIR, y)
        align = 0.5 if self.down else 0.0
        if self.totals:
            total, size = self.totals[branch.texts[0]], SMALL * self.size
            return pen.number(total, (), "+.2f", x, y, size, "secondary", seen, align=align, level="digits")
        draw = self.draws[branch.texts[0]]
        pen.text(self._name(branch), x, y, SMALL * self.size, "secondary", seen, align=align, level="letters", of=draw)

    def _name(self, branch: Branch) -> Said:
        """Of the texts that end here."""
        first, *others = [say("{s}", s=self.seeds[text]) for text in branch.texts]
        name = Said("seeds " if others else "seed ") + first
        for other in others:
            name = name + ", " + other
        return name

    def _draw_word(
        self, pen: Pen, word: str, place: tuple[float, float], role: str, seen: float, chance: Tensor | None
    ) -> None:
        (x, y), size = place, self.size
        wide, high = typesetting.width(word, size) + 0.32 * size, TALL * size
        box = x - wide / 2, y - high / 2, wide, high
        pen.rectangle(*box, "box", seen, radius=0.14 * size)
        pen.frame(*box, "box_edge", 0.014, seen, radius=0.14 * size)
        of = Index("root", 0) if chance is None else Cell(chance)
        pen.text(word, x, y, size, role, seen, align=0.5, level="words", of=of)
        if chance is not None:
            spec = ".0%" if float(chance) >= 0.01 else ".1%"
            below = y + high / 2 + 0.55 * SMALL * size + 0.03
            pen.number(chance, (), spec, x, below, SMALL * size, self.rgb, seen, align=0.5, level="digits")


def _first_part(points: np.ndarray, t: float) -> np.ndarray:
    """The part of a cubic [4, 2] from 0 to t (de Casteljau)."""
    rows = [points]
    while len(rows[-1]) > 1:
        rows.append((1 - t) * rows[-1][:-1] + t * rows[-1][1:])
    return np.array([level[0] for level in rows])


__all__ = ["WordTree"]
