"""Lines of zero that stand elsewhere, and the numbers and ticks of a logarithmic scale."""

from tests.lies.files import CURVE, DIAL, SPACE
from tests.lies.lie import Lie

ACTIVATION, SURPRISE, SIGNED, LOSSES = (
    f"scenes/kit/charts/{name}.py" for name in ("activation", "surprise", "signed", "lines")
)
HEIGHTS = "scenes/kit/numbers/heights.py"

LIES = [
    Lie(
        "GELU is nowhere below zero: its axis lies lower",
        ACTIVATION,
        "pen.line([(self.left, self.zero_y), (self.right, self.zero_y)]",
        "pen.line([(self.left, self.zero_y + 0.2), (self.right, self.zero_y + 0.2)]",
        "mlp",
        "wrong shape",
    ),
    Lie(
        "GELU opens before zero: its upright axis stands further left",
        ACTIVATION,
        "pen.line([(self.zero_x, self.top), (self.zero_x, self.floor)]",
        "pen.line([(self.zero_x - self.across, self.top), (self.zero_x - self.across, self.floor)]",
        "mlp",
        "wrong shape",
    ),
    Lie(
        "a sure word still costs something: the axis lies below 0",
        SURPRISE,
        "pen.line([(self.left, self.zero_y), (self.right, self.zero_y)]",
        "pen.line([(self.left, self.zero_y + 0.3), (self.right, self.zero_y + 0.3)]",
        "training",
        "wrong shape",
    ),
    Lie(
        "small gains look like losses: the line of zero stands further right",
        SIGNED,
        "pen.line([(self.zero, 0.0), (self.zero, self.natural[1])]",
        "pen.line([(self.zero + 0.3, 0.0), (self.zero + 0.3, self.natural[1])]",
        "unembedding",
        "wrong shape",
    ),
    Lie(
        "scores have another zero than their bars",
        HEIGHTS,
        "[(0.0, self.zero), (across, self.zero)]",
        "[(0.0, self.zero + 0.1), (across, self.zero + 0.1)]",
        "attention",
        "wrong shape",
    ),
    Lie(
        "words lie on another side of the first component: its axis is moved",
        SPACE,
        "pen.line([(x, 0), (x, h)]",
        "pen.line([(x + 0.5, 0), (x + 0.5, h)]",
        "embedding",
        "wrong shape",
    ),
    Lie(
        "waves swing about a line below their middle",
        CURVE,
        "pen.line([(self.left, middle), (self.left + self.length, middle)]",
        "pen.line([(self.left, middle + 0.1), (self.left + self.length, middle + 0.1)]",
        "position",
        "wrong shape",
    ),
    Lie(
        "a dial's hands turn about another point than its lines cross in",
        DIAL,
        "pen.line([(radius, 0), (radius, 2 * radius)]",
        "pen.line([(0.9 * radius, 0), (0.9 * radius, 2 * radius)]",
        "position",
        "wrong shape",
    ),
    Lie(
        "the run took ten times as many steps by the numbers of its logarithmic scale",
        LOSSES,
        'pen.text(say("{i:,}", i=mark), x, bottom',
        'pen.text(say("{i:,}", i=10 * mark), x, bottom',
        "training",
        "wrong label",
    ),
    Lie(
        "ticks of a logarithmic scale stand where those of an even one would",
        LOSSES,
        "x = self.zero + self.unit * self.scaled(mark)\n            shows",
        "x = self.left + self.length * mark / self.last\n            shows",
        "training",
        "wrong shape",
    ),
]
