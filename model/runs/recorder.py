"""One forward pass, recorded: `run(checkpoint, text) → Trace`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from model import __version__
from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.transformer import EncoderDecoder, Transformer
from model.numbers.trace import Trace
from model.runs.carried import Carried
from model.runs.changes import ALL_ON, Change, Off
from model.runs.checkpoints import Checkpoint, load
from model.runs.recomputed import Arrays, Axes, Recomputed, before_unembedding
from model.runs.recording import one_thread, record, record_batch, record_sparingly, with_logits
from model.runs.stacks import STACKS
from model.text.tokenizer import START, Encoding

FINAL = "ln_final."  # the last norm


def run(
    checkpoint: Checkpoint | str,
    text: str,
    *,
    source: str | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    neurons: Iterable[tuple[int, int]] = (),
    stack: str | None = None,
    patch: Carried | None = None,
    positions: bool = True,
    scaled: bool = True,
    order: Sequence[int] | None = None,
    seed: int | None = None,
) -> Trace:
    """Runs `text` through a checkpoint and records every intermediate tensor.

    `source` is the text that an encoder–decoder's encoder reads; `text` is then what its decoder has written, which may
    be nothing yet, after <start>. `ablate` lists (layer, head) whose result is set to zero, `neurons` (layer, neuron)
    of the MLPs; of an encoder–decoder `stack` says where: "encoder", "decoder" (if None), or "cross" for the heads with
    which the decoder looks at what the encoder has read. `patch` carries one row over from another run.
    `positions=False` leaves positions out, `scaled=False` the division of scores by √d_head; `order` reads the tokens
    in another order. Raises UsageError for a blank or too long text, for a layer, head, neuron, stack or order out of
    range, and for a source that is missing or that this model does not read.
    """
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if source is None:
        check_source(checkpoint.config, None)
    encoding = encode_text(checkpoint, text)
    return run_tokens(
        checkpoint,
        encoding if order is None else reorder(encoding, order),
        text,
        source=None if source is None else checkpoint.reads.encode(source, checkpoint.config.n_ctx),
        ablate=ablate,
        neurons=neurons,
        stack=stack,
        patch=patch,
        positions=positions,
        scaled=scaled,
        seed=seed,
    )


def run_tokens(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None = None,
    *,
    source: Encoding | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    neurons: Iterable[tuple[int, int]] = (),
    stack: str | None = None,
    patch: Carried | None = None,
    positions: bool = True,
    scaled: bool = True,
    seed: int | None = None,
) -> Trace:
    """As `run`, for texts that are tokens already."""
    config = checkpoint.config
    check_source(config, source)
    off = Off(tuple(check_heads(config, ablate)), tuple(check_neurons(config, neurons)), check_stack(config, stack))
    change: Change = off if patch is None else check_patch(checkpoint, encoding, patch, off)
    model, context = model_of(checkpoint)
    with context:
        read = None if source is None else source.ids
        recorded: tuple[Arrays | Recomputed, Axes]
        if checkpoint.large and isinstance(model, Transformer):
            recorded = _sparingly(model, encoding.ids, change, positions, scaled)
        else:
            recorded = record(model, encoding.ids, read, change=change, positions=positions, scaled=scaled)
    more: dict[str, Any] = {"seed": seed, "positions": positions} | ({} if scaled else {"scaled": False})
    if source is not None:
        more["source"] = told(source)
    return trace_of(checkpoint, encoding, text, recorded, change, **more)


def _sparingly(
    model: Transformer, ids: tuple[int, ...], change: Change, positions: bool, scaled: bool
) -> tuple[Recomputed, Axes]:
    if change == ALL_ON:
        return _unchanged(model, ids, positions, scaled)
    return record_sparingly(model, ids, change=change, positions=positions, scaled=scaled)


@lru_cache(maxsize=4)
def _unchanged(model: Transformer, ids: tuple[int, ...], positions: bool, scaled: bool) -> tuple[Recomputed, Axes]:
    """Kept for a moment: what a lesson has run, its loop goes on from."""
    return record_sparingly(model, ids, positions=positions, scaled=scaled)


def encode_text(checkpoint: Checkpoint, text: str) -> Encoding:
    """The tokens of a text; of what a translator has written, after <start>, and there may be none."""
    tokenizer, limit = checkpoint.tokenizer, checkpoint.config.n_ctx
    if tokenizer.start_id is None or checkpoint.config.kind != "encoder-decoder":
        return tokenizer.encode(text, limit)
    words = tokenizer.encode(text, limit - 1) if text.strip() else Encoding((), (), ())
    unknown = tuple(place + 1 for place in words.unknown)
    return Encoding((tokenizer.start_id, *words.ids), (START, *words.tokens), unknown)


def run_batch(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None,
    changes: Sequence[Change],
    source: Encoding | None = None,
    keep: str | None = None,
) -> Iterator[Trace]:
    """As `run_tokens` once for each of the changes, all of them in one batch.

    Of a large model they keep what comes out, what was changed, and what has a name that begins with `keep`; of dozens
    of runs there would not be room for more."""
    check_source(checkpoint.config, source)
    model, context = model_of(checkpoint)
    kept, last = what_stays(checkpoint)
    with context:
        read = None if source is None else source.ids
        recorded = record_batch(model, encoding.ids, changes, read, (*kept, *([keep] if keep else [])), last)
    more = {} if source is None else {"source": told(source)}
    for each, one in zip(changes, recorded, strict=True):
        yield trace_of(
            checkpoint, encoding, text, one if last is None else with_logits(checkpoint.model, one), each, **more
        )


def what_stays(checkpoint: Checkpoint) -> tuple[tuple[str, ...], str | None]:
    """Of a run that is one of many, how the names of the tensors begin that stay, and the name with which it ends.

    A large model's logits (49,152 numbers a token) are computed when they are asked for, where it is the last norm that
    the unembedding reads."""
    config = checkpoint.config
    if not checkpoint.large:
        return ("",), None
    one = config.kind != "encoder-decoder" and config.unembeds
    if one and (before := before_unembedding(config)).startswith(FINAL):
        return (FINAL,), before
    return (FINAL, "logits", "probs"), None


def told(source: Encoding) -> dict[str, list[Any]]:
    """What was read, as plain data."""
    return {name: list(values) for name, values in asdict(source).items()}


def model_of(checkpoint: Checkpoint) -> tuple[Transformer | EncoderDecoder, AbstractContextManager[None]]:
    """The model in the precision in which it runs, and what it runs under."""
    return (checkpoint.model, nullcontext()) if checkpoint.large else (checkpoint.exact, one_thread())


def trace_of(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None,
    recorded: tuple[Arrays | Recomputed, Axes],
    change: Change,
    **more: Any,
) -> Trace:
    """What was recorded, with the weights, and what it was of."""
    arrays, axes = recorded
    weights = {name: values for name, (values, _) in checkpoint.weights.items()}
    axes = axes | {name: names for name, (_, names) in checkpoint.weights.items()}
    info: dict[str, Any] = {
        "checkpoint": checkpoint.name,
        "checkpoint_hash": checkpoint.hash,
        "text": " ".join(encoding.tokens) if text is None else text,
        "seed": None,
        "step": checkpoint.step,
        "ablate": [],
        "positions": True,
        "versions": versions(),
    }
    info |= more | change.told
    if checkpoint.source_tokenizer is not None:
        info["source_vocabulary"] = list(checkpoint.source_tokenizer.vocabulary)
    vocabulary = checkpoint.tokenizer.vocabulary
    run = encoding.tokens, encoding.ids, encoding.unknown, checkpoint.config, vocabulary, info
    if isinstance(arrays, Recomputed):
        return Trace(arrays.beside(weights), axes, *run, basis=tuple(arrays.kept))
    return Trace(arrays | weights, axes, *run)


def versions() -> dict[str, str]:
    """What the numbers were computed with."""
    return {
        "clearhead": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def check_heads(config: ModelConfig, heads: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (layer, head) pairs as they are. Raises UsageError for one that the model does not have."""
    heads = [(int(layer), int(head)) for layer, head in heads]
    for layer, head in heads:
        if not (0 <= layer < config.n_layers and 0 <= head < config.n_heads):
            raise UsageError(
                f"no layer {layer}, head {head}: layers are 0 to {config.n_layers - 1}, heads 0 to {config.n_heads - 1}"
            )
    return heads


def check_neurons(config: ModelConfig, neurons: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (layer, neuron) pairs as they are. Raises UsageError for one that the model does not have."""
    neurons = [(int(layer), int(neuron)) for layer, neuron in neurons]
    for layer, neuron in neurons:
        if not (0 <= layer < config.n_layers and 0 <= neuron < config.d_mlp):
            ends = f"layers are 0 to {config.n_layers - 1}, neurons 0 to {config.d_mlp - 1}"
            raise UsageError(f"no layer {layer}, neuron {neuron}: {ends}")
    return neurons


def check_patch(checkpoint: Checkpoint, encoding: Encoding, patch: Carried, off: Off) -> Carried:
    """The row that is carried over. Raises UsageError where it is from another model or from a text of another length,
    where something is switched off as well, and for models of two stacks."""
    if checkpoint.config.kind == "encoder-decoder":
        raise UsageError("rows are carried over in models of one stack: take one that reads one text (tiny)")
    if len(patch.donor) != len(encoding.ids):
        raise UsageError(f"the other text has {len(patch.donor)} tokens; it needs {len(encoding.ids)}, as this one has")
    if patch.donor.info.get("checkpoint_hash") != checkpoint.hash:
        raise UsageError("the other run is of another model: carry a row over within one model")
    if off.heads or off.neurons:
        raise UsageError("carry a row over or switch something off, not both in one run")
    return patch


def check_stack(config: ModelConfig, stack: str | None) -> str:
    """The key of STACKS that is meant. Raises UsageError for a stack that the model does not have."""
    if config.kind != "encoder-decoder":
        if stack is not None:
            raise UsageError("this model has one stack: leave `stack` out")
        return ""
    if stack not in (None, *list(STACKS)[1:]):
        raise UsageError(f"no stack {stack!r}; there are {', '.join(list(STACKS)[1:])}")
    return stack or "decoder"


def check_source(config: ModelConfig, source: Encoding | None) -> None:
    """Raises UsageError where a source is missing, or given to a model that reads none."""
    reads = config.kind == "encoder-decoder"
    if reads != (source is not None):
        raise UsageError(
            "this model translates: give what its encoder reads (`source`), or take one that reads one text (tiny)"
            if reads
            else "this model reads one text: `source` is for an encoder–decoder"
        )
    known = config.source_vocab_size or config.vocab_size
    if source is not None and max(source.ids) >= known:
        raise UsageError(f"the encoder knows {known} words; the source has the id {max(source.ids)}")


def reorder(encoding: Encoding, order: Sequence[int]) -> Encoding:
    """The tokens in another order. Raises UsageError where `order` does not name every position once."""
    if sorted(order) != list(range(len(encoding.ids))):
        raise UsageError(f"order must name each of the positions 0 to {len(encoding.ids) - 1} once")
    unknown = tuple(new for new, old in enumerate(order) if old in encoding.unknown)
    return Encoding(tuple(encoding.ids[i] for i in order), tuple(encoding.tokens[i] for i in order), unknown)
