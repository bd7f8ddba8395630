"""What the heads are good for: each is switched off once, and what then comes next is set beside what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, AnimationGroup, FadeIn, FadeOut, Transform

from model.study.views import AttentionHead
from scenes.kit.attention.wall import PatternWall
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look, bars_on_one_scale
from scenes.kit.words.tokens import display
from scenes.lesson.claims import gains, loses

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

TEXT = 0.36  # em of numbers and titles
DARK = 0.12  # of a pattern whose head is off
COLUMNS = 4  # of what the head adds
COLUMN_OF_CHANGES = "+.1f"


Place = tuple[float, float, float]


def search(lesson: MultiHead) -> tuple[TensorGrid, TensorGrid]:
    """Leaves the grid of all effects; its cell for our head is the second."""
    off = lesson.off
    with lesson.step(
        "Which head matters?",
        ask="Each head off once, {n} more runs: which of them matters?",
        n=len(off.heads),
        x=off.effects[lesson.layer, lesson.head],
        keep=(),
        two=2,
        subtitle="next word after “{w}” · Σ|p − p′| / {two} between the run with all and each without one",
    ):
        grid, place = effects_in(lesson)
        lesson.play(Introduce(grid, "cells", lag=0.12), run_time=3.2)
        lesson.play(FadeIn(Frame(grid.corners(*place, *place))), run_time=0.6)
        lesson.answer("Without head {h} of layer {l}, {x:.0%} of the probability of the next word moves.")
    return grid, grid.piece(*[[k] for k in place])


def effects_in(lesson: MultiHead) -> tuple[TensorGrid, tuple[int, int]]:
    """What changes without each head, layers down in a wide frame and across in others, and the place of our head."""
    off, stage = lesson.off, lesson.stage
    effects, place = off.table(), (off.layers.index(lesson.layer), lesson.head)
    rows = [say("layer {k}", k=k) for k in off.layers]
    columns = [say("head {k}", k=k) for k in range(lesson.block.n_heads)]
    if not lesson.wide:
        effects, rows, columns, place = effects.T, columns, rows, place[::-1]
    labels: Look = dict(
        row_labels=rows, column_labels=columns, row_label_color="secondary", column_label_color="secondary"
    )
    room: Look = dict(width=stage.width, height=stage.height, cell=(1.6, 1.05), spec=".1%", size=TEXT, brackets=False)
    return stage.fit(TensorGrid(effects, "delta", **labels, **room)), place


# ── one head off ─────────────────────────────────────────────────────────────────────────────────
def switch_off(lesson: MultiHead, effects: TensorGrid, ours: TensorGrid) -> ProbabilityBars:
    with lesson.step(
        "Switch it off",
        "Head {h} of layer {l} is set to zero, and the model runs again.",
        keep=(effects,),
        subtitle="next word after “{w}” · first with all heads, then without layer {l}, head {h}",
    ):
        stage = lesson.stage
        left, right = lesson.by(wide=stage.columns(1, 2.2), square=stage.rows(1, 2.1), tall=stage.rows(1, 2.1))
        panel, (on_row, off_row), (on, off) = head_beside(lesson, left)
        bars, without = two_distributions(lesson, right)
        away = [FadeOut(effects, run_time=0.5), FadeOut(ours, target_position=panel.panel(0).center, run_time=0.8)]
        come = [*map(FadeIn, (panel, on, on_row)), Grow(bars, "values", lag=0.1)]
        lesson.play(*away, AnimationGroup(*come, run_time=1.6))
        lesson.wait(1.2)
        dark = panel.copy()
        dark.shown[:] = DARK
        lesson.play(Transform(panel, dark), Transform(on_row, off_row), Transform(on, off), run_time=1.4)
        lesson.play(Transform(bars, without), run_time=2.2)
    return bars


def places_beside(lesson: MultiHead, box: Box) -> tuple[Place, float, Place, Place]:
    """Where the pattern goes (its centre and side), how wide what is said of it may be, and the middles of title and
    row: below each other in a wide frame, else beside the pattern."""
    x, y, _ = box.center
    if lesson.wide:
        side = min(box.width, box.height - 1.45)
        middle = box.top - 0.6 - side / 2
        return (x, middle, side), box.width, (x, box.top - 0.25, 0), (x, box.top - 0.6 - side - 0.5, 0)
    side = min(0.45 * box.width, box.height)
    room = box.width - side - 0.5
    beside = box.right - room / 2
    return (box.left + side / 2, y, side), room, (beside, y + 0.45, 0), (beside, y - 0.35, 0)


def head_beside(lesson: MultiHead, box: Box) -> tuple[PatternWall, list[TensorGrid], list[Label]]:
    """The head that is switched off: its pattern, and what it adds in either run (the second time, zeros)."""
    pair = layer, head = lesson.layer, lesson.head
    runs = (AttentionHead(run, layer, head) for run in (lesson.trace, lesson.off.without[pair]))
    added = [view.result[lesson.position] for view in runs]
    panel, room, title_at, row_at = places_beside(lesson, box)
    look: Look = dict(columns=COLUMNS, scale=float(np.abs(added[0].values).max()), spec="+.2f")
    cell = (min(1.0, (room - 0.4) / (COLUMNS - 0.3)), 0.5)
    rows = [TensorGrid(tensor, "delta", cell=cell, **look, **UNBOUNDED).move_to(row_at) for tensor in added]
    texts = [say("layer {l}, head {h}: {s}", l=layer, h=head, s=state) for state in ("on", "off")]
    size, roles = fitting_size(texts, room, TEXT), ("target", "loss")
    titles = [Label(text, size, role).move_to(title_at) for text, role in zip(texts, roles, strict=True)]
    return PatternWall(box, [lesson.query.of.pattern], [panel]), rows, titles


def two_distributions(lesson: MultiHead, box: Box) -> list[ProbabilityBars]:
    """The next word in both runs, as bars for the same words in the same order."""
    both = lesson.off.next_word((lesson.layer, lesson.head))
    few = max(3, min(5, int(box.height / 0.9)))
    p, q = (probs.values for probs in both)
    likeliest, gaining = np.argsort(-p, kind="stable")[:few], np.argsort(p - q, kind="stable")[: few - 2]
    ids = sorted({int(k) for k in (*likeliest, *gaining)}, key=lambda k: -p[k])
    room: Look = dict(width=box.width - BarChange.width_of(COLUMN_OF_CHANGES, TEXT), height=box.height - 0.5)
    bars = bars_on_one_scale(both, lesson.trace.vocabulary, ids, fill="probability", **room)
    for one in bars:
        one.move_to(box.center).align_to((box.left, 0, 0), LEFT).align_to((0, box.bottom, 0), DOWN)
    return bars


def difference(lesson: MultiHead, bars: ProbabilityBars) -> None:
    before, _ = lesson.off.next_word((lesson.layer, lesson.head))
    change = BarChange(bars, before, width=BarChange.width_of(COLUMN_OF_CHANGES, TEXT))
    up, down = int(np.argmax(change.changes.values)), int(np.argmin(change.changes.values))
    gained, lost = (display(lesson.trace.vocabulary[change.ids[k]]) for k in (up, down))
    with lesson.step(
        "What changed",
        "Without it “{a}” gains {x:.1f} percentage points, and “{b}” loses {y:.1f}.",
        a=gained,
        b=lost,
        x=change.changes[up],
        y=-change.changes[down],
        claims=[gains(change.changes[up]), loses(change.changes[down])],
        subtitle="next word after “{w}” · thin line: with all heads · bar: without layer {l}, head {h}",
    ):
        title = Label("percentage points", max(0.24, smallest()), "secondary")
        title.move_to((change.get_right()[0] - title.width / 2, change.get_top()[1] + 0.22, 0))
        lesson.play(FadeIn(title), Grow(change, "grown", lag=0.3), run_time=2.2)
