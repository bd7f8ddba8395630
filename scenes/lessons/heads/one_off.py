"""What the heads are good for: each is switched off once, and what then comes next is set beside what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Transform

from model.numbers.tensor import concatenate
from model.study.views import AttentionHead
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.ground.layout import Box
from scenes.kit.ground.layout import row as line
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look
from scenes.kit.words.tokens import display
from scenes.lesson.claims import gains, loses, most
from scenes.lesson.steps import COME, come
from scenes.lessons.heads.question import COLUMN_OF_CHANGES, TEXT, opening

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

DARK = 0.12  # of the arcs of a head that is off
COLUMNS = 4  # of what the head adds


def search(lesson: MultiHead) -> tuple[TensorGrid, TensorGrid]:
    """Leaves the grid of all effects; its cell for our head is the second."""
    off = lesson.off
    tried = concatenate(list(off.table()), 0)
    ours = off.layers.index(lesson.layer) * lesson.block.n_heads + lesson.head
    first = ours if tried.values[ours] >= tried.values.max() else int(tried.values.argmax())
    with lesson.step(
        "Which head matters?",
        ask="Each head off once, {n} more runs: which of them matters?",
        n=len(off.heads),
        x=off.effects[lesson.layer, lesson.head],
        keep=(),
        two=2,
        quiz=lesson.quiz(
            "How much of the next word’s probability moves without head {h} of layer {l}?", tried, place=ours
        ),
        claims=[most(tried, first)],
        subtitle="next word after {before} · Σ|p − p′| / {two} between the run with all and each without one",
    ):
        grid, place = effects_in(lesson)
        lesson.play(Introduce(grid, "cells", lag=0.12), run_time=3.2)
        lesson.play(FadeIn(Frame(grid.corners(*place, *place))), run_time=0.6)
        layer, head = divmod(first, lesson.block.n_heads)
        lesson.answer(
            "Without head {h} of layer {l}, {x:.0%} of the probability of the next word moves."
            if first == ours
            else "Without head {h} of layer {l}, {x:.0%} of the probability moves; "
            "most, {y:.0%}, without head {a} of layer {b}.",
            y=tried[first],
            a=head,
            b=off.layers[layer],
        )
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
    """The picture of the beginning, then without our head."""
    _, without = lesson.off.next_word((lesson.layer, lesson.head))
    with lesson.step(
        "Switch it off",
        ask="The same picture, and the model runs again with head {h} of layer {l} set to zero: what comes next?",
        keep=(effects,),
        quiz=lesson.quiz("Without it, which word is likeliest after {before}?", without, lesson.called_next),
        subtitle="next word after {before} · first with all heads, then without layer {l}, head {h}",
    ):
        shown = opening(lesson)
        (on_row, off_row), (on, off) = state_of_head(lesson, shown.head)
        away = [FadeOut(effects, run_time=0.5), FadeOut(ours, target_position=on.get_center(), rate_func=COME)]
        lesson.play(*away, *come(on, on_row, shown.tokens, shown.arcs))
        lesson.play(Grow(shown.bars, "values", lag=0.1), run_time=1.2)
        lesson.wait(0.8)
        dark = shown.arcs.copy().set_opacity(DARK)
        lesson.play(Transform(shown.arcs, dark), Transform(on_row, off_row), Transform(on, off), run_time=1.4)
        lesson.play(Transform(shown.bars, shown.without), run_time=2.2)
    return shown.bars


def state_of_head(lesson: MultiHead, box: Box) -> tuple[list[TensorGrid], list[Label]]:
    """What the head that is switched off adds in either run (then zeros), and what is said of it, in a line."""
    pair = layer, head = lesson.layer, lesson.head
    runs = (AttentionHead(run, layer, head) for run in (lesson.trace, lesson.part_of(lesson.off.without[pair])))
    added = [view.result[lesson.position] for view in runs]
    look: Look = dict(columns=COLUMNS, scale=float(np.abs(added[0].values).max()), spec="+.2f")
    texts = [say("layer {l}, head {h}: {s}, adds", l=layer, h=head, s=state) for state in ("on", "off")]
    size = fitting_size(texts, 0.45 * box.width, TEXT)
    cell = (min(0.95, (0.5 * box.width - 0.4) / (COLUMNS - 0.3)), min(0.45, box.height))
    rows = [TensorGrid(tensor, "delta", cell=cell, **look, **UNBOUNDED) for tensor in added]
    titles = [Label(text, size, role) for text, role in zip(texts, ("target", "loss"), strict=True)]
    for title, grid in zip(titles, rows, strict=True):
        line(title, grid, gap=0.25).move_to(box.center)
    return rows, titles


def difference(lesson: MultiHead, bars: ProbabilityBars) -> None:
    before, _ = lesson.off.next_word((lesson.layer, lesson.head))
    change = BarChange(bars, before, width=BarChange.width_of(COLUMN_OF_CHANGES, TEXT))
    up, down = int(np.argmax(change.changes.values)), int(np.argmin(change.changes.values))
    gained, lost = (display(lesson.whole.vocabulary[change.ids[k]]) for k in (up, down))
    with lesson.step(
        "What changed",
        "Without it “{a}” gains {x:.1f} percentage points, and “{b}” loses {y:.1f}.",
        a=gained,
        b=lost,
        x=change.changes[up],
        y=-change.changes[down],
        claims=[gains(change.changes[up]), loses(change.changes[down])],
        subtitle="next word after {before} · thin line: with all heads · bar: without layer {l}, head {h}",
    ):
        title = Label("percentage points", max(0.24, smallest()), "secondary")
        title.move_to((change.get_right()[0] - title.width / 2, change.get_top()[1] + 0.2, 0))
        lesson.play(FadeIn(title), Grow(change, "grown", lag=0.3), run_time=2.2)
