"""A real transformer and its recorded runs. Importing this is cheap: torch comes with the names that need it."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Trace": "numbers.trace",
    "Tensor": "numbers.tensor",
    "concatenate": "numbers.tensor",
    "stack": "numbers.tensor",
    "ModelConfig": "net.config",
    "ClearheadError": "errors",
    "UsageError": "errors",
    "head_scores": "study.heads.scores",
    "run": "runs.recorder",
    "load": "runs.checkpoints",
    "Checkpoint": "runs.checkpoints",
    "names": "runs.checkpoints",
    "Tokenizer": "text.tokenizer",
    "generate": "runs.sampling",
    "sample": "runs.sampling",
    "translate": "runs.translation",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'model' has no attribute {name!r}")
    return getattr(import_module(f"model.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
