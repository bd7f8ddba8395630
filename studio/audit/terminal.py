"""The command `clearhead audit`: a bar while it works, then a table, a JSON file, an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from model.errors import UsageError
from studio.audit.matrix import Case, audit, cases, everything
from studio.audit.report import as_json, show, write_json
from studio.play.progress import Bar


def command(
    entries,
    *,
    texts=(),
    models=(),
    aspects=(),
    themes=(),
    every: bool = False,
    json_file: Path | None = None,
    workers: int | None = None,
) -> int:
    """Audit the entries in every combination; returns 0 without findings, 1 with.

    every: the whole matrix of texts, models, aspects and themes, but for what is given."""
    usual = (
        everything(entries)
        if every
        else {"texts": (None,), "models": (None,), "aspects": ("16:9",), "themes": ("night",)}
    )
    asked = {"texts": texts, "models": models, "aspects": aspects, "themes": themes}
    matrix = {name: values or usual[name] for name, values in asked.items()}
    todo = cases(entries, **matrix)
    _check(todo)
    with Bar("audit") as bar:
        reports = audit(todo, workers or _cores(), lambda done: bar.stage("reading", done, len(todo)))
    if len(reports) == 1 and reports[0].skipped:
        raise UsageError(reports[0].skipped)
    if json_file is not None and str(json_file) != "-":
        write_json(reports, json_file)
    if str(json_file) == "-":
        print(as_json(reports), end="")
    show(reports, Console(stderr=True) if str(json_file) == "-" else None)
    return int(any(report.findings for report in reports))


def _check(todo: list[Case]) -> None:
    """Wrong names are found before anything is played."""
    from model import load
    from scenes.kit.ground import theme

    for name in {case.options.theme for case in todo}:
        theme.load(name)
    for name in {case.options.model for case in todo}:
        load(name)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform.startswith("linux") else os.cpu_count() or 1
