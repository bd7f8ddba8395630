"""TensorGrid: a matrix, a row or a column of real numbers, as one mobject."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Shade
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cells, Claim
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest, theme
from scenes.kit.ground.text import DIGIT
from scenes.kit.ground.theme import legible_on
from scenes.kit.numbers import cells
from scenes.kit.numbers.cells import DIGIT_SHARE, GAP, MOST, POWER, SLANTED, Law, elide, readable_height, readable_width

BRACKET = 0.13  # width that a bracket takes
SIGNED = {"weight", "score", "logit"}  # blue and red; the others have one hue, by magnitude
HEADER, WAITING = 0.34, 0.2  # em of labels; opacity of cells that wait for their numbers
IMAGE_FROM = 3000  # cells; from here on one image instead of rectangles


class TensorGrid(Painted):
    """A Tensor of one or two axes as cells with numbers.

    tensor: [rows, columns] or [n] (a row; a column if `upright`). kind: what it is, hence its colour: "weight",
    "score", "logit" (signed: blue + / red −), or "data", "query", "key", "value", "delta", "probability" … (one hue,
    by magnitude). width, height: the room it may take, `cell` the largest cell; or `exact`: the cell, however much
    room it takes; or `fit`: a box, in whose middle it lies. rows, columns: the most to show, the rest becomes ⋯
    (`keep_row`, `keep_column` stay visible). row_labels, column_labels: strings, one for each index. Both may also be
    the list of indices to show, with None for each ⋯. scale: the magnitude with the fullest colour (default: the
    largest in the tensor), so that grids can share one. header: em of the labels (default: what goes with the cells).
    Numbers are left out where they would be smaller than the
    style allows.
    """

    values: Mix[np.ndarray]
    cell_opacity: Mix[np.ndarray]
    text_opacity: Mix[np.ndarray]
    glow: Mix[np.ndarray]
    strongest: Mix[float]
    tint: Mix[np.ndarray]
    cw: Mix[float]
    ch: Mix[float]
    left: Mix[float]
    above: Mix[float]
    row_room: Mix[float]
    header: Mix[float]
    digits: Mix[float]
    natural: Mix[tuple[float, float]]

    def __init__(
        self,
        tensor: Tensor,
        kind: str = "data",
        *,
        width: float = 13.0,
        height: float = 5.0,
        cell: tuple[float, float] = (0.92, 0.46),
        exact: tuple[float, float] | None = None,
        fit: Box | None = None,
        rows: int | list[int | None] = 99,
        columns: int | list[int | None] = 99,
        keep_row: int | None = None,
        keep_column: int | None = None,
        row_labels: Sequence[str] | None = None,
        column_labels: Sequence[str] | None = None,
        row_label_color: Fill = "ink",
        column_label_color: Fill = "ink",
        target_row: int | None = None,
        spec: str | None = None,
        scale: float | None = None,
        upright: bool = False,
        brackets: bool = True,
        digits: bool = True,
        size: float = DIGIT,
        header: float | None = None,
    ):
        self.tensor, self.kind, self.upright, self.brackets = tensor, kind, upright, brackets
        self.flat = len(tensor.shape) == 1
        values = tensor.values if not self.flat else tensor.values[:, None] if upright else tensor.values[None, :]
        self.all_shape = values.shape
        self.rows = list(rows) if isinstance(rows, list) else elide(values.shape[0], rows, keep_row)
        self.columns = list(columns) if isinstance(columns, list) else elide(values.shape[1], columns, keep_column)
        self.values = np.array([[_pick(values, r, c) for c in self.columns] for r in self.rows], dtype=float)
        self.gap_cells = np.array([[r is None or c is None for c in self.columns] for r in self.rows])
        self.strongest = float(scale if scale is not None else cells.strongest(values)) or 1.0
        self.spec = spec or ("+.2f" if kind in SIGNED or (values < 0).any() else ".2f")
        self.row_labels, self.column_labels, self.wanted_header = row_labels, column_labels, header
        self.row_label_color, self.column_label_color, self.target_row = row_label_color, column_label_color, target_row
        self.tint = np.array(_hue(kind), dtype=float)
        self.law: Law | None = None  # what its numbers are the sums of: the audit holds it to that
        self.reach: list[tuple[float, float]] | None = None  # of each number, while it is a running sum
        if fit is not None:
            width, height = fit.width, fit.height
        if exact is not None:
            width, height, cell = math.inf, math.inf, exact
        self._lay_out(width, height, cell, digits, size)
        shape = self.values.shape
        self.cell_opacity, self.text_opacity, self.glow = np.ones(shape), np.ones(shape), np.zeros(shape)
        super().__init__(
            self.left + self.cw * self.units_x.sum() + self.right,
            self.above + self.ch * self.units_y.sum() + self.below,
        )
        if fit is not None:
            self.move_to(fit.center)

    # ── layout, in local units ───────────────────────────────────────────────────────────────────
    def _lay_out(self, width: float, height: float, cell: tuple[float, float], digits: bool, size: float) -> None:
        self.units_x = np.array([0.6 if c is None else 1.0 for c in self.columns])  # a ⋯ is narrower than a cell
        self.units_y = np.array([0.6 if r is None else 1.0 for r in self.rows])
        bracket = BRACKET if self.brackets else 0.0
        # Headers need to know the cell, and the cell what the headers leave: twice is enough.
        self.cw, self.ch = cell
        for _ in range(3):
            self.header = self.wanted_header or min(HEADER, 0.9 * self.ch)
            self.left = bracket + self._row_label_width()
            self.above, overhang = self._column_label_room()
            self.right = max(bracket, overhang)
            self.below = 0.0
            self.cw = min(cell[0], (width - self.left - self.right) / self.units_x.sum())
            self.ch = min(cell[1], (height - self.above - self.below) / self.units_y.sum())
        self.row_room = self.left - bracket
        self.digits = self._digit_size(size) if digits else 0.0

    def _row_label_width(self) -> float:
        if self.row_labels is None:
            return 0.0
        shown = [self.row_labels[r] for r in self.rows if r is not None]
        return max(typesetting.width(label, self.header) for label in shown) + 0.16

    def _column_label_room(self) -> tuple[float, float]:
        """(height above the cells, what sticks out to the right). Labels that do not fit stand at 45°."""
        self.slanted = False
        if self.column_labels is None:
            return 0.0, 0.0
        shown = [self.column_labels[c] for c in self.columns if c is not None]
        widths = [typesetting.width(label, self.header) for label in shown]
        if max(widths) <= 0.94 * self.cw:
            return 1.15 * self.header, 0.0
        self.slanted = True
        self.column_header = min(self.header, SLANTED * self.cw)
        widths = [typesetting.width(label, self.column_header) for label in shown]
        diagonal = np.sqrt(0.5)
        reach = max(w * diagonal - (len(widths) - 1 - i) * self.cw for i, w in enumerate(widths))
        return max(widths) * diagonal + 0.85 * self.column_header, max(0.0, reach - 0.4 * self.cw)

    def _digit_size(self, size: float) -> float:
        """The em of the numbers, 0 if they would be too small to read."""
        texts = {number(v, self.spec) for v in self.values[~self.gap_cells]}
        size = min(
            size, DIGIT_SHARE[1] * self.ch, typesetting.fitting_size(texts, DIGIT_SHARE[0] * (self.cw - GAP), size)
        )
        return size if size >= smallest() else 0.0

    def _x(self, j: int) -> float:
        return self.left + self.cw * self.units_x[:j].sum()

    def _y(self, i: int) -> float:
        return self.above + self.ch * self.units_y[:i].sum()

    def _rectangle(self, i: int, j: int) -> tuple[float, float, float, float]:
        """x, y, w, h of a shown cell, in local units, without the gap."""
        return (
            self._x(j) + GAP / 2,
            self._y(i) + GAP / 2,
            self.cw * self.units_x[j] - GAP,
            self.ch * self.units_y[i] - GAP,
        )

    # ── where things are, for animations ─────────────────────────────────────────────────────────
    def shown_row(self, row: int) -> int:
        """Place on screen of a tensor row (ValueError if it is behind the ⋯)."""
        return self.rows.index(row)

    def shown_column(self, column: int) -> int:
        return self.columns.index(column)

    def cell_center(self, i: int, j: int) -> np.ndarray:
        """Scene coordinates [3] of the shown cell (i, j)."""
        x, y, w, h = self._rectangle(i, j)
        return self.to_scene(x + w / 2, y + h / 2)

    def corners(
        self, i0: int = 0, j0: int = 0, i1: int | None = None, j1: int | None = None, pad: float = 0.0
    ) -> np.ndarray:
        """Scene corners [4, 3] (clockwise from upper left) of shown cells i0…i1, j0…j1 (both included)."""
        i1 = len(self.rows) - 1 if i1 is None else i1
        j1 = len(self.columns) - 1 if j1 is None else j1
        x, y = self._x(j0), self._y(i0)
        right, bottom = self._x(j1) + self.cw * self.units_x[j1], self._y(i1) + self.ch * self.units_y[i1]
        return self.corners_of((x, y, right - x, bottom - y), pad)

    def row_corners(self, i: int, pad: float = 0.0) -> np.ndarray:
        return self.corners(i, 0, i, None, pad)

    def column_corners(self, j: int, pad: float = 0.0) -> np.ndarray:
        return self.corners(0, j, None, j, pad)

    def piece(self, rows: list[int], columns: list[int]) -> TensorGrid:
        """A grid of some shown cells only (places on screen, without gaps), lying exactly on top of this one.

        What flies away from a grid is such a piece: the original stays where it is."""
        axis = [self.rows[i] for i in rows] if not self.flat or self.upright else [0]
        others = [self.columns[j] for j in columns] if not self.flat or not self.upright else [0]
        if self.flat:
            tensor = self.tensor[axis if self.upright else others]
        else:
            tensor = self.tensor[axis, others] if len(rows) > 1 and len(columns) > 1 else self.tensor[axis][:, others]
        return self._twin(tensor, self.corners(rows[0], columns[0], rows[-1], columns[-1]), upright=self.upright)

    def _twin(self, tensor: Tensor, corners: np.ndarray, **how: Any) -> TensorGrid:
        """A part of this one as a grid of its own, between these scene corners."""
        look: dict[str, Any] = dict(spec=self.spec, scale=self.strongest, digits=bool(self.digits), brackets=False)
        twin = TensorGrid(tensor, self.kind, exact=(self.cw, self.ch), size=self.digits or DIGIT, **look, **how)
        return twin.scale(self.zoom()).move_to((corners[0] + corners[2]) / 2)

    def row(self, i: int) -> TensorGrid:
        """The shown row i as a piece (gaps keep it from being one)."""
        return self.piece([i], [j for j, c in enumerate(self.columns) if c is not None])

    def strip(self, i: int) -> TensorGrid:
        """The shown row i of a matrix as a grid of its own, ⋯ and all, lying exactly on top of this one."""
        return self._twin(self.tensor[self.rows[i]], self.row_corners(i), columns=list(self.columns))

    def reveal(self, opacity: float = 1.0) -> TensorGrid:
        """All cells and numbers at that opacity (0: laid out, but empty)."""
        self.cell_opacity[:], self.text_opacity[:] = opacity, opacity
        return self

    def pale(self) -> TensorGrid:
        """Pale, and without numbers: where they are going to come (`Reveal`, `ResidualAdd`)."""
        self.cell_opacity[:], self.text_opacity[:] = WAITING, 0.0
        return self

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def fills(self) -> np.ndarray:
        """Colour [rows, columns, 3] of the cells: from the empty cell's towards the hue by magnitude."""
        with np.errstate(invalid="ignore"):
            strength = np.clip(np.abs(self.values) / self.strongest, 0, 1)
        strength = np.where(np.isfinite(self.values), strength, 0.0)[..., None] ** POWER
        base = color("cell")
        if self.kind in SIGNED:
            hue = np.where((self.values >= 0)[..., None], color("positive"), color("negative"))
        else:
            hue = self.tint
        rgb = base + (hue - base) * strength * self._most
        rgb = np.where(np.isneginf(self.values)[..., None], color("masked"), rgb)
        return rgb + (color("ink") - rgb) * self._lit[..., None]

    @property
    def _lit(self) -> np.ndarray:
        """How far [rows, columns] cells that glow are from their colour towards the ink."""
        return np.broadcast_to(0.25 * np.clip(self.glow, 0, 1), self.values.shape)

    @property
    def _most(self) -> float:
        return MOST.get(self.kind, 0.78)

    def _shade(self, cells: Cells, lit: float | np.ndarray = 0.0) -> Shade:
        return Shade(cells, self.strongest, self.kind, POWER, self._most, lit)

    def draw(self, pen: Pen) -> None:
        fills = self.fills()
        if self.values.size >= IMAGE_FROM:
            self._draw_image(pen, fills)
        else:
            self._draw_cells(pen, fills)
        if self.brackets:
            self._draw_brackets(pen)
        if self.digits:
            self._draw_numbers(pen, fills)
        self._draw_dots(pen)
        self._draw_labels(pen)

    def _boxes(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """x, y, w, h [n, 4] of shown cells, without the gap."""
        xs = np.array([self._x(k) + GAP / 2 for k in range(len(self.columns))])
        ys = np.array([self._y(k) + GAP / 2 for k in range(len(self.rows))])
        return np.stack([xs[j], ys[i], (self.cw * self.units_x - GAP)[j], (self.ch * self.units_y - GAP)[i]], axis=-1)

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        i, j = np.nonzero((self.cell_opacity > 0.002) & ~self.gap_cells)
        shade = self._shade(self._cells(i, j), self._lit[i, j])
        pen.rectangles(self._boxes(i, j), fills[i, j], self.cell_opacity[i, j], shows=shade)

    def _draw_image(self, pen: Pen, fills: np.ndarray) -> None:
        rows, columns = self.values.shape
        shade = self._shade(Cells(self.tensor, self._shown()), self._lit) if not self.gap_cells.any() else None
        pen.image(self.left, self.above, self.cw * columns, self.ch * rows, fills, self.cell_opacity, shows=shade)

    def _draw_numbers(self, pen: Pen, fills: np.ndarray) -> None:
        inks = legible_on(fills, color("ink"))
        inks = np.where(np.isneginf(self.values)[..., None], color("masked_ink"), inks)
        rows, columns = np.nonzero((self.text_opacity > 0.002) & ~self.gap_cells)
        boxes = self._boxes(rows, columns).tolist()
        for i, j, (x, y, w, h) in zip(rows.tolist(), columns.tolist(), boxes, strict=True):
            pen.number(
                self.tensor,
                self._index(i, j),
                self.spec,
                x + w / 2,
                y + h / 2,
                self.digits,
                inks[i, j],
                self.text_opacity[i, j],
                value=self.values[i, j],
                align=0.5,
                level="digits",
                area=(x, y, w, h),
            )

    def claims(self) -> list[Claim]:
        """Its law, for every number that is shown."""
        if self.law is None or not self.digits or self.text_opacity.min() < 0.99:
            return []
        places = (self._index(i, j) for i, j in np.argwhere(~self.gap_cells))
        return [self.law.claim(self.tensor, self.spec, at) for at in places]

    def _shown(self) -> tuple[np.ndarray, ...]:
        """Index of all that is shown, as a block [rows, columns]."""
        rows, columns = np.ix_(*([k for k in axis if k is not None] for axis in (self.rows, self.columns)))
        return (rows, columns) if not self.flat else (rows if self.upright else columns,)

    def _cells(self, i: np.ndarray, j: np.ndarray) -> Cells:
        """The numbers behind shown cells."""
        rows, columns = (np.array([-1 if k is None else k for k in axis]) for axis in (self.rows, self.columns))
        if self.flat:
            return Cells(self.tensor, ((rows[i] if self.upright else columns[j]),))
        return Cells(self.tensor, (rows[i], columns[j]))

    def _index(self, i: int, j: int) -> tuple[Any, ...]:
        if self.flat:
            return (self.rows[i] if self.upright else self.columns[j],)
        return (self.rows[i], self.columns[j])

    def _draw_dots(self, pen: Pen) -> None:
        """The ⋯ of what is not shown."""
        for i, j in zip(*np.nonzero(self.gap_cells & (self.cell_opacity > 0.002)), strict=True):
            x, y, w, h = self._rectangle(i, j)
            sideways = self.rows[i] is not None
            r = min(0.028, 0.08 * self.ch, 0.1 * w if sideways else 1.0)
            if self.rows[i] is None and self.columns[j] is None:
                continue
            for k in (-1, 0, 1):
                dx, dy = (k * 4 * r, 0) if sideways else (0, k * 3.2 * r)
                pen.circle(x + w / 2 + dx, y + h / 2 + dy, r, "secondary", self.cell_opacity[i, j])

    def _draw_brackets(self, pen: Pen) -> None:
        top, bottom = self.above, self.above + self.ch * self.units_y.sum()
        right = self.left + self.cw * self.units_x.sum()
        arm = 0.09
        for x, to in ((self.left - 0.05, arm), (right + 0.05, -arm)):
            pen.line([(x + to, top - 0.03), (x, top - 0.03), (x, bottom + 0.03), (x + to, bottom + 0.03)], "ink", 0.028)

    def _draw_labels(self, pen: Pen) -> None:
        if self.row_labels is not None:
            for i, r in enumerate(self.rows):
                if r is not None:
                    at = self.row_room - 0.1, self._y(i) + self.ch * self.units_y[i] / 2, self.header
                    fill = "target" if r == self.target_row else self.row_label_color
                    pen.text(self.row_labels[r], *at, fill, align=1.0, level="words")
        if self.column_labels is not None:
            for j, c in enumerate(self.columns):
                if c is not None:
                    self._column_label(pen, j, self.column_labels[c])

    def _column_label(self, pen: Pen, j: int, label: str) -> None:
        middle, fill = self._x(j) + self.cw * self.units_x[j] / 2, self.column_label_color
        seen = self._column_seen(j)
        if self.slanted:
            size = self.column_header
            pen.text(label, middle + 0.1 * size, self.above - 0.16 * size, size, fill, seen, angle=np.pi / 4)
        else:
            pen.text(label, middle, self.above - 0.35 * self.header, self.header, fill, seen, align=0.5)

    def _column_seen(self, j: int) -> float:
        """The opacity of a column's label."""
        return 1.0


def _pick(values: np.ndarray, r: int | None, c: int | None) -> float:
    return 0.0 if r is None or c is None else values[r, c]


def _hue(kind: str) -> np.ndarray:
    return color(kind if kind in theme() else "data")


__all__ = ["TensorGrid", "elide", "readable_height", "readable_width"]
