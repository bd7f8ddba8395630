"""Runs of small random models of any kind, for tests that need other models than those that are shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from model import Trace
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.checkpoints import load, save, weights
from model.runs.recording import record

IDS = (3, 5, 5, 8)
LLAMA = dict(
    positions="rotary", n_kv_heads=2, norm="rms", activation="swiglu", mlp_bias=False, n_layers=2
)  # rotary positions, two keys for eight heads, RMS norms, SwiGLU


def untrained_checkpoint(folder: Path, **choices) -> str:
    """The folder of a small random model that reads the words of `tiny`. choices: where its ModelConfig is another."""
    tiny = load("tiny")
    torch.manual_seed(1)
    save(folder, "untrained", build(replace(tiny.config, **choices)).eval(), tiny.tokenizer, {"steps": 0})
    return str(folder)


def untrained(ids: tuple[int, ...] = IDS, **choices) -> Trace:
    """A run of a small random model, all its weights away from where they start. choices: of its ModelConfig."""
    torch.manual_seed(0)
    sizes = dict(vocab_size=11, n_ctx=7, d_model=6, n_layers=2, n_heads=4, d_head=4, d_mlp=5)
    config = ModelConfig(**sizes | choices)
    twin, words = build(config).eval(), tuple(f"w{k}" for k in range(config.vocab_size))
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    arrays, axes = record(twin, ids)
    for name, (values, names) in weights(twin).items():
        arrays[name], axes[name] = values, names
    return Trace(arrays, axes, tuple(words[k] for k in ids), ids, (), config, words)
