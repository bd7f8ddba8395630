"""Colours of what passed and what did not, turns the other way round, and the dashed edges of unknown words."""

from tests.lies.files import DIAL, SCORES, TOKENS
from tests.lies.lie import Lie

STRIP, SIGNED, HEIGHTS = "scenes/kit/words/strip.py", "scenes/kit/charts/signed.py", "scenes/kit/numbers/heights.py"
FOREIGN = {"text": "The qwertz creature roamed the verdant flibber"}

LIES = [
    Lie(
        "a name that did not pass is one that did",
        SCORES,
        "return float(self.above) >= 0",
        "return float(self.above) >= -0.5",
        "heads",
        "wrong shape",
        options={"model": "tiny-learned"},
    ),
    Lie(
        "names that passed look as if they had not",
        SCORES,
        "PASSED[0 if score.passed else 1]",
        "PASSED[1 if score.passed else 0]",
        "heads",
        "wrong shape",
    ),
    Lie(
        "what a part takes away it seems to add",
        SIGNED,
        "return self.fills[int(self.values[i] < 0)]",
        "return self.fills[int(self.values[i] > 0)]",
        "mlp",
        "wrong shape",
    ),
    Lie(
        "scores below zero are blue under their cells",
        HEIGHTS,
        "rgb = Cell(self.tensor, (k,)), self.rgb[int(value < 0)]",
        "rgb = Cell(self.tensor, (k,)), self.rgb[0]",
        "attention",
        "wrong shape",
    ),
    Lie(
        "hands turn on in the other sense, the long way round",
        DIAL,
        "draw(pen, self.starts[k], self.angles[k], reach",
        "draw(pen, self.starts[k], self.angles[k] - 2 * np.pi, reach",
        "position",
        "wrong shape",
    ),
    Lie(
        "a clock has gone round once more than it has",
        DIAL,
        "rounds = self.natural[0] / 2, abs(end - start) / (2 * np.pi)",
        "rounds = self.natural[0] / 2, abs((end := end - 2 * np.pi) - start) / (2 * np.pi)",
        "position",
        "wrong shape",
    ),
    Lie(
        "words that the model does not know look like those it knows",
        TOKENS,
        "radius=0.14 * self.size, dashed=i in self.unknown)",
        "radius=0.14 * self.size)",
        "overview",
        "wrong label",
        options=FOREIGN,
    ),
    Lie(
        "the word after an unknown one has its dashed edge",
        STRIP,
        "position[place] in self.unknown",
        "position[place] - 1 in self.unknown",
        "attention",
        "wrong label",
        options=FOREIGN,
    ),
    Lie(
        "known words look unknown, unknown ones known",
        TOKENS,
        "dashed=i in self.unknown)",
        "dashed=i not in self.unknown)",
        "attention",
        "wrong label",
    ),
]
