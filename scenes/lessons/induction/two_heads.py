"""Both heads in one picture: what the first wrote into a word is what the second finds it by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import DOWN, LEFT, RIGHT, UP, FadeIn, Mobject, Transform, VGroup, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from model.study.inside import induction as study
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge, Grow
from scenes.kit.moves.travel import Carry
from scenes.kit.words.links import Threads
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.steps import come, give_way
from scenes.lessons.induction.random_words import soon

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

SMALLER = 0.85  # of its size: how small the sentence may become without being laid out anew
AIR, NARROWEST = 0.2, 1.6  # scene units beside the row that goes up, and of what stands there
HIGHEST = 2.0  # scene units of the arcs
FIRST = squish_rate_func(smooth, 0, 0.6)  # the strips move, then what comes next comes
TITLE = 0.45  # room over them for the head's name


def circuit(lesson: Induction, strip: SentenceStrip, before: Mobject) -> None:
    """The sentence twice, the earlier layer below: arcs of the first head, the row that goes up into the key, with the
    score that it is worth, arcs of the second; and what comes next."""
    one, ours = lesson.one, (lesson.layer, lesson.head)
    first = lesson.trace[f"blocks.{lesson.before[0]}.attn.pattern"][lesson.before[1], one.key]
    second = lesson.trace[f"blocks.{ours[0]}.attn.pattern"][ours[1], one.query]
    room, side = lesson.stage.columns(2.2, 1) if lesson.wide else lesson.stage.rows(1.9, 1)
    above, under = room.rows(1, 1)
    late, early = two_strips(lesson, strip, above, under)
    low, high = arcs_over(early, first, one.key, under), arcs_over(late, second, one.query, above)
    start, end = early.edge_point(one.key, (0.5, 0)), late.edge_point(one.key, (0.5, 1))
    path = Threads(start[None, :2], end[None, :2], down=False, fill="probability", line=0.05)
    title, bars = lesson.what_comes(side)
    known = [place for place, word in enumerate(bars.ids) if word == lesson.followed]
    comes = Emerge(bars, "values", lag=0.1, least=0.02, after=0.5, there=known)  # when the strips have passed
    if strip.row.boxes == late.row.boxes:
        moves = Carry(strip, early, rate_func=FIRST), Transform(strip, late, rate_func=FIRST)
        lesson.play(*soon([before], 1.6), *moves, *come(title), comes, run_time=1.6)
    else:
        lesson.play(*give_way([strip, before], early, late, title), comes, run_time=1.4)
    first_head, worth, second_head = told(lesson, path, low, high, room)
    lesson.play(FadeIn(first_head), Grow(low, "grown", lag=0.0), run_time=1)
    lesson.play(FadeIn(worth), Grow(path, "grown", lag=0.0), run_time=1)
    lesson.play(FadeIn(second_head), Grow(high, "grown", lag=0.0), run_time=1)
    for out in on_to(lesson, late, bars):
        lesson.play(Grow(out, "grown", lag=0.0), run_time=0.8)


def told(lesson: Induction, path: Threads, low: AttentionArcs, high: AttentionArcs, room: Box) -> list[Label]:
    """What stands beside the row that goes up: the first head’s name and what the row is worth; the second head’s name
    over its arcs."""
    one, x = lesson.one, float(path.get_center()[0])
    left = x > room.center[0]  # where nothing passes
    side, edge = (LEFT, room.left) if left else (RIGHT, room.right)
    first = name_of(lesson.before, low, one.before)
    worth = composed(lesson, (x - room.left if left else room.right - x) - 2 * AIR, left)
    VGroup(first, worth).arrange(DOWN, buff=0.1, aligned_edge=-side).next_to(path, side, buff=AIR)
    second = name_of((lesson.layer, lesson.head), high, one.key).next_to(high, UP, buff=0.1)
    return [first, worth, second.align_to((edge, 0, 0), side)]


def two_strips(lesson: Induction, strip: SentenceStrip, above: Box, under: Box) -> tuple[SentenceStrip, SentenceStrip]:
    """The sentence in one line at the bottom of each box, marked as each head meets it: its query and its key. The one
    that stands there, smaller, where it has room without being much smaller."""
    same = lesson.wide and above.width > SMALLER * strip.width
    late = strip.copy().scale(min(1.0, above.width / strip.width)) if same else lesson.strip(1, above.width)
    early = late.marked(lesson.one.key, lesson.one.before)
    for each, box in ((late, above), (early, under)):
        each.move_to(box.center).align_to((0, box.bottom, 0), DOWN)
    return late, early


def composed(lesson: Induction, width: float, left: bool) -> Label:
    """What the row that goes up is worth: the second head’s score with it in the key, and without it."""
    runs = [lesson.trace, lesson.without(lesson.before)]
    scores = [study.score(lesson.trace, run, (lesson.layer, lesson.head), lesson.one) for run in runs]
    a, b = lesson.before
    text = say("in the key: score {s:+.2f}, without layer {a}, head {b} {t:+.2f}", s=scores[0], a=a, b=b, t=scores[1])
    size = lesson.by(wide=0.32, square=0.26, tall=0.32)
    return Label(text, size, "probability", width=max(width, NARROWEST), align=float(left))


def on_to(lesson: Induction, strip: SentenceStrip, bars: ProbabilityBars) -> list[Threads]:
    """From the word that came again to the bar of what follows it, where that stands at its right."""
    query = lesson.one.query
    if not (lesson.wide and query == strip.shown[-1] and lesson.followed in bars.ids):
        return []
    start = strip.edge_point(query, (1.0, 0.5))
    end = bars.bar_corners(bars.ids.index(lesson.followed)).mean(axis=0)
    end[0] = bars.get_left()[0]
    return [Threads(start[None, :2], end[None, :2], fill="probability", line=0.05)]


def arcs_over(strip: SentenceStrip, weights: Tensor, query: int, box: Box) -> AttentionArcs:
    room = box.top - TITLE - float(strip.get_top()[1])
    return AttentionArcs(strip, weights, query, height=min(HIGHEST, room), widest=0.16)


def name_of(head: tuple[int, int], arcs: AttentionArcs, key: int) -> Label:
    """A head's name, with the weight that its arcs give to a word."""
    text = say("layer {a}, head {b}: {w:.0%}", a=head[0], b=head[1], w=arcs.tensor[key])
    return Label(text, 0.36, "secondary", of=Cell(arcs.tensor, (key,)))


__all__ = ["circuit"]
