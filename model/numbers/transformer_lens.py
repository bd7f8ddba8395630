"""A trace as TransformerLens caches it: its hook names, its shapes with a batch of one, its order of axes. NumPy only.

What `HookedTransformer.run_with_cache` of TransformerLens 3.9 gives with its default options, of a model whose weights
were not processed (`from_pretrained_no_processing`). https://transformerlensorg.github.io/TransformerLens
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from model.errors import UsageError
from model.net.config import ModelConfig
from model.numbers.trace import Trace, write

Cached = tuple[tuple[str, ...], np.ndarray]  # the names of the axes, and the values

ROW = ("batch", "pos", "d_model")
PER_HEAD = ("batch", "pos", "head_index", "d_head")
SQUARE = ("batch", "head_index", "query_pos", "key_pos")
HIDDEN = ("batch", "pos", "d_mlp")


def cache(trace: Trace) -> dict[str, Cached]:
    """Hook name → axes and float32 values, in the order in which the hooks are passed.

    `hook_k`, `hook_v` and `hook_rot_k` have the key/value heads alone; `hook_normalized` is before the norm's w and b;
    `hook_attn_scores` are −∞ where a query must not look; `unembed.hook_out` is before a cap. Raises UsageError for a
    model that no HookedTransformer is: one with an encoder, norms after the sums or a norm of the embeddings."""
    check(trace.config)
    return dict(_hooks(trace))


def save(trace: Trace, path: str | Path) -> Path:
    """Writes the cache as one .safetensors file, whole or not at all; tokens, ids, config and info are its metadata, as
    JSON. Raises ClearheadError where the place cannot be written, UsageError as `cache`."""
    about = {"tokens": trace.tokens, "ids": trace.ids, "config": trace.config.to_dict(), "info": trace.info}
    metadata = {"format": "transformer-lens-cache"} | {name: json.dumps(value) for name, value in about.items()}
    return write({name: values for name, (_, values) in cache(trace).items()}, Path(path), metadata)


def check(config: ModelConfig) -> None:
    """Raises UsageError for a model that TransformerLens' HookedTransformer cannot be."""
    lacks = {
        "an encoder": config.kind != "decoder",
        "norms after the sums": not config.norm_first,
        "a norm of its embeddings": config.embed_norm,
    }
    if any(lacks.values()):
        has = next(name for name, given in lacks.items() if given)
        raise UsageError(
            f"this model has {has}, which TransformerLens' HookedTransformer has not: leave --like out, or take a GPT"
        )


def _hooks(trace: Trace) -> Iterator[tuple[str, Cached]]:
    yield from _rows(trace, "", "embed", "pos_embed")
    for layer in range(trace.config.n_layers):
        block = f"blocks.{layer}."
        yield from _rows(trace, block, "resid_pre")
        yield from _norm(trace, f"{block}ln1", f"{block}resid_pre")
        yield from _attention(trace, f"{block}attn.")
        yield from _norm(trace, f"{block}ln1_post", f"{block}attn.out")
        yield from _rows(trace, block, "attn_out", "resid_mid")
        yield from _norm(trace, f"{block}ln2", f"{block}resid_mid")
        yield from _rows(trace, f"{block}mlp.", "pre", "pre_linear", "post", axes=HIDDEN)
        yield from _norm(trace, f"{block}ln2_post", f"{block}mlp.out")
        yield from _rows(trace, block, "mlp_out", "resid_post")
    yield from _norm(trace, "ln_final", f"blocks.{trace.config.n_layers - 1}.resid_post")
    yield "unembed.hook_in", (ROW, trace.array("ln_final.normalized")[None])
    logits = trace.array("logits_raw" if "logits_raw" in trace else "logits")
    yield "unembed.hook_out", (("batch", "pos", "d_vocab"), logits[None])


def _rows(trace: Trace, prefix: str, *names: str, axes: tuple[str, ...] = ROW) -> Iterator[tuple[str, Cached]]:
    for name in names:
        if prefix + name in trace:
            yield f"{prefix}hook_{name}", (axes, trace.array(prefix + name)[None])


def _norm(trace: Trace, name: str, normed: str) -> Iterator[tuple[str, Cached]]:
    """normed: the name of what it normalises."""
    if f"{name}.scale" not in trace:
        return
    x, scale = trace.array(normed), trace.array(f"{name}.scale")[..., None]
    centred = x - trace.array(f"{name}.mean")[..., None] if f"{name}.mean" in trace else x
    yield f"{name}.hook_scale", (("batch", "pos", "1"), scale[None])
    yield f"{name}.hook_normalized", (ROW, (centred / scale)[None])


def _attention(trace: Trace, prefix: str) -> Iterator[tuple[str, Cached]]:
    for name in ("q", "k", "v"):
        yield f"{prefix}hook_{name}", (PER_HEAD, _by_position(trace, prefix, name)[None])
    if trace.config.qk_norm:  # TransformerLens norms positions and heads as one list of rows
        for name in ("q", "k"):
            x, scale = _by_position(trace, prefix, name), _by_position(trace, prefix, f"{name}_norm.scale")[..., None]
            hook, rows = f"{prefix}{name}_norm.hook_", "batch·pos·head_index"
            yield f"{hook}scale", ((rows, "1"), scale.reshape(-1, 1))
            yield f"{hook}normalized", ((rows, "d_head"), (x / scale).reshape(-1, x.shape[-1]))
    for name in ("rot_q", "rot_k"):
        if prefix + name in trace:
            yield f"{prefix}hook_{name}", (PER_HEAD, _by_position(trace, prefix, name)[None])
    yield f"{prefix}hook_attn_scores", (SQUARE, trace.array(f"{prefix}scores_masked")[None])
    yield f"{prefix}hook_pattern", (SQUARE, trace.array(f"{prefix}pattern")[None])
    yield f"{prefix}hook_z", (PER_HEAD, _by_position(trace, prefix, "z")[None])


def _by_position(trace: Trace, prefix: str, name: str) -> np.ndarray:
    """(head, position, …) → (position, head, …); of keys and values each group's head once."""
    values = trace.array(prefix + name)
    if name.removeprefix("rot_").startswith(("k", "v")):
        values = values[:: trace.config.n_heads // trace.config.kv_heads]
    return values.swapaxes(0, 1)
