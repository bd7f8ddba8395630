"""One head of the encoder, in two sentences that differ in a word: where it looks, and what French makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import FadeIn, Mobject, Transform

from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.ground.layout import stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look, bars_on_one_scale, telling_words
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson.claims import Fact, most, said, truth
from scenes.lesson.steps import give_way, grow_after

if TYPE_CHECKING:
    from scenes.lessons.encoder_decoder.lesson import EncoderDecoder


SURE = 0.5  # weight from which on it is said what a word reads


def arcs(lesson: EncoderDecoder, k: int, row: TokenRow) -> AttentionArcs:
    """What a word gives to the others in the head, over the words of one of the two sentences."""
    return AttentionArcs(row, lesson.pattern(k), lesson.position, height=0.85 * lesson.reach)


def of_the_head(lesson: EncoderDecoder, lines: list[AttentionArcs]) -> list[Fact]:
    """That arcs are of the head that is named, in the one sentence and in the other, and come to the word."""
    return [
        truth(
            "the arcs are those of this sentence", [line.tensor, lesson.pattern(k)], lambda a, b: bool((a == b).all())
        )
        for k, line in enumerate(lines)
    ]


def asking(lesson: EncoderDecoder, row: TokenRow) -> TokenRow:
    """The sentence with the word that looks, and no other, marked."""
    return row.marked(lesson.position, "target")


def marked(lesson: EncoderDecoder, k: int, row: TokenRow) -> TokenRow:
    """The sentence with the word that looks and the one that it looks at most."""
    twin = asking(lesson, row)
    if lesson.looked_at(k) != lesson.position:
        twin.mark(lesson.looked_at(k), "key")
    return twin


def looks(lesson: EncoderDecoder, before: list[Mobject]) -> list[Mobject]:
    """Where the word looks, in one sentence and in the other."""
    rows = [asking(lesson, lesson.pair(k)[0]) for k in (0, 1)]
    lines = [arcs(lesson, k, row) for k, row in enumerate(rows)]
    with lesson.step(
        "Where it looks",
        ask="Back to the encoder: where do “{old}” and “{new}” look?"
        if lesson.itself
        else "Back to the encoder: where does “{read}” look, in the one sentence and in the other?",
        subtitle="encoder.blocks.{l}.attn.pattern [{h}, {i}, :] · yellow: the query"
        + ("" if lesson.itself else " “{read}”"),
        i=lesson.position,
        keep=before,
        claims=[*[most(lesson.pattern(k), lesson.looked_at(k)) for k in (0, 1)], *of_the_head(lesson, lines)],
    ):
        lesson.play(*give_way(before, *rows), run_time=1)
        numbers = [TokenNumbers(row, lesson.pattern(k)) for k, row in enumerate(rows)] if lesson.wide else []
        for k, row in enumerate(rows):
            lesson.play(Transform(row, marked(lesson, k, row)), Grow(lines[k], "grown", lag=0.2), run_time=1.4)
            if numbers:
                lesson.play(FadeIn(numbers[k]), run_time=0.5)
        lesson.answer(
            "“{old}” gives {p:.0%} to “{x}”; “{new}” gives {q:.0%} to “{y}”."
            if lesson.itself
            else "With “{old}” it gives {p:.0%} to “{x}”; with “{new}”, {q:.0%} to “{y}”.",
            x=lesson.english(0)[lesson.looked_at(0)],
            y=lesson.english(1)[lesson.looked_at(1)],
            p=lesson.pattern(0)[lesson.looked_at(0)],
            q=lesson.pattern(1)[lesson.looked_at(1)],
        )
    return [*rows, *lines, *numbers]


def without(lesson: EncoderDecoder, before: list[Mobject]) -> list[Mobject]:
    """The next word in both runs, with the head and without it."""
    row, ids = lesson.contrast.row, lesson.ids
    pairs = [(run["probs"][row], off["probs"][row]) for run, off in zip(lesson.both, lesson.without, strict=True)]
    with_head, off = pairs[0]
    before_and_after = dict(p=with_head[ids[0]], q=off[ids[0]], r=with_head[ids[1]], s=off[ids[1]])
    results = [run[f"encoder.blocks.{lesson.layer}.attn.result"][lesson.head] for run in lesson.without]
    with lesson.step(
        "Without this head",
        ask="And if this one head is switched off: does the decoder still write “{a}” and “{b}”?",
        subtitle="probs [{i}, :] after “{word}” · then second runs without head {h} of layer {l} of the encoder",
        i=row,
        word=lesson.words[row],
        keep=before,
        claims=[
            *[truth("the head adds nothing", [result], lambda z: bool((z == 0).all())) for result in results],
            *[said(name, number) for name, number in before_and_after.items()],
        ],
    ):
        parts = lesson.stage.columns(1, 1, gap=0.6) if lesson.wide else lesson.stage.rows(1, 1, gap=0.4)
        shown = list(dict.fromkeys([*ids, *telling_words(*pairs[0], 4), *telling_words(*pairs[1], 4)]))[:4]
        flat = [probs for pair in pairs for probs in pair]
        look: Look = dict(
            width=parts[0].width, height=parts[0].height - 0.8, size=0.5, fill="probability", target=ids[0]
        )
        bars = bars_on_one_scale(flat, lesson.trace.vocabulary, shown, **look)
        labels = []
        for k, part in enumerate(parts):
            label = Label(say("with “{w}”", w=lesson.english(k)[lesson.contrast.place]), 0.46)
            part.fit(stack(label, bars[2 * k], gap=0.25))
            bars[2 * k + 1].move_to(bars[2 * k])
            labels.append(label)
        grow_after(lesson, before, bars[0], run_time=1.4)
        lesson.play(FadeIn(labels[0]), FadeIn(labels[1]), Grow(bars[2], "values"), run_time=1.2)
        lesson.wait(0.6)
        lesson.play(Transform(bars[0], bars[1]), Transform(bars[2], bars[3]), run_time=1.8)
        lesson.answer(
            "With “{old}”, “{a}” goes from {p:.0%} to {q:.0%}, and “{b}” from {r:.0%} to {s:.0%}.",
            p=pairs[0][0][ids[0]],
            q=pairs[0][1][ids[0]],
            r=pairs[0][0][ids[1]],
            s=pairs[0][1][ids[1]],
        )
    return [bars[0], bars[2], *labels]


def answer(lesson: EncoderDecoder, before: list[Mobject]) -> None:
    """The picture of the beginning, with what the head reads."""
    x, y = lesson.looked_at(0), lesson.looked_at(1)
    row, (one, two), place = lesson.contrast.row, lesson.ids, lesson.contrast.place
    first, second = lesson.both
    with lesson.step(
        "Why the French changes",
        ask="So what does the encoder read beside “{old}”, and what beside “{new}”?"
        if lesson.itself
        else "So why does the French say “{b}” with “{new}”?",
        subtitle="{model} · encoder, layer {l}, head {h}: what "
        + ("the word in yellow gives to others" if lesson.itself else "“{read}” gives to other words"),
        claims=[
            truth(
                "the word is another, and so is the likeliest French one",
                [
                    *[run["encoder.tokens"][place] for run in lesson.both],
                    *[first["probs"][row, k] for k in (one, two)],
                    *[second["probs"][row, k] for k in (one, two)],
                ],
                lambda old, new, p, q, r, s: bool(old != new and p > q and s > r),
            ),
            *[most(lesson.pattern(k), lesson.looked_at(k)) for k in (0, 1)],
        ],
        keep=before,
    ):
        pairs = lesson.pairs()
        for pair in pairs:
            pair[0] = asking(lesson, pair[0])
        lesson.play(*give_way(before, *pairs[0], *pairs[1]), run_time=1)
        lines = [arcs(lesson, k, pairs[k][0]) for k in (0, 1)]
        marks = [Transform(pair[0], marked(lesson, k, pair[0])) for k, pair in enumerate(pairs)]
        lesson.play(*[Grow(line, "grown", lag=0.2) for line in lines], *marks, run_time=1.6)
        told = dict(y=lesson.english(1)[y], q=lesson.pattern(1)[y], s=second["probs"][row, two])
        if lesson.itself:
            before_it = dict(x=lesson.english(0)[x], p=lesson.pattern(0)[x])
            lesson.answer(
                "“{old}” gave {p:.0%} to “{x}”, “{new}” gives {q:.0%} to “{y}”; “{b}” has {s:.0%}.", **told, **before_it
            )
        elif x == y or lesson.pattern(1).values[y] < SURE:
            lesson.answer("Now the encoder’s “{read}” gives “{y}” {q:.0%}; “{b}” has {s:.0%}.", **told)
        else:
            less = dict(x=lesson.english(1)[x], p=lesson.pattern(1)[x])
            lesson.answer(
                "Now the encoder’s “{read}” gives “{y}” {q:.0%} and “{x}” {p:.0%}; so “{b}” has {s:.0%}.",
                **told,
                **less,
            )


__all__ = ["answer", "looks", "without"]
