"""Induction: a word came before, so what followed it then comes again. Where a text repeats itself, how strongly each
head looks there and copies, and what the query and the key of such a head are made of (Elhage et al. 2021, Olsson et
al. 2022).

Imports no torch by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from model.errors import UsageError
from model.numbers.origins import Setting
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.views import AttentionHead
from model.text.tokenizer import Encoding

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

Pair = tuple[int, int]  # (layer, head)
LENGTH = 20  # random words, said twice over
COPIED = 0.1  # the least probability of what followed, for a repetition to count as one that the model goes by


# ── texts that repeat themselves ─────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Repeat:
    """A word that comes again, at `query`, and the place of what followed it the last time, `key`."""

    query: int
    key: int

    @property
    def before(self) -> int:
        """Where the word stood the last time."""
        return self.key - 1


def repeats(ids: Sequence[int]) -> list[Repeat]:
    """All words of a text that stood there before, with something between; in order."""
    found = []
    for query, word in enumerate(ids):
        earlier = [place for place in range(query - 1) if ids[place] == word]
        if earlier:
            found.append(Repeat(query, earlier[-1] + 1))
    return found


def followed(trace: Trace, one: Repeat) -> Tensor:
    """The probability that what followed the last time comes again."""
    return trace["probs"][one.query, trace.ids[one.key]]


def telling(trace: Trace, query: int | None = None, least: float = COPIED) -> Repeat | None:
    """The repetition that the model goes by most: where what followed gains most on its probability the last time.

    Words that the model does not know come last, since it cannot tell them apart, and before them signs without a
    letter. query: the only one that counts, if given, however little the model goes by it. None where there is none
    with at least the probability `least`."""

    def order(one: Repeat) -> tuple[bool, bool, float]:
        pair = one.query, one.key
        lettered = all(any(map(str.isalpha, trace.tokens[place])) for place in pair)
        gain = followed(trace, one) - trace["probs"][one.before, trace.ids[one.key]]
        return not set(pair) & set(trace.unknown), lettered, float(gain)

    found = [one for one in repeats(trace.ids) if query in (None, one.query)]
    top = max(found, key=order, default=None)
    return top if top and (query is not None or float(followed(trace, top)) >= least) else None


def twice(encoding: Encoding, most: int) -> Encoding:
    """The last words of a text, said twice over but for the very last one: at most `most` tokens.

    Its last token is one that came before, so that what followed it can come again. Raises UsageError for less than two
    tokens, and where `most` has no room for them."""
    half = min(len(encoding.ids), (most + 1) // 2)
    if half < 2:
        raise UsageError("to be said twice, a text must have two tokens, and the model room for three")
    ids, tokens = encoding.ids[-half:], encoding.tokens[-half:]
    kept = [k - len(encoding.ids) + half for k in encoding.unknown]
    unknown = [k for k in kept if k >= 0]
    unknown += [k + half for k in unknown if k < half - 1]
    return Encoding((*ids, *ids[:-1]), (*tokens, *tokens[:-1]), tuple(unknown))


def plain_words(vocabulary: Sequence[str]) -> list[int]:
    """The ids of words that are made of letters alone; where there are pieces of words, of those that begin one."""
    lettered = [k for k, word in enumerate(vocabulary) if word.strip().isalpha()]
    begin = [k for k in lettered if vocabulary[k].startswith(" ")]
    return begin if len(begin) >= LENGTH else lettered


def random_words(checkpoint: Checkpoint, seed: int) -> Encoding:
    """Different words of the model's own in no order, twice over; drawn from `plain_words` by NumPy's default
    generator, begun with `seed`."""
    tokenizer = checkpoint.tokenizer
    pool = plain_words(tokenizer.vocabulary)
    length = min(LENGTH, checkpoint.config.n_ctx // 2, len(pool))
    ids = [pool[k] for k in np.random.default_rng(seed).permutation(len(pool))[:length]] * 2
    return Encoding(tuple(ids), tuple(tokenizer.vocabulary[k] for k in ids), ())


# ── scores of all heads on such a text ───────────────────────────────────────────────────────────
@dataclass(frozen=True)
class TwiceOver:
    """A run of words that are said twice over, all different: what the model makes of it, and its heads' scores."""

    trace: Trace

    @property
    def half(self) -> int:
        return len(self.trace) // 2

    def next_words(self, again: bool) -> Tensor:
        """The probability of each right next word but the first, the first time or again. [half − 1]"""
        start = self.half if again else 0
        ids, probs = self.trace.ids, self.trace["probs"]
        return stack([probs[k, ids[k + 1 - start]] for k in range(start, start + self.half - 1)], "word")

    @property
    def chance(self) -> Tensor:
        """What even attention to all words up to the query pays to one of them, in the second half."""
        return (1 / Tensor.given(range(self.half + 1, 2 * self.half + 1), "words up to there", ("query",))).mean(0)

    @property
    def chance_before(self) -> Tensor:
        """The same of the word before, in all rows but the first."""
        return (1 / Tensor.given(range(2, 2 * self.half + 1), "words up to there", ("query",))).mean(0)

    @cached_property
    def matching(self) -> Tensor:
        """How much of its attention each head gives to what followed the last time. [layer, head]

        The prefix-matching score of Olsson et al. 2022: a mean over the second half."""
        return self._weight({q: q - self.half + 1 for q in range(self.half, 2 * self.half)}, "what followed last time")

    @cached_property
    def previous(self) -> Tensor:
        """How much of its attention each head gives to the word before, a mean over all words but one. [layer, head]"""
        return self._weight({q: q - 1 for q in range(1, 2 * self.half)}, "the word before")

    def _weight(self, looks: Mapping[int, int], what: str) -> Tensor:
        table = np.zeros((2 * self.half, 2 * self.half), dtype=int)
        table[list(looks), list(looks.values())] = 1
        mask = Tensor.given(table, what, ("query", "key"))
        layers = range(self.trace.config.n_layers)
        sums = [(self.trace[f"blocks.{layer}.attn.pattern"] * mask).sum(-1).sum(-1) for layer in layers]
        return stack(sums, "layer") / len(looks)

    @cached_property
    def copying(self) -> Tensor:
        """How far what a head passes on of a word raises that same word above the others, in standard deviations of all
        words of the text. [layer, head]

        Of each word of the first half: v · W_O, read off by W_U at once (the OV circuit of Elhage et al. 2021)."""
        ids = self.trace.ids[: self.half]
        names = unembedding(self.trace, list(ids))
        own = Tensor.given(np.eye(self.half, dtype=int), "the same word", ("source", "word"))
        found = []
        for layer in range(self.trace.config.n_layers):
            part = f"blocks.{layer}.attn"
            said = (self.trace[f"{part}.v"][:, : self.half] @ self.trace[f"{part}.W_O"]) @ names
            mean = said.mean(-1)
            spread = (said.square().mean(-1) - mean.square()).sqrt()
            found.append((((said * own).sum(-1) - mean) / spread).mean(-1))
        return stack(found, "layer")


def unembedding(trace: Trace, words: list[int] | slice = slice(None)) -> Tensor:
    """W_U as a row of the stream meets it behind the last norm, but for the norm's scale. [d_model, word]

    Each entry carries the norm's w; where the norm subtracts a row's mean, so does each column its own."""
    columns = trace["W_U"][:, words]
    if "ln_final.w" in trace:
        columns = (columns.T * trace["ln_final.w"]).T
    return columns - columns.mean(0) if "ln_final.mean" in trace else columns


# ── one head at work ─────────────────────────────────────────────────────────────────────────────
def score(asking: Trace, asked: Trace, head: Pair, one: Repeat) -> Tensor:
    """q · k ÷ √d_head of a head, from the word that came again to what followed it: its query as it is in one run, its
    key as it is in another."""
    q, k = query_and_key(asking, asked, head, one)
    return q @ k / root(asking)


def query_and_key(asking: Trace, asked: Trace, head: Pair, one: Repeat) -> tuple[Tensor, Tensor]:
    """[d_head] each, as they meet."""
    return AttentionHead(asking, *head).q_met[one.query], AttentionHead(asked, *head).k_met[one.key]


def root(trace: Trace) -> Tensor:
    """What scores are divided by."""
    field = "score_size" if trace.config.score_size else "d_head"
    return Tensor.given(getattr(trace.config, field), field, origin=Setting(field)).sqrt()


def passed_on(trace: Trace, head: Pair, one: Repeat) -> Tensor:
    """What a head carries from a key to its query: weight · v · W_O. [d_model]"""
    view = AttentionHead(trace, *head)
    return view.pattern[one.query, one.key] * (view.v[one.key] @ view.W_O)


def raised(trace: Trace, head: Pair, one: Repeat) -> Tensor:
    """By how much that raises the logits of all words at once, the last norm's scale as it was in the run. [vocab]"""
    row = passed_on(trace, head, one) @ unembedding(trace)
    return row / trace["ln_final.scale"][one.query] if "ln_final.scale" in trace else row


# ── which heads ──────────────────────────────────────────────────────────────────────────────────
def heads_of(trace: Trace, layers: Sequence[int]) -> list[Pair]:
    return [(layer, head) for layer in layers for head in range(trace.config.n_heads)]


def best(scores: Tensor, among: Sequence[Pair], count: int = 1) -> list[Pair]:
    """The (layer, head) with the highest scores [layer, head] of some, highest first."""
    return sorted(among, key=lambda head: -float(scores.values[head]))[:count]


def earning(scores: Tensor, chance: Tensor, among: Sequence[Pair]) -> list[Pair]:
    """Those of some whose score is at least halfway from chance to 1, as heads earn a name (`naming.needed`)."""
    return [head for head in among if float(scores.values[head]) >= (float(chance) + 1) / 2]


def key_maker(trace: Trace, head: Pair, one: Repeat, without: Mapping[Pair, Trace]) -> Pair:
    """Of heads that were switched off, the one without which the key of what followed fits a head's query least."""
    return min(without, key=lambda other: float(score(trace, without[other], head, one)))


def deciding(trace: Trace, one: Repeat, without: Mapping[Pair, Trace]) -> Pair:
    """Of heads that were switched off, the one without which what followed is least likely to come again."""
    return min(without, key=lambda head: float(followed(without[head], one)))
