"""The check of a figure's parts: what lies in a box of the paper's figure is what leaves the part that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from model.numbers.trace import Trace
from model.numbers.tree import Recorded
from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.readings import Array, Cell, Cells, Reading
from studio.audit.checks.check import Check
from studio.audit.findings import Defect
from studio.audit.screen import VISIBLE, Screen, is_painted

LEAVES = {  # Vaswani et al. 2017, figure 1: the title of a part → what leaves it, as a trace calls it
    "Input embedding": r"encoder\.embed",
    "Output embedding": r"decoder\.embed",
    "Positional encoding": r"(en|de)coder\.blocks\.0\.resid_pre",
    "Multi-head attention": r"encoder\.blocks\.\d+\.attn_out|decoder\.blocks\.\d+\.cross_attn_out",
    "Masked multi-head attention": r"decoder\.blocks\.\d+\.attn_out",
    "Feed forward": r"(en|de)coder\.blocks\.\d+\.mlp_out",
    "Add & norm": r"(en|de)coder\.blocks\.\d+\.resid_(self|mid|post)",
    "Linear": r"logits",
    "Softmax": r"probs",
}
OPENED = re.compile(r"([A-Z][\w &-]+): ([\w.]+) \[(\d+), (\d+)\]")  # “Softmax: probs [16, 815]”


class Parts(Check):
    """At the end of a step; inside it, what goes into a part lies in its box first."""

    screen: Screen | None = None

    def seen(self, screen: Screen) -> tuple[()]:
        self.screen = screen
        return ()

    def step_ended(self, step: object) -> Iterator[Defect]:
        painted = [m for m in self.screen.mobjects if is_painted(m)] if self.screen else []
        for mobject in painted:
            assert self.screen is not None
            readings = self.screen.readings[id(mobject)]
            for title, corners in boxes_of(readings, self.screen.marks(mobject)):
                for other in painted:
                    yield from misplaced(title, corners, self.screen.marks(other))
            yield from misopened(readings, self.sources.traces.values())


def boxes_of(readings: list[Reading], marks: list[Mark]) -> Iterator[tuple[str, Array]]:
    """(title, corners [4, 2]) of the boxes that name a part: the smallest around the title."""
    frames = [m.points for m in marks if m.kind == "frame" and m.points.ndim == 2 and np.max(m.opacity) > VISIBLE]
    for reading in readings:
        if reading.text in LEAVES and reading.opacity > VISIBLE:
            around = [frame for frame in frames if inside(frame, reading.corners.mean(axis=0))]
            if around:
                yield reading.text, min(around, key=lambda frame: float(np.prod(np.ptp(frame, axis=0))))


def misplaced(title: str, corners: Array, marks: list[Mark]) -> Iterator[Defect]:
    """Pictures of tensors that lie in the box of a part, and do not leave it."""
    for mark in marks:
        pictured = mark.kind == "image" and np.max(mark.opacity) > VISIBLE
        if not pictured or not inside(corners, mark.points.reshape(-1, 2).mean(axis=0)):
            continue
        for encoding in mark.shows:
            for name in names_of(encoding.cell):
                if not re.fullmatch(LEAVES[title], name):
                    yield Defect("wrong label", f"{name} lies in the box “{title}”", shown=name)


def misopened(readings: list[Reading], traces: Iterable[Trace]) -> Iterator[Defect]:
    """“Softmax: probs [16, 815]” names what leaves that part, and its shape."""
    for reading in readings:
        found = OPENED.match(reading.text)
        if not found or found[1] not in LEAVES:
            continue
        if not re.fullmatch(LEAVES[found[1]], found[2]):
            yield Defect("wrong label", f"“{reading.text}”: {found[2]} does not leave this part", shown=found[2])
        shapes = {trace.shape(found[2]) for trace in traces if found[2] in trace.names}
        if shapes and (int(found[3]), int(found[4])) not in shapes:
            there = " or ".join(str(list(shape)) for shape in sorted(shapes))
            yield Defect("wrong label", f"“{reading.text}”: the shape is another", expected=there, shown=found[0])


def names_of(what: object) -> Iterator[str]:
    if isinstance(what, (Cell, Cells)):
        yield from (leaf.name for leaf in what.tensor.expression.leaves() if isinstance(leaf, Recorded))


def inside(corners: Array, point: Array) -> bool:
    return bool((corners.min(axis=0) < point).all() and (point < corners.max(axis=0)).all())


__all__ = ["Parts"]
