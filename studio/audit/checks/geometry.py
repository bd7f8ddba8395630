"""The check of geometry: values are read back from lengths, areas, angles, places, colours and widths on the screen.

What a shape shows is said by the code that draws it (`shows=`, see scenes.kit.ground.encodings); the number is computed
again from the trace, and the shape is measured. Both must agree as far as an eye can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground.encodings import (
    Angle,
    Area,
    Encoding,
    Length,
    Mark,
    Place,
    Projected,
    Shade,
    Side,
    Swept,
    Thickness,
    Through,
)
from scenes.kit.ground.readings import Cell, Cells, Reading
from scenes.kit.ground.theme import Theme, by_theme, largest
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.screen import VISIBLE

Array = np.ndarray

CLOSE = 0.0125  # scene units: less than two pixels of a frame of 1080
TURNED = 0.02  # radians
TONE, TONES = 0.5 / 255, 2.5 / 255  # of a colour's channel: what is one colour, and what an eye cannot tell apart
ENDS = {"first": 0, "last": -1}  # of a line
SIGNED = {"weight", "score", "logit"}  # blue and red; all other kinds have one hue


@dataclass(frozen=True)
class Measured:
    """What many shapes show, and what they should show: the numbers `values` [n].

    found: as measured [n] or [n, k], lengths in the mobject's units, of which one is `zoom` in the scene, but for what
    glows (that only happens on the way). at(values): what would be found for such numbers. read: as a viewer would say
    it [n]. lit: whether something glows."""

    found: Array
    at: Callable[[Array], Array]
    slack: float
    read: Array
    values: Array
    zoom: float = 1.0
    lit: bool = False

    @property
    def off(self) -> Array:
        """Which [n] are not right."""
        return self._outside([self.at(self.values)])

    def beyond(self, low: Array, high: Array) -> Array:
        """Which [n] show a number that does not lie between two others [n]."""
        return self._outside([self.at(low), self.at(high), self.at(np.clip(0.0, low, high))])

    def _outside(self, ends: list[Array]) -> Array:
        """Which [n] are not between all of these looks."""
        with np.errstate(invalid="ignore"):
            least, most = np.minimum.reduce(ends), np.maximum.reduce(ends)
            away = self.zoom * np.maximum(least - self.found, self.found - most)
        return np.asarray((away if away.ndim == 1 else largest(away)) > self.slack)


def check_marks(marks: Iterable[Mark], sources: Sources, theme: Theme) -> Iterator[Defect]:
    """Every shape of a mobject that shows a number; the same defect of several shapes once."""
    seen = set()
    for mark in marks:
        for encoding in mark.shows:
            if float(np.max(mark.opacity, initial=0.0)) <= VISIBLE:
                continue
            defect = check_mark(mark, encoding, sources, theme)
            if defect is not None and (defect.kind, defect.what) not in seen:
                seen.add((defect.kind, defect.what))
                yield defect


def check_hues(marks: Iterable[Mark]) -> Iterator[Defect]:
    """Cells in the colour of queries hold numbers of queries, and so for keys and values."""
    kinds = {(e.kind, id(e.cell.tensor)): e.cell for m in marks for e in m.shows
             if isinstance(e, Shade) and isinstance(e.cell, (Cell, Cells))}  # fmt: skip
    for (kind, _), cell in kinds.items():
        leaves = {leaf.name.rpartition(".")[2] for leaf in cell.tensor.expression.leaves()}
        wrong = [name for name, names in HUES.items() if name != kind and leaves and leaves <= names]
        if kind in HUES and wrong:
            yield Defect("wrong label", f"{cell.source()} has the colour of {kind}", expected=wrong[0], shown=kind)


HUES = {"query": {"q", "rot_q"}, "key": {"k", "rot_k"}, "value": {"v"}}  # hue of cells → the tensors that have it


def check_mark(mark: Mark, encoding: Encoding, sources: Sources, theme: Theme) -> Defect | None:
    """One shape (or many alike) against the number that it shows."""
    measured = measure(mark, encoding, sources, theme)
    if measured is None or isinstance(measured, Defect):
        return measured
    wrong = (measured.off | measured.lit) & seen_of(mark, len(measured.values))
    return wrong_shape(mark, encoding, measured, int(np.argmax(wrong))) if wrong.any() else None


def measure(mark: Mark, encoding: Encoding, sources: Sources, theme: Theme) -> Measured | Defect | None:
    """What a shape shows, and what it should; None where it is none that can be measured."""
    values = values_of(encoding.cell, sources)
    if isinstance(values, str):
        return Defect("no source", f"what is drawn: {values}")
    return MEASURES[type(encoding)](mark, encoding, values, theme)


def seen_of(mark: Mark, count: int) -> Array:
    """Which [count] of the shapes of a mark can be seen."""
    return np.broadcast_to(np.ravel(mark.opacity) > VISIBLE, (count,))


def wrong_shape(mark: Mark, encoding: Encoding, measured: Measured, place: int) -> Defect:
    """The defect of the shape at a place of a mark."""
    what = f"a {mark.kind} whose {NAMES[type(encoding)]} is not {_source(encoding.cell)}"
    shown, expected = (
        told if isinstance(told, str) else ", ".join(f"{each:.4g}" for each in np.ravel(told))
        for told in (measured.read[place], measured.values[place])
    )
    return Defect("wrong shape", what, expected=expected, shown=shown)


def values_of(what: Any, sources: Sources) -> Array | str:
    """The numbers [n] (of a vector: [n, 2]) that a mark shows, computed again; in words why that is not possible."""
    if not isinstance(what, (Cell, Cells)):
        return np.atleast_1d(np.asarray(what, dtype=float))
    values = sources.again(what.tensor)
    return values if isinstance(values, str) else np.atleast_1d(np.asarray(values[what.index], dtype=float))


def check_ink(reading: Reading, sources: Sources, theme: Theme) -> Defect | None:
    """A signed number in blue or red: blue is above zero, red below."""
    cells = [shown.value for shown in reading.numbers if isinstance(shown.value, Cell) and shown.spec.startswith("+")]
    if len(cells) != 1:
        return None
    values = values_of(cells[0], sources)
    if isinstance(values, str):
        return None
    for role, wrong in (("positive", values[0] < 0), ("negative", values[0] > 0)):
        if wrong and (np.abs(by_theme(reading.rgb - theme[role])).max(axis=-1) < TONE).any():
            what = f"“{reading.text}” has the colour of {role} numbers"
            return Defect("wrong shape", what, expected=f"{values[0]:.4g}", shown=role)
    return None


# ── measuring ────────────────────────────────────────────────────────────────────────────────────
def _length(mark: Mark, encoding: Length, values: Array, theme: Theme) -> Measured | None:
    if encoding.axis == "along":
        return _reach(mark, encoding, values)
    low, high = _extent(mark, encoding.axis)
    value = values.reshape(-1)

    def at(value: Array) -> Array:
        ends = encoding.zero + encoding.unit * value
        return np.sort(np.stack([np.full_like(ends, encoding.zero), ends], axis=-1))

    read = (np.where(value * encoding.unit >= 0, high, low) - encoding.zero) / encoding.unit
    return Measured(np.stack([low, high], axis=-1), at, CLOSE, read, value, mark.zoom)


def _reach(mark: Mark, encoding: Length, values: Array) -> Measured | None:
    """The length of a line, from its beginning."""
    if mark.kind != "line":
        return None
    length = np.atleast_1d(np.linalg.norm(mark.local[..., -1, :] - mark.local[..., 0, :], axis=-1))
    value = np.linalg.norm(values.reshape(-1, 2), axis=-1) if values.size == 2 * length.size else values.reshape(-1)
    return Measured(length, _on(encoding), CLOSE, (length - encoding.zero) / encoding.unit, value, mark.zoom)


def _on(scale: Length | Place | Angle) -> Callable[[Array], Array]:
    """Where numbers stand on a scale."""
    return lambda value: scale.zero + scale.unit * value


def _area(mark: Mark, encoding: Area, values: Array, theme: Theme) -> Measured | None:
    radius: Array
    if mark.kind == "path":  # parts that are circles
        radius = np.ptp(mark.points[..., 0], axis=-1) / 2
    elif mark.kind in ("rectangle", "frame"):  # that of the circle of its size
        wide, high = (np.subtract(*_extent(mark, axis)[::-1]) for axis in "xy")
        radius = mark.zoom * np.sqrt(wide * high / np.pi)
    else:
        radius = np.broadcast_to(np.ravel(mark.radius), values.reshape(-1).shape)
    found = radius / mark.zoom

    def at(value: Array) -> Array:
        return np.sqrt(np.maximum(encoding.unit * value, 0) / np.pi)

    return Measured(found, at, CLOSE, np.pi * found**2 / encoding.unit, values.reshape(-1), mark.zoom)


def _angle(mark: Mark, encoding: Angle, values: Array, theme: Theme) -> Measured | None:
    local = mark.local
    if mark.kind == "polygon":  # the tip of an arrow: from the middle of its back to its first corner
        way = local[..., 0, :] - local[..., 1:, :].mean(axis=-2)
    elif mark.kind == "line":
        way = local[..., -1, :] - local[..., 0, :]
    elif mark.kind == "arc" and mark.angles is not None:  # where it ends, as the mobject lies
        turned = mark.angles[1] - np.arctan2(mark.matrix[1, 0], mark.matrix[0, 0])
        way = np.array([np.cos(turned), -np.sin(turned)])
    else:
        return None
    angle = np.atleast_1d(np.arctan2(-way[..., 1], way[..., 0]))
    if values.size == 2 * angle.size:
        across, up = values.reshape(-1, 2).T
        value = np.arctan2(up, across)
    else:
        value = values.reshape(-1)
    right = encoding.zero + encoding.unit * value
    read = (right + (angle - right + np.pi) % (2 * np.pi) - np.pi - encoding.zero) / encoding.unit
    return Measured(encoding.zero + encoding.unit * read, _on(encoding), TURNED, read, value)


def _swept(mark: Mark, encoding: Swept, values: Array, theme: Theme) -> Measured | None:
    value = values.reshape(-1)
    if mark.kind == "arc" and mark.angles is not None:
        swept = mark.angles[1] - mark.angles[0]
    else:  # a spiral from the middle: its first point, there, has no angle, and each other one is as far from the last
        away = mark.local[1:] - mark.local[0]
        turned = np.unwrap(np.arctan2(-away[:, 1], away[:, 0]))
        swept = (turned[-1] - turned[0]) * len(away) / (len(away) - 1)
    return Measured(np.array([swept]), lambda value: value, TURNED, np.array([swept]), value)


def _place(mark: Mark, encoding: Place, values: Array, theme: Theme) -> Measured | None:
    low, high = _extent(mark, encoding.axis)
    if mark.kind == "polygon" and encoding.short:
        low = high = np.atleast_1d(_ahead(mark, encoding.short)["xy".index(encoding.axis)])
    elif mark.kind == "polygon":  # an arrow head points with its first corner
        low = high = np.atleast_1d(mark.local[..., 0, "xy".index(encoding.axis)])
    along = mark.local[..., "xy".index(encoding.axis)]
    first, last = (np.atleast_1d(along[..., k]) if mark.kind == "line" else low for k in (0, -1))
    found = {"start": low, "end": high, "middle": (low + high) / 2, "first": first, "last": last}[encoding.at]
    read = (found - encoding.zero) / encoding.unit
    return Measured(found, _on(encoding), CLOSE, read, values.reshape(-1), mark.zoom)


def _projected(mark: Mark, encoding: Projected, values: Array, theme: Theme) -> Measured | None:
    """Where a point of a space is seen: two turns, each of a complex plane."""

    def at(points: Array) -> Array:
        x, y, z = points.T
        across = (x + 1j * z) * np.exp(-1j * encoding.azimuth)
        up = (y + 1j * across.imag) * np.exp(1j * encoding.elevation)
        return np.array(encoding.zero) + encoding.unit * np.stack([across.real, -up.real], axis=-1)

    found = np.reshape(mark.local[ENDS[encoding.at]] if encoding.at in ENDS else mark.local, (-1, 2))
    if mark.kind == "polygon" and encoding.short:
        found = _ahead(mark, encoding.short)[None]
    return Measured(found, at, CLOSE, found, values.reshape(-1, 3), mark.zoom)


def _ahead(mark: Mark, short: float) -> Array:
    """Where the tip of an arrow points to [2], so much before which it ends."""
    way = mark.local[0] - mark.local[1:].mean(axis=0)
    return np.asarray(mark.local[0] + short * way / np.linalg.norm(way))


def _through(mark: Mark, encoding: Through, values: Array, theme: Theme) -> Measured | None:
    """The height of a line over each place."""
    x, y = mark.local.T
    across = encoding.across.zero + encoding.across.unit * np.ravel(np.asarray(encoding.across.cell))
    found = np.interp(across, x, y)
    read = (found - encoding.up.zero) / encoding.up.unit
    return Measured(found, _on(encoding.up), 2 * CLOSE, read, values.reshape(-1), mark.zoom)


def _thickness(mark: Mark, encoding: Thickness, values: Array, theme: Theme) -> Measured | None:
    value = values.reshape(-1)
    line = np.broadcast_to(np.ravel(mark.line), value.shape) / mark.zoom
    return Measured(line, lambda value: encoding.unit * value, CLOSE, line / encoding.unit, value, mark.zoom)


def _shade(mark: Mark, encoding: Shade, values: Array, theme: Theme) -> Measured | None:
    value = values.reshape(-1)
    rgb = colours_of(mark, len(value))
    lit = np.broadcast_to(np.ravel(encoding.lit), value.shape)[:, None]

    def at(value: Array) -> Array:
        with np.errstate(invalid="ignore"):
            strength = np.clip(np.abs(value) / encoding.scale, 0, 1) ** encoding.power * encoding.most
        if encoding.kind in SIGNED:
            hue = np.where((value >= 0)[:, None], theme["positive"], theme["negative"])
        else:
            hue = np.broadcast_to(theme[encoding.kind if encoding.kind in theme else "data"], rgb.shape)
        right = theme["cell"] + (hue - theme["cell"]) * np.nan_to_num(strength)[:, None]
        return np.where(np.isneginf(value)[:, None], theme["masked"], right)

    plain = (rgb - lit * theme["ink"]) / (1 - lit)
    return Measured(plain, at, TONES, hexadecimal(rgb), value, lit=bool((lit > TONES).any()))


def _side(mark: Mark, encoding: Side, values: Array, theme: Theme) -> Measured | None:
    value = values.reshape(-1)
    rgb = colours_of(mark, len(value))

    def at(value: Array) -> Array:
        return np.where((value >= 0)[:, None], theme[encoding.above], theme[encoding.below])

    return Measured(rgb, at, TONES, hexadecimal(rgb), value)


def colours_of(mark: Mark, count: int) -> Array:
    """Those of so many shapes [count, channels]."""
    rgb = mark.rgb.reshape(-1, mark.rgb.shape[-1])
    return np.broadcast_to(rgb, (count, rgb.shape[-1]))


def hexadecimal(rgb: Array) -> Array:
    """Colours [n, channels] as a viewer would name them [n]; the first for all, in the first theme."""
    first = ["#" + bytes(np.round(255 * np.clip(c[:3], 0, 1)).astype(np.uint8)).hex() for c in rgb[:1]]
    return np.broadcast_to(np.array(first, dtype="U7"), (len(rgb),))


def _extent(mark: Mark, axis: str) -> tuple[Array, Array]:
    """Where shapes begin and end along an axis [n], in the mobject's units."""
    along = mark.local[..., "xy".index(axis)]
    if mark.kind in ("circle", "arc"):
        return np.atleast_1d(along), np.atleast_1d(along)
    return np.atleast_1d(along.min(axis=-1)), np.atleast_1d(along.max(axis=-1))


Measure = Callable[[Mark, Any, Array, Theme], Measured | None]
MEASURES: dict[type, Measure] = {
    Length: _length,
    Area: _area,
    Angle: _angle,
    Swept: _swept,
    Place: _place,
    Projected: _projected,
    Thickness: _thickness,
    Shade: _shade,
    Side: _side,
    Through: _through,
}
NAMES: dict[type, str] = {
    Length: "length",
    Area: "area",
    Angle: "angle",
    Swept: "turn",
    Place: "place",
    Projected: "place in space",
    Thickness: "width",
    Shade: "colour",
    Side: "colour",
    Through: "height",
}


def _source(what: Any) -> str:
    return what.source() if isinstance(what, (Cell, Cells)) else "the place that it stands for"
