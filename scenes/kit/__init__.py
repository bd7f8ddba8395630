"""The visual vocabulary: `from scenes.kit import TensorGrid`. Each name is loaded when it is first asked for."""

from importlib import import_module

_HOME = {
    "Painted": "ground.painting",
    "PaintingCamera": "ground.painting",
    "Reading": "ground.painting",
    "Claim": "ground.painting",
    "TensorGrid": "numbers.grid",
    "DotPattern": "attention.pattern",
    "AttentionArcs": "attention.pattern",
    "TokenRow": "words.tokens",
    "TokenNumbers": "words.tokens",
    "ProbabilityBars": "charts.bars",
    "TermSum": "numbers.terms",
    "Frame": "numbers.terms",
    "Product": "numbers.product",
    "SoftmaxTable": "numbers.product",
    "Label": "ground.text",
    "Number": "ground.text",
    "Formula": "ground.text",
    "Caption": "ground.text",
    "Heading": "ground.text",
    "symbol": "ground.text",
    "Introduce": "moves.animations",
    "Reveal": "moves.animations",
    "MatrixProduct": "moves.animations",
    "DotProduct": "moves.animations",
    "Fly": "moves.animations",
    "Highlight": "moves.animations",
    "Grow": "moves.animations",
    "CountUp": "moves.animations",
    "ResidualAdd": "moves.animations",
    "SoftmaxRow": "moves.animations",
    "WeightedSum": "moves.animations",
    "Box": "ground.layout",
    "row": "ground.layout",
    "stack": "ground.layout",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'scenes.kit' has no attribute {name!r}")
    return getattr(import_module(f"scenes.kit.{_HOME[name]}"), name)
