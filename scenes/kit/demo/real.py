"""The numbers of the samples: runs of `tiny` on a short text, and of its variants with other positions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.choice import telling_row
from model.study.loop import turns_of
from model.study.pieces import Cut, pairs_of
from model.study.rotary import RotaryHead
from model.study.space import index_of
from model.study.views import AttentionHead, Query
from scenes.kit.words.tokens import display
from scenes.lesson.runs import trace_of

if TYPE_CHECKING:
    from model.learning.record import History
    from model.runs.sampling import Turn

TEXT = "The old dog chased the young cat"
PROMPT = "The old dog was"  # its next word is one of a few


def trace() -> Trace:
    """The run that most samples show."""
    return trace_of("tiny", TEXT)


def words() -> list[str]:
    """Its tokens, as they are written on screen."""
    return [display(token) for token in trace().tokens]


@cache
def query() -> Query:
    """The query whose row of attention tells most; `query().of` is its head."""
    layer, head, position, _ = telling_row(trace())
    return AttentionHead(trace(), layer, head).query(position)


def head() -> AttentionHead:
    """The head of that query."""
    return query().of


def weighted_values() -> Tensor:
    """What that query takes from each word: weight × value. [key, d_head]"""
    return (head().v.T * query().weights).T


def prompt() -> Trace:
    """The run on the beginning of the text, whose next word is open."""
    return trace_of("tiny", PROMPT)


def cut(merges: int | None = None) -> Cut:
    """That text in pieces, by the first merges or by all."""
    pairs, name = pairs_of("tiny")
    return Cut(pairs, TEXT, merges, name)


def next_word() -> Tensor:
    """The probabilities of the word after the prompt. [vocab]"""
    return prompt()["probs"][-1]


def next_word_without() -> Tensor:
    """The same with the last layer's heads 0 to 3 off. [vocab]"""
    layer = prompt().config.n_layers - 1
    return trace_of("tiny", PROMPT, ablate=tuple((layer, k) for k in range(4)))["probs"][-1]


def turn() -> Turn:
    """One turn of the loop after the prompt: a word is drawn."""
    return turns_of("tiny", PROMPT, 1, temperature=1.0, seed=0)[0]


def texts() -> list[tuple[Turn, ...]]:
    """What four seeds write after the prompt."""
    return [turns_of("tiny", PROMPT, 4, temperature=1.0, seed=seed) for seed in range(4)]


def rows_of(names: str) -> list[int]:
    """Rows of W_E of some words, given in one line."""
    rows = index_of(trace().vocabulary)
    return [rows[name] for name in names.split()]


def sinusoids() -> Tensor:
    """The waves that tell a model where a word stands. [position, d_model]"""
    return trace_of("tiny-sinusoidal", TEXT)["W_pos"]


def losses() -> History:
    """Those of the run that the model was trained in."""
    from model.learning.record import history
    from model.runs.checkpoints import load

    return history(load("tiny"))


@cache
def rotary() -> RotaryHead:
    """A head that turns its queries and keys by the angles of their positions."""
    return RotaryHead.choose(trace_of("tiny-rotary", TEXT))
