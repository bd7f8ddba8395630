"""One forward pass, recorded: `run(checkpoint, text) → Trace`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from model import __version__
from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.layers import Tape, weight_axes
from model.net.transformer import EncoderDecoder, Transformer
from model.numbers.trace import Trace
from model.runs.checkpoints import Checkpoint, load
from model.text.tokenizer import Encoding

EXACT_BELOW = 20_000_000  # parameters; larger models run in float32

SHARED = ("W_K", "W_V", "b_K", "b_V")  # by the heads of a group

Arrays = dict[str, np.ndarray]
Axes = dict[str, tuple[str, ...]]


def run(
    checkpoint: Checkpoint | str,
    text: str,
    *,
    source: str | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
    order: Sequence[int] | None = None,
    seed: int | None = None,
) -> Trace:
    """Runs `text` through a checkpoint and records every intermediate tensor.

    `source` is the text that an encoder–decoder's encoder reads. `ablate` lists (layer, head) whose result is set to
    zero (of an encoder–decoder: in the decoder's self-attention); `positions=False` leaves positions out; `order`
    reads the tokens in another order. Raises UsageError for a blank or too long text, for a layer, head or order out
    of range, and for a source that is missing or that this model does not read.
    """
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    encode, limit = checkpoint.tokenizer.encode, checkpoint.config.n_ctx
    encoding = encode(text, limit)
    return run_tokens(
        checkpoint,
        encoding if order is None else reorder(encoding, order),
        text,
        source=None if source is None else encode(source, limit),
        ablate=ablate,
        positions=positions,
        seed=seed,
    )


def run_tokens(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None = None,
    *,
    source: Encoding | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
    seed: int | None = None,
) -> Trace:
    """As `run`, for texts that are tokens already."""
    check_source(checkpoint.config, source)
    heads = sorted(set(check_heads(checkpoint.config, ablate)))
    model, context = model_of(checkpoint)
    with context:
        recorded = record(
            model, encoding.ids, None if source is None else source.ids, ablate=heads, positions=positions
        )
    more: dict[str, Any] = {"seed": seed, "positions": positions}
    if source is not None:
        more["source"] = {name: list(values) for name, values in asdict(source).items()}
    return trace_of(checkpoint, encoding, text, recorded, heads, **more)


def run_batch(
    checkpoint: Checkpoint, encoding: Encoding, text: str, heads: Sequence[tuple[int, int]]
) -> Iterator[Trace]:
    """As `run_tokens` with `ablate=[head]` for each of the (layer, head), all of them in one batch."""
    model, context = model_of(checkpoint)
    with context:
        recorded = record_batch(model, encoding.ids, heads)
    for pair, one in zip(heads, recorded, strict=True):
        yield trace_of(checkpoint, encoding, text, one, [pair])


def model_of(checkpoint: Checkpoint) -> tuple[Transformer | EncoderDecoder, AbstractContextManager[None]]:
    """The model in the precision in which it runs, and what it runs under."""
    size = sum(parameter.numel() for parameter in checkpoint.model.parameters())
    return (checkpoint.exact, one_thread()) if size < EXACT_BELOW else (checkpoint.model, nullcontext())


def trace_of(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None,
    recorded: tuple[Arrays, Axes],
    heads: Sequence[tuple[int, int]],
    **more: Any,
) -> Trace:
    """What was recorded, with the weights, and what it was of."""
    arrays, axes = recorded
    for name, (values, names) in weights(checkpoint.model).items():
        arrays[name], axes[name] = values, names
    info: dict[str, Any] = {
        "checkpoint": checkpoint.name,
        "checkpoint_hash": checkpoint.hash,
        "text": " ".join(encoding.tokens) if text is None else text,
        "seed": None,
        "step": checkpoint.step,
        "ablate": [list(pair) for pair in heads],
        "positions": True,
        "versions": versions(),
    } | more
    vocabulary = checkpoint.tokenizer.vocabulary
    return Trace(arrays, axes, encoding.tokens, encoding.ids, encoding.unknown, checkpoint.config, vocabulary, info)


def versions() -> dict[str, str]:
    """What the numbers were computed with."""
    return {
        "clearhead": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


@torch.no_grad()
def record(
    model: Transformer | EncoderDecoder,
    ids: Sequence[int],
    source: Sequence[int] | None = None,
    *,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
) -> tuple[Arrays, Axes]:
    """Every intermediate tensor of a forward pass as float32, and the names of its axes.

    `source` is for an encoder–decoder."""
    stack = "" if source is None else "decoder."
    silenced: dict[str, list[int]] = {}
    for layer, head in ablate:
        silenced.setdefault(f"{stack}blocks.{layer}.attn.result", []).append(head)
    arrays: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    if source is not None:
        arrays["encoder.tokens"] = np.array(source, dtype=np.int64)
    axes: Axes = dict.fromkeys(arrays, ("position",))

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if name in silenced:
            value = value.clone()
            value[..., silenced[name], :, :] = 0.0
        arrays[name] = value.detach().to(torch.float32).numpy().copy()
        axes[name] = tuple(names.split())
        return value

    inputs = [torch.tensor(one) for one in (ids, source) if one is not None]
    logits = model(*inputs, tape=Tape(listen), positions=positions)
    listen("probs", probabilities(logits), "position vocab")
    return arrays, axes


@torch.no_grad()
def record_batch(
    model: Transformer | EncoderDecoder, ids: Sequence[int], heads: Sequence[tuple[int, int]]
) -> list[tuple[Arrays, Axes]]:
    """As `record` once for each (layer, head) with that head off, in one batch (of a model that reads one text)."""
    silenced: dict[str, list[tuple[int, int]]] = {}
    for sample, (layer, head) in enumerate(heads):
        silenced.setdefault(f"blocks.{layer}.attn.result", []).append((sample, head))
    batch: Arrays = {}
    axes: Axes = {"tokens": ("position",)}

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if name in silenced:
            value = value.clone()
            for sample, head in silenced[name]:
                value[sample, head] = 0.0
        batch[name], axes[name] = value.detach().to(torch.float32).numpy(), tuple(names.split())
        return value

    logits = model(torch.tensor(ids).expand(len(heads), -1), tape=Tape(listen))
    listen("probs", probabilities(logits), "position vocab")

    def of(sample: int) -> Arrays:
        own = {n: (v if v.ndim == len(axes[n]) else v[sample]).copy() for n, v in batch.items()}
        return {"tokens": np.array(ids, dtype=np.int64)} | own

    return [(of(sample), dict(axes)) for sample in range(len(heads))]


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """softmax(logits) in double precision, whatever the model runs in."""
    return logits.double().softmax(-1)


def weights(model: Transformer | EncoderDecoder) -> dict[str, tuple[np.ndarray, tuple[str, ...]]]:
    """All weights by name, with their axes. Shared key/value heads appear once for every query head that uses them."""
    groups = model.config.n_heads // model.config.kv_heads
    axes = weight_axes(model)
    found = {}
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        values = value.detach().numpy()
        if groups > 1 and name.endswith(SHARED):
            values = values.repeat(groups, axis=0)
        found[name] = values, axes[name]
    if "W_U" not in found:  # tied: the embedding read the other way
        found["W_U"] = model.unembedding.detach().numpy(), ("d_model", "vocab")
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """For small models: handing out their little work to several threads takes longer than the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_heads(config: ModelConfig, heads: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (layer, head) pairs as they are. Raises UsageError for one that the model does not have."""
    heads = [(int(layer), int(head)) for layer, head in heads]
    for layer, head in heads:
        if not (0 <= layer < config.n_layers and 0 <= head < config.n_heads):
            raise UsageError(
                f"no layer {layer}, head {head}: layers are 0 to {config.n_layers - 1}, heads 0 to {config.n_heads - 1}"
            )
    return heads


def check_source(config: ModelConfig, source: Encoding | None) -> None:
    """Raises UsageError where a source is missing, or given to a model that reads none."""
    reads = config.kind == "encoder-decoder"
    if reads != (source is not None):
        raise UsageError(
            "this model translates: give the text that its encoder reads as `source`"
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
