"""The check of gradients: a slope of the loss is by how much the loss changes when the number is moved a little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from model.numbers.trace import Trace
from studio.audit.findings import Defect
from studio.audit.numbers.recorded import places

GRAD = "grad."
CLOSE, SMALL = 1e-3, 1e-5  # relative: of the number itself, and of the largest of its tensor


def check_slopes(trace: Trace, names: Iterable[str]) -> Iterator[Defect]:
    """Some numbers of each gradient that was shown, of a step of learning; of each tensor what is wrong first.

    Two more runs a number, of a model built from the weights that the trace holds: no autograd, no formula."""
    wanted = sorted(name for name in names if name.startswith(GRAD) and name in trace)
    if not wanted:
        return
    from model.learning.backward import Slopes

    slopes = Slopes(trace)
    for name in wanted:
        values = trace.array(name)
        slack = SMALL * float(np.abs(values).max()) + 1e-9
        for index in places(values.shape):
            slope = slopes.at(name.removeprefix(GRAD), index)
            if abs(slope - float(values[index])) > slack + CLOSE * abs(slope):
                what = f"{trace[name].source(*index)} is not the slope of the loss"
                yield Defect("wrong number", what, None, f"{slope:.4g}", f"{float(values[index]):.4g}")
                break
