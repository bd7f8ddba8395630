"""The training text as windows of ids, and the windows of a text that no training run sees."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from model.paths import ASSETS
from model.text.corpus import documents
from model.text.lexicon import proper_names
from model.text.tokenizer import END, Tokenizer
from model.training.recipes import HELDOUT_SEED

HELDOUT = ASSETS / "corpora" / "heldout.txt"
Windows = tuple[torch.Tensor, torch.Tensor]  # inputs and targets: the next words. (window, position)


@dataclass
class Corpus:
    """The training text as one long row of ids, and where sentences begin.

    first: the id that stands at each start, where it is another one than in the row: in pieces, a word that begins a
    text has no blank before it."""

    ids: np.ndarray
    starts: np.ndarray
    tokenizer: Tokenizer
    first: np.ndarray | None = None

    def batch(self, step: int, seed: int, size: int, length: int, repeats: float = 0.0) -> Windows:
        """Windows that begin with a sentence, and their next words; the same for the same seed and step.

        In every second window one word is read as <unk> (its target stays), so that unknown words mean something.
        A share `repeats` of the windows holds 4 to 24 random words over and over: where only copying helps.
        """
        rng = np.random.default_rng((seed, step))
        chosen = rng.choice(len(self.starts), size)
        windows = self.ids[self.starts[chosen][:, None] + np.arange(length + 1)]
        if self.first is not None:
            windows[:, 0] = self.first[chosen]
        for row in range(round(repeats * size)):
            words = rng.choice(np.array(self.tokenizer.word_ids), rng.integers(4, 25), replace=False)
            windows[row] = np.resize(words, length + 1)
        inputs, targets = windows[:, :-1].copy(), windows[:, 1:]
        if self.tokenizer.unknown_id is not None:
            hidden = inputs[np.arange(size), rng.integers(0, length, size)]
            inputs[(inputs == hidden[:, None]) & (rng.random(size) < 0.5)[:, None]] = self.tokenizer.unknown_id
        return torch.from_numpy(inputs.astype(np.int64)), torch.from_numpy(targets.astype(np.int64))


def training_documents(words: int, lookups: float = 0.0) -> list[str]:
    """The documents of about `words` words that are trained on: none that the held-out sample holds."""
    heldout = set(HELDOUT.read_text(encoding="utf-8").splitlines())
    return [document for document in documents(0, words, lookups) if document not in heldout]


def make_corpus(words: int, n_ctx: int, lookups: float = 0.0) -> Corpus:
    return corpus_of(training_documents(words, lookups), n_ctx)


def corpus_of(made: list[str], n_ctx: int) -> Corpus:
    """Documents, ready for training."""
    tokenizer = Tokenizer.from_words(vocabulary(made))
    return index_corpus(made, tokenizer, n_ctx)


def vocabulary(made: list[str]) -> list[str]:
    """Every word of the documents, the most frequent first, written with a capital only if it is a name."""
    names = proper_names()
    counts = Counter(word.lower() for document in made for word in document.split())
    return [names.get(word, word) for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def index_corpus(made: list[str], tokenizer: Tokenizer, n_ctx: int) -> Corpus:
    assert tokenizer.unknown_id is not None, "documents of words"
    ids_of = {word.lower(): index for index, word in enumerate(tokenizer.vocabulary)}
    ids: list[int] = []
    starts: list[int] = []
    for document in made:
        fresh = True
        for word in document.lower().split():
            if fresh:
                starts.append(len(ids))
            ids.append(ids_of.get(word, tokenizer.unknown_id))
            fresh = word == "."
        ids.append(ids_of[END])
    ids_array = np.array(ids, dtype=np.int32)
    starts_array = np.array(starts)
    return Corpus(ids_array, starts_array[starts_array < len(ids) - n_ctx - 1], tokenizer)


def heldout_windows(tokenizer: Tokenizer, n_ctx: int, count: int = 128) -> Windows:
    corpus = index_corpus(documents(HELDOUT_SEED, 40_000), tokenizer, n_ctx)
    starts = np.random.default_rng(0).choice(corpus.starts, count, replace=False)
    windows = torch.from_numpy(corpus.ids[starts[:, None] + np.arange(n_ctx + 1)].astype(np.int64))
    return windows[:, :-1], windows[:, 1:]
