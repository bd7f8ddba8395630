"""Norms: why what reads the stream puts its rows on a common scale, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from manim import FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor, stack
from model.study.inside.stream import layer_normed, rms_normed
from scenes.kit.charts.lanes import Lanes, whole_range
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.layout import stack as stack_up
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Formula, Label
from scenes.kit.moves.flight import Fly
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.chain import RowChain
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.sums import cosine, norms
from scenes.kit.recipes import Look
from scenes.kit.words.writers import name_of
from scenes.lesson.claims import truth
from scenes.lesson.steps import come, give_way, leave

if TYPE_CHECKING:
    from scenes.lessons.residual.lesson import ResidualStream

NO_MARKS = ((None, None), (None, None))
CLOSER = 4  # times as long as what stands on it: from there on an axis is looked at from closer by
PRE, POST = 'x <- x + {{ f : f }}({{ op("norm") : n }}(x))', 'x <- {{ op("norm") : n }}(x + {{ f : f }}(x))'


def reach(lesson: ResidualStream, near: bool = False) -> tuple[float, float]:
    """What the axis of all pictures of the two rows goes from and to; near: of those that were divided, alone."""
    rows = [row for norm in lesson.norms for row in (norm.divided, norm.after)]
    rows += [] if near else [row for norm in lesson.norms for row in (norm.before, norm.centred)]
    return whole_range(*[row.values for row in rows])


def too_far(lesson: ResidualStream) -> bool:
    """Whether rows that were divided are a thin line on the axis that they had before, as those of deep models are."""
    (low, high), (near_low, near_high) = reach(lesson), reach(lesson, near=True)
    return high - low > CLOSER * (near_high - near_low)


def pair(
    lesson: ResidualStream,
    rows: Sequence[Tensor],
    marks: Sequence[tuple[Tensor | None, Tensor | None]] = NO_MARKS,
    near: bool = False,
) -> list[Lanes]:
    """Two rows, one above the other on axes of one scale. marks: mean and spread of each; near: as in `reach`."""
    boxes, blocks = lesson.stage.rows(1, 1, gap=0.25), (0, lesson.layer)
    found, ends = [], reach(lesson, near)
    for box, row, block, (mean, spread) in zip(boxes, rows, blocks, marks, strict=True):
        title = say("{w}, block {b}", w=lesson.words[lesson.position], b=block)
        room: Look = dict(width=box.width, height=box.height, reach=ends)
        found.append(Lanes(row, title, mean=mean, spread=spread, **room).move_to(box.center))
    return found


def become(lesson: ResidualStream, lanes: list[Lanes], after: list[Lanes]) -> None:
    """All dots run along their lanes to where they are next."""
    lesson.play(*[Transform(one, next_one) for one, next_one in zip(lanes, after, strict=True)], run_time=2)


def how_different(lesson: ResidualStream, before: Mobject) -> list[Lanes]:
    """The row as it enters the model and as it comes to our MLP, on one axis."""
    first, later = lesson.norms
    with lesson.step(
        "Too different to read",
        "One row, length {a:.1f} at first and {b:.1f} later: whoever reads it must cope with both.",
        subtitle="above blocks.0.resid_pre [{i}, :], below blocks.{l}.resid_mid [{i}, :] · {d} dots each",
        a=norms(first.before),
        b=norms(later.before),
        keep=(before,),
    ):
        lanes = pair(lesson, (first.before, later.before))
        lesson.play(*leave(before), *come(lanes[0]), run_time=0.5)
        lesson.play(FadeIn(lanes[1]), run_time=1)
    return lanes


def centre(lesson: ResidualStream, lanes: list[Lanes]) -> None:
    first, later = lesson.norms
    with lesson.step(
        "Subtract the mean",
        "So each reader begins with a layer norm: it takes the mean μ away …",
        subtitle="above blocks.{zero}.ln1, below blocks.{l}.ln2 · mean [{i}], scale [{i}] · x − μ",
        keep=lanes,
    ):
        marks = [(norm.mean, norm.scale) for norm in lesson.norms]
        marked = pair(lesson, (first.before, later.before), marks)
        lesson.play(*map(FadeIn, marked), *map(FadeOut, lanes), run_time=0.8)
        lesson.wait(0.8)
        become(lesson, marked, pair(lesson, (first.centred, later.centred)))
        lesson.remove(*marked)
        lanes[:] = pair(lesson, (first.centred, later.centred))
        lesson.add(*lanes)


def divide(lesson: ResidualStream, lanes: list[Lanes]) -> None:
    first, later = lesson.norms
    with lesson.step(
        "Divide by the spread",
        "… and divides by the spread σ, {s:.2f} above, {t:.2f} below: now both are alike."
        if first.mean is not None
        else "So an RMS norm divides by the root mean square, {s:.2f} above, {t:.2f} below: now both are alike.",
        subtitle="above blocks.{zero}.ln1, below blocks.{l}.ln2 · √Σ x² is now {a:.2f} and {b:.2f}; √{d} = {r:.2f}",
        s=first.scale,
        t=later.scale,
        a=norms(first.divided),
        b=norms(later.divided),
        r=lesson.root_d,
        keep=lanes,
    ):
        become(lesson, lanes, pair(lesson, (first.divided, later.divided)))
        if too_far(lesson):
            become(lesson, lanes, pair(lesson, (first.divided, later.divided), near=True))


def scale(lesson: ResidualStream, lanes: list[Lanes]) -> None:
    first, later = lesson.norms
    shifts = first.b is not None
    with lesson.step(
        "Scale and shift",
        "Last, a learned scale w" + " and shift b" * shifts + " for each number: how much of it this reader wants.",
        subtitle="above blocks.0.ln1.normalized [{i}, :], below blocks.{l}.ln2.normalized [{i}, :]",
        keep=lanes,
    ):
        become(lesson, lanes, pair(lesson, (first.after, later.after), near=too_far(lesson)))


def by_hand(lesson: ResidualStream, lanes: list[Lanes]) -> RowChain:
    norm = lesson.norms[0]
    operations = [("÷", norm.scale, "σ" if norm.mean is not None else "rms"), ("·", norm.w, "w")]
    if norm.mean is not None:
        operations.insert(0, ("−", norm.mean, "μ"))
    if norm.b is not None:
        operations.append(("+", norm.b, "b"))
    with lesson.step(
        "By hand",
        "The upper row once more, in numbers: any column can be checked with a calculator.",
        subtitle="from blocks.0.resid_pre [{i}, :] to blocks.0.ln1.normalized [{i}, :]",
        keep=lanes,
    ):
        chain = RowChain(lesson.stage, (norm.before, "x"), operations)
        first, *others = chain.steps
        lesson.play(*leave(*lanes), *come(first), run_time=0.5)
        for part in others:
            lesson.play(FadeIn(part), run_time=0.8)
            lesson.wait(0.4)
    return chain


def other_norm(lesson: ResidualStream, chain: RowChain) -> Rows:
    """The row divided by its spread around the mean, and by its root mean square."""
    norm = lesson.norms[0]
    layer, rms = layer_normed(norm.before), rms_normed(norm.before)
    mean = norm.before.mean(0)
    with lesson.step(
        "Layer norm, RMS norm",
        ask="Newer models leave the mean alone and divide by √(mean of x²). Does it matter?",
        subtitle="the same row both ways, without w" + (" and b" if norm.b is not None else ""),
        claims=[
            truth(
                "layer norm leaves no mean, and the variance one",
                [layer],
                lambda r: abs(r.mean()) < 1e-4 > abs(r.var() - 1),
            ),
            truth("RMS norm leaves the mean square one", [rms], lambda r: abs((r**2).mean() - 1) < 1e-4),
        ],
        keep=(chain,),
    ):
        parts = [(norm.before, "data", "x"), (layer, "data", "layer norm"), (rms, "data", "RMS norm")]
        rows = Rows(lesson.stage, parts, upright=lesson.by(wide=0, square=0, tall=11))
        others = [*chain.grids[1:], *chain.labels]
        lesson.play(*leave(*others), Fly(chain.grids[0], rows.grids[0]), *come(rows.labels[0]), run_time=1.2)
        for grid, label in zip(rows.grids[1:], rows.labels[1:], strict=True):
            lesson.play(Introduce(grid, "columns", lag=0.1), FadeIn(label), run_time=0.9)
        lesson.answer(
            "Hardly: beside σ = {s:.3f}, μ = {m:+.3f} is small; cosine {c:.3f} between the two.",
            m=mean,
            s=(norm.before - mean).square().mean(0).sqrt(),
            c=cosine(layer, rms),
        )
    return rows


def where_the_norm_stands(lesson: ResidualStream, before: Rows) -> None:
    """How long the row is at every stop as it is, and if the sum itself were normed after every write."""
    rows = lesson.stream.rows
    normed = stack([rms_normed(row) for row in rows], "stop")
    with lesson.step(
        "Where the norm stands",
        "Here it stands before each block, off the wire. In the first transformer it stood on it.",
        subtitle="length √Σ x² of the row at each stop, as it is, and with each row divided by √(mean of x²)",
        keep=(before,),
    ):
        boxes = lesson.by(wide=lesson.stage.columns, square=lesson.stage.columns, tall=lesson.stage.rows)(1, 1)
        longest = float(max(norms(rows).values.max(), norms(normed).values.max()))
        told = (("pre-norm", PRE, rows), ("post-norm", POST, normed))
        pictures = [beside(lesson, box, *what, longest) for box, what in zip(boxes, told, strict=True)]
        lesson.play(*give_way([before], *[part for picture in pictures for part in picture[:2]]), run_time=0.7)
        for *_, bars in pictures:
            lesson.play(Grow(bars, "values", lag=0.3, least=0.02), run_time=1.8)


def beside(
    lesson: ResidualStream, box: Box, name: str, formula: str, rows: Tensor, longest: float
) -> tuple[Label, Formula, SignedBars]:
    """One of two ways: its name, its formula, and how long the row is at every stop."""
    title = Label(say(name), 0.42, "ink")
    written = Formula(formula, 0.5, n="key", f="delta")
    stops = [name_of(stop) for stop in lesson.stream.stops]
    room: Look = dict(width=box.width, height=box.height - 1.6, spec=".1f", fill="data", reach=(0.0, longest))
    bars = SignedBars(norms(rows), stops, **room)
    stack_up(title, written, bars, gap=0.2).move_to(box.center)
    return title, written, bars
