"""Words that come more than once in a text: which of them is meant is told by its place, not by what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model.numbers.trace import Trace
from scenes.kit.ground.readings import Reading
from scenes.kit.words.tokens import display
from studio.audit.checks.identity import Names, Traces
from studio.audit.checks.naming import OF_WORDS


def place_in(row: Sequence[Reading], word: Reading, trace: Trace | None) -> int | None:
    """Which position of a run's text a word of a row is; None where the row is not that text."""
    if trace is None or [reading.text for reading in row] != [display(token) for token in trace.tokens]:
        return None
    return next(k for k, reading in enumerate(row) if reading is word)


def elsewhere(row: Sequence[Reading], word: Reading, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """(what is said, what it should be) where a word of a row is the same word at another position than the numbers'
    that it stands for: of a weight's query and key, the key's."""
    for axis in ("key",) if "key" in names else OF_WORDS:
        place, run = names.get(axis, (None, ""))
        trace = traces.get(run)
        at = place_in(row, word, trace)
        if at is None or trace is None or not isinstance(place, int) or at == place:
            continue
        if place < len(trace.tokens) and display(trace.tokens[place]) == word.text:
            yield f"{word.text}, position {at}", f"“{word.text}” at position {place}"


def other_one(row: Sequence[Reading], word: Reading, said: set[int], traces: Traces) -> tuple[int, int] | None:
    """(its position, the one that is said) where a word of a row is the same as one whose position is said, but not
    that one."""
    for trace in traces.values():
        at = place_in(row, word, trace)
        same = [p for p in said if p < len(trace.tokens) and display(trace.tokens[p]) == word.text]
        if at is not None and same and at not in same:
            return at, min(same)
    return None
