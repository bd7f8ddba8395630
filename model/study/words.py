"""Words as rows of a table: the word that a lesson follows, where it comes again, and what the table can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.probes import QUESTIONS, Probe, known, probe
from model.study.space import Analogy, Neighbours, analogy, index_of, nearest


@dataclass(frozen=True, eq=False)
class WordTable:
    """Word vectors [word, dimension] and their words: W_E of a model, or GloVe's vectors."""

    table: Tensor
    vocabulary: Sequence[str]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Word in lower case → its row."""
        return index_of(self.vocabulary)

    @property
    def size(self) -> tuple[int, int]:
        """Words, and entries of each."""
        words, entries = self.table.shape
        return words, entries

    def near(self, row: int, n: int) -> Neighbours:
        """The `n` rows nearest to a row, itself left out."""
        return nearest(self.table, self.table[row], n, [row])

    def probes(self) -> list[Probe]:
        """Those of QUESTIONS of which enough words are known."""
        return [found for question in QUESTIONS if (found := probe(self.table, self.rows, question))]

    def analogies(self, asked: Iterable[str], n: int) -> list[Analogy]:
        """Those analogies ("man king woman queen") whose words are all known, each with the `n` nearest rows."""
        found = [rows for words in asked if (rows := known(words, self.rows))]
        return [analogy(self.table, a, b, c, expected, n) for a, b, c, expected in found]

    def rarest(self, words: Iterable[str], n: int) -> list[int]:
        """Rows of the `n` rarest of these words, in their order, if the table is in order of frequency."""
        rows = list(dict.fromkeys(self.rows[word.lower()] for word in words if word.lower() in self.rows))
        last = sorted(rows, reverse=True)[:n]
        return [row for row in rows if row in last]


@dataclass(frozen=True, eq=False)
class Word:
    """A token of a text and its row of the model's table of embeddings. near: the rows nearest to that row."""

    trace: Trace
    position: int
    near: Neighbours

    @classmethod
    def of(cls, trace: Trace, position: int, n: int) -> Word:
        """With its `n` nearest neighbours."""
        return cls(trace, position, WordTable(trace["W_E"], trace.vocabulary).near(trace.ids[position], n))

    @property
    def id(self) -> int:
        return int(self.trace.ids[self.position])

    @property
    def own(self) -> list[int]:
        """The rows of the text's words, each once, this word's first."""
        return list(dict.fromkeys([self.id, *self.trace.ids]))

    def around(self, most: int) -> list[int]:
        """Rows for a map: the text's own, this word's neighbours, then the nearest to each own one in turn.

        At most `most`, but never fewer than the own ones and as many as there are neighbours."""
        table, n = WordTable(self.trace["W_E"], self.trace.vocabulary), len(self.near.ids)
        lists = [table.near(row, n + 3).ids for row in self.own]
        turns = [row for ring in zip_longest(*lists) for row in ring if row is not None]
        return list(dict.fromkeys([*self.own, *self.near.ids, *turns]))[: max(most, len(self.own) + n)]


def closest_word(trace: Trace, n: int) -> int:
    """The place of the known word that lies nearest to its `n` nearest rows, on average; the first of equal ones."""
    table, ids = WordTable(trace["W_E"], trace.vocabulary), trace.ids
    near = {row: float(table.near(row, n).cosines.mean()) for row in set(ids)}
    places = [k for k in range(len(ids)) if k not in trace.unknown] or range(len(ids))
    return max(places, key=lambda k: (near[ids[k]], -k))


@dataclass(frozen=True, eq=False)
class Twin:
    """A word at two places, of one run or of two: `trace` at `place`, `other` at `other_place`."""

    trace: Trace
    place: int
    other: Trace
    other_place: int

    @property
    def inside(self) -> bool:
        """Whether both places are in one text."""
        return self.other is self.trace

    @property
    def rows(self) -> tuple[Tensor, Tensor]:
        """What was looked up at both places. [d_model] each"""
        return self.trace["embed"][self.place], self.other["embed"][self.other_place]


def find_twin(trace: Trace, others: Iterable[Trace]) -> Twin | None:
    """A known word that comes twice in the text, else one that comes in another run, at another place if there is such.

    others: looked at only if the text repeats no word. In pieces, “f” and “ f” are two that look like one: neither."""
    ids, unknown = trace.ids, trace.unknown
    looks = [token.strip() for token in trace.tokens]
    for k, row in enumerate(ids):
        one = len({i for i, look in zip(ids, looks, strict=True) if look == looks[k]}) == 1
        if k not in unknown and row in ids[k + 1 :] and one:
            return Twin(trace, k, trace, ids.index(row, k + 1))
    found = [
        Twin(trace, k, other, place)
        for other in others
        for place, row in enumerate(other.ids)
        for k, mine in enumerate(ids)
        if mine == row and k not in unknown and place not in other.unknown
    ]
    return max(found, key=lambda twin: twin.other_place != twin.place, default=None)


def repeated(ids: Sequence[int]) -> tuple[int, int] | None:
    """The first and the last place of the word that comes again latest, a rare one rather than a frequent one.

    None if no word comes again."""
    again = [(ids.index(i), last) for last, i in enumerate(ids) if i in ids[:last]]
    return max(again, key=lambda pair: (ids[pair[1]], pair[1]), default=None)


def one_of_each(found: Sequence[Analogy]) -> list[Analogy]:
    """The first analogy that holds and the first that fails, as far as there are such."""
    firsts = [next((each for each in found if each.holds == holds), None) for holds in (True, False)]
    return [each for each in firsts if each is not None]
