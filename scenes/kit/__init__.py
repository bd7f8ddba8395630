"""The visual vocabulary: `from scenes.kit import TensorGrid`. Each name is loaded when it is first asked for."""

from importlib import import_module

_HOME = {
    "Painted": "painting", "PaintingCamera": "painting", "Reading": "painting", "Claim": "painting",
    "TensorGrid": "grid", "DotPattern": "pattern", "AttentionArcs": "pattern", "TokenRow": "tokens", "TokenNumbers": "tokens",
    "ProbabilityBars": "bars", "TermSum": "terms", "Frame": "terms", "Product": "product", "SoftmaxTable": "product",
    "Label": "text", "Number": "text", "Formula": "text", "Caption": "text", "Heading": "text", "symbol": "text",
    "Introduce": "animations", "Reveal": "animations", "MatrixProduct": "animations", "DotProduct": "animations", "Fly": "animations",
    "Highlight": "animations", "Grow": "animations", "CountUp": "animations", "ResidualAdd": "animations",
    "SoftmaxRow": "animations", "WeightedSum": "animations",
    "Box": "layout", "row": "layout", "stack": "layout",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'scenes.kit' has no attribute {name!r}")
    return getattr(import_module(f"scenes.kit.{_HOME[name]}"), name)
