"""What heads are called: a name for those whose measured score is high enough, and none for the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Transform

from model.numbers.tensor import Tensor
from model.study.heads.naming import head_names, needed
from model.study.heads.scores import HeadScore
from scenes.kit.attention.wall import PatternWall, Tag, name_tag
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.lesson.claims import Fact, count, most
from scenes.lessons.heads.patterns import flat, lay_out_wall
from scenes.lessons.heads.scores import Score, ScoreTable, counted

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

DIM = 0.35  # of a pattern without a name beside those that have one


def names(lesson: MultiHead, scores: Mapping[str, HeadScore], wall: PatternWall) -> PatternWall:
    with lesson.step(
        "Names",
        "A name must be earned: by a measured score at least halfway from chance to {one:.0%}.",
        one=Tensor.given(1, "all attention"),
        keep=(wall,),
        subtitle="model {model} · best head for each name · mean weight over a sample",
        claims=[most(score.scores, score.best) for score in scores.values()],
    ):
        rows = [row_of(score) for score in scores.values()]
        table = ScoreTable(lesson.stage, rows, stacked=lesson.portrait)
        minis = wall.piece([flat(lesson, *score.best) for score in scores.values()])
        minis.framed[:] = 0.0
        lesson.play(FadeOut(wall), FadeIn(minis), run_time=0.4)
        final = minis.at([table.picture(i) for i in range(len(rows))])
        table.grown[:] = 1.0
        lesson.play(Transform(minis, final), run_time=1.6)
        lesson.play(Grow(table, "grown", lag=0.5), run_time=3)
    return minis


def row_of(score: HeadScore) -> Score:
    """A line of the table: the best head for a name."""
    layer, head = score.best
    who, about = say("layer {l}, head {h}", l=layer, h=head), (counted(score.meaning), counted(score.sample))
    return Score(score.name, who, about, score.scores[layer, head], score.chance, needed(score))


def caption_of_names(count: int) -> str:
    """count: of the heads that have earned one."""
    if count == 0:
        return "None of the {n} heads earns a name here, so none gets one."
    if count == 1:
        return "One of {n} heads earns a name. What the others do has none here."
    return "{k} of {n} heads earn a name. What the others do has none here."


def named(lesson: MultiHead, scores: Mapping[str, HeadScore], minis: PatternWall) -> PatternWall:
    earned = head_names(scores)
    with lesson.step(
        "Names on the wall",
        caption_of_names(len(earned)),
        k=len(earned),
        n=len(lesson.blocks) * lesson.block.n_heads,
        keep=(minis,),
        subtitle="a name: a score at least halfway from chance to all, on the samples just shown",
        claims=[earned_by(scores)],
    ):
        wall, labels, tags = wall_with_tags(lesson, earned)
        home = minis.at(wall.places[[flat(lesson, *score.best) for score in scores.values()]])
        panels = [flat(lesson, *pair) for pair in earned]
        wall.shown[:] = DIM
        wall.shown[panels], wall.framed[panels] = 1.0, 1.0
        lesson.play(Transform(minis, home), *map(FadeIn, labels), run_time=1.4)
        lesson.play(FadeOut(minis), FadeIn(wall), run_time=0.8)
        if tags:
            lesson.play(*map(FadeIn, tags), run_time=0.8)
    return wall


def earned_by(scores: Mapping[str, HeadScore]) -> Fact:
    """{k} heads have a score that is at least halfway from chance to 1."""
    measured = [tensor for score in scores.values() for tensor in (score.scores, score.chance)]

    def high_enough(*values: np.ndarray) -> int:
        high = [each >= (by_chance + 1) / 2 for each, by_chance in zip(values[::2], values[1::2], strict=True)]
        return int(np.any(high, axis=0).sum())

    return count(("earn", "earns"), "k", measured, high_enough)


def wall_with_tags(
    lesson: MultiHead, earned: Mapping[tuple[int, int], list[HeadScore]]
) -> tuple[PatternWall, list[Label], list[Tag]]:
    """The wall with room above each row for the tags that stand there, its labels, and the tags."""
    wall, labels = lay_out_wall(lesson)
    columns, top = np.unique(wall.places[:, 0].round(4)), wall.places[:, 1].max() + wall.places[0, 2] / 2
    pitch = np.diff(columns).min() if len(columns) > 1 else lesson.stage.width
    tags = {
        flat(lesson, *pair): name_tag([(s.name, s.scores[pair]) for s in scores], pitch - 0.15)
        for pair, scores in earned.items()
    }
    above = np.zeros(wall.rows.max() + 1)
    for k, tag in tags.items():
        above[wall.rows[k]] = max(above[wall.rows[k]], tag.height + 0.06)
    wall, labels = lay_out_wall(lesson, above)
    rows, half = -np.unique(-wall.places[:, 1].round(4)), wall.places[0, 2] / 2
    ceilings = [top, *(rows[:-1] - half)]
    for k, tag in tags.items():
        panel, ceiling = wall.panel(k), ceilings[wall.rows[k]]
        y = min(panel.top + 0.05 + tag.height / 2, ceiling - tag.height / 2)  # where room is short, over its own panel
        tag.move_to((panel.center[0], y, 0))
    return wall, labels, list(tags.values())
