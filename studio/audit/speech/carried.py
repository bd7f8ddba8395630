"""What is said of a row that was carried over, and of a word that was exchanged, against the runs that are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Any

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import Said
from scenes.kit.words.tokens import display
from studio.audit.findings import Defect
from studio.audit.speech.places import Where

ROW = re.compile(r"the row of “([^”]+)” (?:before layer (\d+)|at the end)")
THEN = "then with "
HEADS = re.compile(r"what layer (\d+) writes at “([^”]+)” carried over")
EXCHANGED = re.compile(r"“([^”]+)” in place of “([^”]+)”")
WERE = re.compile(r"“([^”]+)” were “([^”]+)”")
WITH = re.compile(r"\b[Ww]ith “([^”]+)”(?! in place)")


def check_carried(text: Said, shown: Iterable[Tensor], at_end: Iterable[Tensor], where: Where) -> Iterator[Defect]:
    """“… the row of “Russia” before layer 1”: a run that is shown has that row of the other text, and after “then with”
    the bars at the end of the step are of it. “… what layer 1 writes at “is” carried over”: all such runs are of it."""
    shown, at_end = list(shown), list(at_end)
    for match in ROW.finditer(text):
        then = text[: match.start()].endswith(THEN)
        patches = list(_patches(at_end if then else shown, where))
        if not any(_is_row(patch, match[1], match[2]) for patch in patches):
            there = ", ".join(sorted(map(_told, patches))) or "of no such run"
            yield Defect("false claim", f"“{match[0]}” in “{text}”: what is shown is {there}", shown=match[0])
    for match in HEADS.finditer(text):
        writes = [patch for patch in _patches(shown, where) if ".attn" in patch["name"]]
        said = [(_layer(patch), display(patch["own"][patch["position"]])) for patch in writes]
        if not said or set(said) != {(int(match[1]), match[2])}:
            there = ", ".join(f"layer {layer} at “{word}”" for layer, word in sorted(set(said))) or "no such run"
            yield Defect("false claim", f"“{match[0]}” in “{text}”: what is shown is {there}", shown=match[0])


def check_exchanged(text: Said, at_end: Iterable[Tensor], where: Where) -> Iterator[Defect]:
    """“… with “Russia” in place of “Italy””, “if “Italy” were “Russia””: two runs differ so, and the bars at the end
    are of the one with the new word."""
    found = [match.groups() for match in EXCHANGED.finditer(text)]
    found += [match.groups()[::-1] for match in WERE.finditer(text)]
    if not found:
        return
    ends = {run for tensor in at_end for run in tensor.runs()}
    pairs = {(new, old) for run, other, new, old in _differences(where) if not ends or run in ends}
    for new, old in found:
        if (new, old) not in pairs:
            there = ", ".join(f"“{a}” in place of “{b}”" for a, b in sorted(pairs)[:3])
            yield Defect("false claim", f"“{text}”: shown is {there or 'no such text'}", shown=f"“{new}” for “{old}”")


def check_with(text: Said, near: Callable[[int], Iterable[Tensor]], where: Where) -> Iterator[Defect]:
    """“With “tired” it gives 90 %”: where texts differ in that word, numbers of its clause are of a run that has it.

    near: the numbers around a place of the text."""
    exchanged = exchanged_words(where)
    for match in WITH.finditer(text):
        runs = {run for tensor in near(match.start()) for run in tensor.runs() if run in where.traces}
        if match[1] in exchanged and runs and not any(match[1] in words_of_run(where.traces[run]) for run in runs):
            yield Defect("false claim", f"“{match[0]}” in “{text}”: its numbers are of a run without that word")


def words_of_run(trace: Any) -> set[str]:
    """What a run reads and writes, as it is shown."""
    return {display(token) for name in ("tokens", "source_tokens") for token in getattr(trace, name, ())}


def exchanged_words(where: Where) -> set[str]:
    """The words in which the texts of two runs differ, where that is one word."""
    return {word for _, _, new, old in _differences(where) for word in (new, old)}


def _differences(where: Where) -> Iterator[tuple[str, str, str, str]]:
    """(run, other run, its word, the other’s) for all plain runs of texts that differ in one word."""
    plain = {run: trace for run, trace in where.traces.items()
             if "patch" not in getattr(trace, "info", {"patch": None}) and hasattr(trace, "ids")}  # fmt: skip
    for one, two in combinations(plain, 2):
        for text in ("tokens", "source_tokens"):
            mine, others = (getattr(plain[run], text, ()) for run in (one, two))
            places = [k for k, (a, b) in enumerate(zip(mine, others, strict=False)) if a != b]
            if len(mine) == len(others) and len(places) == 1:
                a, b = display(mine[places[0]]), display(others[places[0]])
                yield one, two, a, b
                yield two, one, b, a


def _patches(tensors: Iterable[Tensor], where: Where) -> Iterator[dict[str, Any]]:
    """What was carried over into the runs of these tensors; `own`: the words into which it was."""
    for run in {run for tensor in tensors for run in tensor.runs()}:
        trace = where.traces.get(run)
        patch = getattr(trace, "info", {}).get("patch")
        if trace is not None and patch:
            yield {**patch, "own": trace.tokens}


def _layer(patch: dict[str, Any]) -> int:
    return int(patch["name"].split(".")[1])


def _is_row(patch: dict[str, Any], word: str, layer: str | None) -> bool:
    part = "resid_post" if layer is None else "resid_pre"
    placed = patch["name"].endswith(part) and (layer is None or _layer(patch) == int(layer))
    return placed and display(patch["words"][patch["position"]]) == word


def _told(patch: dict[str, Any]) -> str:
    return f"{patch['name']} of “{display(patch['words'][patch['position']])}”"


__all__ = ["check_carried", "check_exchanged", "check_with", "exchanged_words"]
