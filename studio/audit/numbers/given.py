"""Given numbers, had again: what does not come out of a run is worked out a second time, or read where it was written.

`again` returns the whole table of a given leaf as it should be, or in words why nobody knows. Random numbers come from
the generator's raw bits; what was measured must be of the weights that are there, and is read from the report."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache, singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from model.numbers.origins import (
    Axes,
    Chosen,
    Constant,
    Drawn,
    Logged,
    Measured,
    Normal,
    Published,
    Scored,
    Setting,
    Step,
    Stored,
)
from model.numbers.trace import Trace
from model.numbers.tree import Given, Values
from studio.audit.numbers.published import SIZES

CLOSE = 1e-9  # relative: between two ways of finding axes
CONSTANTS = {"2π": 2 * math.pi}
ADAMW = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-8, "clip": 1.0}  # of every run (model/training/run.py)

Again = Values | str


def again(leaf: Given, traces: Iterable[Trace]) -> Again:
    """The table [of its shape] that a given leaf is a slice of."""
    if leaf.origin is not None:
        return had(leaf.origin, leaf, tuple(traces))
    if not np.array_equal(leaf.table, np.round(leaf.table)):
        return f"{leaf.name!r} is given, and nobody says from where (`origin=`)"
    if not any(map(str.isalpha, leaf.name)) and leaf.table.ndim == 0:  # a whole number, under its own name or a product
        return leaf.table if _reads(leaf) else f"{float(leaf.table):g} is given as {leaf.name!r}"
    return leaf.table


def _reads(leaf: Given) -> bool:
    """Whether a number is the one that its name is."""
    try:
        return float(leaf.name.replace("\N{MINUS SIGN}", "-")) == float(leaf.table)
    except ValueError:
        return True  # a name that is no number: "−2 × 3"


@singledispatch
def had(origin: object, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """The same by the kind of its origin."""
    raise NotImplementedError(type(origin).__name__)


@had.register
def _(origin: Chosen, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    return leaf.table if any(map(str.isalpha, leaf.name)) else f"given as {leaf.name!r}, which does not say what it is"


@had.register
def _(origin: Constant, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    return np.array(CONSTANTS[leaf.name]) if leaf.name in CONSTANTS else f"{leaf.name!r} is no constant that is known"


@had.register
def _(origin: Drawn, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """A double in [0, 1) is the upper 53 of 64 random bits."""
    bits = int(np.random.PCG64(origin.seed).random_raw(origin.draw)[-1])
    return np.array((bits >> 11) / 2**53)


@had.register
def _(origin: Normal, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """Points of a plane by length and angle, as complex numbers of which the real part is kept."""
    bits = np.random.PCG64(origin.seed).random_raw(2 * leaf.table.size)
    lengths, turns = np.asarray((bits >> 11) / 2**53).reshape(2, -1)
    points = np.sqrt(2 * np.log(1 / (1 - lengths))) * np.exp(2j * math.pi * turns)
    return np.asarray(points.real.reshape(leaf.table.shape))


@had.register
def _(origin: Setting, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    there = {getattr(trace.config, origin.field, None) for trace in traces}
    return leaf.table if float(leaf.table) in there else f"{leaf.name} is {float(leaf.table):g} in no model that is run"


@had.register
def _(origin: Measured, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    there = hash_of(origin.folder)
    if origin.hash != there:
        return f"{leaf.name} was measured on other weights than those in {origin.folder.name}"
    if not origin.keys:
        return leaf.table
    report: Any = json.loads((origin.folder / "report.json").read_text(encoding="utf-8"))
    if report["hash"] != there:
        return f"the report of {origin.folder.name} is of other weights than are there"
    for key in origin.keys:
        report = report[key]
    table = np.asarray(report, dtype=np.float64)
    return table if table.shape == leaf.table.shape else f"{leaf.name} has another shape than what is reported"


@had.register
def _(origin: Stored, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """From the shapes that the file of weights declares (PyTorch's parameters were counted)."""
    with safe_open(str(origin.folder / "model.safetensors"), "numpy") as file:
        return np.array(sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys()))  # noqa: SIM118


@had.register
def _(origin: Step, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """Of the run's recipe where the checkpoint tells it, else as all runs have it."""
    steps = [trace.info["learning"] for trace in traces if "learning" in getattr(trace, "info", {})]
    there = {step.get(origin.field) for step in steps}
    if origin.field in ADAMW:
        return np.array(ADAMW[origin.field])
    return leaf.table if float(leaf.table) in there else f"{leaf.name} is {float(leaf.table):g} in no step that is run"


@had.register
def _(origin: Logged, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    log: Any = json.loads(origin.file.read_text(encoding="utf-8"))
    for key in origin.keys:
        log = log[key]
    table = np.asarray(log, dtype=np.float64)
    if table.ndim and len(table) != len(leaf.table):
        return f"{leaf.name} has another length than what {origin.file.name} holds"
    return table


@had.register
def _(origin: Scored, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    return induction(origin.folder, hash_of(origin.folder), origin.steps)


@cache
def induction(folder: Path, hash: str, steps: tuple[int, ...]) -> Values:
    """From whole runs, one sequence after the other, query by query."""
    from model.learning.record import sequences
    from model.runs.checkpoints import load
    from model.runs.recorder import run_tokens
    from model.study.heads.scores import patterns
    from model.text.tokenizer import Encoding

    checkpoint, found = load(folder), []
    for step in steps:
        total: Any = 0.0
        for ids in sequences(checkpoint.config.vocab_size, checkpoint.config.n_ctx).tolist():
            words = tuple(checkpoint.tokenizer.vocabulary[k] for k in ids)
            weights = patterns(run_tokens(checkpoint.at(step), Encoding(tuple(ids), words, ()))).astype(np.float64)
            half = len(ids) // 2
            total = total + sum(weights[:, :, q, ids.index(ids[q]) + 1] for q in range(half, len(ids))) / half
        found.append(total / len(sequences(checkpoint.config.vocab_size, checkpoint.config.n_ctx)))
    return np.stack(found)


@had.register
def _(origin: Published, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    known = SIZES.get(origin.model, {}).get(origin.field)
    return f"the {origin.field} of {origin.model} is not known" if known is None else np.array(float(known))


def hash_of(folder: Path) -> str:
    """Of the weights, the words and the shape of the model in a checkpoint's folder."""
    from model.runs.checkpoints import load

    return load(folder).hash


@had.register
def _(origin: Axes, leaf: Given, traces: tuple[Trace, ...]) -> Again:
    """Right angles, and as much of the rows' spread as the largest singular values hold. (SVD; they were found by
    eigh. Of equal values, and of signs, any choice is right.)"""
    axes, rows = leaf.table, np.asarray(origin.rows.evaluate(*traces), dtype=np.float64)
    rest, free = rows - rows.mean(axis=0), axes
    if origin.first is not None:
        first = np.asarray(origin.first.evaluate(*traces), dtype=np.float64)
        if not np.allclose(axes[:, 0], first, atol=1e-6):
            return f"the first of the {leaf.name} is another one"
        rest, free = rest - np.outer(rest @ first, first), axes[:, 1:]
    most = np.linalg.svd(rest, compute_uv=False)[: free.shape[1]] ** 2
    spread = np.square(rest @ free).sum(axis=0)
    orthonormal = np.allclose(axes.T @ axes, np.eye(axes.shape[1]), atol=1e-6)
    if not orthonormal or not np.allclose(
        spread[: len(most)], most, rtol=1e-6, atol=CLOSE * float(np.square(rest).sum())
    ):
        return f"the {leaf.name} are not those along which the rows vary most"
    return axes
