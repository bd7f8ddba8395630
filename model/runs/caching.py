"""A run that reads one token after the other and keeps keys and values, recorded like any other run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from model.errors import UsageError
from model.net.cache import Cache
from model.net.layers import Tape
from model.net.transformer import EncoderDecoder, Transformer
from model.numbers.trace import Trace
from model.runs.carried import Carried
from model.runs.changes import ALL_ON
from model.runs.checkpoints import Checkpoint
from model.runs.recomputed import Arrays, Axes
from model.runs.recorder import model_of, trace_of, what_stays
from model.runs.recording import probabilities, record_batch, with_logits
from model.text.tokenizer import Encoding

UNSEEN = {"scores_masked": -np.inf, "pattern": 0.0}  # what a query makes of keys that are not there yet
PARTIAL = ("scores_raw", "scores", "scores_capped")  # these it does not make at all


def run_cached(checkpoint: Checkpoint, encoding: Encoding, text: str | None = None) -> Trace:
    """The tokens read one at a time, each in a pass of its own, with the keys and values of those before it kept.

    Row i of every tensor comes from pass i. Raises UsageError for a model whose words do not only look back."""
    model, context = model_of(checkpoint)
    if not isinstance(model, Transformer):
        raise UsageError("only a model that reads one text and looks back can keep keys and values")
    with context:
        recorded = record_cached(model, encoding.ids)
    return trace_of(checkpoint, encoding, text, recorded, ALL_ON, cached=True)


@torch.no_grad()
def record_cached(model: Transformer, ids: tuple[int, ...]) -> tuple[Arrays, Axes]:
    """Every intermediate tensor that the passes make, row under row."""
    cache, rows, axes = Cache(model), dict[str, list[np.ndarray]](), Axes(tokens=("position",))

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        short = name.rpartition(".")[2]
        if short not in PARTIAL:
            one = value.to(torch.float32).numpy()
            if short in UNSEEN:
                missing = [(0, 0)] * (one.ndim - 1) + [(0, len(ids) - one.shape[-1])]
                one = np.pad(one, missing, constant_values=UNSEEN[short])
            rows.setdefault(name, []).append(one)
            axes[name] = tuple(names.split())
        return value

    for token in ids:
        logits = cache.read(torch.tensor([token]), Tape(listen))
        if model.config.unembeds:
            listen("probs", probabilities(logits), "position vocab")
    along = {name: next(k for k, axis in enumerate(axes[name]) if axis in ("position", "query")) for name in rows}
    arrays = {name: np.concatenate(rows.pop(name), axis) for name, axis in along.items()}  # never all of it twice
    return {"tokens": np.array(ids, dtype=np.int64)} | arrays, axes


def cache_of(model: Transformer | EncoderDecoder, trace: Trace, length: int) -> Cache:
    """The keys and values of the first tokens of a run: nothing before `length` is computed again."""
    if not isinstance(model, Transformer):
        raise UsageError("only a model that reads one text and looks back can keep keys and values")
    cache = Cache(model)
    cache.keep(length, {name: torch.from_numpy(trace.array(name).copy()) for name in trace if cache.keeps(name)})
    return cache


@torch.no_grad()
def read_on(checkpoint: Checkpoint, trace: Trace, start: int, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """The probabilities of what comes next when these tokens, as many each, follow the first `start` ones of a run: of
    each of the texts, which are read together. [text, vocab]"""
    model, context = model_of(checkpoint)
    with context:
        logits = cache_of(model, trace, start).read(torch.tensor([list(ids) for ids in texts]), last=True)
        return probabilities(logits[:, -1]).numpy()


def run_on(checkpoint: Checkpoint, trace: Trace, start: int, carried: Sequence[Carried]) -> Iterator[Trace]:
    """A run of the same tokens for each row that is carried over, of none before `start`: as `run_batch`, but what
    comes before is that of the run itself."""
    model, context = model_of(checkpoint)
    with context:
        changes = [replace(each, start=start) for each in carried]
        kept, last = what_stays(checkpoint)
        recorded = record_batch(cache_of(model, trace, start), trace.ids[start:], changes, kept=kept, last=last)
    encoding = Encoding(trace.ids, trace.tokens, trace.unknown)
    for each, (arrays, axes) in zip(carried, recorded, strict=True):
        for name, values in arrays.items():
            along = axes[name].index("position")
            before = trace.array(name).take(range(start), along)
            arrays[name] = np.concatenate([before, values], along)
        whole = (arrays, axes) if last is None else with_logits(checkpoint.model, (arrays, axes))
        yield trace_of(checkpoint, encoding, trace.info["text"], whole, each)


def reading_of(checkpoint: Checkpoint, trace: Trace) -> Trace:
    """The same tokens as those of a run, read with a cache."""
    return run_cached(checkpoint, Encoding(trace.ids, trace.tokens, trace.unknown), trace.info["text"])


__all__ = ["cache_of", "read_on", "reading_of", "record_cached", "run_cached", "run_on"]
