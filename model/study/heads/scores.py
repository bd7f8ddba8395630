"""What heads do, measured: how much attention each pays to what a name says, over stated samples.

Imports no torch by itself."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import ClearheadError
from model.numbers.origins import Measured
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.heads.samples import MEASURES, Look, Queries
from model.study.heard import heard

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

PATTERN = re.compile(r"^blocks\.(\d+)\.attn\.pattern$")


def patterns(trace: Trace) -> np.ndarray:
    """All attention patterns. (layer, head, query, key)"""
    found = {int(match[1]): trace.array(match[0]) for match in map(PATTERN.match, trace.names) if match}
    return np.stack([found[layer] for layer in sorted(found)])


@dataclass(frozen=True)
class HeadScore:
    """How much attention each head pays to what a name says it looks at.

    `scores` [layer, head] is a mean weight between 0 and 1, `chance` what even attention to all visible words gives.
    """

    name: str
    meaning: str
    sample: str
    scores: Tensor
    chance: Tensor

    @property
    def best(self) -> tuple[int, int]:
        """(layer, head) with the highest score."""
        layer, head = np.unravel_index(self.scores.values.argmax(), self.scores.shape)
        return int(layer), int(head)


def head_scores(checkpoint: Checkpoint) -> dict[str, HeadScore]:
    """All scores by name: from the checkpoint's report where it is of these very weights, else measured now."""
    try:
        report = checkpoint.report()
    except ClearheadError:  # a checkpoint without a report is measured
        report = {}
    reported = report.get("hash") == checkpoint.hash
    heads = report["heads"] if reported else measure_heads(checkpoint)
    return {name: score_of(name, entry, checkpoint, reported) for name, entry in heads.items()}


def score_of(name: str, entry: dict[str, Any], checkpoint: Checkpoint, reported: bool) -> HeadScore:
    def given(key: str, what: str, *axes: str) -> Tensor:
        keys = ("heads", name, key) if reported else ()
        return Tensor.given(entry[key], what, axes, Measured(checkpoint.path, checkpoint.hash, keys))

    scores = given("scores", f"{name} score, {entry['sample']}", "layer", "head")
    chance = given("chance", f"{name}: score of even attention")
    return HeadScore(name, entry["meaning"], entry["sample"], scores, chance)


SAMPLE, OF_LARGE = 200, 50  # texts a name; a large model takes 0.1 s of a processor for each


def measure_heads(checkpoint: Checkpoint, count: int | None = None, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Scores of every head as plain data: {name: {meaning, sample, chance, scores}}, on `count` texts for each name.

    Where the model does not know the words of a name's sample, it is measured on words of its own in no order, or left
    out if the name says nothing of such (a noun and its adjectives)."""
    count = count or (OF_LARGE if checkpoint.large else SAMPLE)
    rng, found = random.Random(seed), {}
    for name, measure in MEASURES.items():
        if measure.causal and not checkpoint.config.causal:
            continue
        looks, sample = [measure.make(rng) for _ in range(count)], measure.sample
        texts = [text for look in looks if (text := _readable(checkpoint, look))]
        if len(texts) < count / 2:
            if measure.own is None:
                continue
            own, sample = random.Random(f"{seed} {name}"), OWN_SAMPLE
            texts = [_own_words(checkpoint, own, measure.own) for _ in range(count)]
        found[name] = {
            "meaning": measure.meaning,
            "sample": sample.format(count=count if sample == OWN_SAMPLE else len(texts)),
            **_measured(checkpoint, texts),
        }
    return found


Ids = tuple[int, ...]
Text = tuple[Ids, tuple[list[int], list[list[int]]]]  # ids; queries, and the keys of each
TOGETHER = 50  # texts in one forward pass: of a large model, the patterns of all heads over them are 80 MB
OWN_SAMPLE = "{count} random sequences of its own words, twice over"


def _readable(checkpoint: Checkpoint, look: Look) -> Text | None:
    """A text as ids; None for one that the model reads otherwise, or in which it does not know a word."""
    words, queries, keys = look
    encoding = checkpoint.tokenizer.encode(" ".join(words))
    known = not encoding.unknown and len(encoding.ids) == len(words)
    return (encoding.ids, (queries, keys)) if known else None


def _own_words(checkpoint: Checkpoint, rng: random.Random, own: Callable[[int], Queries]) -> Text:
    """Different words, or pieces, of the model's own in no order, twice over."""
    ids = checkpoint.tokenizer.word_ids
    half = rng.sample(ids, min(20, len(ids), checkpoint.config.n_ctx // 2))
    return (*half, *half), own(2 * len(half))


def _measured(checkpoint: Checkpoint, texts: list[Text]) -> dict[str, Any]:
    """The mean weight that each head pays to the right keys, and what even attention would pay."""
    total: Any = 0.0
    chance, queries = 0.0, 0
    for ids, pairs in _batches(texts):
        weights = _batch_patterns(checkpoint, ids)  # (layer, head, text, query, key)
        for text, (query, keys) in enumerate(pairs):
            for q, ks in zip(query, keys, strict=True):
                total = total + weights[:, :, text, q, ks].sum(-1, dtype=float)
                visible = q + 1 if checkpoint.config.causal else ids.shape[1]
                chance, queries = chance + len(ks) / visible, queries + 1
    return {"chance": round(chance / queries, 4), "scores": np.round(total / queries, 4).tolist()}


Pairs = list[tuple[list[int], list[list[int]]]]  # of each text: its queries, and the keys of each


def _batches(texts: Iterable[Text]) -> Iterator[tuple[np.ndarray, Pairs]]:
    """Texts of one length together, TOGETHER at most, as ids, with their queries and keys."""
    by_length: dict[int, list[Text]] = {}
    for text in texts:
        by_length.setdefault(len(text[0]), []).append(text)
    for group in by_length.values():
        for begin in range(0, len(group), TOGETHER):
            some = group[begin : begin + TOGETHER]
            yield np.array([ids for ids, _ in some]), [pairs for _, pairs in some]


def _batch_patterns(checkpoint: Checkpoint, ids: np.ndarray) -> np.ndarray:
    """Attention patterns of several texts at once. (layer, head, text, query, key)"""
    names = [f"blocks.{layer}.attn.pattern" for layer in range(checkpoint.config.n_layers)]
    return np.stack([pattern.transpose(0, 1).numpy() for pattern in heard(checkpoint, ids, names)])
