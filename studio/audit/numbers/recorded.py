"""The check of runs: what was recorded is what the formulas make of the tensors before it.

`model/net` says in torch, and `model/numbers/formulas.py` in Tensors, what a transformer computes. Here some numbers of
every recorded tensor that was shown, and of all those that led to it, are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from model.numbers.making import agrees, by_formula
from model.numbers.trace import Trace
from model.numbers.tree import Recorded
from model.runs.stacks import post_name, result_name, stack_of
from studio.audit.findings import Defect

PLACES = 6  # of each tensor


def is_plain(trace: object) -> bool:
    """Whether it is a run of a model in one pass that was not changed on the way (others are compared elsewhere)."""
    changed = isinstance(trace, Trace) and any(
        trace.info.get(name) for name in ("ablate", "neurons", "patch", "cached")
    )
    return (
        isinstance(trace, Trace)
        and not changed
        and all(trace.info.get(n) is not False for n in ("positions", "scaled"))
    )


def check_run(trace: Trace, names: Iterable[str], deep: bool = True) -> Iterator[Defect]:
    """Some numbers of the tensors of these names, and (deep) of what they are made of; of each tensor what is wrong
    first."""
    todo, known = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in known or name not in trace:
            continue
        known.add(name)
        for index in places(trace.shape(name)):
            made: Any = by_formula(trace, name, index)
            if made is None:
                break
            if deep:
                todo += [leaf.name for leaf in made.expression.leaves() if isinstance(leaf, Recorded)]
            if not agrees(made, trace, name, index):
                what = f"{trace[name].source(*index)} is not {made.source()}"
                yield Defect("wrong number", what, None, f"{float(made):.4g}", f"{trace[name].values[index]:.4g}")
                break


def check_silenced(trace: Trace) -> Iterator[Defect]:
    """Of a run that is said to lack heads or neurons: these add nothing, the others of their layers something."""
    for layer in {layer for layer, _ in trace.info.get("neurons", ())}:
        post = trace.array(post_name(stack_of(trace), layer))
        silent = {int(n) for n in np.flatnonzero(~post.any(axis=0))}
        missing = {n for at, n in trace.info["neurons"] if at == layer} - silent
        if missing or len(silent) == post.shape[1]:
            what = f"the run without neurons {sorted(missing)} of layer {layer} has them"
            yield Defect("wrong number", what, None, "0", f"{float(np.abs(post).max()):.4g}")
    for layer in {layer for layer, _ in trace.info["ablate"]}:
        off = {head for at, head in trace.info["ablate"] if at == layer}
        name = result_name(stack_of(trace), layer)
        for head, result in enumerate(trace.array(name) if name in trace else ()):
            if (head in off) == bool(result.any()):
                should = "nothing" if head in off else "something"
                what = f"layer {layer}, head {head} adds what it should not in the run without {sorted(off)}"
                yield Defect("wrong number", what, None, should, f"{float(np.abs(result).max()):.4g}")


def check_patched(trace: Trace, traces: Iterable[object]) -> Iterator[Defect]:
    """Of a run into which a row was carried over: the row is that of the run it is said to be from, all the others of
    its tensor are those of the run with nothing carried over."""
    patch = trace.info["patch"]
    runs = [one for one in traces if isinstance(one, Trace) and one.config == trace.config]
    donor = next((one for one in runs if one.run_id == patch["donor"]), None)
    plain = next((one for one in runs if is_plain(one) and one.ids == trace.ids), None)
    name, rows = patch["name"], trace.array(patch["name"])
    at = (patch["position"],) if patch["head"] is None else (patch["head"], patch["position"])
    if donor is None or plain is None:
        missing = "other" if donor is None else "unchanged"
        yield Defect("wrong number", f"nobody knows the {missing} run of {trace[name].source()}", None)
        return
    expected = plain.array(name).copy()
    expected[at] = donor.array(name)[at]
    least = 1e-5 + 1e-6 * float(np.abs(expected).max())  # single precision: large rows are added up less exactly
    if not np.allclose(rows, expected, rtol=1e-4, atol=least):
        what = f"{trace[name].source()} has not the row carried over at {at}, and no other"
        yield Defect("wrong number", what, None, f"{float(expected[at][0]):.4g}", f"{float(rows[at][0]):.4g}")
    yield from check_run(trace, [n for n in ("logits", "probs") if n in trace], deep=False)


def places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Some places all over a table, always the same ones; where its last two axes are alike, those beside its diagonal,
    too, where a word meets the next one."""
    rng = np.random.default_rng(0)
    for _ in range(PLACES):
        at = [int(rng.integers(size)) for size in shape]
        yield tuple(at)
        if len(shape) > 1 and shape[-1] == shape[-2] > 1:
            query = min(at[-2], shape[-1] - 2)
            yield (*at[:-2], query, query + 1)
