"""How a recorded number was made: the one formula that leads to it from the tensors recorded before it.

`made_of(trace, "blocks.3.attn.scores_raw", (6, 4, 2))` is a Tensor of one number whose expression is the sum of d_head
products q₄ · k₂, so that it can be told in words (`source()`) and computed again. The formulas (formulas.py) are those
of `model/net`; a run that was changed on the way (a head switched off, positions left out) departs from them, and there
is no answer where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from model.numbers.formulas import FORMULAS, Place
from model.numbers.learned import AFTER, GRAD, UPDATE, formula_of
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Recorded
from model.numbers.words import origin

NAME = re.compile(
    r"(?P<stack>(?:encoder\.|decoder\.|after\.|grad\.|update\.)?)(?:blocks\.(?P<layer>\d+)\.)?(?P<part>.+)"
)
WEIGHT = re.compile(r"(.*\.)?(W_\w+|b_\w+|w|b)")
RTOL = 1e-4  # between what float32 keeps and float64 gives


def made_of(trace: Trace, name: str, index: tuple[int, ...]) -> Tensor | None:
    """The number at `index` of a recorded tensor as it was computed.

    None for what the run begins with (`given_to`), and where it departs from the formulas."""
    made = by_formula(trace, name, index)
    return made if made is not None and agrees(made, trace, name, index) else None


def agrees(made: Tensor, trace: Trace, name: str, index: tuple[int, ...]) -> bool:
    """Whether a formula gives what was recorded, within what float32 keeps."""
    recorded = float(trace[name].values[index])
    return bool(np.isclose(float(made), recorded, rtol=RTOL, atol=slack(trace, name)))


def slack(trace: Trace, name: str) -> float:
    """By how much a number of a tensor may be off, beside `RTOL` of its size. Slopes and steps are small: theirs is a
    part of the largest one."""
    if name.startswith((GRAD, UPDATE)):
        return 1e-6 * float(np.abs(trace.array(name)).max()) + 1e-9
    return 1e-5


def by_formula(trace: Trace, name: str, index: tuple[int, ...]) -> Tensor | None:
    """What the formula makes of the tensors before; None where there is no formula. It may depart from the run."""
    found = NAME.fullmatch(name)
    if found is None or name not in trace or given_to(trace, name):
        return None
    part, layer = found["part"], int(found["layer"] or 0)
    learned = formula_of(trace, name, part, layer)
    formula, place = learned or (FORMULAS.get(part), Place(trace, found["stack"], layer))
    if formula is None or name.startswith(GRAD) and not learned:
        return None
    if name.endswith("pos_embed") and trace.info.get("positions") is False:
        return None
    try:
        return formula(place, *index)
    except LookupError:  # a trace that holds only a part of the model
        return None


def making(tensor: Tensor, index: tuple[int, ...], traces: Iterable[Any]) -> str | None:
    """In words, how the recorded number at `index` of a tensor was made.

    None for what is not a recorded number of one of the traces, and where `made_of` has no answer."""
    leaf, inner = origin(tensor.expression, index)
    if not isinstance(leaf, Recorded):
        return None
    trace = next((t for t in traces if isinstance(t, Trace) and t.run_id == leaf.run), None)
    place = tuple(one for one in leaf.take(inner).index if isinstance(one, int))
    made = None if trace is None else made_of(trace, leaf.name, place)
    return None if made is None else made.source()


def given_to(trace: Trace, name: str) -> str | None:
    """What a tensor is that the run does not make but begins with: a weight, or the text. None for all others."""
    last = name.rsplit(".", 1)[-1]
    if last == "tokens":
        return "the text, as ids of the vocabulary"
    if not WEIGHT.fullmatch(name) or name.startswith((GRAD, UPDATE, AFTER)):
        return None
    computed = last == "W_pos" and trace.config.positions == "sinusoidal" or last == "W_U" and trace.config.tied
    return None if computed else "learned in training"
