"""Words and indices in a sentence belong to its numbers: “{word}” is the word at a place that a number comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import Said
from scenes.kit.words.tokens import display
from studio.audit.checks.naming import AXES, displayed, vocabularies_of
from studio.audit.findings import Defect
from studio.audit.speech.carried import EXCHANGED, WERE, WITH, check_with, exchanged_words
from studio.audit.speech.places import Spot, Where

CLAUSES = re.compile(r"[,;.]\s+(?:and )?| and | · ")
INDEX = re.compile(r"\b(layer|head|block|position|row|entry) (\d+)", re.IGNORECASE)
ROWS = re.compile(r"\brows (\d[\d,]*) and (\d[\d,]*)")
ID = re.compile(r"\bid (\d[\d,]*)")
PLACED = (
    re.compile(r"position (?P<place>\d+),? “(?P<word>[^”]+)”"),
    re.compile(r"“(?P<word>[^”]+)”,? (?:at )?position (?P<place>\d+)"),
)
COUNTED = re.compile(r"\b(other )?(\d[\d,]*) (other )?(heads|layers|blocks|tokens)\b")


@dataclass(frozen=True)
class Sentence:
    """A text with its numbers (Tensors) and its words in quotes, each where it stands."""

    text: Said
    numbers: tuple[tuple[int, Tensor], ...]
    words: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, text: Said) -> Sentence:
        spans = getattr(text, "spans", ())
        numbers = tuple((s.start, s.value) for s in spans if isinstance(s.value, Tensor))
        quoted = (s for s in spans if isinstance(s.value, str) and text[: s.start].endswith("“"))
        words = tuple((s.start, str(s.value)) for s in quoted if text[s.end :].startswith("”"))
        return cls(text, numbers, words)

    @property
    def tensors(self) -> list[Tensor]:
        return [tensor for _, tensor in self.numbers]

    def clauses(self) -> Iterator[tuple[int, int]]:
        """Where its parts begin and end."""
        cuts = [0, *(m.end() for m in CLAUSES.finditer(self.text)), len(self.text)]
        yield from zip(cuts, cuts[1:], strict=False)

    def near(self, at: int) -> list[Tensor]:
        """The numbers in the clause around a place."""
        start, end = next((a, b) for a, b in self.clauses() if a <= at < b)
        return [tensor for place, tensor in self.numbers if start <= place < end]


def check_sentence(
    sentence: Sentence, grey: Said, step: tuple[Sequence[Tensor], ...], where: Where
) -> Iterator[Defect]:
    """Its words and indices against the numbers of their clause, else of the sentence, else of the step (of its
    caption, of what it claims, of what it shows)."""
    spoken, _, shown = step
    vocabulary = all_words(where)
    named = {display(tokens[p]) for tokens in texts(where) for p in positions_in(grey) if p < len(tokens)}
    if any(pattern.search(sentence.text) for pattern in (EXCHANGED, WERE, WITH)):
        named |= exchanged_words(where)
    yield from check_with(sentence.text, sentence.near, where)
    for at, word in sentence.words:
        levels = (sentence.near(at), sentence.tensors, *step)
        there = next((words for level in levels if (words := where.words_of(level))), set())
        if there and word in vocabulary and word.casefold() not in map(str.casefold, there | named):
            right = ", ".join(f"“{each}”" for each in sorted(there)[:3])
            yield Defect("false claim", f"“{word}” in “{sentence.text}”: its numbers are of {right}")
    for match in INDEX.finditer(sentence.text):
        levels = (sentence.near(match.start()), sentence.tensors)
        yield from _index(match[1].lower(), int(match[2]), sentence.text, levels, where)
    for match in ROWS.finditer(sentence.text):
        for digits in match.groups():
            yield from _index("row", int(digits.replace(",", "")), sentence.text, (spoken,), where)
    yield from check_pairs(sentence.text, where)
    yield from check_ids(sentence, where)
    yield from check_counts(sentence.text, [*shown, *spoken], where)


def _index(noun: str, place: int, text: Said, levels: Sequence[Sequence[Tensor]], where: Where) -> Iterator[Defect]:
    """An index that is said is one of those that the numbers beside it have."""
    axes = AXES.get(noun, (noun,))

    def fits(spot: Spot) -> bool:
        return spot.axis not in ("layer", "head") if noun == "row" else spot.axis in axes

    found = ({spot.place for spot in where.spots(level) if fits(spot)} for level in levels)
    there = next((places for places in found if places), set())
    if there and place not in there:
        right = ", ".join(map(str, sorted(there)))
        yield Defect("false claim", f"“{noun} {place}” in “{text}”: its numbers are of {noun} {right}")


def check_pairs(text: Said, where: Where) -> Iterator[Defect]:
    """position 3 “cat”: the third word of some text is that."""
    for pattern in PLACED:
        for match in pattern.finditer(text):
            digits, word = match["place"], match["word"]
            there = {display(tokens[int(digits)]) for tokens in texts(where) if int(digits) < len(tokens)}
            if word.casefold() not in map(str.casefold, there):
                right = ", ".join(f"“{each}”" for each in sorted(there))
                yield Defect("false claim", f"“{word}” is not at position {digits}, {right} is", shown=match[0])


def check_ids(sentence: Sentence, where: Where) -> Iterator[Defect]:
    """“cat” has id 12: it is the twelfth word of a vocabulary."""
    for match in ID.finditer(sentence.text):
        row = int(match[1].replace(",", ""))
        known = [words for trace in where.traces.values() for words in vocabularies_of(trace)]
        there = {display(words[row]) for words in known if row < len(words)}
        words = {word.casefold() for _, word in sentence.words}
        if words and not words & {word.casefold() for word in there} and "<unk>" not in sentence.text:
            right = ", ".join(f"“{each}”" for each in sorted(there))
            yield Defect("false claim", f"id {row} in “{sentence.text}” is that of {right}")


def check_counts(text: Said, shown: Sequence[Tensor], where: Where) -> Iterator[Defect]:
    """How many heads, layers, blocks or tokens there are, of the runs that are shown."""
    runs = {run for tensor in shown for run in tensor.runs()} or set(where.traces)
    traces = [where.traces[run] for run in runs if getattr(where.traces.get(run), "config", None) is not None]
    for match in COUNTED.finditer(text):
        count, noun = int(match[2].replace(",", "")), match[4]
        right: set[int] = set()
        for trace in traces:
            layers, heads = trace.config.n_layers, trace.config.n_heads
            of_heads = {heads - 1} if match[1] or match[3] else {heads, layers * heads}
            lengths = {len(text) for text in (trace.tokens, getattr(trace, "source_tokens", ())) if text}
            right |= {"heads": of_heads, "tokens": lengths}.get(noun, {layers})
        if right and count not in right:
            there = " or ".join(map(str, sorted(right)))
            yield Defect("false claim", f"“{match[0]}” in “{text}”", expected=there, shown=match[2])


def check_label(text: Said, shown: Sequence[Tensor], where: Where) -> Iterator[Defect]:
    """Words in quotes in a label: at the place that it says, or at one of those that are shown."""
    yield from check_pairs(text, where)
    sentence = Sentence.of(text)
    there = where.words_of(shown)
    there |= exchanged_words(where) if there and WITH.search(text) else set()
    for _, word in sentence.words:
        if there and not sentence.numbers and word in all_words(where) and word not in there:
            yield Defect("false claim", f"“{text}”: what is shown is of {', '.join(sorted(there)[:5])}")


def texts(where: Where) -> Iterator[tuple[str, ...]]:
    for trace in where.traces.values():
        yield tuple(getattr(trace, "tokens", ()))
        yield tuple(getattr(trace, "source_tokens", ()))


def all_words(where: Where) -> set[str]:
    """The words of all texts, as they are shown."""
    vocabularies = {words for trace in where.traces.values() for words in vocabularies_of(trace) if len(words) < 5000}
    words = set().union(*map(displayed, vocabularies))
    return words | {display(token) for tokens in texts(where) for token in tokens}


def positions_in(text: Said) -> list[int]:
    return [int(p) for p in re.findall(r"position (\d+)", text)]


__all__ = ["Sentence", "check_label", "check_sentence"]
