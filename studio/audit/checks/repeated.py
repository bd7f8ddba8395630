"""Words that come more than once in a text: which of them is meant is told by its place, not by what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenes.kit.ground.readings import Reading
from scenes.kit.words.tokens import display
from studio.audit.checks.identity import Names, Traces
from studio.audit.checks.naming import OF_WORDS, tokens_along


def place_in(row: Sequence[Reading], word: Reading, tokens: Sequence[str]) -> int | None:
    """Which position of a text a word of a row is; None where the row is not that text."""
    if not tokens or [reading.text for reading in row] != [display(token) for token in tokens]:
        return None
    return next(k for k, reading in enumerate(row) if reading is word)


def elsewhere(row: Sequence[Reading], word: Reading, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """(what is said, what it should be) where a word of a row is the same word at another position than the numbers'
    that it stands for: of a weight's query and key, the key's. The text is the one that the axis goes along."""
    for axis in ("key",) if "key" in names else OF_WORDS:
        place, run = names.get(axis, (None, ""))
        if run not in traces or not isinstance(place, int):
            continue
        tokens = tokens_along(traces[run], str(names.get("name", ("", ""))[0]), axis)
        at = place_in(row, word, tokens)
        if at is not None and at != place and place < len(tokens) and display(tokens[place]) == word.text:
            yield f"{word.text}, position {at}", f"“{word.text}” at position {place}"


def other_one(row: Sequence[Reading], word: Reading, said: set[int], traces: Traces) -> tuple[int, int] | None:
    """(its position, the one that is said) where a word of a row is the same as one whose position is said, but not
    that one; of an encoder–decoder, in the text that it reads or in the one that it writes."""
    for trace in traces.values():
        for tokens in (trace.tokens, getattr(trace, "source_tokens", ())):
            at = place_in(row, word, tokens)
            same = [p for p in said if p < len(tokens) and display(tokens[p]) == word.text]
            if at is not None and same and at not in same:
                return at, min(same)
    return None
