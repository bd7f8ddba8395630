"""Switching heads off, one at a time: real second runs, and how far each moves what the model says comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.changes import Off
    from model.runs.checkpoints import Checkpoint
    from model.text.tokenizer import Encoding

AT_ONCE = 2**23  # logits of one batch: what 64 MB hold in float64


def ablations(
    checkpoint: Checkpoint | str,
    text: str,
    heads: Iterable[tuple[int, int]],
    source: str | None = None,
    stack: str | None = None,
) -> dict[tuple[int, int], Trace]:
    """One more forward pass for each (layer, head), with that head's result set to zero; batched, as many as fit.

    source, stack: as `run` takes them. Raises UsageError for a head or stack out of range."""
    from model.runs.changes import Off
    from model.runs.recorder import check_heads, check_stack

    checkpoint = _loaded(checkpoint)
    pairs, where = check_heads(checkpoint.config, heads), check_stack(checkpoint.config, stack)
    off = [Off(heads=(pair,), stack=where) for pair in pairs]
    return dict(zip(pairs, _batched(checkpoint, text, off, source), strict=True))


def without_neurons(
    checkpoint: Checkpoint | str,
    text: str,
    neurons: Iterable[tuple[int, int]],
    source: str | None = None,
    stack: str | None = None,
) -> dict[tuple[int, int], Trace]:
    """The same for each (layer, neuron) of the MLPs, with the neuron's output set to zero."""
    from model.runs.changes import Off
    from model.runs.recorder import check_neurons, check_stack

    checkpoint = _loaded(checkpoint)
    pairs, where = check_neurons(checkpoint.config, neurons), check_stack(checkpoint.config, stack)
    off = [Off(neurons=(pair,), stack=where) for pair in pairs]
    return dict(zip(pairs, _batched(checkpoint, text, off, source), strict=True))


def of_tokens(
    checkpoint: Checkpoint, encoding: Encoding, heads: Sequence[tuple[int, int]], keep: str | None = None
) -> dict[tuple[int, int], Trace]:
    """As `ablations`, of a text that is tokens already. keep: as `run_batch` takes it."""
    from model.runs.changes import Off
    from model.runs.recorder import check_heads

    pairs = check_heads(checkpoint.config, heads)
    off = [Off(heads=(pair,)) for pair in pairs]
    return dict(zip(pairs, _in_batches(checkpoint, encoding, None, off, keep=keep), strict=True))


def _loaded(checkpoint: Checkpoint | str) -> Checkpoint:
    from model.runs.checkpoints import load

    return load(checkpoint) if isinstance(checkpoint, str) else checkpoint


def _batched(checkpoint: Checkpoint, text: str, off: Sequence[Off], source: str | None) -> Iterator[Trace]:
    from model.runs.recorder import encode_text

    read = None if source is None else checkpoint.reads.encode(source, checkpoint.config.n_ctx)
    return _in_batches(checkpoint, encode_text(checkpoint, text), text, off, source=read)


def _in_batches(
    checkpoint: Checkpoint, encoding: Encoding, text: str | None, off: Sequence[Off], **more: Any
) -> Iterator[Trace]:
    """The runs, in batches of as many as fit."""
    from model.runs.recorder import run_batch

    size = max(1, AT_ONCE // (len(encoding.ids) * checkpoint.config.vocab_size))
    for first in range(0, len(off), size):
        yield from run_batch(checkpoint, encoding, text, off[first : first + size], **more)


def moved(before: Trace, after: Trace, position: int = -1) -> Tensor:
    """How much probability of the next word after `position` goes elsewhere: ½ Σ |p − p′|, between 0 and 1.

    The total variation distance (Levin & Peres, Markov Chains and Mixing Times, prop. 4.2)."""
    return abs(before["probs"][position] - after["probs"][position]).sum() / 2
