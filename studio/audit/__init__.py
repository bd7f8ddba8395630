"""The audit: what makes “every number on screen is real” a fact that is checked (see docs/audit.md).

A lesson is played without drawing it; at the end of every play, all that is on the screen is checked:
provenance (every number has a source and equals it, sums hold), layout (inside the frame, large enough, nothing
over text, contrast), honesty (captions' numbers, time to read them).
"""

from studio.audit.explain import explain
from studio.audit.findings import Case, Defect, Finding, Moment
from studio.audit.matrix import audit, audit_lesson, cases, everything
from studio.audit.report import Report, as_json, show, write_json
from studio.audit.terminal import command

__all__ = [
    "Case",
    "Defect",
    "Finding",
    "Moment",
    "Report",
    "as_json",
    "audit",
    "audit_lesson",
    "cases",
    "command",
    "everything",
    "explain",
    "show",
    "write_json",
]
