"""What lessons still owe: kinds of findings that do not fail the gate for them, until they are told again.

They are found, shown and counted as owed; only the exit code does not depend on them. Nothing is added here but
together with a new kind of finding: a lesson that owes nothing leaves the table, a new lesson never enters it."""

from __future__ import annotations

from collections.abc import Iterable

from studio.audit.findings import Finding

OWED: dict[str, frozenset[str]] = {}


def parted(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """(what fails the gate, what is owed)."""
    parts: tuple[list[Finding], list[Finding]] = ([], [])
    for finding in findings:
        parts[finding.defect.kind in OWED.get(finding.case.entry.id, ())].append(finding)
    return parts


__all__ = ["OWED", "parted"]
