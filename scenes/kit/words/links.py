"""Links: which token of one row is which token of another; threads from where something lies to where it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.style import color
from scenes.kit.words.tokens import TokenRow


class Threads(Painted):
    """Smooth lines between pairs of scene points: starts, ends [n, 2]. They leave and arrive sideways, or with `down`
    False upright; or are `straight`.

    `grown`: how much of each line is drawn."""

    starts: Mix[np.ndarray]
    ends: Mix[np.ndarray]
    natural: Mix[tuple[float, float]]
    grown: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]

    def __init__(
        self,
        starts: np.ndarray,
        ends: np.ndarray,
        *,
        down: bool = True,
        straight: bool = False,
        fill: Fill = "secondary",
        line: float = 0.03,
        opacity: float = 0.6,
    ):
        self.down, self.straight, self.rgb, self.line = down, straight, color(fill), line
        both = np.concatenate([starts, ends])
        low, high = both.min(axis=0), both.max(axis=0)
        self.starts, self.ends = (starts - (low[0], high[1])) * (1, -1), (ends - (low[0], high[1])) * (1, -1)
        self.grown, self.emphasis = np.ones(len(starts)), np.full(len(starts), opacity)
        super().__init__(max(high[0] - low[0], 0.02), max(high[1] - low[1], 0.02))
        self.move_to(((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0))

    def draw(self, pen: Pen) -> None:
        t = np.linspace(0, 1, 25)[:, None]
        for k, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            bend = np.array([(end - start)[0] / 2, 0.0]) if self.down else np.array([0.0, (end - start)[1] / 2])
            a, b = (start, end) if self.straight else (start + bend, end - bend)
            points = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * end
            shown = points[: max(int(np.ceil(self.grown[k] * len(points))), 0)]
            if len(shown) > 1:
                pen.line(shown, self.rgb, self.line, float(self.emphasis[k]))


def along_threads(down: bool = False) -> Callable[[np.ndarray, np.ndarray, float], np.ndarray]:
    """The path_func of a Transform that carries a word along its line (down: Links between columns)."""

    def path(start: np.ndarray, end: np.ndarray, t: float) -> np.ndarray:
        straight, sideways = 1.5 * t * (1 - t) + t**3, t**2 * (3 - 2 * t)
        return start + (end - start) * ((straight, sideways, t) if down else (sideways, straight, t))

    return path


class Links(Threads):
    """Lines from the tokens of one row to those of another, below it (or, for columns, to its right).

    order[k]: the token of the first row that stands at place k of the second. A line for each token that the first
    row shows, as the second does, in its order: in a Transform to other Links of that row every line keeps its
    token."""

    def __init__(self, first: TokenRow, second: TokenRow, order: Sequence[int], *, fill: Fill = "secondary"):
        leave, arrive = ((1.0, 0.5), (0.0, 0.5)) if first.down else ((0.5, 1.0), (0.5, 0.0))
        places = np.argsort(order)
        starts = np.array([first.edge_point(i, leave)[:2] for i in first.shown])
        ends = np.array([second.edge_point(int(k), arrive)[:2] for k in places[list(first.shown)]])
        if first.down:
            starts[:, 0], ends[:, 0] = starts[:, 0].max() + 0.06, ends[:, 0].min() - 0.06
        super().__init__(starts, ends, down=first.down, fill=fill)


__all__ = ["Links", "Threads", "along_threads"]
