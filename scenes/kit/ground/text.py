"""Lines of text: labels, numbers, titles, captions, and the Typst formulas beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from manim import ManimColor, MathTypst

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell, Of, Shown
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.say import number as format_number
from scenes.kit.ground.style import color, smallest, theme
from scenes.kit.ground.typesetting import EM

# Sizes are the em in scene units (the frame's short side is 8).
TITLE, SUBTITLE, CAPTION, TOKEN, LABEL, DIGIT = 0.64, 0.34, 0.40, 0.46, 0.36, 0.30


class Label(Painted):
    """One or more lines of text in one size.

    The box is the line box (ascent + descent of the font, the same whatever the letters), so that two labels
    aligned by their boxes stand on one baseline. Text that fills a `width` is wrapped at spaces.
    `parts` colours pieces of the text: {"forest": "target"}. size: the em in scene units. face: "roman", "bold",
    "italic" or "mono". align: of several lines, 0 left, ½ centred, 1 right. leading: from line to line, in em.
    of: what it is a name of (Pen.text).
    """

    rgb: Mix[np.ndarray]

    def __init__(
        self,
        text: str,
        size: float = LABEL,
        fill: Fill = "ink",
        *,
        width: float | None = None,
        face: str = "roman",
        align: float = 0.5,
        parts: dict[str, str] | None = None,
        leading: float = 1.25,
        of: Of = None,
    ):
        self.text = text if isinstance(text, Said) else Said(text)
        self.size, self.face, self.align, self.leading = size, face, align, leading
        self.rgb = np.array(color(fill), dtype=float)
        self.parts, self.of = parts or {}, of
        lines = typesetting.wrap(self.text, width, size, face) if width else [(0, len(self.text))]
        self.lines = [self.text.cut(*line) for line in lines]
        widest = max(typesetting.width(line, size, face) for line in self.lines)
        super().__init__(max(widest, 0.02), size * (1 + leading * (len(self.lines) - 1)))

    def draw(self, pen: Pen) -> None:
        for i, line in enumerate(self.lines):
            y = (typesetting.ASCENT + i * self.leading) * self.size
            x = self.align * self.natural[0] - self.align * typesetting.width(line, self.size, self.face)
            for piece, fill in self._pieces(line):
                pen.text(piece, x, y, self.size, fill, face=self.face, of=self.of)
                x += typesetting.width(piece, self.size, self.face)

    def _pieces(self, line: Said) -> Iterator[tuple[Said, Fill]]:
        """The line, cut where the colour changes."""
        rest = line
        while rest:
            found = [(rest.find(word), word) for word in self.parts if word in rest]
            if not found:
                yield rest, self.rgb
                return
            at, word = min(found)
            if at:
                yield rest.cut(0, at), self.rgb
            yield rest.cut(at, at + len(word)), self.parts[word]
            rest = rest.cut(at + len(word), len(rest))

    def mixes(self, start: Label, end: Label) -> bool:
        return start.text == end.text and super().mixes(start, end)

    def set_color(self, fill: Any, family: bool = True) -> Label:
        self.rgb = np.array(color(_rgb(fill)), dtype=float)
        return self


def _rgb(fill: Any) -> np.ndarray:
    """A role of the theme, an RGB triple, or a ManimColor; UsageError for a colour by its name or number."""
    if isinstance(fill, str):
        return theme()[fill]
    return fill if isinstance(fill, np.ndarray) else ManimColor(fill).to_rgb()


class Number(Painted):
    """A Tensor's single number, formatted; counts when its value changes in a Transform.

    tensor: of one number. spec: Python's format. before, after: text around it. of: what it is a name of (Pen.text)."""

    value: Mix[float]
    rgb: Mix[np.ndarray]
    natural: Mix[tuple[float, float]]

    def __init__(
        self,
        tensor: Tensor,
        spec: str = "+.2f",
        size: float = LABEL,
        fill: Fill = "ink",
        *,
        before: str = "",
        after: str = "",
        of: Of = None,
    ):
        self.tensor, self.spec, self.size, self.before, self.after = tensor, spec, size, before, after
        self.of = of
        self.value = float(tensor)
        self.reach: list[tuple[float, float]] | None = None  # while it is a running sum
        self.rgb = np.array(color(fill), dtype=float)
        super().__init__(typesetting.width(self.text, size), size)

    @property
    def text(self) -> str:
        return self.before + format_number(self.value, self.spec) + self.after

    def draw(self, pen: Pen) -> None:
        shown = Shown(format_number(self.value, self.spec), Cell(self.tensor), self.spec)
        pen.text(self.text, 0, typesetting.ASCENT * self.size, self.size, self.rgb, numbers=(shown,), of=self.of)


class Formula(Painted):
    """A formula set by Typst, painted as one path per colour.

    Name the parts to colour: `Formula("{{ q : q }} = x W_Q", q="query")`. A formula of letters needs no source; if
    there are numbers in it, either it is itself said, `Formula(say("q_{i}", i=position))`, or `says` gives the same
    in plain text, with the numbers' values: the audit asks for them."""

    def __init__(
        self, typst: str | Said, size: float = LABEL, fill: Fill = "ink", says: Said | None = None, **parts: str
    ):
        self.source, self.size = str(typst), size
        self.says = says if says is not None else typst if isinstance(typst, Said) else None
        body = _typeset(self.source)
        scale = size / FORMULA_EM
        origin = (body.get_left()[0], body.get_top()[1])
        named = {id(glyph): name for name in parts for glyph in body.select(name).family_members_with_points()}
        layers: dict[str, list[Any]] = {}
        for glyph in body.family_members_with_points():
            layers.setdefault(named.get(id(glyph), ""), []).append(glyph)
        self.layers = {
            name: (typesetting.Drawing(typesetting.path_of(glyphs, origin, EM * scale)), color(parts.get(name, fill)))
            for name, glyphs in layers.items()
        }
        super().__init__(body.width * scale, body.height * scale)

    def part(self, *names: str, without: bool = False) -> Formula:
        """The named parts alone (or all but them), lying exactly on top of this formula: what flies to it."""
        twin: Formula = self.copy()
        twin.layers = {name: layer for name, layer in self.layers.items() if (name in names) != without}
        twin.says = Said("" if without else " ".join(names))
        return twin

    def middle_of(self, name: str) -> np.ndarray:
        """The middle of a named part, in scene coordinates."""
        left, top, right, bottom = self.layers[name][0].ink
        return self.to_scene((left + right) / 2 / EM, (top + bottom) / 2 / EM)

    def draw(self, pen: Pen) -> None:
        for drawing, rgb in self.layers.values():
            pen.glyphs(drawing, 1 / EM, rgb, said=self.source if self.says is None else self.says, size=self.size)


def symbol(letter: str, index: int, size: float = LABEL, fill: Fill = "ink") -> Formula:
    """x₉: a letter with the position that it belongs to."""
    return Formula(f"{letter}_{index}", size, fill, says=say("{letter}{index}", letter=letter, index=index))


FORMULA_EM = 0.5  # the em of MathTypst(font_size=48) in scene units


@cache
def _typeset(typst: str) -> MathTypst:
    return typesetting.patiently(lambda: MathTypst(typst, font_size=48))


class Caption(Label):
    """The sentence at the bottom: at most two lines of that width, centred; in smaller letters if need be."""

    pinned = True

    def __init__(self, text: str, width: float, size: float = CAPTION):
        while len(typesetting.wrap(text, width, size)) > 2 and size > 0.6 * CAPTION:
            size *= 0.96
        super().__init__(text, size, width=width)


DOTS = " ·"
CLOSE = 1.1  # em from one grey line to the next: a wide stage begins below the first


class Heading(Painted):
    """Title and, under it, one grey line that says what is shown and which tensor."""

    pinned = True

    def __init__(self, title: str, subtitle: str = "", width: float = 13.4):
        self.title = title if isinstance(title, Said) else Said(title)
        self.subtitle = subtitle if isinstance(subtitle, Said) else Said(subtitle)
        self.title_size = typesetting.fitting_size([title], width, TITLE)
        lines = typesetting.wrap(self.subtitle, width, SUBTITLE) if subtitle else []
        self.lines = [self.subtitle.cut(*_bare(self.subtitle, *line)) for line in lines]
        widest = max(
            [typesetting.width(title, self.title_size)] + [typesetting.width(line, SUBTITLE) for line in self.lines]
        )
        below = SUBTITLE * (1.25 + CLOSE * (len(self.lines) - 1)) if self.lines else 0.0
        super().__init__(widest, self.title_size + below)

    def draw(self, pen: Pen) -> None:
        pen.text(self.title, 0, typesetting.ASCENT * self.title_size, self.title_size, "ink")
        for i, line in enumerate(self.lines):
            pen.text(line, 0, self.title_size + SUBTITLE * (0.85 + CLOSE * i), SUBTITLE, "secondary")


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A line of a text without the dots at its ends: where a line breaks, they part nothing.

    >>> _bare("layer 2 · head 3", 0, 9)
    (0, 7)
    """
    line = text[start:end]
    return start + len(line) - len(line.lstrip(DOTS)), end - len(line) + len(line.rstrip(DOTS))


__all__ = ["Caption", "Formula", "Heading", "Label", "Number", "say", "smallest"]
