"""The pattern: squares become dots, and the query walks along the sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import DOWN, RIGHT, FadeIn, FadeOut, Mobject, Transform

from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.attention.scores import ScoreTable
from scenes.kit.ground.style import smallest
from scenes.kit.moves.flight import Fly, row_of
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look, dots, frame_row
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson.claims import most, share
from scenes.lesson.following import behind, looked_at, rest_of
from scenes.lesson.runs import taught
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention

SMALLEST_TOKEN = 0.22  # em below which a sentence is set one word below the other
VISITED = 5  # words that the query stops at before it comes to ours


def pattern(lesson: SelfAttention, table: ScoreTable, weights: TensorGrid) -> tuple[DotPattern, list[Mobject]]:
    """Each square shrinks to its dot, in place; leaves the dots, and what stands around them."""
    query, i = lesson.query, lesson.position
    sides = (table.queries, table.keys, table.corner)
    with lesson.step(
        "Pattern",
        "As dots: {asks} gives {w:.0%} of its attention to {asked}.",
        w=query.weights[query.other],
        subtitle="{where} · pattern [query, key]: dot area ∝ weight",
        keep=(weights, *sides),
        claims=[share(query.weights)],
    ):
        picture = table.dots(lesson.view.pattern)
        lesson.play(Fly(weights, picture, lag=0.01, arc=0), run_time=1.6)
        frame = frame_row(picture, i)
        lesson.play(FadeIn(frame), run_time=0.6)
    return picture, [*sides, frame]


def who_looks_where(
    lesson: SelfAttention, picture: DotPattern, around: list[Mobject]
) -> tuple[DotPattern, list[Mobject]]:
    """The query walks along the sentence, its arcs with it; leaves the dots, and all that stands there."""
    query, i = lesson.query, lesson.position
    small, tokens, numbers = dots_and_sentence(lesson)
    with lesson.step(
        "Who looks where",
        ask="Where does each word look?",
        subtitle="{where} · line width ∝ attention weight" + behind(tokens),
        keep=(picture, *around),
        claims=[most(query.weights, query.other, among=query.others)],
        taught=taught(lesson.model_asked, lesson.layer, lesson.head),
        rest=rest_of(query.weights, tokens),
    ):
        there: list[Mobject] = [arcs_of(lesson, small, tokens, numbers, i)]
        if small is None:
            asked = Fly(row_of(picture, i), numbers, pairs={(i, k): (k,) for k in query.seen})
            lesson.play(*leave(*around, picture), asked, *come(tokens), Grow(there[0], "grown", lag=0.0), run_time=1.6)
        else:
            lesson.play(*leave(*around), Fly(picture, small, lag=0.005), *come(tokens), run_time=1.2)
            there = visits(lesson, small, tokens, numbers)
            lesson.play(Grow(numbers, "shown_opacity", lag=0.2), run_time=0.6)
        lesson.answer("{asks} looks at {asked} most: {w:.0%}.", w=query.weights[query.other])
    return small or picture, [tokens, numbers, *there, *([small] if small is not None else [])]


def visits(lesson: SelfAttention, small: DotPattern, tokens: TokenRow, numbers: TokenNumbers) -> list[Mobject]:
    """The query goes from word to word, to ours at last; leaves its arcs and the frame around its row."""
    there: list[Mobject] = []
    for p in walk(lesson):
        marks: list[Mobject] = [arcs_of(lesson, small, tokens, numbers, p)]
        if p in small.rows:
            marks.append(frame_row(small, p))
        named = Transform(tokens, tokens.marked(p))
        lesson.play(named, *follow(there, marks), run_time=0.8 if p == lesson.position else 0.45)
        there = marks
    return there


def walk(lesson: SelfAttention) -> list[int]:
    """The queries that are visited: the last few before and after ours, then ours."""
    alone = 0 if lesson.trace.config.causal else -1  # the first word has only itself to look at
    others = [p for p in range(len(lesson.words)) if p not in (lesson.position, alone)]
    return [*others[-VISITED:], lesson.position]


def follow(old: list[Mobject], new: list[Mobject]) -> list[object]:
    """The arcs of one query give way to those of the next; the frame moves on."""
    arcs, *frame = new
    if not old:
        return [Grow(arcs, "grown", lag=0.0), *map(FadeIn, frame)]
    before, *at = old
    moves = [Transform(a, b, replace_mobject_with_target_in_scene=True) for a, b in zip(at, frame, strict=False)]
    come, gone = map(FadeIn, frame[len(at) :]), map(FadeOut, at[len(frame) :])
    return [FadeOut(before), Grow(arcs, "grown", lag=0.0), *moves, *come, *gone]


def dots_and_sentence(lesson: SelfAttention) -> tuple[DotPattern | None, TokenRow | SentenceStrip, TokenNumbers]:
    """The pattern beside (or above) the sentence; one too long to be read there stands alone, upright if need be."""
    stage = lesson.stage
    options: Look = dict(unknown=lesson.trace.unknown, target=lesson.position, size=0.6)
    left, right = lesson.by(wide=stage.columns(1, 1.5), square=stage.rows(1, 1), tall=stage.rows(1, 1))
    tokens = TokenRow(lesson.trace.tokens, width=right.width, **options)
    pattern = dots(left, lesson.view.pattern, lesson.words, None, largest=0.5)
    small = pattern if tokens.size >= SMALLEST_TOKEN and pattern.legible else None
    if small is None:
        right, tokens = stage, alone(lesson, options)
    if not tokens.down:
        tokens.move_to(right.center).align_to((0, right.bottom + 0.55, 0), DOWN)
    return small, tokens, TokenNumbers(tokens, lesson.query.weights)


def alone(lesson: SelfAttention, options: Look) -> TokenRow | SentenceStrip:
    """The sentence by itself: in a line, or upright where a line is short; of one too long for that, what is looked at
    most."""
    stage = lesson.stage
    if lesson.wide:
        tokens = TokenRow(lesson.trace.tokens, width=stage.width, **options)
        if tokens.size > smallest():
            return tokens
    else:
        column = stage.columns(1.3, 1)[0]
        room: Look = dict(width=column.width - 1, height=stage.height, down=True, gap=0.08)
        tokens = TokenRow(lesson.trace.tokens, **options, **room)
        if tokens.height <= stage.height:
            return column.fit(tokens)
    return looked_at(lesson, lesson.query.weights, lesson.position, stage.width, options["size"])


def arcs_of(
    lesson: SelfAttention, small: DotPattern | None, tokens: TokenRow | SentenceStrip, numbers: TokenNumbers, query: int
) -> AttentionArcs:
    """A query's arcs over the sentence (below the dots, if they stand there), or to the right of an upright one and
    of the numbers beside it."""
    weights, stage = lesson.view.pattern[query], lesson.stage
    if not tokens.down:
        above = stage.top if small is None or lesson.wide else float(small.get_bottom()[1])
        return AttentionArcs(tokens, weights, query, height=min(2.6, above - float(tokens.get_top()[1]) - 0.1))
    edge = float(numbers.get_right()[0])
    arcs = AttentionArcs(tokens, weights, query, height=min(2.4, 0.9 * (stage.right - edge)))
    return arcs.shift((edge - arcs.get_left()[0]) * RIGHT)
