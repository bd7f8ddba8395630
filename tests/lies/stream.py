"""Lies about the residual stream: rails, lanes, writes and norms."""

from tests.lies.lie import Lie

RAILS, LANES = "scenes/kit/depth/rails.py", "scenes/kit/charts/lanes.py"
NORMS = "scenes/lessons/residual/norms.py"
WRITING, STUDY = "scenes/kit/words/writers.py", "model/study/inside/stream.py"
WRONG = "wrong shape"

LIES = [
    Lie(
        "the last stop of every rail stands twice as high",
        RAILS,
        "y - self.unit * heights[s]) for s in places]",
        "y - self.unit * heights[s] * (2 if s == 8 else 1)) for s in places]",
        "residual",
        WRONG,
    ),
    Lie(
        "a rail grows linearly, whatever was written",
        RAILS,
        "heights = self.values[:, position] - self.lowest",
        "heights = np.linspace(0, self.values[-1, position] - self.lowest, len(self.values))",
        "residual",
        WRONG,
    ),
    Lie(
        "each rail is that of the word above",
        RAILS,
        "heights = self.values[:, position] - self.lowest",
        "heights = self.values[:, position - 1] - self.lowest",
        "residual",
        WRONG,
    ),
    Lie(
        "the words beside the rails are shifted by one",
        RAILS,
        "pen.text(self.words[position], 0,",
        "pen.text(self.words[position - 1], 0,",
        "residual",
        "wrong label",
    ),
    Lie(
        "the stops of the rails are named one too far",
        RAILS,
        "for stop, name in enumerate(self.stops):",
        "for stop, name in enumerate([*self.stops[1:], self.stops[0]]):",
        "residual",
        "wrong label",
    ),
    Lie(
        "dots are a third nearer to zero than their numbers",
        LANES,
        "self.left + self.unit * (self.values - self.low), lanes]",
        "self.left + self.unit * (self.values / 1.5 - self.low), lanes]",
        "residual",
        WRONG,
    ),
    Lie(
        "dots beyond ±2 are drawn at ±2",
        LANES,
        "self.left + self.unit * (self.values - self.low), lanes]",
        "self.left + self.unit * (np.clip(self.values, -2, 2) - self.low), lanes]",
        "residual",
        WRONG,
    ),
    Lie(
        "the spread is drawn twice as wide",
        LANES,
        "long = Cell(self.spread), self.unit * float(self.spread)",
        "long = Cell(self.spread), self.unit * 2 * float(self.spread)",
        "residual",
        WRONG,
    ),
    Lie(
        "the line of the mean stands at zero",
        LANES,
        "start = 0.0 if self.mean is None else float(self.mean)",
        "start = -0.5",
        "residual",
        WRONG,
    ),
    Lie(
        "the ticks of the axis are a half off",
        LANES,
        "x = self.x_of(mark)",
        "x = self.x_of(mark + 0.5)",
        "residual",
        WRONG,
    ),
    Lie(
        "attention and MLP change names",
        WRITING,
        'PARTS = {"attn_out": "attention", "mlp_out": "MLP",',
        'PARTS = {"attn_out": "MLP", "mlp_out": "attention",',
        "residual",
        "wrong label",
    ),
    Lie(
        "the row below is that of another word",
        NORMS,
        "lanes = pair(lesson, (first.before, later.before))",
        "lanes = pair(lesson, (first.before, lesson.trace[f'blocks.{lesson.layer}.resid_mid'][0]))",
        "residual",
        "wrong label",
    ),
    Lie(
        "shares of the square of the last row",
        STUDY,
        "(self.writes @ last) / last.square().sum(0)",
        "(self.writes @ last) / last.square().sum(0).sqrt()",
        "residual",
        "false claim",
    ),
    Lie(
        "RMS norm divides by the spread around the mean",
        STUDY,
        "return row / row.square().mean(0).sqrt()",
        "return row / (row - row.mean(0)).square().mean(0).sqrt()",
        "residual",
        "false claim",
    ),
    Lie(
        "cosines with the first row, called those with the last",
        STUDY,
        "cosine(self.rows, self.rows[-1])",
        "cosine(self.rows, self.rows[0])",
        "residual",
        "false claim",
    ),
    Lie(
        "the rows of the two norms change places",
        NORMS,
        "lanes = pair(lesson, (first.before, later.before))",
        "lanes = pair(lesson, (later.before, first.before))",
        "residual",
        "wrong label",
    ),
]
