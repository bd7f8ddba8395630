"""What the lesson takes for granted, as facts that the audit computes from the runs in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.induction import Pair, Repeat, TwiceOver
from scenes.lesson.claims import Fact, count, fact, truth

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

CLOSE = 1e-5  # of means over many weights, added up in another order


def patterns(trace: Trace) -> list[Tensor]:
    return [trace[f"blocks.{layer}.attn.pattern"] for layer in range(trace.config.n_layers)]


def of_stripe(run: TwiceOver) -> Fact:
    """The prefix-matching score: a stripe of each pattern, so many words below the diagonal."""
    back = run.half - 1

    def holds(scores: np.ndarray, *each: np.ndarray) -> bool:
        stripes = np.array([np.diagonal(p, -back, 1, 2)[:, 1:].mean(-1) for p in each])
        return bool(np.abs(scores - stripes).max() < CLOSE)

    return truth("a score is the mean attention to what followed", [run.matching, *patterns(run.trace)], holds)


def looks_most(run: TwiceOver, head: Pair) -> Fact:
    """No head has a higher prefix-matching score."""
    return fact(
        "most", "no head looks there more", [run.matching], lambda scores: bool(scores[head] >= scores.max() - CLOSE)
    )


def even(run: TwiceOver) -> Fact:
    """What a head would give one word of all that a row of the second half sees, if it gave all the same."""
    rows = np.arange(run.half + 1, 2 * run.half + 1)
    return truth(
        "even attention is one over the words seen", [run.chance], lambda c: bool(abs(c - (1 / rows).mean()) < CLOSE)
    )


def foretold(run: TwiceOver, curve: Tensor, start: int) -> Fact:
    """A curve is the probability of each next word of the half that starts there."""

    def holds(values: np.ndarray, probs: np.ndarray, ids: np.ndarray) -> bool:
        rows = np.arange(start, start + len(values))
        return bool(np.allclose(values, probs[rows, ids[rows + 1].astype(int)]))

    return truth("a curve is what the right next word gets", [curve, run.trace["probs"], run.trace["tokens"]], holds)


def score_of(read: Tensor, q: Tensor, k: Tensor, root: float) -> Fact:
    """A score is the product of that query and that key, divided by the root of their size."""
    return truth(
        "a score is q · k ÷ √d_head", [read, q, k], lambda s, a, b: bool(abs(s - a @ b / root) < CLOSE * (1 + abs(s)))
    )


def back(run: TwiceOver) -> Fact:
    """So many words back stands what followed a word, before its second time."""
    half = run.half

    def holds(k: float, ids: np.ndarray) -> bool:
        return all(ids[q - int(k) - 1] == ids[q] for q in range(half, 2 * half))

    return Fact((), "what followed stands so many words back", (run.trace["tokens"],), holds, "k")


def rows_on_the_stripe(pattern: np.ndarray, half: int) -> int:
    """In how many rows of the second time the most goes to what followed the last time."""
    return sum(int(pattern[q].argmax()) == q - half + 1 for q in range(half, 2 * half))


def of_the_rows(run: TwiceOver, pattern: Tensor, there: int) -> Fact:
    """In so many rows of the second time the most goes to what followed, in all, or in few."""
    if there == run.half:
        return truth("every row looks there most", [pattern], lambda p: _apart(p, run.half) == run.half)
    if there > run.half / 2:
        return count("times", "n", [pattern], lambda p: _apart(p, run.half))
    return truth("few rows look there most", [pattern], lambda p: _apart(p, run.half) <= run.half / 2)


def _apart(pattern: np.ndarray, half: int) -> int:
    """The same counted on the diagonal."""
    stripe = np.diagonal(pattern, 1 - half)[1:]
    return int((stripe >= pattern[half:].max(axis=-1)).sum())


def is_score(lesson: Induction) -> Fact:
    """What is said to be the score is what the run has before its softmax."""
    scores = lesson.trace[f"blocks.{lesson.layer}.attn.scores"][lesson.head, lesson.one.query, lesson.one.key]
    holds = lambda s, value: bool(abs(float(s) - float(value)) < CLOSE * (1 + abs(float(value))))  # noqa: E731
    return Fact((), "what is said is the score of the run", (scores,), holds, "s")


def of_word_before(run: TwiceOver) -> Fact:
    """The same of the diagonal's neighbour."""

    def holds(scores: np.ndarray, *each: np.ndarray) -> bool:
        return bool(np.abs(scores - [np.diagonal(p, -1, 1, 2).mean(-1) for p in each]).max() < CLOSE)

    return truth("a score is the mean attention to the word before", [run.previous, *patterns(run.trace)], holds)


def looks_back(lesson: Induction) -> Fact:
    """That the head stands in an earlier layer and earns its name, or that no other there looks back more."""
    place, chance = lesson.before, float(lesson.list.chance_before)

    def holds(scores: np.ndarray) -> bool:
        enough = min(scores[: lesson.layer].max() - CLOSE, (1 + chance) / 2)
        return bool(place[0] < lesson.layer and scores[place] >= enough)

    return truth("an earlier head looks at the word before", [lesson.list.previous], holds)


def comes_again(trace: Trace, one: Repeat) -> Fact:
    """The word stood right before what is pointed at, and not again between that and its second time."""

    def holds(ids: np.ndarray) -> bool:
        earlier = np.flatnonzero(ids[: one.query - 1] == ids[one.query])
        return bool(len(earlier) and earlier[-1] == one.key - 1)

    return truth("the word stood before what is pointed at", [trace["tokens"]], holds)


def read_alone(alone: Trace, whole: Trace, one: Repeat) -> Fact:
    """The first run reads the words after what followed, up to the one that comes again, and no others."""
    holds = lambda few, all_: bool(np.array_equal(few, all_[one.key + 1 : one.query + 1]))  # noqa: E731
    return truth("the first run reads the end of the text", [alone["tokens"], whole["tokens"]], holds)


def same_text(trace: Trace, without: Trace, off: tuple[Pair, ...]) -> Fact:
    """A run without heads reads the same words, and what those heads give is nothing."""

    def holds(ids: np.ndarray, others: np.ndarray, *given: np.ndarray) -> bool:
        silent = all(not rows[head].any() for rows, (_, head) in zip(given, off, strict=True))
        return bool(np.array_equal(ids, others) and silent)

    return truth(
        "the same words are read without these heads",
        [trace["tokens"], without["tokens"], *[without[f"blocks.{layer}.attn.result"] for layer, _ in off]],
        holds,
    )


def of_copies(run: TwiceOver, layer: int) -> Fact:
    """The copying score of a layer's heads: what they make of a word meets the last norm, then W_U, as rows do."""
    trace, part, normed = run.trace, f"blocks.{layer}.attn", [f"ln_final.{k}" for k in ("w", "mean")]
    words, half = list(trace.ids[: run.half]), run.half

    def holds(scores: np.ndarray, v: np.ndarray, out: np.ndarray, names: np.ndarray, *w: np.ndarray) -> bool:
        rows = v[:, :half].astype(float) @ out
        rows = rows - rows.mean(-1, keepdims=True) if normed[1] in trace else rows
        logits = (rows * (w[0] if w else 1)) @ names[:, words]
        own = np.diagonal(logits, axis1=1, axis2=2)
        return bool(np.abs(scores[layer] - ((own - logits.mean(-1)) / logits.std(-1)).mean(-1)).max() < 1e-3)

    of = [run.copying, trace[f"{part}.v"], trace[f"{part}.W_O"], trace["W_U"]]
    if normed[0] in trace:
        of.append(trace[normed[0]])
    return truth("a head raises a word so far above others", of, holds)
