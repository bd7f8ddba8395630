"""The forward passes that a lesson draws."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from model.numbers.making import making
from model.numbers.trace import Trace
from model.runs.ablation import ablations, of_tokens
from model.text.tokenizer import Encoding
from scenes.kit.words.tokens import display

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

MOST_RUNS = 64  # second runs; of a model with more heads, not all are switched off


@lru_cache(maxsize=16)
def trace_of(model: str, text: str, **changes: Any) -> Trace:
    """The trace of a text, with what is changed on the way (see `model.run`).

    Kept, because every replay asks for the same one."""
    from model import run

    return run(model, text, **changes)


@lru_cache(maxsize=32)
def translation_of(model: str, source: str) -> str:
    """What an encoder–decoder writes of a text, the likeliest word each time, as its own tokenizer reads it again.

    Raises UsageError for another model, for unknown words, and for a sentence without a mark at its end."""
    from model.runs.translation import greedily

    return greedily(model, source)


@lru_cache(maxsize=32)
def tokens_run(model: str, encoding: Encoding, off: tuple[tuple[int, int], ...] = ()) -> Trace:
    """The run of a text that is tokens already, without the heads (layer, head) that are `off`."""
    from model.runs.checkpoints import load
    from model.runs.recorder import run_tokens

    return run_tokens(load(model), encoding, ablate=off)


@lru_cache(maxsize=8)
def tokens_runs(
    model: str, encoding: Encoding, heads: tuple[tuple[int, int], ...], keep: str | None = None
) -> dict[tuple[int, int], Trace]:
    """The runs of such a text without each of the heads, in one batch. keep: as `run_batch` takes it."""
    from model.runs.checkpoints import load

    return of_tokens(load(model), encoding, heads, keep)


@lru_cache(maxsize=8)
def words_known(model: str) -> tuple[str, ...]:
    """The words that a text may have, most frequent first; none of a model that reads any text in pieces."""
    from model.runs.checkpoints import load

    read = load(model).reads
    return () if read.in_pieces else tuple(read.vocabulary[k] for k in read.word_ids)


@lru_cache(maxsize=8)
def second_runs(
    model: str, text: str, heads: tuple[tuple[int, int], ...], source: str | None = None, stack: str | None = None
) -> dict[tuple[int, int], Trace]:
    """The runs without each of the heads (layer, head); kept, because every replay asks for the same ones.

    source, stack: as `model.run` takes them."""
    return ablations(model, text, heads, source, stack)


@lru_cache(maxsize=32)
def twins_of(model: str, text: str, source: str) -> list[str]:
    """Sentences that differ from one in a word, and whose translations differ from `text` (see `contrast.twins`)."""
    from model.runs.checkpoints import load
    from model.study.inside.contrast import twins

    return twins(load(model), trace_of(model, text, source=source))


@lru_cache(maxsize=8)
def snapshot_runs(model: str, text: str, source: str | None = None) -> tuple[Trace, ...]:
    """The runs of a text at each snapshot of a model's training, the last one of the model itself.

    source: what an encoder–decoder reads."""
    from model.learning.record import along
    from model.runs.checkpoints import load

    return tuple(along(load(model), text, source))


@lru_cache(maxsize=8)
def first_step(model: str, text: str) -> Trace:
    """The step of learning on a text that the model takes at its first snapshot."""
    from model.learning import step

    return step(first_snapshot(model), text)


@lru_cache(maxsize=32)
def nudged_run(model: str, text: str, name: str, index: tuple[int, ...], by: float) -> Trace:
    """The run of a text at the first snapshot, with one weight moved."""
    from model.learning import nudged

    return nudged(first_snapshot(model), text, name, index, by)


def first_snapshot(model: str) -> Checkpoint:
    from model.learning.record import snapshots
    from model.runs.checkpoints import load

    checkpoint = load(model)
    return checkpoint.at(snapshots(checkpoint)[0])


def taught(model: str, layer: int, head: int) -> str:
    """A note: whether a head found by itself where to look, or was also told."""
    from model.runs.checkpoints import load

    steps = load(model).guided(layer, head)
    if not steps:
        return "Nobody told this head where to look. That it looks there is what makes the loss smaller."
    return (
        f"In the last {steps:,} steps of its training this head was also told where to look in sentences of one kind;"
        " elsewhere it looks where that makes the loss smaller."
    )


def run_in_words(trace: Trace) -> str:
    """What a forward pass was of, as far as it tells it from others."""
    stack = trace.info.get("stack", "")
    part = {"encoder": " of the encoder", "cross": " of those that look at the encoder"}.get(stack, "")
    off = "".join(f", without layer {layer}, head {head}{part}" for layer, head in trace.info.get("ablate", ()))
    off += "".join(f", without layer {layer}, neuron {neuron}" for layer, neuron in trace.info.get("neurons", ()))
    if patch := trace.info.get("patch"):
        row = patch["name"] if patch["head"] is None else f"{patch['name']}, head {patch['head']},"
        off += f", with {row} at position {patch['position']} from “{' '.join(map(display, patch['words']))}”"
    if trace.info.get("step") is not None:
        off += f", at step {trace.info['step']} of its training"
    if nudged := trace.info.get("nudged"):
        off += f", with one weight of {nudged[0]} moved by {nudged[2]:g}"
    off += ", its scores not divided by √d_head" if trace.info.get("scaled") is False else ""
    return f"run of {trace.info.get('checkpoint')} on “{' '.join(map(display, trace.tokens))}”{off}"


def made(cell: Any, main: Trace | None, traces: Iterable[Any]) -> str | None:
    """In words, how a number on screen (a Cell of a reading) was made, if a trace recorded it as it is.

    Else, which other runs it is of."""
    traces = list(traces)
    how = making(cell.tensor, cell.index, traces)
    runs = [t for t in traces if getattr(t, "run_id", None) in cell.tensor.runs() and isinstance(t, Trace)]
    if all(run is main for run in runs):
        return how and f"= {how}"
    return (f"= {how} · " if how else "") + "; ".join(map(run_in_words, runs))
