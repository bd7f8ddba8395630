"""StreamRails: the residual stream as a rail for each word, which grows with what the blocks write into it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place, Through
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.ground.typesetting import fitting_size

BODY = 0.86  # of a rail's pitch that the longest row fills
ARRIVES = 0.3  # of the way from the last stop but one to the last, in which the length there comes


class StreamRails(Painted):
    """One rail a word, from the first stop to the last: at each it is as high as the logarithm of the row's length.

    So equal steps upwards are equal factors. lengths: Tensor [stop, position], all above 0; words: one for each
    position; stops: what the stops are called, at the top. At its ends stand the lengths themselves. target: the word
    that is followed. travelled: how many stops have been reached, 0…(stops − 1), for `Grow` and `.animate`. Where not
    all words find room, as many as can be read, the followed one among them (`shown`)."""

    travelled: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]

    def __init__(
        self,
        lengths: Tensor,
        words: Sequence[str],
        stops: Sequence[str],
        *,
        width: float,
        height: float,
        target: int | None = None,
        spec: str = ".1f",
    ):
        self.tensor, self.words, self.stops, self.spec = lengths, list(words), list(stops), spec
        self.logs = lengths.log()
        self.values = np.asarray(self.logs.values, dtype=float)
        self.followed, self.size = target, max(smallest(), min(LABEL, 0.6 * height / len(words)))
        self.shown = self._that_fit(height)
        self.pitch = (height - 1.7 * self.size) / len(self.shown)
        self.lowest = float(self.values[:, self.shown].min())
        self.unit = BODY * self.pitch / max(float(self.values[:, self.shown].max()) - self.lowest, 1e-6)
        numbers = [number(float(v), spec) for v in np.asarray(lengths.values)[[0, -1]].ravel()]
        ends = max(typesetting.width(text, self.size) for text in numbers) + 0.3
        self.word_room = max(typesetting.width(self.words[k], self.size) for k in self.shown) + 0.2
        self.left, self.right = self.word_room + ends, width - ends
        self.top = 1.7 * self.size
        self.travelled = np.array([len(self.stops) - 1.0])
        self.emphasis = np.ones(len(words))
        super().__init__(width, height)

    def _that_fit(self, height: float) -> list[int]:
        """The positions that are shown: all, or those around the followed one."""
        most = max(int((height - 1.7 * self.size) / (1.6 * self.size)), 1)
        count, middle = len(self.words), self.followed or 0
        first = int(np.clip(middle - most // 2, 0, max(count - most, 0)))
        return list(range(first, min(first + most, count)))

    def travel(self, stop: float) -> StreamRails:
        """Draw the rails as far as this stop."""
        self.travelled = np.array([float(stop)])
        return self

    def x_of(self, stop: float) -> float:
        return self.left + (self.right - self.left) * stop / max(len(self.stops) - 1, 1)

    def base(self, line: int) -> float:
        """Where the rail of a shown word lies, in local units."""
        return self.top + (line + 0.96) * self.pitch

    def draw(self, pen: Pen) -> None:
        reached = float(self.travelled[0])
        self._draw_stops(pen)
        for line, position in enumerate(self.shown):
            self._draw_rail(pen, line, position, reached)

    def _draw_stops(self, pen: Pen) -> None:
        pitch = (self.right - self.left) / max(len(self.stops) - 1, 1)
        size = max(smallest(), fitting_size(self.stops, pitch - 0.08, self.size))
        every = next(k for k in (1, 2, 4, 8, len(self.stops)) if k * pitch > 0.9 * self._widest(size))
        for stop, name in enumerate(self.stops):
            x = self.x_of(stop)
            pen.line([(x, self.top), (x, self.natural[1])], "faint", 0.012)
            if stop % every == 0:
                of = Cell(self.logs, (stop, self.shown[0]))
                pen.text(name, x, 0.9 * self.size, size, "secondary", align=0.5, of=of)

    def _widest(self, size: float) -> float:
        return max(typesetting.width(name, size) for name in self.stops)

    def _draw_rail(self, pen: Pen, line: int, position: int, reached: float) -> None:
        y, seen = self.base(line), float(self.emphasis[position])
        rgb = color("target" if position == self.followed else "data")
        middle, whole = y - 0.3 * self.pitch, int(reached + 1e-6)
        pen.text(self.words[position], 0, middle, self.size, rgb, seen, level="letters")
        places = np.arange(whole + 1)
        heights = self.values[:, position] - self.lowest
        profile = [(self.x_of(float(s)), y - self.unit * heights[s]) for s in places]
        if reached - whole > 1e-6:  # between two stops it is on its way to the next
            part = float(np.interp(reached, np.arange(len(heights)), heights))
            profile.append((self.x_of(reached), y - self.unit * part))
        pen.line([(self.left, y), (self.right, y)], rgb, 0.012, 0.5 * seen)
        if len(profile) > 1:
            pen.polygon([(profile[0][0], y), *profile, (profile[-1][0], y)], rgb, 0.4 * seen)
            pen.line(profile, rgb, 0.035, seen, shows=self._through(position, places, y))
        radius = min(0.06, 0.12 * self.pitch)
        pen.circles(np.array(profile[: whole + 1]), radius, rgb, seen, shows=self._up(position, places, y))
        self._draw_length(pen, position, 0, self.left - 0.15, middle, seen, align=1.0)
        if (arrived := 1 - (len(self.stops) - 1 - reached) / ARRIVES) > 0:
            self._draw_length(pen, position, -1, self.right + 0.15, middle, seen * min(arrived, 1.0))

    def _draw_length(
        self, pen: Pen, position: int, stop: int, x: float, y: float, seen: float, align: float = 0.0
    ) -> None:
        at = (stop % len(self.stops), position)
        pen.number(self.tensor, at, self.spec, x, y, self.size, "secondary", seen, align=align, level="letters")

    def _up(self, position: int, places: np.ndarray, y: float) -> Place:
        """How high the stops of a rail stand."""
        cells = Cells(self.logs, (places, position))
        return Place(cells, y + self.unit * self.lowest, -self.unit, "y")

    def _through(self, position: int, places: np.ndarray, y: float) -> Through:
        up = self._up(position, places, y)
        return Through(up.cell, Place(places, self.left, self.x_of(1) - self.x_of(0)), up)


__all__ = ["StreamRails"]
