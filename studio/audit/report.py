"""What an audit finds, for people (a table) and for machines (JSON)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOM = {  # what each kind of finding belongs to (DESIGN.md, contract 4)
    "no source": "provenance", "wrong number": "provenance", "wrong shape": "provenance", "wrong sum": "provenance",
    "foreign text": "provenance",
    "outside": "layout", "overlap": "layout", "too small": "layout", "contrast": "layout", "covered": "layout",
    "typed number": "honesty", "caption too short-lived": "honesty", "caption too long": "honesty", "no caption": "contract",
    "no steps": "contract", "crash": "contract",
}  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """Something wrong on the screen. where: (x, y) in scene units; expected, shown: in the viewer's words."""

    kind: str
    what: str
    where: tuple[float, float] | None = None
    expected: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Finding:
    """A defect, and when it is first seen: which lesson and options, which step, which play (as Manim counts them)."""

    lesson: str
    text: str
    model: str
    aspect: str
    theme: str
    step: str
    play: int
    kind: str
    what: str
    where: tuple[float, float] | None = None
    expected: str = ""
    shown: str = ""

    @property
    def room(self) -> str:
        """provenance, layout, honesty or contract."""
        return ROOM[self.kind]


@dataclass
class Report:
    """One lesson, played once. plays: how many; readings, numbers, sums: how many different ones were checked.

    skipped: why the lesson cannot show this text on this model (too many tokens, say); then nothing was played."""

    lesson: str
    options: Any
    findings: list[Finding] = field(default_factory=list)
    plays: int = 0
    steps: int = 0
    readings: int = 0
    numbers: int = 0
    sums: int = 0
    seconds: float = 0.0
    skipped: str = ""

    def to_dict(self) -> dict:
        """As plain JSON data."""
        about = asdict(self)
        about["findings"] = [{"room": f.room, **asdict(f)} for f in self.findings]
        return about


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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(as_json(reports), encoding="utf-8")
    partial.replace(path)


def show(reports: list[Report], console: Console | None = None) -> None:
    """One line a lesson, then the findings step by step, then the verdict."""
    console = console or Console()
    if not console.is_terminal:
        console.width = 160  # nobody folds the lines of a log
    console.print(_lessons(reports))
    findings = [f for r in reports for f in r.findings]
    if findings:
        _findings(findings, len(reports) > 1, console)
        counts = Counter(f"{f.room}: {f.kind}" for f in findings)
        listed = ", ".join(f"{n} × {kind}" for kind, n in sorted(counts.items()))
        console.print(f"[bold red]{_many(len(findings), 'finding')}[/]: {listed}")
    else:
        numbers = sum(r.numbers for r in reports)
        console.print(f"[bold green]no findings[/]: {_many(numbers, 'number')} on screen, every one of them sourced")


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


def _findings(findings: list[Finding], several: bool, console: Console) -> None:
    """Lesson by lesson and step by step. The same finding in several runs stands once, with the first run that has it."""
    same: dict[tuple, list[Finding]] = {}
    for f in findings:
        same.setdefault((f.lesson, f.step, f.kind, f.what), []).append(f)
    for lesson in dict.fromkeys(f.lesson for f in findings):
        table = Table(
            title=lesson, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
        )
        for name in ("step", "play", "kind", "what", "at", *(("in runs", "the first of them") if several else ())):
            table.add_column(name, overflow="fold", no_wrap=name in ("step", "play", "kind", "at"))
        step = None
        for (of, name, kind, _), group in same.items():
            if of != lesson:
                continue
            f = group[0]
            at = "" if f.where is None else f"{f.where[0]:.1f}, {f.where[1]:.1f}"
            run = (
                (
                    str(len({(g.text, g.model, g.aspect, g.theme) for g in group})),
                    f"{_short(f.text)} · {f.model} · {f.aspect} · {f.theme}",
                )
                if several
                else ()
            )
            table.add_row(*map(escape, (name if name != step else "", str(f.play), kind, _sentence(f), at, *run)))
            step = name
        console.print(table)


def _sentence(f: Finding) -> str:
    sides = [f"shown {f.shown}" if f.shown else "", f"should be {f.expected}" if f.expected else ""]
    sides = ", ".join(side for side in sides if side)
    return f"{f.what} ({sides})" if sides else f.what


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
