"""Where the heads and neurons of a run are: the names of what they add."""

from __future__ import annotations

from pathlib import Path

from model.errors import ClearheadError
from model.files import read_json
from model.numbers.trace import Trace
from model.paths import ASSETS

STACKS = {  # where heads are: what the names of their stack begin with, and their attention
    "": ("", "attn"),
    "encoder": ("encoder.", "attn"),
    "decoder": ("decoder.", "attn"),
    "cross": ("decoder.", "cross_attn"),
}


def result_name(stack: str, layer: int) -> str:
    """The recorded results of a layer's heads. [head, position, d_model]"""
    prefix, attention = STACKS[stack]
    return f"{prefix}blocks.{layer}.{attention}.result"


def post_name(stack: str, layer: int) -> str:
    """The recorded outputs of a layer's neurons. [position, d_mlp]"""
    return f"{STACKS[stack][0]}blocks.{layer}.mlp.post"


def stack_of(trace: Trace) -> str:
    """In which stack of a run something is off: a key of STACKS."""
    decoder = "decoder" if trace.config.kind == "encoder-decoder" else ""
    stack: str = trace.info.get("stack") or decoder
    return stack


def is_translator(name: str) -> bool:
    """Whether a checkpoint, by name or path, is an encoder–decoder, as far as its config tells. Reads no weights."""
    shipped = ASSETS / "checkpoints" / name
    folder = shipped if shipped.is_dir() else Path(name).expanduser()
    try:
        about = read_json(folder / "config.json")
    except ClearheadError:  # a file, or no checkpoint: whoever loads it says so
        return False
    return isinstance(about.get("model"), dict) and about["model"].get("kind") == "encoder-decoder"
