"""nanoGPT's ckpt.pt (Karpathy 2022): a GPT-2 with or without biases, and the characters of its meta.pkl.

Both are pickles. Of the first torch takes tensors and plain values alone (`weights_only`), of the second only what is
made of dict, list, str and int is read: a pickle that names anything else is refused, and nothing in it is called."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from model.errors import ClearheadError
from model.families import gpt2
from model.families.reading import Entries, Read, Weights, hint
from model.net.config import ModelConfig
from model.text.subwords import Characters, Subwords
from model.text.tokenizer import Tokenizer

FILE, META = "ckpt.pt", "meta.pkl"


def read(file: Path) -> Read:
    """A checkpoint with what lies beside it: meta.pkl of characters, or a tokenizer.json."""
    try:
        held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever a broken pickle leads to
        told = f"{file} is no checkpoint of tensors alone, and nothing else is unpickled"
        raise ClearheadError(f"{told}{hint(file)}") from error
    if not isinstance(held, dict) or not all(isinstance(held.get(name), dict) for name in ("model", "model_args")):
        raise ClearheadError(f"{file} is not a checkpoint of nanoGPT: it has no model and model_args")
    config = _config(Entries(held["model_args"], f"{file}: model_args"))
    tensors = {str(name).removeprefix("_orig_mod."): (lambda one=one: one) for name, one in held["model"].items()}
    found = gpt2.tensors(config, Weights(tensors, str(file)), columns=False)
    tokenizer, beside = _tokenizer(file.parent, config.vocab_size)
    return Read(config, found, tokenizer, (file, beside))


def _config(entries: Entries) -> ModelConfig:
    biased, d_model, n_heads = entries.take("bias", True), entries.size("n_embd"), entries.size("n_head")
    if d_model % n_heads:
        entries.one_of("n_head", {})
    config = ModelConfig(
        vocab_size=entries.size("vocab_size"),
        n_ctx=entries.size("block_size"),
        d_model=d_model,
        n_layers=entries.size("n_layer"),
        n_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=4 * d_model,
        activation="gelu",
        tied=True,
        norm_bias=biased,
        attention_bias=biased,
        mlp_bias=biased,
    )
    entries.done()
    return config


def _tokenizer(folder: Path, size: int) -> tuple[Tokenizer, Path]:
    meta, tokens = folder / META, folder / "tokenizer.json"
    if meta.is_file():
        return Characters(_characters(meta, size)), meta
    if tokens.is_file():
        return Subwords.of_file(tokens, size), tokens
    raise ClearheadError(f"{folder} has neither {META} nor tokenizer.json beside {FILE}: put one there")


def _characters(file: Path, size: int) -> list[str]:
    """The characters by their ids."""
    try:
        meta = Plain(io.BytesIO(file.read_bytes())).load()
        found = meta["itos"]
        return [_character(found[place]) for place in range(size)]
    except Exception as error:  # a broken pickle may raise anything
        raise ClearheadError(f"{file} does not hold {size} characters in plain dicts: {error}") from error


def _character(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1:
        raise ValueError(f"{value!r} is not a character")
    return value


class Plain(pickle.Unpickler):
    """Reads dicts, lists, strings and numbers. Whatever else a pickle asks for, it asks for by name, and is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise ClearheadError(f"it asks for {module}.{name}, which is never called")
