"""The two heads: where the second one looks, what the first one wrote, and what key and query are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, Mobject

from model.numbers.tensor import Tensor, stack
from model.study.inside import induction as study
from model.study.inside.induction import Pair
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look, attention_bars, legible_dots
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import Fact, most
from scenes.lesson.following import below
from scenes.lesson.steps import come, grow_after, leave
from scenes.lessons.induction import facts
from scenes.lessons.induction.random_words import soon

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

BARS = 9  # heads whose runs are shown
LITTLE = 0.1  # of a score: who changes it by less does not matter much to it


def where_it_looks(lesson: Induction, before: list[Mobject]) -> tuple[SentenceStrip, list[Mobject]]:
    """The head's attention in our sentence."""
    weights = lesson.trace[f"blocks.{lesson.layer}.attn.pattern"][lesson.head, lesson.position]
    most_at = int(weights.values.argmax())
    elsewhere = weights.values[lesson.one.key] < weights.values[most_at]
    with lesson.step(
        "In our sentence",
        ask="Where does this head look from {asks}?",
        subtitle="blocks.{l}.attn.pattern [{h}, {i}, :]",
        claims=[most(weights, most_at)] if elsewhere else [],
        keep=before,
        quiz=lesson.quiz("Which word does this head look at most from {asks}?", weights, lesson.called),
    ):
        strip = lesson.strip()
        seen = range(lesson.position + 1)
        title, bars = attention_bars(below(lesson, strip), weights, lesson.trace.tokens, lesson.position, seen)
        grow_after(lesson, before, bars, strip, title, lag=0.1, run_time=2.2)
        if elsewhere:
            said = "Most at “{most}”, {y:.0%}; at “{b}”, {x:.0%}. How does it know what stood before “{b}”?"
        elif lesson.trace.ids[lesson.one.key] != lesson.trace.ids[lesson.position]:
            said = "At “{b}”, {x:.0%}. How does it know that “{a}” stood before that?"
        else:
            said = "At “{b}”, {x:.0%}. How does it know what stood before that?"
        lesson.answer(said, x=weights[lesson.one.key], y=weights[most_at], most=lesson.words[most_at])
    return strip, [title, bars]


def one_word_back(lesson: Induction, strip: SentenceStrip, before: list[Mobject]) -> Mobject:
    """The pattern of the earlier head, with the row of what followed."""
    layer, head = lesson.before
    pattern = lesson.trace[f"blocks.{layer}.attn.pattern"][head]
    with lesson.step(
        "One word back",
        ask="An earlier head looks one word back. What does it tell “{b}”?",
        subtitle="layer {pl}, head {ph} · on the random words it gives {y:.0%} to the word before",
        y=lesson.list.previous[lesson.before],
        claims=[facts.of_word_before(lesson.list), facts.looks_back(lesson)],
        keep=(strip, *before),
    ):
        grid = legible_dots(below(lesson, strip), pattern, lesson.words, lesson.one.key, lesson.one.before)
        lesson.play(*soon(before, 2.4), Introduce(grid, "rows", lag=0.4), run_time=2.4)
        lesson.answer(
            "It looks at “{a}”, {x:.0%}, and writes that into the row of “{b}”."
            if float(pattern[lesson.one.key, lesson.one.before]) > 0.5
            else "From “{b}” it gives “{a}” {x:.0%}, and writes that into its row.",
            x=pattern[lesson.one.key, lesson.one.before],
        )
    return grid


def they_meet(lesson: Induction, strip: SentenceStrip, before: Mobject) -> list[Mobject]:
    """The query of the word that came again, the key of what followed, and their product as a sum."""
    q, k = study.query_and_key(lesson.trace, lesson.trace, (lesson.layer, lesson.head), lesson.one)
    with lesson.step(
        "A query finds a key",
        ask="How well does the key of “{b}” fit the query of {asks}?",
        subtitle="layer {l}, head {h} · q [{i}, :] · k [{j}, :]",
        claims=[facts.is_score(lesson)],
        keep=(strip, before),
    ):
        upper, lower = lesson.by(wide=(2.2, 1), square=(2.2, 1), tall=(1.6, 1))
        top, bottom = below(lesson, strip).rows(upper, lower)
        rows = Rows(top, [(q, "query", "q"), (k, "key", "k")], cell=1.2)
        lesson.play(
            *leave(before), Introduce(rows.grids[0], "columns", lag=0.1, after=0.3), *come(rows.labels[0]), run_time=1.2
        )
        lesson.play(Introduce(rows.grids[1], "columns", lag=0.1), FadeIn(rows.labels[1]), run_time=1)
        terms = TermSum(q, k, q @ k, width=bottom.width, lines=lesson.by(wide=2, square=3, tall=4), size=0.4)
        bottom.fit(terms)
        lesson.play(DotProduct(terms), run_time=2.4)
        lesson.answer(
            "{d} products add up to {r:+.2f}; ÷ √{d}: a score of {s:+.2f}.", r=q @ k, s=q @ k / study.root(lesson.trace)
        )
    return [rows, terms]


# ── what they are made of ────────────────────────────────────────────────────────────────────────
def scores_without(lesson: Induction) -> tuple[Tensor, Tensor, list[Pair]]:
    """The score as it is, then with the key of each run without a head; the same with each run's query; those heads.

    Of many heads those are left that change either most."""
    runs, ours = lesson.runs_of_layer, (lesson.layer, lesson.head)
    as_it_is = study.score(lesson.trace, lesson.trace, ours, lesson.one)
    keys = {head: study.score(lesson.trace, run, ours, lesson.one) for head, run in runs.items()}
    queries = {head: study.score(run, lesson.trace, ours, lesson.one) for head, run in runs.items()}
    change = {head: max(abs(float(s[head]) - float(as_it_is)) for s in (keys, queries)) for head in runs}
    shown = sorted(sorted(change, key=lambda head: (head != lesson.before, -change[head]))[:BARS])
    by_key, by_query = (stack([as_it_is, *[s[head] for head in shown]], "run") for s in (keys, queries))
    return by_key, by_query, shown


def of_runs(lesson: Induction, scores: Tensor, shown: list[Pair]) -> list[Fact]:
    """That the head which is named changes the score most, and that each run is one without its head."""
    runs = lesson.runs_of_layer
    each = [facts.same_text(lesson.trace, runs[head], (head,)) for head in shown]
    return [most(abs(scores[1:] - scores[0]), changed_most(scores, shown)), *each]


def met(lesson: Induction, scores: Tensor, shown: list[Pair], other: str) -> list[Fact]:
    """Each score is the product of this run's query and the key of a run without a head, or the other way round."""
    runs, ours = lesson.runs_of_layer, (lesson.layer, lesson.head)
    both = [(lesson.trace, runs[head]) if other == "key" else (runs[head], lesson.trace) for head in shown]
    pairs = [study.query_and_key(asking, asked, ours, lesson.one) for asking, asked in both]
    return [facts.score_of(scores[1 + k], *pair, float(study.root(lesson.trace))) for k, pair in enumerate(pairs)]


def bars_of(lesson: Induction, strip: SentenceStrip, scores: Tensor, other: Tensor, shown: list[Pair]) -> SignedBars:
    """On a scale that has room for the other scores as well, which the bars become or were."""
    words: list[str | Said] = [say("as it is"), *[say("without layer {a}, head {k}", a=a, k=k) for a, k in shown]]
    box = below(lesson, strip)
    room: Look = dict(
        width=box.width, height=box.height, size=0.44, reach=(float(other.values.min()), float(other.values.max()))
    )
    return SignedBars(scores, words, **room).move_to(box.center)


def changed_most(scores: Tensor, shown: list[Pair]) -> int:
    """Which of the runs without a head departs most from the score as it is: its place in `shown`."""
    return int(np.argmax(np.abs(np.asarray(scores.values[1:]) - scores.values[0])))


def whose_key(lesson: Induction, strip: SentenceStrip, before: list[Mobject]) -> Mobject:
    """The same score, with the key of a run without one head: what the key is made of (K-composition)."""
    scores, other, shown = scores_without(lesson)
    place = changed_most(scores, shown)
    with lesson.step(
        "Whose work is the key?",
        ask="The same query, the key from a run without a head of layer {pl}. Which head made it fit?",
        subtitle="layer {l}, head {h}: q [{i}, :] of this run · k [{j}, :] of each run ÷ √d_head",
        claims=[*of_runs(lesson, scores, shown), *met(lesson, scores, shown, "key")],
        keep=(strip, *before),
    ):
        bars = bars_of(lesson, strip, scores, other, shown)
        grow_after(lesson, before, bars, lag=0.3, run_time=2.6)
        lesson.answer(
            "Without head {ph}’s write {s:+.2f} becomes {t:+.2f}: it told the key what stood before."
            if shown[place] == lesson.before and float(scores[1 + place]) < float(scores[0])
            else "Head {k} matters most to it: without it {s:+.2f} becomes {t:+.2f}.",
            k=shown[place][1],
            s=scores[0],
            t=scores[1 + place],
        )
    return bars


def whose_query(lesson: Induction, strip: SentenceStrip, before: Mobject) -> Mobject:
    """The same with the query of each of these runs (Q-composition)."""
    other, scores, shown = scores_without(lesson)
    place = changed_most(scores, shown)
    maker = shown[place]
    itself = lesson.trace[f"blocks.{maker[0]}.attn.pattern"][maker[1], lesson.position, lesson.position]
    with lesson.step(
        "And the query?",
        ask="Now the key as it is, and the query from those runs?",
        subtitle="layer {l}, head {h}: q [{i}, :] of each run · k [{j}, :] of this run ÷ √d_head",
        claims=[*of_runs(lesson, scores, shown), *met(lesson, scores, shown, "query")],
        keep=(strip, before),
    ):
        bars = bars_of(lesson, strip, scores, other, shown)
        grow_after(lesson, [before], bars, lag=0.3, run_time=2.2, there=(0,))  # as it is: that stood there
        lesson.answer(
            "Without head {k}: {t:+.2f}. It looks at the word itself, {x:.0%}, and tells the query what it is."
            if float(itself) > 0.5
            else "No head of layer {pl} does much to the query: {t:+.2f} without head {k}."
            if abs(float(scores[1 + place]) - float(scores[0])) < LITTLE * abs(float(scores[0]))
            else "It changes most without head {k}: {t:+.2f}. That head gives the word itself {x:.0%}.",
            k=maker[1],
            t=scores[1 + place],
            x=itself,
        )
    return bars


__all__ = ["one_word_back", "they_meet", "where_it_looks", "whose_key", "whose_query"]
