"""The sentence as a thin strip that stays: under each word, chips of the rows that have been computed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Shade
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Cells, Index
from scenes.kit.ground.style import color, smallest, theme
from scenes.kit.numbers.cells import MOST, POWER
from scenes.kit.numbers.grid import SIGNED
from scenes.kit.words.tokens import TokenRow

CHIP = 0.13  # height of a chip
AIR = 0.04  # between chips
NAMES = 0.45  # room for the chips' names, left of the strip
CELLS = 8  # cells of a chip at most
BETWEEN = 0.16  # from the chips of one line of words to the next
READABLE = 0.24  # em of the words, where the text is long


@dataclass
class Chips:
    """A row for every word as small coloured cells: a tensor [position, d], and how much of each row is seen."""

    name: str
    tensor: Tensor
    kind: str
    line: int
    values: np.ndarray = field(init=False)
    seen: np.ndarray = field(init=False)  # [position] 0…1
    strongest: float = field(init=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.tensor.values, dtype=float)
        self.values = values[:, :CELLS]
        self.seen = np.zeros(len(values))
        self.strongest = float(np.abs(values).max()) or 1.0

    @property
    def most(self) -> float:
        """How much of the full hue the strongest cell takes, as in a TensorGrid."""
        return MOST.get(self.kind, 0.78)

    @property
    def count(self) -> int:
        """Cells of a chip."""
        return int(self.values.shape[1])

    def fills(self) -> np.ndarray:
        """Colour [position, cell, 3], as TensorGrid colours the same numbers."""
        strength = np.clip(np.abs(self.values) / self.strongest, 0, 1)[..., None] ** POWER
        if self.kind in SIGNED:
            hue = np.where((self.values >= 0)[..., None], color("positive"), color("negative"))
        else:
            hue = color(self.kind if self.kind in theme() else "data")
        return color("cell") + (hue - color("cell")) * strength * self.most


class SentenceStrip(Painted):
    """The words of a run in small boxes; `add("q", Q, "query")` makes room for a chip under each, `show` shows it.

    Chips have no digits: what they hold is read when they open into a row (`Fly`). tokens: as the run has them. size:
    the largest em of the words. chips: how many chips a word will carry. lines: how many lines the words may take.
    target: the position that is followed (yellow), offered: the one that is asked (in the colour of keys); of a text
    too long to be read in a strip these two, those of `besides` and neighbours are shown (`shown`: the positions), ⋯
    for the rest."""

    down = False
    emphasis: Mix[np.ndarray]

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        width: float,
        size: float = 0.3,
        chips: int = 4,
        lines: int = 1,
        unknown: Iterable[int] = (),
        target: int | None = None,
        offered: int | None = None,
        besides: Iterable[int] = (),
    ):
        importance = _by_importance(len(tokens), [p for p in (target, offered, *besides) if p is not None])
        for count in range(len(tokens), 1, -1):
            self.row, self.places = _words(tokens, sorted(importance[:count]), width - NAMES, size, lines)
            if self.row.size >= min(size, READABLE):
                break
        self.shown = list(self.places)
        self.unknown = frozenset(unknown) & frozenset(self.shown)
        self._mark(target, offered)
        self.emphasis = np.ones(len(tokens))
        self.chips: dict[str, Chips] = {}
        self.pitch = self.row.tall * self.row.size + AIR + chips * (CHIP + AIR) + BETWEEN
        count = 1 + max(line for _, line, _ in self.row.boxes)
        super().__init__(NAMES + self.row.natural[0], count * self.pitch - BETWEEN)

    @property
    def size(self) -> float:
        """The em of the words."""
        return self.row.size

    @property
    def between(self) -> float:
        """The room between two lines."""
        return self.pitch - self.row.tall * self.row.size

    def add(self, name: str, tensor: Tensor, kind: str) -> Chips:
        """A line of chips for a tensor [position, d]: laid out, not yet seen."""
        self.chips[name] = Chips(name, tensor, kind, len(self.chips))
        return self.chips[name]

    def show(self, name: str, *positions: int, seen: float = 1.0) -> SentenceStrip:
        """Let the chips of these words be seen (of all, if none is named)."""
        where = list(positions) or slice(None)
        self.chips[name].seen[where] = seen
        return self

    def _mark(self, target: int | None, offered: int | None) -> None:
        for position, role in ((offered, "key"), (target, "target")):
            if position is not None:
                self.row.mark(self.places[position], role)

    def marked(self, target: int, offered: int) -> SentenceStrip:
        """The same strip with these two words coloured and no others."""
        twin: SentenceStrip = self.copy()
        twin.row = self.row.marked(self.places[target])
        twin._mark(target, offered)
        return twin

    def edge_point(self, position: int, side: tuple[float, float]) -> np.ndarray:
        """Scene point on a word's box, as of a TokenRow."""
        x, y, w, h = self.box(position)
        return self.to_scene(x + side[0] * w, y + side[1] * h)

    def box(self, position: int) -> tuple[float, float, float, float]:
        """x, y, w, h of a word's box in local units (KeyError if the word is behind a ⋯)."""
        return self._box(self.places[position])

    def _box(self, place: int) -> tuple[float, float, float, float]:
        x, line, w = self.row.boxes[place]
        return NAMES + x, line * self.pitch, w, self.row.tall * self.row.size

    def corners(self, position: int, pad: float = 0.0) -> np.ndarray:
        """Scene corners [4, 3] of a word's box, clockwise from upper left."""
        return self.corners_of(self.box(position), pad)

    def cell(self, name: str, position: int, k: int) -> tuple[float, float, float, float]:
        """x, y, w, h of a chip's cell in local units."""
        x, top, w, h = self.box(position)
        y = top + h + AIR + self.chips[name].line * (CHIP + AIR)
        wide = (w - 0.08) / self.chips[name].count
        return x + 0.04 + k * wide, y, wide, CHIP

    def place(self, name: str, position: int) -> np.ndarray:
        """The middle of a chip, in scene coordinates."""
        x, y, w, h = self.cell(name, position, 0)
        return self.to_scene(x + self.chips[name].count * w / 2, y + h / 2)

    def place_of_name(self, name: str) -> np.ndarray:
        """Where the name of a line of chips stands, in scene coordinates."""
        _, y, _, h = self.cell(name, self.shown[0], 0)
        return self.to_scene(NAMES / 2, y + h / 2)

    def draw(self, pen: Pen) -> None:
        row, position = self.row, {place: position for position, place in self.places.items()}
        for place, word in enumerate(row.words):
            x, y, w, h = self._box(place)
            level, middle = y + (row.tall / 2 + 0.29) * row.size, x + w / 2
            if place not in position:
                pen.text(word, middle, level, row.size, "secondary", align=0.5)
                continue
            opacity, dashed = float(self.emphasis[position[place]]), position[place] in self.unknown
            pen.rectangle(x, y, w, h, "box", opacity, radius=0.14 * row.size)
            pen.frame(x, y, w, h, row.edge[place], 0.014, opacity, radius=0.14 * row.size, dashed=dashed)
            of = Index("position", position[place])
            pen.text(word, middle, level, row.size, row.tint[place], opacity, align=0.5, of=of)
        for chips in self.chips.values():
            if chips.seen.any():
                self._draw_chips(pen, chips)
                self._draw_names(pen, chips)

    def _draw_chips(self, pen: Pen, chips: Chips) -> None:
        fills = chips.fills()
        i, k = (axis.ravel() for axis in np.indices(fills.shape[:2]))
        opacity = (chips.seen * self.emphasis)[i]
        drawn = (opacity > 0.002) & np.isin(i, self.shown)
        i, k, opacity = i[drawn], k[drawn], opacity[drawn]
        boxes = np.array([self.cell(chips.name, int(a), int(b)) for a, b in zip(i, k, strict=True)]).reshape(-1, 4)
        shade = Shade(Cells(chips.tensor, (i, k)), chips.strongest, chips.kind, POWER, chips.most)
        pen.rectangles(boxes, fills[i, k], opacity, shows=shade)

    def _draw_names(self, pen: Pen, chips: Chips) -> None:
        """The name of what the chips hold, left of the first word of each line."""
        size = max(1.6 * CHIP, smallest())
        role = chips.kind if chips.kind in theme() else "secondary"
        left = NAMES - 0.12 - typesetting.width(chips.name, size)
        for y in {self.cell(chips.name, position, 0)[1] for position in self.shown}:
            pen.text(chips.name, left, y + CHIP / 2 + 0.25 * size, size, role, float(chips.seen.max()))


def legible_part(count: int, first: Sequence[int], size_of: Callable[[list[int]], float]) -> list[int]:
    """Which of so many words are shown: those of `first`, and of the neighbours of the first of them as many as can be
    read well. size_of: the em of some words, where the others are not shown."""
    by_importance = list(dict.fromkeys([*first, *_by_importance(count, first[:1])]))
    low, high = min(2, count), count  # so many are shown at least, and at most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size_of(by_importance[:middle]) >= READABLE else (low, middle - 1)
    return sorted(by_importance[:low])


def _by_importance(count: int, marked: Sequence[int]) -> list[int]:
    """All positions: the marked ones, then those next to the first of them, then further and further away."""
    centre = marked[0] if marked else 0
    return sorted(range(count), key=lambda p: (p not in marked, abs(p - centre), p))


def _words(
    tokens: Sequence[str], shown: Sequence[int], width: float, size: float, lines: int
) -> tuple[TokenRow, dict[int, int]]:
    """The shown words with a ⋯ for each run of others, and {position: place in the row}."""
    words, places, following = [], {}, 0
    for position in shown:
        if position > following:
            words.append("⋯")
        places[position] = len(words)
        words.append(tokens[position].strip(" ") or tokens[position])
        following = position + 1
    if following < len(tokens):
        words.append("⋯")
    return TokenRow(words, width=width, size=size, lines=lines), places
