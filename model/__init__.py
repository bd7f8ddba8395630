"""A real transformer and its recorded runs. Importing this package is cheap: torch comes with the names that need it."""
from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Trace": "trace", "Tensor": "tensor", "concatenate": "tensor", "stack": "tensor", "ModelConfig": "config",
    "ClearheadError": "errors", "UsageError": "errors", "telling_head": "heads", "head_scores": "heads",
    "run": "recorder", "load": "checkpoints", "Checkpoint": "checkpoints", "names": "checkpoints", "Tokenizer": "tokenizer",
    "generate": "sampling", "sample": "sampling",
}
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(f"model.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
