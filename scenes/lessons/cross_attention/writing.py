"""The decoder writes: the grid fills row by row; what it says without the English; teacher forcing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor, stack
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import FULL, Look, bars_on_one_scale, telling_words
from scenes.kit.words.tokens import display
from scenes.lesson.claims import fact, truth
from scenes.lesson.steps import come, grow_after, leave
from scenes.lessons.cross_attention.search import costs

if TYPE_CHECKING:
    from scenes.lessons.cross_attention.lesson import CrossAttention

WAITING = 0.35  # emphasis of bars that wait until they are computed again


def pattern_of(lesson: CrossAttention, box: Box, pattern: Tensor, query: int | None = None) -> DotPattern:
    """Rows of the decoder down, each with the word that it writes next; English words across."""
    names = [say("{a} → {b}", a=a, b=b) for a, b in zip(lesson.words, lesson.said, strict=True)]
    room: Look = dict(width=box.width, height=box.height, cell=(0.95, 0.95), target_row=query)
    return box.fit(DotPattern(pattern, row_labels=names, column_labels=lesson.source_words, **room))


def word_by_word(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """A row of the grid for each word that is written, and beside it what may come next."""
    run, pattern, count = lesson.trace, lesson.alignment(), len(lesson.trace)
    at = lesson.back[0] if lesson.back else lesson.position
    read = lesson.reads[at]
    nexts = stack([next_of(lesson, row) for row in range(count)], "position")
    with lesson.step(
        "Word by word",
        ask="One French word after the other: where does the decoder look for each?",
        subtitle="{tensor}, mean of {n} heads · “a → b”: after a it writes b",
        tensor=f"{lesson.name}.pattern",
        n=run.config.n_heads,
        keep=before,
        claims=[
            truth(
                "a cell is the mean of all heads",
                [pattern, run[f"{lesson.name}.pattern"]],
                lambda cells, heads: bool(np.allclose(cells, heads.mean(0), atol=1e-5)),
            ),
            truth(
                "beside a row stands what follows it", [nexts, run["probs"]], lambda a, b: bool(np.array_equal(a, b))
            ),
        ],
    ):
        box, beside = lesson.stage, bool(lesson.by(wide=True, square=count <= FULL, tall=True))
        left, right = box.columns(1.7, 1, gap=0.5) if lesson.wide else box.rows(2.2, 1, gap=0.3)
        grid = pattern_of(lesson, left if beside else box, pattern)
        grid.reveal(0)
        bars = [next_bars(lesson, right, i) for i in range(count)] if beside else []
        lesson.play(*leave(*before), FadeIn(grid), run_time=0.8)
        for i in range(count):
            filled = grid.copy()
            filled.cell_opacity[: i + 1], filled.text_opacity[: i + 1] = 1.0, 1.0
            moves = [Transform(bars[0], bars[i]) if i else Grow(bars[0], "values")] if beside else []
            lesson.play(Transform(grid, filled), *moves, run_time=max(0.4, min(0.7, 8 / count)))
        lesson.answer(
            "After “{a}” it goes back to “{e}”, {w:.0%}, and writes “{b}”, {p:.0%}: a French order."
            if lesson.back
            else "After “{a}” it reads “{e}”, {w:.0%}, and writes “{b}”, {p:.0%}.",
            a=lesson.words[at],
            e=lesson.source_words[read],
            w=pattern[at, read],
            b=lesson.said[at],
            p=run["probs"][at, lesson.targets[at]],
        )
    return [grid, *bars[:1]]


def next_of(lesson: CrossAttention, row: int) -> Tensor:
    """The probabilities of what may come after a row. [vocab]"""
    return lesson.trace["probs"][row]


def next_bars(lesson: CrossAttention, box: Box, row: int) -> ProbabilityBars:
    """What may come after a row: a few words, and all others."""
    room: Look = dict(width=box.width, height=min(box.height, 3.4), count=4, size=0.4, label_room=2.2)
    how: Look = dict(longest=1.0, fill="probability", drawn=lesson.targets[row], whole=True)
    return ProbabilityBars(next_of(lesson, row), lesson.trace.vocabulary, **room, **how).move_to(box.center)


def without_reading(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """The same decoder without the head that was followed, and then with none that brings anything from the encoder."""
    i, runs = lesson.position, (lesson.trace, lesson.one_off, lesson.without)
    whole, one, none = (run["probs"][i] for run in runs)
    word, first = lesson.targets[i], int(np.argmax(none.values))
    with lesson.step(
        "Without the English",
        ask="And if its heads brought nothing from the English?",
        subtitle="next word after “{word}” · second runs without this head of cross-attention, without all {n}",
        n=lesson.trace.config.n_layers * lesson.trace.config.n_heads,
        claims=[
            fact("likeliest", "no word is likelier there", [none], lambda p: bool(p[first] >= p.max())),
            truth("no head brings anything from the English", silent(lesson), lambda *rows: not any(map(np.any, rows))),
            truth(
                "this head brings nothing",
                [lesson.one_off[f"{lesson.name}.result"][lesson.head]],
                lambda r: not r.any(),
            ),
        ],
        quiz=lesson.quiz("Without the English, which word is likeliest after “{word}”?", none, lesson.called_next),
        keep=before,
    ):
        above, box = lesson.stage.rows(0.6, lesson.stage.height - 0.8, gap=0.2)
        ids = list(dict.fromkeys([word, *telling_words(whole, none, 6)]))[:6]
        room: Look = dict(width=min(box.width, 10.5), height=min(box.height, 6.0), size=0.46, target=word)
        drawn = bars_on_one_scale(
            (whole, one, none), lesson.trace.vocabulary, ids, fill="probability", spec=".1%", **room
        )
        bars, *others = [each.move_to(box.center) for each in drawn]
        texts = ("as it is", say("without head {h} of layer {l}", h=lesson.head, l=lesson.layer), "without all of them")
        names = [Label(text, 0.46, "secondary").move_to(above.center) for text in texts]
        grow_after(lesson, before, bars, names[0], run_time=1.6)
        for old, name, after in zip(names, names[1:], others, strict=False):
            lesson.play(Transform(bars, after), *leave(old), *come(name), run_time=1)
            lesson.wait(0.5)
        lesson.answer(
            "“{said}” falls from {p:.1%} to {o:.1%}, and to {q:.1%}; the likeliest is now “{w}”, {r:.1%}."
            if first != word
            else "“{said}”: {p:.1%} before, {o:.1%} without this head, {q:.1%} without all.",
            p=whole[word],
            o=one[word],
            q=none[word],
            **(dict(w=display(lesson.trace.vocabulary[first]), r=none[first]) if first != word else {}),
        )
    return [bars, names[-1]]


def silent(lesson: CrossAttention) -> list[Tensor]:
    """What every layer's heads bring from the encoder in the run without them."""
    return [lesson.without[f"decoder.blocks.{k}.cross_attn.result"] for k in range(lesson.trace.config.n_layers)]


# ── teacher forcing ──────────────────────────────────────────────────────────────────────────────
def free_running(lesson: CrossAttention) -> list[Tensor]:
    """−log p of each word, each in a run of its own on the words before it."""
    vocabulary, ids = lesson.checkpoint.tokenizer.vocabulary, lesson.trace.ids[1:]
    texts = [" ".join(vocabulary[k] for k in ids[:n]) for n in range(len(lesson.targets))]
    runs = [lesson.translation(lesson.source, text) for text in texts]
    return [-run["probs"][n, lesson.targets[n]].log() for n, run in enumerate(runs)]


def teacher(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """Word after word, each in a pass of its own; then all in one, and their mean."""
    one, many = stack(costs(lesson), "position"), stack(free_running(lesson), "position")
    mean, n = one.mean(0), len(lesson.targets)
    with lesson.step(
        "Teacher forcing",
        ask="Writing takes a pass for every word, {n} in all. Must training go so slowly?",
        subtitle="−log p of each next word · {n} passes, then one · dashed: the mean",
        n=n,
        claims=[
            truth("one pass gives what many give", [one, many], lambda a, b: bool(np.allclose(a, b, atol=1e-5))),
            truth("the line is at the mean of the bars", [one, mean], lambda a, m: bool(np.isclose(a.mean(), m))),
        ],
        keep=before,
    ):
        words = [say("{a} → {b}", a=a, b=b) for a, b in zip(lesson.words, lesson.said, strict=True)]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, size=0.42, spec=".3f", fill="loss")
        slow, fast = (SignedBars(each, words, mark=mean, **room).move_to(lesson.stage.center) for each in (many, one))
        grow_after(lesson, before, slow, lag=0.95, run_time=max(2.4, min(0.3 * n, 4.0)))
        waiting = slow.copy()
        waiting.emphasis[:] = WAITING
        lesson.play(Transform(slow, waiting), run_time=0.5)
        lesson.play(Transform(slow, fast), run_time=0.7)  # all in one, and they do not move: the same numbers
        lesson.play(slow.animate.show_mark(), run_time=0.6)
        lesson.answer(
            "No: the true words are known, so one pass gives all {n}. The loss is their mean, {m:.3f}.", m=mean
        )
    return [slow]


__all__ = ["pattern_of", "teacher", "without_reading", "word_by_word"]
