"""What lessons still owe: kinds of findings, in a step, that do not fail the gate for them until they are mended.

They are found, shown and counted as owed; only the exit code does not depend on them. Nothing is added here but
together with a new way of looking: a lesson that owes nothing leaves the table."""

from __future__ import annotations

from collections.abc import Iterable

from studio.audit.findings import Finding

Debt = tuple[str, str]  # (kind, step)
BLANK = {  # as drawn frames show (`audit --drawn`): for a third of a second one page has gone and the next is pale;
    "embedding": ("A space", "A probe"),  # for a second there is only a line
    "position": ("The table", "Likeness of positions", "One curve"),
}
OTHERS: dict[str, tuple[Debt, ...]] = {
    "overview": (("wrong shape", "Sample"), ("too small", "The first block"))  # with `tiny-learned`, `tiny-rotary`
}
OWED: dict[str, frozenset[Debt]] = {
    lesson: frozenset((*(("blank stage", step) for step in BLANK.get(lesson, ())), *OTHERS.get(lesson, ())))
    for lesson in {**BLANK, **OTHERS}
}


def parted(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """(what fails the gate, what is owed)."""
    parts: tuple[list[Finding], list[Finding]] = ([], [])
    for finding in findings:
        debt = finding.defect.kind, finding.moment.step
        parts[debt in OWED.get(finding.case.entry.id, ())].append(finding)
    return parts


__all__ = ["OWED", "Debt", "parted"]
