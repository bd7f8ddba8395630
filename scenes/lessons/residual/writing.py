"""What is written into a row, number by number: the word and its place, attention, the MLP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import FadeIn, Mobject

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import say
from scenes.kit.moves.flight import Chip, Fly
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.writers import name_of
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.residual.lesson import ResidualStream


def enters(lesson: ResidualStream, strip: SentenceStrip, bars: list[Mobject]) -> Rows | None:
    """The word's row and its position's: where the stream begins. None where the model adds no position."""
    trace, i = lesson.trace, lesson.position
    if "pos_embed" not in trace:
        return None
    parts = [(trace["embed"][i], "data", "word"), (trace["pos_embed"][i], "position", "+ position")]
    parts.append((trace["blocks.0.resid_pre"][i], "data", "= x"))
    with lesson.step(
        "The row goes in",
        "The stream begins as the word’s row plus its position’s: x, {d} numbers.",
        subtitle="embed [{i}, :] + pos_embed [{i}, :] = blocks.0.resid_pre [{i}, :]",
        keep=(strip, *bars),
    ):
        rows = sum_of(lesson, strip, parts)
        first = Introduce(rows.grids[0], "columns", lag=0.1, after=0.3)
        lesson.play(*leave(*bars), first, *come(rows.labels[0]), run_time=1.2)
        lesson.play(Introduce(rows.grids[1], "columns", lag=0.1), FadeIn(rows.labels[1]), run_time=1)
        add_up(lesson, rows)
        lesson.play(Fly(rows.grids[2], Chip(strip, "x", i), keep=True), run_time=0.8)
    return rows


def attention(lesson: ResidualStream, strip: SentenceStrip, before: Rows | None) -> Rows:
    names = ("blocks.0.resid_pre", "blocks.0.attn_out", "blocks.0.resid_mid")
    with lesson.step(
        "Attention adds",
        "Attention reads all words’ rows, and adds what it has gathered for {asks} …",
        subtitle=sum_in_words(names),
        keep=(strip, *([] if before is None else [before])),
    ):
        return written(lesson, strip, before, names)


def mlp(lesson: ResidualStream, strip: SentenceStrip, before: Rows) -> Rows:
    names = ("blocks.0.resid_mid", "blocks.0.mlp_out", "blocks.0.resid_post")
    with lesson.step(
        "The MLP adds",
        "… the MLP reads this row alone, and adds, too. The wire itself runs straight on.",
        subtitle=sum_in_words(names),
        keep=(strip, before),
    ):
        return written(lesson, strip, before, names)


def sum_in_words(names: tuple[str, ...]) -> str:
    """The row as it was + what is added = the row as it is now."""
    return " = ".join(" + ".join(f"{name} [{{i}}, :]" for name in side) for side in (names[:2], names[2:]))


def written(lesson: ResidualStream, strip: SentenceStrip, before: Rows | None, names: tuple[str, ...]) -> Rows:
    """One write. before: rows whose last is the first of these."""
    called, kinds = ("x", say("+ {name}", name=name_of(names[1])), "= x"), ("data", "delta", "data")
    parts = [
        (lesson.trace[n][lesson.position], kind, label) for n, kind, label in zip(names, kinds, called, strict=True)
    ]
    rows = sum_of(lesson, strip, parts)
    if before is None:
        lesson.play(Introduce(rows.grids[0], "columns", lag=0.1), FadeIn(rows.labels[0]), run_time=1)
    else:
        others = [*before.grids[:-1], *before.labels]
        lesson.play(*leave(*others), Fly(before.grids[-1], rows.grids[0]), *come(rows.labels[0]), run_time=1.2)
    lesson.play(Introduce(rows.grids[1], "columns", lag=0.1), FadeIn(rows.labels[1]), run_time=1)
    add_up(lesson, rows)
    return rows


def sum_of(lesson: ResidualStream, strip: SentenceStrip, parts: list[tuple[Tensor, str, str]]) -> Rows:
    return Rows(lesson.below(strip), parts, adds=True, cell=1.2, upright=lesson.by(wide=0, square=0, tall=11))


def add_up(lesson: ResidualStream, rows: Rows) -> None:
    """The last row appears below (or beside) the others, as their sum, entry by entry."""
    lesson.play(FadeIn(rows.labels[-1]), FadeIn(rows.grids[-1].pale()), run_time=0.4)
    lesson.play(ResidualAdd(*rows.grids), run_time=1.6)
