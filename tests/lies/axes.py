"""Numbers at ticks and at the edges of tables that are another's, and ticks of another scale."""

from tests.lies.lie import Lie

CURVE, LANES, ACTIVATION = (f"scenes/kit/charts/{name}.py" for name in ("curve", "lanes", "activation"))
SPACE = "scenes/kit/space/vectorspace.py"
HEATMAP, SPREADS = "scenes/lessons/position/heatmap.py", "scenes/lessons/scaling/spreads.py"

LIES = [
    Lie(
        "the number at a tick of the positions is the next one's",
        CURVE,
        'pen.text(say("{i}", i=place), at, y + 0.1',
        'pen.text(say("{i}", i=place + 1), at, y + 0.1',
        "position",
        "wrong label",
    ),
    Lie(
        "ticks of the positions a little too far apart",
        CURVE,
        'at = x + width * place / max(last, 1)\n        shows = Place(place, x, width / max(last, 1), "x")',
        'at = x + width * place / (last + 1)\n        shows = Place(place, x, width / (last + 1), "x")',
        "position",
        "wrong shape",
    ),
    Lie(
        "a curve's upright axis counts from the number below",
        CURVE,
        'pen.text(say("{i}", i=mark), x - 0.14',
        'pen.text(say("{i}", i=mark - 1), x - 0.14',
        "position",
        "wrong label",
    ),
    Lie(
        "the numbers under the statistics of a norm have the other sign",
        LANES,
        'text = say("{i}", i=mark)',
        'text = say("{i}", i=-mark)',
        "residual",
        "wrong label",
    ),
    Lie(
        "the numbers under GELU are doubled",
        ACTIVATION,
        'pen.text(say("{i}", i=mark), x, self.floor',
        'pen.text(say("{i}", i=2 * mark), x, self.floor',
        "mlp",
        "wrong label",
    ),
    Lie(
        "columns of a heat map count from one",
        HEATMAP,
        'say("{i}", i=place), self._x(place)',
        'say("{i}", i=place + 1), self._x(place)',
        "position",
        "wrong label",
    ),
    Lie(
        "rows of a heat map are numbered from below",
        HEATMAP,
        'pen.text(say("{i}", i=place), *at',
        'pen.text(say("{i}", i=rows - 1 - place), *at',
        "position",
        "wrong label",
    ),
    Lie(
        "the sizes along the axis are the next ones",
        SPREADS,
        'pen.text(say("{i}", i=size), x',
        'pen.text(say("{i}", i=2 * size), x',
        "scaling",
        "wrong label",
    ),
    Lie(
        "the spreads along the upright axis are halved",
        SPREADS,
        'pen.text(say("{i}", i=rung), self.left',
        'pen.text(say("{i}", i=rung // 2), self.left',
        "scaling",
        "wrong label",
    ),
    # ── links and arrows in depth ────────────────────────────────────────────────────────────────
    Lie(
        "a link in depth leads past its word",
        SPACE,
        "[dots[i], dots[i] + grown * (dots[j] - dots[i])]",
        "[dots[i], dots[i] + 1.15 * grown * (dots[j] - dots[i])]",
        "embedding",
        "wrong shape",
    ),
    Lie(
        "an arrow between words points past the second",
        SPACE,
        "end, start = dots[i] + grown * (dots[j] - dots[i]), first",
        "end, start = dots[i] + 1.2 * grown * (dots[j] - dots[i]), first",
        "embedding",
        "wrong shape",
    ),
]
