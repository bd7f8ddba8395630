"""Qwen 2 and 2.5 (Yang et al. 2024): a Llama with biases of queries, keys and values. Qwen 3: norms of queries and keys
instead. Both can have a window in the layers from `max_window_layers` on."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from model.errors import ClearheadError
from model.families import llama
from model.families.reading import Entries, Weights
from model.net.config import ModelConfig


def read2(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    return _read(entries, weights, attention_bias=True, output_bias=False)


def read3(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    return _read(entries, weights, attention_bias=entries.take("attention_bias", False), qk_norm=True)


def _read(entries: Entries, weights: Weights, **own: Any) -> tuple[ModelConfig, dict[str, Tensor]]:
    common = llama.sizes(entries)
    config = ModelConfig(
        **common,
        **llama.rope(entries),
        **_windows(entries, common["n_layers"]),
        **own,
        mlp_bias=False,
        tied=entries.take("tie_word_embeddings", False),
    )
    return config, llama.tensors(config, weights)


def _windows(entries: Entries, n_layers: int) -> dict[str, Any]:
    entries.take("sliding_window", None)
    first = entries.take("max_window_layers", 28)
    if not entries.take("use_sliding_window", False):
        if "sliding_attention" in (entries.values.get("layer_types") or []):
            raise ClearheadError(f"{entries.where}: layer_types names windows that use_sliding_window turns off")
        llama.windows(entries, n_layers, None)
        return {}
    size = entries.window()
    if entries.take("layer_types", None):
        return llama.windows(entries, n_layers, size)
    return {"window": size, "full_layers": tuple(range(min(first, n_layers)))} if first < n_layers else {}
