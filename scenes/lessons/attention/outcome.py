"""From weights to what the head adds: weighted values, their sum, and the residual stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, Mobject, Transform, VGroup

from model.numbers.tensor import Tensor, concatenate
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.wire import ResidualWire
from scenes.kit.ground.layout import row, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import LABEL, Formula, Label, symbol
from scenes.kit.moves.flight import Fly, row_of
from scenes.kit.moves.products import ResidualAdd, WeightedSum
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid, elide
from scenes.kit.numbers.product import Product
from scenes.kit.numbers.rows import decimals_of, sum_of
from scenes.kit.numbers.sums import RowBars, norms
from scenes.kit.recipes import ROOM_OF_LINE, UNBOUNDED, Look, and_more, bring_weights, kept_and_rest, multiply, room_for
from scenes.kit.words.tokens import TokenNumbers
from scenes.lesson.steps import come, leave
from scenes.lessons.attention.projections import columns_of_head, depth

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention

SYMBOL = 0.46  # em of the letters over and beside grids
OFF_WIRE = 0.35  # from the names of rows to the wire


def weighted_values(lesson: SelfAttention, limit: int) -> tuple[Tensor, list[int], list[str | Said]]:
    """Values times their weights, which of them stand alone, and the rows' names; all others are one row: sums hold."""
    weights = lesson.query.weights
    kept, rest = kept_and_rest(weights, limit)
    weighted = (lesson.view.v.T * weights).T
    shown = weighted[kept]
    if rest:
        shown = concatenate([shown, stack_tensors([weighted[rest].sum(0)], "key")], 0)
    return shown, kept, and_more([lesson.words[k] for k in kept], rest)


def weights_beside_values(
    lesson: SelfAttention, names: list[str | Said], kept: list[int]
) -> tuple[TensorGrid, TensorGrid]:
    """The weights of the rows that stand alone, upright, and their values, high enough for the sum to stand below."""
    box, columns, labels = lesson.stage, columns_of_values(lesson), names[: len(kept)]
    widest = (box.width - room_for(labels) - 1.4 - bars_beside(lesson)) / (columns + 1.8)
    highest = (box.height - 0.6) / (len(names) + 1.8)
    cell = (min(1.1, widest), min(1.1 * lesson.row_height, highest))
    look: Look = dict(spec=".2f", scale=1.0, row_labels=labels, row_label_color="key", brackets=False)
    a = TensorGrid(lesson.query.weights[kept], "probability", upright=True, cell=cell, columns=1, **look, **UNBOUNDED)
    return a, TensorGrid(lesson.view.v[kept], "value", cell=cell, columns=columns, **UNBOUNDED)


def columns_of_values(lesson: SelfAttention) -> int:
    """How many of their columns are shown, beside weights and bars."""
    return min(columns_of_head(lesson), lesson.by(wide=8, square=8, tall=5))


def bars_beside(lesson: SelfAttention) -> float:
    """How wide the bars beside the values may be."""
    return lesson.by(wide=2.0, square=1.3, tall=0.95)


def lengths(lesson: SelfAttention, grid: TensorGrid, rows: Tensor, longest: float) -> RowBars:
    """How long each of the rows [row, n] is, as bars beside the first rows of a grid."""
    look: Look = dict(fill="value", longest=longest, size=lesson.by(wide=LABEL, square=0.26, tall=0.2))
    bars = RowBars(grid, norms(rows), width=bars_beside(lesson) - 0.25, **look)
    return bars.align_to(grid.corners()[0], UP)


def weighted_and_sum(
    lesson: SelfAttention, shown: Tensor, more: list[str | Said], v: TensorGrid
) -> tuple[TensorGrid, TensorGrid]:
    """The weighted values where the values stand, and their sum below, on their scale. more: the last row's name."""
    total, scale = lesson.view.z[lesson.position], v.strongest
    labels = [""] * (len(shown) - len(more)) + more if more else None
    look: Look = dict(cell=(v.cw, v.ch), columns=columns_of_values(lesson), scale=scale, **UNBOUNDED)
    av, z = TensorGrid(shown, "value", row_labels=labels, **look), TensorGrid(total, "value", **look)
    av.align_to(v, UP).align_to(v, RIGHT)
    return av, z.next_to(av, DOWN, buff=0.25).align_to(av, RIGHT)


def weigh(lesson: SelfAttention, picture: DotPattern, sentence: list[Mobject]) -> tuple[TensorGrid, TensorGrid]:
    weighted = (lesson.view.v.T * lesson.query.weights).T
    with lesson.step(
        "Weighted values",
        "Each word’s value, scaled by its weight …",
        keep=sentence,
        quiz=lesson.quiz("Whose value, scaled by its weight, is longest?", norms(weighted), lesson.called),
        subtitle="{where} · pattern [{i}, key] × v [key, :] · bar: length √Σx² of the row",
    ):
        box = lesson.stage
        shown, kept, names = weighted_values(lesson, int((box.height - 1.4) / ROOM_OF_LINE))
        a, v = weights_beside_values(lesson, names, kept)
        times = Label("×", 0.5)
        row(a, times, v, gap=0.2).move_to(box.center).align_to((0, box.top - 0.55, 0), UP)
        VGroup(a, times, v).shift(bars_beside(lesson) / 2 * LEFT)
        av, z = weighted_and_sum(lesson, shown, names[len(kept) :], v)
        over_a = Formula("a", SYMBOL, "probability").next_to(a.cell_center(0, 0), UP, buff=a.ch / 2 + 0.12)
        over_v = Formula("V", SYMBOL, "value").next_to(v, UP, buff=0.12)
        over_av = Formula("a_j v_j", SYMBOL, "value").move_to(over_v)
        if lesson.position in picture.rows and picture in sentence:  # else from under the words
            dots = row_of(picture, lesson.position)
            arrival = Fly(dots, a, pairs={(lesson.position, k): (n,) for n, k in enumerate(kept)})
        else:
            numbers = next(part for part in sentence if isinstance(part, TokenNumbers))
            arrival = Fly(numbers, a, pairs={(k,): (n,) for n, k in enumerate(kept)})
        lesson.play(*leave(*sentence), arrival, Introduce(v), *come(times, over_a, over_v), run_time=1.6)
        longest = float(norms(v.tensor).values.max())
        bars = lengths(lesson, v, v.tensor, longest)
        shrunk = lengths(lesson, v, shown[list(range(len(kept)))], longest)
        lesson.play(Grow(bars, "values", lag=0.0), run_time=0.6)
        renamed = (*leave(times, over_v), *come(over_av))
        if len(kept) == len(shown):  # row by row the values shrink to what their weight leaves of them
            lesson.play(*renamed, Transform(v, av), Transform(bars, shrunk), run_time=1.8)
            lesson.remove(v)
            lesson.add(av)
        else:
            lesson.play(*renamed, *leave(v), Transform(bars, shrunk), Introduce(av, "rows", lag=0.5), run_time=1.8)
    return av, z


def one_sum(lesson: SelfAttention, weighted: TensorGrid, z: TensorGrid) -> None:
    with lesson.step(
        "Sum",
        "… and summed: z, what {asks} has gathered.",
        subtitle="{where} · z [{i}, :] = Σ pattern [{i}, key] · v [key, :]",
    ):
        label = symbol("z", lesson.position, SYMBOL, "value").next_to(z, LEFT, buff=0.2)
        lesson.play(FadeIn(label), WeightedSum(weighted, z), run_time=2.2)


def output(lesson: SelfAttention, z: TensorGrid) -> TensorGrid:
    view, i = lesson.view, lesson.position
    with lesson.step(
        "Output",
        "The output matrix turns {d} numbers into {n}, as many as x has.",
        keep=(z,),
        subtitle="{where} · result [{i}, :]",
        d=view.z.shape[1],
        n=view.W_O.shape[1],
    ):
        product = Product(
            lesson.stage,
            view.z[i],
            view.W_O,
            view.result[i],
            kinds=("value", "weight", "delta"),
            names=(("z", i), "W_O", "Δ x"),
            roles=("value", "positive", "delta"),
            rows=depth(lesson),
            columns=lesson.by(wide=9, square=6, tall=6),
        )
        lesson.play(Fly(z, product.x), FadeIn(product.labels[0]), run_time=1.2)
        lesson.play(*bring_weights(product), run_time=0.8)
        multiply(lesson, product, run_time=2.2)
    return product.y


def terms_of_stream(lesson: SelfAttention) -> list[tuple[Tensor, str, str | Said]]:
    """(row, kind, name) of what is added to the word that we follow, from the stream before to the stream after."""
    block, h, i = lesson.view.block, lesson.head, lesson.position
    others = [k for k in range(block.n_heads) if k != h]
    parts = [(block.before[i], "data", "arrives"), (block.result[h, i], "delta", say("+ head {h}", h=h))]
    if others:
        parts.append((block.result[others, i].sum(0), "delta", "+ other heads"))
    if block.trace.config.norm_first:
        return [*parts, (block.after[i], "data", "= goes on")]
    total = parts[0][0] + block.attn_out[i]
    return [*parts, (total, "data", "= together")]


def what_is_added(lesson: SelfAttention) -> str:
    """The grey line of the sum; a norm that comes after it makes the stream of it."""
    total = "resid_mid = resid_pre" if lesson.trace.config.norm_first else "then normed · resid_pre"
    then = " · next: what it asks the encoder" if lesson.stack == "decoder" else ""
    return total + " + Σ heads’ results · position {i}, layer {l}" + then


def wire_of(grids: list[TensorGrid], labels: list[Label]) -> ResidualWire:
    """The wire to the left of rows and their names."""
    x = min(float(label.get_left()[0]) for label in labels) - OFF_WIRE
    heights = [float(grid.cell_center(0, 0)[1]) for grid in grids]
    return ResidualWire(heights, x, [float(label.get_left()[0]) - 0.1 for label in labels])


def add_back(lesson: SelfAttention, delta: TensorGrid) -> list[Mobject]:
    """What the head made is added to the word's row, on the wire; leaves the rows, the last with its name first."""
    with lesson.step(
        "Residual",
        "It is added to {asks}, with what {n} other heads found.",
        n=lesson.view.block.n_heads - 1,
        subtitle=what_is_added(lesson),
        keep=(delta,),
    ):
        parts = terms_of_stream(lesson)
        columns, names_room = lesson.by(wide=10, square=5, tall=5), 3.2
        cell = (min(1.0, (lesson.stage.width - names_room) / (columns - 0.4)), 1.4 * lesson.row_height)
        scale = float(max(np.abs(tensor.values).max() for tensor, *_ in parts))
        form = decimals_of([[tensor for tensor, *_ in parts]], elide(len(parts[0][0]), columns), "+.2f", cell[0])
        specs = [form.parts] * (len(parts) - 1) + [form.total]
        look: Look = dict(scale=scale, cell=cell, columns=columns, **UNBOUNDED)
        grids = [TensorGrid(t, kind, spec=spec, **look) for (t, kind, _), spec in zip(parts, specs, strict=True)]
        grids[-1].law = sum_of(grids[:-1], form)
        stack(*grids, gap=0.35).move_to(lesson.stage.center).shift((1.2, 0, 0))
        labels = [
            Label(name, LABEL, "delta" if "+" in name else "ink").next_to(grid, LEFT, buff=0.25)
            for grid, name in zip(grids, [*[name for *_, name in parts[:-1]], form.signed(parts[-1][2])], strict=True)
        ]
        wire = wire_of(grids, labels)
        lesson.play(
            Introduce(grids[0], "columns", lag=0.1), Fly(delta, grids[1]), *map(FadeIn, labels[:2]), run_time=1.4
        )
        if len(parts) > 3:
            lesson.play(Introduce(grids[2], "columns", lag=0.1), FadeIn(labels[2]), run_time=1)
        lesson.play(FadeIn(labels[-1]), Grow(wire, "grown", lag=1.0), ResidualAdd(*grids), run_time=2.4)
    return [grids[-1], labels[-1], *grids[:-1], *labels[:-1], wire]
