"""The command `clearhead audit`: a bar while it works, then a table, a JSON file, an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from model.errors import UsageError
from scenes.lesson.options import Options
from studio.audit.findings import Case
from studio.audit.matrix import PLAIN, USUAL, audit, cases, everything
from studio.audit.report import as_json, show, write_json
from studio.play.files import cores
from studio.play.progress import Bar
from studio.play.protocols import Entry


def command(
    entries: Sequence[Entry],
    *,
    texts: Sequence[str] = (),
    models: Sequence[str] = (),
    aspects: Sequence[str] = (),
    themes: Sequence[str] = (),
    every: bool = False,
    drawn: bool = False,
    json_file: Path | None = None,
    workers: int | None = None,
    chosen: Options = PLAIN,
) -> int:
    """Audit the entries in every combination; returns 0 without findings, 1 with.

    every: the whole matrix of texts, models, aspects and themes, but for what is given. drawn: look at frames, too.
    chosen: all other options, where a lesson has them."""
    usual = everything(entries) if every else USUAL
    todo = cases(
        entries, texts or usual.texts, aspects or usual.aspects, themes or usual.themes, models or usual.models, chosen
    )
    _check(todo)
    with Bar("audit") as bar:
        reports = audit(todo, workers or cores(), lambda done: bar.stage("reading", done, len(todo)), drawn)
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
    for name in {case.options.model or case.entry.model for case in todo}:
        load(name)
