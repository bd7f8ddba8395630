"""One prompt, several seeds: the texts as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from manim import UP, Mobject

from model.study.turns.branching import Branch, tree_of
from scenes.kit.ground.layout import Box
from scenes.kit.moves.reveal import Grow
from scenes.kit.words.branches import WordTree
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.generation.lesson import Generation


def tree(lesson: Generation, before: list[Mobject]) -> list[Mobject]:
    """The words that five seeds draw, level by level."""
    branches, texts = tree_of(lesson.texts), lesson.texts
    with lesson.step(
        "Five seeds",
        ask="The same text, other random numbers: where do the texts part?",
        subtitle="seeds {a} to {b} · T = {t:.2g} · as thick as the word’s chance after the words before it",
        a=lesson.seeds[0],
        b=lesson.seeds[-1],
        keep=before,
    ):
        text = TokenRow(lesson.trace.tokens, unknown=lesson.trace.unknown, width=lesson.stage.width, size=0.4,
                        lines=lesson.by(wide=2, square=4, tall=4))  # fmt: skip
        text.move_to(lesson.stage.center).align_to((0, lesson.stage.top, 0), UP)
        stage = Box(lesson.stage.left, lesson.stage.bottom, lesson.stage.right, float(text.get_bottom()[1]) - 0.15)
        shown = WordTree(
            branches, lesson.trace.tokens[-1], lesson.seeds, [turns[0].u for turns in texts if turns[0].u is not None],
            width=stage.width, height=stage.height, down=lesson.portrait,
        ).move_to(stage.center)  # fmt: skip
        grow = Grow(shown, "grown", lag=0.85, run_time=1.2 * shown.levels)
        lesson.play(*leave(*before), *come(text), run_time=0.5)
        lesson.play(grow)
        told, fields = parting(branches, lesson.read[lesson.n - 1])
        lesson.answer(told, **fields)
    return [text, shown]


def parting(branches: list[Branch], root: str) -> tuple[str, dict[str, Any]]:
    """Where the texts go different ways first, as a sentence with its fields."""
    levels = range(1 + max(branch.depth for branch in branches))
    ways = [[branch for branch in branches if branch.depth == level] for level in levels]
    level = next((level for level in levels if len(ways[level]) > 1), None)
    if level is None:
        return "Nowhere: chance makes no difference here.", {}
    before = root if level == 0 else display(ways[level - 1][0].word)
    first = "at once, " if level == 0 else ""
    told = "They part {first}after “{before}”: {b} ways. What they share need be read only once."
    return told, dict(first=first, before=before, b=len(ways[level]))
