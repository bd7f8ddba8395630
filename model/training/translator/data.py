"""The parallel corpus as ids, in batches of sentences that are about equally long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from model.runs.translation import filled
from model.text.parallel.alignment import align
from model.text.parallel.grammar import Pair
from model.text.parallel.splitting import draw
from model.text.parallel.words import lexicon
from model.text.tokenizer import FRENCH_PIECE, START, Tokenizer

Ids = tuple[int, ...]
NOTHING = -100  # a target that is padding, which the loss leaves out


@dataclass(frozen=True)
class Batch:
    """Sentences side by side, the shorter ones filled up. (sentence, position) each

    `inputs` begin with <start>, `targets` are the same words one place earlier and end with <end>.
    """

    source: torch.Tensor
    inputs: torch.Tensor
    targets: torch.Tensor
    source_padding: torch.Tensor
    aligned: torch.Tensor  # (word, 3): sentence, place of a French word in `targets`, place of the English word it says

    @classmethod
    def of(
        cls,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        start: int,
        end: int,
        aligned: Sequence[Sequence[tuple[int, int]]] = (),
    ) -> Batch:
        """sources, targets: the ids of the sentences, without marks of beginning and end."""
        source, padding = filled(sources, 0)
        inputs, _ = filled([[start, *ids] for ids in targets], 0)
        wanted, _ = filled([[*ids, end] for ids in targets], NOTHING)
        words = [(sentence, *pair) for sentence, pairs in enumerate(aligned) for pair in pairs]
        return cls(source, inputs, wanted, padding, torch.tensor(words, dtype=torch.long).reshape(-1, 3))


class Parallel:
    """Training sentences as ids, with the two tokenizers that their words make."""

    def __init__(self, made: list[Pair]):
        self.english = Tokenizer.from_words(vocabulary([pair.english for pair in made], Tokenizer.from_words([])))
        french = vocabulary([pair.french for pair in made], Tokenizer.from_words([], FRENCH_PIECE))
        self.french = Tokenizer.from_words([START, *french], FRENCH_PIECE)
        self.sources, self.targets, self.aligned = self.indexed(made)

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.array([len(one) + len(two) for one, two in zip(self.sources, self.targets, strict=True)])

    def batch(self, step: int, seed: int, size: int) -> Batch:
        """Of a step, the same for the same seed. Every sentence comes once an epoch, beside others of its length."""
        count = len(self.sources) // size
        epoch, place = divmod(step, count)
        if (seed, epoch, size) != self._drawn:
            self._drawn, self._order = (seed, epoch, size), self._shuffled(seed, epoch, size)
        return self.side_by_side([(self.sources[i], self.targets[i], self.aligned[i]) for i in self._order[place]])

    def batch_of(self, made: list[Pair]) -> Batch:
        """Any sentences as one batch."""
        return self.side_by_side(list(zip(*self.indexed(made), strict=True)))

    def side_by_side(self, sentences: Sequence[tuple[Ids, Ids, list[tuple[int, int]]]]) -> Batch:
        sources, targets, aligned = zip(*sentences, strict=True)
        assert self.french.start_id is not None and self.french.end_id is not None
        return Batch.of(sources, targets, self.french.start_id, self.french.end_id, aligned)

    def indexed(self, made: list[Pair]) -> tuple[list[Ids], list[Ids], list[list[tuple[int, int]]]]:
        """Of each sentence the ids in both languages, and which French word says which English one."""
        sources = encoded(self.english, [pair.english for pair in made])
        targets = encoded(self.french, [pair.french for pair in made])
        english, french = ([word.lower() for word in one.vocabulary] for one in (self.english, self.french))
        aligned = [
            align([english[i] for i in source], [french[i] for i in target])
            for source, target in zip(sources, targets, strict=True)
        ]
        return sources, targets, aligned

    _drawn: tuple[int, int, int] | None = None

    def _shuffled(self, seed: int, epoch: int, size: int) -> np.ndarray:
        """The sentences of an epoch's batches. (batch, sentence)"""
        rng = np.random.default_rng((seed, epoch))
        count = len(self.sources) // size
        left_out = rng.permutation(len(self.sources))[: count * size]
        by_length = left_out[np.argsort(self.lengths[left_out], kind="stable")].reshape(count, size)
        shuffled: np.ndarray = by_length[rng.permutation(count)]
        return shuffled


def training_pairs(seed: int, count: int) -> list[Pair]:
    """The sentences that are trained on: none with nouns or of a structure that are held out."""
    return draw("training", seed, count)


def encoded(tokenizer: Tokenizer, sentences: list[str]) -> list[Ids]:
    return [tuple(one.ids) for one in tokenizer.backend.encode_batch(sentences, add_special_tokens=False)]


def vocabulary(sentences: list[str], tokenizer: Tokenizer) -> list[str]:
    """Every piece of the sentences, the most frequent first; names with their capital."""
    cut, names = tokenizer.backend, {noun.english.lower(): noun.english for noun in lexicon()["names"]}
    assert cut.pre_tokenizer
    counts = Counter(piece for sentence in sentences for piece, _ in cut.pre_tokenizer.pre_tokenize_str(sentence))
    return [names.get(word, word) for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
