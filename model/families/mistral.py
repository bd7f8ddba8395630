"""Mistral 7B (Jiang et al. 2023): a Llama whose queries see a window of keys."""

from __future__ import annotations

from torch import Tensor

from model.families import llama
from model.families.reading import Entries, Weights
from model.net.config import ModelConfig


def window(entries: Entries) -> int | None:
    """What queries see: where nothing is said 4096 keys, as transformers takes it; null says all."""
    if "sliding_window" in entries.values and entries.take("sliding_window", None) is None:
        return None
    return entries.window()


def read(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    common = llama.sizes(entries)
    config = ModelConfig(
        **common,
        **llama.rope(entries),
        **llama.windows(entries, common["n_layers"], window(entries)),
        mlp_bias=False,
        tied=entries.take("tie_word_embeddings", False),
    )
    return config, llama.tensors(config, weights)
