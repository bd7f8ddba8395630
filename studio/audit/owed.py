"""What lessons still owe: kinds of findings, in a step, that do not fail the gate for them until they are mended.

They are found, shown and counted as owed; only the exit code does not depend on them. Nothing is added here but
together with a new way of looking: a lesson that owes nothing leaves the table."""

from __future__ import annotations

from collections.abc import Iterable

from studio.audit.findings import Finding

Debt = tuple[str, str]  # (kind, step)
BLANK = {  # for a fifth of a second to two, as drawn frames show (`audit --drawn`): one page has gone, the next is pale
    "embedding": ("Cosine", "A probe"),
    "position": ("The table", "Likeness of positions", "One curve"),
    "residual": ("Block after block", "Too different to read", "By hand", "Where the norm stands", "Who wrote it"),
    "mlp": ("Does it answer?",),
    "unembedding": ("Softmax", "Top-k", "Top-p", "A word"),
    "generation": (
        *("The same answer", "The work of one word", "With and without", "What it costs to keep"),
        *("Five seeds", "Read once"),
    ),
}
OTHERS: dict[str, tuple[Debt, ...]] = {
    "overview": (("wrong shape", "Sample"), ("too small", "The first block")),  # of `tiny-learned`, of `tiny-rotary`
    "embedding": (("contrast", "Analogies"), ("contrast", "A space")),  # words near an arrow or far away, of some texts
    "attention": (("wrong label", "Input"), ("wrong number", "Softmax"), ("vanish and return", "Scores")),  # the same
    "generation": (("wrong label", "Five seeds"),),  # where a word of the tree is one of the text
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
