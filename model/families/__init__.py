"""Models that others have trained, read into our one implementation: one small reader for each family.

Nothing is guessed: an entry of a config or a tensor that a reader does not know is refused by name. Nothing from a file
is run: weights are safetensors, GGUF or tensors alone of a pickle, the rest is JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from model.errors import ClearheadError
from model.families import bert, gemma, gguf, gpt2, llama, mistral, nanogpt, qwen
from model.families.reading import Entries, Read, Weights, safetensors_of
from model.files import read_json
from model.net.config import ModelConfig
from model.text.subwords import Subwords

Reader = Callable[[Entries, Weights], tuple[ModelConfig, dict[str, Tensor]]]

ODD = (  # what Python raises where a file holds a list for a number, a text for a list …
    TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RuntimeError
)  # fmt: skip

FAMILIES: dict[str, Reader] = {  # by `model_type` in a Hugging Face config.json
    "gpt2": gpt2.read,
    "llama": llama.read,
    "mistral": mistral.read,
    "qwen2": qwen.read2,
    "qwen3": qwen.read3,
    "gemma": gemma.read1,
    "gemma2": gemma.read2,
    "gemma3_text": gemma.read3,
    "bert": bert.read,
}


def read(path: Path) -> Read | None:
    """What lies at a path, if it is a model of another program. Raises ClearheadError where that is not supported."""
    try:
        return _read(path)
    except ODD as error:
        raise ClearheadError(f"{path} holds something of another kind than such files do: {error!r}") from error


def _read(path: Path) -> Read | None:
    if path.is_dir():
        packed = [file for file in sorted(path.iterdir()) if file.suffix.lower() == ".gguf"]
        if len(packed) > 1:
            names = ", ".join(file.name for file in packed)
            raise ClearheadError(f"{path} holds several GGUF files, {names}: give the path of one of them")
        whole = [path / name for name in ("model.safetensors", "model.safetensors.index.json")]
        if (path / "config.json").is_file() and not (packed and not any(file.is_file() for file in whole)):
            about = read_json(path / "config.json")
            return _hugging_face(path, about) if "model_type" in about else None
        if (path / "adapter_config.json").is_file():
            raise ClearheadError(f"{path} is an adapter (LoRA): merge it into its model (merge_and_unload), save that")
        path = next((file for file in [path / nanogpt.FILE, *packed] if file.is_file()), path)
    found = {".pt": nanogpt.read, ".gguf": gguf.read}.get(path.suffix.lower())
    if path.is_file() and found is None:
        raise ClearheadError(f"{path} is a single file: give the folder that it lies in, a .gguf or nanoGPT's ckpt.pt")
    return found(path) if found and path.is_file() else None


def _hugging_face(folder: Path, about: dict[str, Any]) -> Read:
    family = about["model_type"]
    if family not in FAMILIES:
        raise ClearheadError(f"{folder}: models of the family {family!r} are not supported, only {', '.join(FAMILIES)}")
    tokens = folder / "tokenizer.json"
    if not tokens.is_file():
        raise ClearheadError(f"{folder} has no tokenizer.json: other formats of tokenizers are not read")
    weights, files = safetensors_of(folder)
    entries = Entries(about, str(folder / "config.json"))
    config, found = FAMILIES[family](entries, weights)
    entries.done()
    tokenizer = Subwords.of_file(tokens, config.vocab_size, about.get("eos_token_id"))
    return Read(config, found, tokenizer, (*files, tokens))


__all__ = ["FAMILIES", "Read", "read"]
