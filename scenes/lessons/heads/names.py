"""What heads are called: a name for those whose measured score is high enough, and none for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, RIGHT, FadeIn, Mobject, Transform, VGroup

from model.numbers.tensor import Tensor
from model.study.heads.naming import head_names, needed
from model.study.heads.scores import HeadScore
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.attention.wall import PatternWall, Tag, name_tag
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge, Grow
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import Fact, count, most
from scenes.lesson.steps import leave
from scenes.lessons.heads.examples import example_of
from scenes.lessons.heads.patterns import flat, lay_out_wall
from scenes.lessons.heads.scores import NameScores, Score, counted

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

DIM = 0.35  # of a pattern without a name beside those that have one


THUMB = 0.42  # side of a pattern whose name is on another page
LEGEND = 0.24  # em of names below a wall
EXAMPLE = 0.3  # em of an example's words, where there is room


def names(lesson: MultiHead, scores: Mapping[str, HeadScore], wall: PatternWall, standing: PatternWall) -> PatternWall:
    """Page after page, at most four names each: who comes nearest to one, and a sentence in which it can be seen.

    standing: what stands where the wall of all patterns does, or that wall."""
    with lesson.step(
        "Names",
        "A name must be earned: by a measured score at least halfway from chance to {one:.0%}.",
        one=Tensor.given(1, "all attention"),
        keep=(standing,),
        subtitle="best head of {model}" + lesson.of_stack + " · bar: mean weight over a sample · arcs: one sentence",
        claims=[most(score.scores, score.best) for score in scores.values()],
    ):
        minis = wall.piece([flat(lesson, *score.best) for score in scores.values()])
        minis.framed[:] = 0.0
        if standing is wall:
            lesson.add(minis)
        else:
            lesson.play(FadeIn(minis), run_time=0.6)
        there: list[Mobject] = [standing]
        for page in pages_of(lesson, list(scores.values())):
            table, places = page.laid_out(lesson, minis)
            examples = page.examples(lesson, table)
            lesson.play(
                *leave(*there), Transform(minis, minis.at(places), run_time=1.1),
                Emerge(table, "grown", lag=0.3, after=0.4, run_time=1.8),
            )  # fmt: skip
            if examples:  # a model may know none of their words
                lesson.play(*[FadeIn(tokens) for tokens, _ in examples], run_time=0.6)
                lesson.play(*[Grow(arcs, "grown", lag=0.0) for _, arcs in examples], run_time=0.8)
            lesson.wait(PAUSE)
            there = [table, *[part for example in examples for part in example]]
    return minis


PAUSE = 1.6  # seconds for which a page stands, beside what it takes to come


@dataclass(frozen=True)
class Page:
    """Some of the scores, from the first-th on, of `of` in all."""

    scores: list[HeadScore]
    first: int
    of: int

    def laid_out(self, lesson: MultiHead, minis: PatternWall) -> tuple[NameScores, np.ndarray]:
        """The table, and where every pattern goes: beside its row, or small at the lower edge until its page comes."""
        stage, rest = lesson.stage, len(self.scores) < self.of
        low = stage.bottom + (THUMB + 0.1 if rest else 0.0)
        table = NameScores(
            Box(stage.left, low, stage.right, stage.top), [row_of(score) for score in self.scores],
            stacked=not lesson.wide,
        )  # fmt: skip
        here, places = range(self.first, self.first + len(self.scores)), minis.places.copy()
        waiting = [k for k in range(self.of) if k not in here]
        for k in here:
            places[k] = table.picture(k - self.first)
        for n, k in enumerate(waiting):
            x = stage.left + (n + 0.5) * (THUMB + 0.12)
            places[k] = x, stage.bottom + THUMB / 2, THUMB
        return table, places

    def examples(self, lesson: MultiHead, table: NameScores) -> list[tuple[TokenRow, AttentionArcs]]:
        """For each row that has one, its sentence with the arcs of the head."""
        found = []
        for k, score in enumerate(self.scores):
            example, box = example_of(lesson, score), table.example(k)
            if example is not None:
                words, weights, position = example
                tokens = TokenRow(words, width=box.width, size=EXAMPLE, target=position)
                tokens.move_to(box.center).align_to((0, box.bottom, 0), DOWN)
                height = box.top - float(tokens.get_top()[1])
                found.append((tokens, AttentionArcs(tokens, weights, position, height=height, widest=0.16)))
        return found


def pages_of(lesson: MultiHead, scores: list[HeadScore]) -> list[Page]:
    """The scores, as evenly as they go on pages of at most four."""
    count = -(-len(scores) // lesson.by(wide=4, square=2, tall=4))
    cuts = [round(k * len(scores) / count) for k in range(count + 1)]
    return [Page(scores[a:b], a, len(scores)) for a, b in pairwise(cuts)]


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
        lesson.play(Transform(minis, home), FadeIn(wall), *map(FadeIn, labels), run_time=1.6)
        lesson.remove(minis)
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
) -> tuple[PatternWall, list[Label], list[Mobject]]:
    """The wall with room above each row for the tags that stand there, its labels, and the tags.

    Where panels stand too close for names, letters stand on them, and what these stand for below the wall."""
    wall, labels = lay_out_wall(lesson)
    columns, top = np.unique(wall.places[:, 0].round(4)), wall.places[:, 1].max() + wall.places[0, 2] / 2
    pitch = np.diff(columns).min() if len(columns) > 1 else lesson.stage.width
    tags = {
        flat(lesson, *pair): name_tag([(s.name, s.scores[pair]) for s in scores], pitch - 0.15)
        for pair, scores in earned.items()
    }
    if any(tag.width > pitch for tag in tags.values()):
        return wall_with_letters(lesson, earned)
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


def wall_with_letters(
    lesson: MultiHead, earned: Mapping[tuple[int, int], list[HeadScore]]
) -> tuple[PatternWall, list[Label], list[Mobject]]:
    """A wall of many heads: a letter for each name on the panels that have earned it, and the names below."""
    names = list(dict.fromkeys(score.name for scores in earned.values() for score in scores))
    letters = dict(zip(names, ascii_lowercase, strict=False))
    legend = legend_of(letters, lesson.stage.width)
    stage = lesson.stage
    low = stage.bottom + legend.height + 0.15
    wall, labels = lay_out_wall(lesson, box=Box(stage.left, low, stage.right, stage.top))
    legend.move_to((stage.center[0], stage.bottom + legend.height / 2, 0))
    size = smallest()
    tags: list[Mobject] = [legend]
    for pair, scores in earned.items():
        panel = wall.panel(flat(lesson, *pair))
        tag = Tag(["".join(letters[score.name] for score in scores)], size)
        tags.append(tag.move_to((panel.right - tag.width / 2, panel.top - tag.height / 2, 0)))
    return wall, labels, tags


def legend_of(letters: Mapping[str, str], width: float) -> VGroup:
    """“a previous-token”, side by side in as many lines as they need."""
    lines: list[VGroup] = [VGroup()]
    for name, letter in letters.items():
        label = Label(f"{letter} {name}", LEGEND, "target")
        if len(lines[-1]) and lines[-1].width + 0.4 + label.width > width:
            lines.append(VGroup())
        lines[-1].add(label).arrange(RIGHT, buff=0.4)
    return VGroup(*lines).arrange(DOWN, buff=0.08)
