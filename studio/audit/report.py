"""What an audit finds, for people (a table) and for machines (JSON)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.files import write_text
from studio.audit.findings import Case, Finding


@dataclass
class Report:
    """One lesson, played once. plays: how many; readings, numbers, sums: how many different ones were checked;
    questions: to the viewer.

    fills: (step, share of the stage that is filled at its end) of every step (studio.audit.film.filling).
    skipped: why the lesson cannot show this text on this model (too many tokens, say); then nothing was played."""

    case: Case
    findings: list[Finding] = field(default_factory=list)
    plays: int = 0
    steps: int = 0
    readings: int = 0
    numbers: int = 0
    sums: int = 0
    questions: int = 0
    fills: list[tuple[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""

    @property
    def lesson(self) -> str:
        """Its id."""
        return self.case.entry.id

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        apart = ("case", "findings", "fills")
        counted = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in apart}
        return {
            "lesson": self.lesson,
            "options": asdict(self.case.options),
            "findings": [finding.to_dict() for finding in self.findings],
            "fills": [{"step": step, "fills": round(share, 3)} for step, share in self.fills],
            **counted,
        }


def as_json(reports: list[Report]) -> str:
    """All reports as one JSON document."""
    total = {name: sum(getattr(r, name) for r in reports) for name in ("plays", "readings", "numbers", "sums")}
    about = {
        "runs": len(reports),
        "skipped": sum(bool(r.skipped) for r in reports),
        **total,
        "findings": sum(len(r.findings) for r in reports),
        "reports": [r.to_dict() for r in reports],
    }
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def write_json(reports: list[Report], path: Path) -> None:
    """Whole or not at all."""
    write_text(path, as_json(reports))


def show(reports: list[Report], console: Console | None = None) -> None:
    """One line a lesson, then the findings step by step, then the verdict."""
    console = console or Console()
    if not console.is_terminal:
        console.width = 160  # nobody folds the lines of a log
    console.print(_lessons(reports))
    for line in _fillings(reports):
        console.print(line, markup=False, highlight=False)
    findings = [finding for report in reports for finding in report.findings]
    if findings:
        _findings(findings, len(reports) > 1, console)
        console.print(f"[bold red]{_many(len(findings), 'finding')}[/]: {_kinds(findings)}")
    else:
        numbers = sum(r.numbers for r in reports)
        console.print(f"[bold green]no findings[/]: {_many(numbers, 'number')} on screen, every one of them sourced")


def _kinds(findings: list[Finding]) -> str:
    counts = Counter(f"{f.room}: {f.defect.kind}" for f in findings)
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(counts.items()))


def _lessons(reports: list[Report]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("lesson", "runs", "skipped", "steps", "plays", "texts read", "numbers", "sums", "seconds", "findings"):
        table.add_column(name, justify="left" if name == "lesson" else "right")
    for lesson in dict.fromkeys(r.lesson for r in reports):
        of = [r for r in reports if r.lesson == lesson]
        skipped, found = sum(bool(r.skipped) for r in of), sum(len(r.findings) for r in of)
        sums = [sum(getattr(r, name) for r in of) for name in ("steps", "plays", "readings", "numbers", "sums")]
        table.add_row(
            lesson,
            str(len(of) - skipped),
            str(skipped),
            *(f"{n:,}" for n in sums),
            f"{sum(r.seconds for r in of):.1f}",
            f"[red]{found}[/]" if found else "[green]0[/]",
        )
    return table


def _fillings(reports: list[Report]) -> Iterator[str]:
    """How full each lesson's stage is, over all its runs."""
    for lesson in dict.fromkeys(r.lesson for r in reports):
        fills = [fill for r in reports if r.lesson == lesson for fill in r.fills]
        if fills:
            (step, least), (_, most) = min(fills, key=itemgetter(1)), max(fills, key=itemgetter(1))
            yield f"{lesson}: stage filled {100 * least:.0f}–{100 * most:.0f} %, least in “{step}”"


def _findings(findings: list[Finding], several: bool, console: Console) -> None:
    """Lesson by lesson and step by step. The same in several runs stands once, with the first run that has it."""
    same: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        key = (f.case.entry.id, f.moment.step, f.defect.kind, f.defect.what)
        same.setdefault(key, []).append(f)
    for lesson in dict.fromkeys(f.case.entry.id for f in findings):
        table = Table(
            title=lesson, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
        )
        for name in ("step", "play", "kind", "what", "at", *(("in runs", "the first of them") if several else ())):
            table.add_column(name, overflow="fold", no_wrap=name in ("step", "play", "kind", "at"))
        before = None
        for group in (group for key, group in same.items() if key[0] == lesson):
            step, *row = _row(group, several)
            table.add_row(*map(escape, (step if step != before else "", *row)))
            before = step
        console.print(table)


def _row(group: list[Finding], several: bool) -> tuple[str, ...]:
    """One line of the table: the same finding in one or several runs."""
    first = group[0]
    moment, defect, case = first.moment, first.defect, first.case.to_dict()
    at = "" if defect.where is None else f"{defect.where[0]:.1f}, {defect.where[1]:.1f}"
    row = (moment.step, str(moment.play), defect.kind, str(first), at)
    if not several:
        return row
    run = f"{_short(case['text'])} · {case['model']} · {case['aspect']} · {case['theme']}"
    return (*row, str(len({tuple(f.case.to_dict().items()) for f in group})), run)


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
