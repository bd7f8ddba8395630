"""Forward passes, recorded: one, and several in a batch that differ by a change each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import numpy as np
import torch

from model.net.cache import Cache
from model.net.layers import Enough, Tape
from model.net.transformer import EncoderDecoder, Transformer
from model.runs.changes import ALL_ON, Change
from model.runs.recomputed import END, Arrays, Axes, Recomputed, before_unembedding, part_of, together

Listener = Callable[[str, torch.Tensor, str], torch.Tensor]


@torch.no_grad()
def record(
    model: Transformer | EncoderDecoder,
    ids: Sequence[int],
    source: Sequence[int] | None = None,
    *,
    change: Change = ALL_ON,
    positions: bool = True,
    scaled: bool = True,
) -> tuple[Arrays, Axes]:
    """Every intermediate tensor of a forward pass as float32, and the names of its axes.

    `source` is for an encoder–decoder."""
    arrays: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    if source is not None:
        arrays["encoder.tokens"] = np.array(source, dtype=np.int64)
    axes: Axes = dict.fromkeys(arrays, ("position",))

    def keep(name: str, values: np.ndarray, names: tuple[str, ...]) -> None:
        arrays[name], axes[name] = values, names

    listened(model, (ids, source), listener(keep, change, scaled), positions)
    return arrays, axes


def listened(
    model: Transformer | EncoderDecoder,
    inputs: tuple[Sequence[int], Sequence[int] | None],
    listen: Listener,
    positions: bool,
) -> None:
    """A forward pass, probabilities included, and who listens to it. inputs: the tokens, and those of a source"""
    logits = model(*(torch.tensor(one) for one in inputs if one is not None), tape=Tape(listen), positions=positions)
    if model.config.unembeds:
        listen("probs", probabilities(logits), "position vocab")


def listener(keep: Callable[[str, np.ndarray, tuple[str, ...]], None], change: Change, scaled: bool) -> Listener:
    """Makes the change, and hands over what it hears: its name, values and axes."""
    raw: list[torch.Tensor] = []  # the scores that were told last, before they are divided

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if change.concerns(name):
            value = value.clone()
            change.apply(name, value)
        if name.endswith("attn.scores_raw"):
            raw[:] = [value]
        elif not scaled and name.endswith("attn.scores"):
            value = raw[0]
        keep(name, value.detach().to(torch.float32).numpy().copy(), tuple(names.split()))
        return value

    return listen


@torch.no_grad()
def record_sparingly(
    model: Transformer, ids: Sequence[int], *, change: Change = ALL_ON, positions: bool = True, scaled: bool = True
) -> tuple[Recomputed, Axes]:
    """As `record`, but of blocks only the stream before some of them is kept (recomputed.py): at no time all of it."""
    kept: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    parts, shapes, axes = dict[str, str | None](tokens=None), dict[str, tuple[int, ...]](), Axes(tokens=("position",))
    run = recomputed(model, kept, parts, shapes, change, positions, scaled)
    computed: dict[str, Arrays] = {}  # of the part that is being computed

    def keep(name: str, values: np.ndarray, names: tuple[str, ...]) -> None:
        axes[name], part = names, part_of(model.config, name, names)
        parts[name] = part
        if part is None:
            run.keep(name, values)
            return
        shapes[name] = values.shape
        if part not in computed:
            hand_over()
        computed.setdefault(part, {})[name] = values

    def hand_over() -> None:
        while computed:
            run.remember(*computed.popitem())

    listened(model, (ids, None), listener(keep, change, scaled), positions)
    hand_over()
    return run, axes


def recomputed(
    model: Transformer,
    kept: Arrays,
    parts: dict[str, str | None],
    shapes: Mapping[str, tuple[int, ...]],
    change: Change = ALL_ON,
    positions: bool = True,
    scaled: bool = True,
) -> Recomputed:
    """A run of which these tensors are kept; the others are computed again with the part of the model they are of."""

    @torch.no_grad()
    def again(part: str) -> Arrays:
        made: Arrays = {}
        listen = listener(lambda name, values, _: made.update({name: values}), change, scaled)
        before = before_unembedding(model.config) if part == END else f"{part}.resid_pre"
        x = torch.from_numpy(run[before].copy())  # torch knows no array that is only read
        if part == END:
            listen("probs", probabilities(model.unembed(x, Tape(listen))), "position vocab")
        else:
            first, many = int(part.partition(".")[2]), together(model.config)
            for layer in range(first, min(first + many, model.config.n_layers)):
                x = model.again(layer, x, Tape(listen), positions)
        return {name: values for name, values in made.items() if parts[name] is not None}

    run = Recomputed(kept, parts, shapes, again)
    return run


def with_logits(model: Transformer | EncoderDecoder, recorded: tuple[Arrays, Axes]) -> tuple[Recomputed, Axes]:
    """What was recorded up to the unembedding, with logits and probabilities, which are computed when asked for."""
    assert isinstance(model, Transformer)
    arrays, axes = recorded
    names = [*(["logits_raw"] if model.config.logit_cap is not None else []), "logits", "probs"]
    parts = dict.fromkeys(arrays, None) | dict.fromkeys(names, END)
    shapes = dict.fromkeys(names, (len(arrays["tokens"]), model.config.vocab_size))
    return recomputed(model, arrays, parts, shapes), axes | dict.fromkeys(names, ("position", "vocab"))


@torch.no_grad()
def record_batch(
    model: Transformer | EncoderDecoder | Cache,
    ids: Sequence[int],
    changes: Sequence[Change],
    source: Sequence[int] | None = None,
    kept: tuple[str, ...] = ("",),
    last: str | None = None,
) -> list[tuple[Arrays, Axes]]:
    """As `record` once for each of the changes, in one batch; of what was not changed, names that begin with `kept`.

    last: the name with which it ends.

    Up to the first change all runs are the same: they are one there, and a batch from it on."""
    batch: Arrays = {}
    tokens: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    if source is not None:
        tokens["encoder.tokens"] = np.array(source, dtype=np.int64)
    axes: Axes = dict.fromkeys(tokens, ("position",))

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if any(each.concerns(name) for each in changes):
            value = value.expand(len(changes), *value.shape[1:]).clone()
            for each, sample in zip(changes, value, strict=True):
                each.apply(name, sample)
        elif not name.startswith(kept):
            return value
        batch[name], axes[name] = value.detach().to(torch.float32).numpy(), tuple(names.split())
        if name == last:
            raise Enough
        return value

    inputs = [torch.tensor([one]) for one in (ids, source) if one is not None]
    with suppress(Enough):
        logits = model(*inputs, tape=Tape(listen))
        if model.config.unembeds:
            listen("probs", probabilities(logits), "position vocab")

    def of(sample: int) -> Arrays:
        own = {n: part(v, n, sample).copy() for n, v in batch.items() if keeps(sample, n)}
        return {name: values.copy() for name, values in tokens.items()} | own

    def part(values: np.ndarray, name: str, sample: int) -> np.ndarray:
        return values if values.ndim == len(axes[name]) else values[sample if len(values) > 1 else 0]

    def keeps(sample: int, name: str) -> bool:
        return name.startswith(kept) or changes[sample].concerns(name)

    arrays = [of(sample) for sample in range(len(changes))]
    return [(one, {name: axes[name] for name in one}) for one in arrays]


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """softmax(logits) in double precision, whatever the model runs in."""
    return logits.double().softmax(-1)


@contextmanager
def one_thread() -> Iterator[None]:
    """For small models: handing out their little work to several threads takes longer than the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
