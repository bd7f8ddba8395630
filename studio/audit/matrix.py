"""Auditing one lesson, and many: lessons × texts × models × aspects × themes, on several processes."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model.errors import ClearheadError, UsageError
from scenes.course import own_text
from scenes.lesson.options import ASPECTS, Options
from studio.audit.findings import Case, Defect, Finding, Moment
from studio.audit.rehearsal import Rehearsal
from studio.audit.report import Report
from studio.play.failures import advice, authors_line
from studio.play.picture import Picture
from studio.play.protocols import Entry
from studio.play.session import Job, perform

TEXTS = (  # of `--all`, beside every lesson's own: 3 tokens, 20 tokens, and a word that comes twice
    "The cat sat",
    "The little girl who lived in the old house saw a big dog and ran to her mother last night",
    "The old man saw the young man and the dog saw the cat",
)
THEMES = ("night", "day")
WIDTH = 640  # pixels of the longer side, in which contrast is measured
DRAWN = 320  # … of the frames that are drawn


def audit_lesson(entry: Entry, options: Options, drawn: bool = False) -> Report:
    """Play a lesson without drawing it, and check the screen at the end of every play, and on the way.

    drawn: also draw all of its frames, small, and look at what is seen; that takes as long again."""
    report = _played(entry, options)
    return _drawn(report) if drawn else report


def audit_in_themes(entry: Entry, options: Options, themes: Sequence[str], drawn: bool = False) -> list[Report]:
    """A report for each theme: what `audit_lesson` says.

    A lesson is the same in all of them but for its colours, so it is played in all at once (scenes.kit.ground.theme,
    `Themes`), and every check that asks for a colour asks in each. Where that finds nothing, nothing is to be found in
    any. Where it finds something, breaks down or is skipped, each is audited alone, and says what is its own."""
    if len(themes) > 1 and getattr(entry, "own", None) is None:  # of one's own lessons nobody has tested that
        report = _played(entry, replace(options, theme=themes[0]), themes)  # on whose background all is drawn
        if not report.findings and not report.skipped:
            report.seconds /= len(themes)
            same = [replace(report, case=in_theme(report.case, theme), findings=[]) for theme in themes]
            return [_drawn(each) if drawn else each for each in same]
    return [audit_lesson(entry, replace(options, theme=theme), drawn) for theme in themes]


def in_theme(case: Case, theme: str) -> Case:
    """The same in another theme."""
    return replace(case, options=replace(case.options, theme=theme))


def _played(entry: Entry, options: Options, themes: Sequence[str] = ()) -> Report:
    """What is found without drawing, in the theme of the options or in several at once."""
    from scenes.kit.ground.theme import Themes, load
    from studio.audit.watch import Watch

    job = _job(entry, options)
    case = Case(entry, job.settled)
    report = Report(case)
    watch = Watch(case, report, Themes(*map(load, themes)) if themes else None)
    started, crash = time.perf_counter(), None
    try:
        perform(job, Rehearsal, watch)
    except Exception as error:  # a lesson that breaks down is a finding, and no reason to stop looking at the others
        if isinstance(error, UsageError) and not report.plays:
            report.skipped = str(error)
            return report
        crash = Defect("crash", f"{advice(error) or f'{type(error).__name__}: {error}'} ({_place(error)})")
    watch.finish(crash)
    report.seconds = time.perf_counter() - started
    return report


def _drawn(report: Report) -> Report:
    """With what is found in its frames, unless it broke down."""
    from studio.audit.film.drawn import drawn as looked_at

    case, started = report.case, time.perf_counter()
    if not report.skipped and not any(finding.defect.kind == "crash" for finding in report.findings):
        seen = looked_at(_job(case.entry, case.options, DRAWN, 15))
        report.findings += [Finding(case, Moment(step.name, step.first_play), found) for step, found in seen]
        report.seconds += time.perf_counter() - started
    return report


def _job(entry: Entry, options: Options, *picture: int) -> Job:
    return Job(entry, options, small_picture(options.aspect, *picture), segments=Path(_scratch().name))


@cache
def _scratch() -> TemporaryDirectory[str]:
    """Of this process: nothing that Manim writes is worth keeping, and audits run side by side."""
    return TemporaryDirectory(prefix="clearhead-audit-")


def _place(error: Exception) -> str:
    """The lesson's own line, else where it broke."""
    frame = authors_line(error) or traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"


def small_picture(aspect: str, longer: int = WIDTH, fps: int = 60) -> Picture:
    """A picture of an aspect, its longer side so many pixels: by default enough to measure colours in."""
    long = Picture.of("l", aspect)
    scale = longer / max(long.width, long.height)
    return Picture(2 * round(long.width * scale / 2), 2 * round(long.height * scale / 2), fps, long.frame)


# ── many ─────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Matrix:
    """What is combined; None stands for the lesson's own text or model."""

    texts: Sequence[str | None]
    aspects: Sequence[str]
    themes: Sequence[str]
    models: Sequence[str | None]


PLAIN = Options()
USUAL = Matrix((None,), ("16:9",), ("night",), (None,))


def cases(
    entries: Iterable[Entry],
    texts: Sequence[str | None],
    aspects: Sequence[str],
    themes: Sequence[str],
    models: Sequence[str | None],
    chosen: Options = PLAIN,
) -> list[Case]:
    """Every combination; None stands for the lesson's own text or model. chosen: the options that all have."""
    return [
        Case(entry, replace(chosen, text=text, model=model, aspect=aspect, theme=theme))
        for entry in entries
        for model in dict.fromkeys(model or entry.model for model in models)
        for text in dict.fromkeys(own_text(entry, model) if text is None else text for text in texts)
        for aspect in aspects
        for theme in themes
    ]


def audit(
    todo: list[Case], workers: int = 1, on_done: Callable[[int], None] = lambda done: None, drawn: bool = False
) -> list[Report]:
    """Audit all cases; the reports are in their order. on_done(how many) is called after each.

    Cases that differ in nothing but the theme are audited together."""
    reports: dict[int, Report] = {}
    on_done(0)
    for done, (place, report) in enumerate(_run(todo, workers, drawn), 1):
        reports[place] = report
        on_done(done)
    return [reports[place] for place in range(len(todo))]


def _run(todo: list[Case], workers: int, drawn: bool) -> Iterator[tuple[int, Report]]:
    groups = _in_groups(todo)
    pool = _pool(min(workers, len(groups)))
    tasks = [(todo[group[0]], [todo[place].options.theme for place in group]) for group in groups]
    if pool is None:
        for group, (case, themes) in zip(groups, tasks, strict=True):
            yield from zip(group, audit_in_themes(case.entry, case.options, themes, drawn), strict=True)
        return
    with pool:
        running = {
            pool.submit(audit_in_themes, case.entry, case.options, themes, drawn): group
            for group, (case, themes) in zip(groups, tasks, strict=True)
        }
        try:
            for future in as_completed(running):
                yield from zip(running[future], future.result(), strict=True)
        except BrokenProcessPool as error:
            raise ClearheadError("an audit process was killed; is there enough memory? Try --workers 1.") from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_groups(todo: list[Case]) -> list[list[int]]:
    """The places of cases that differ in nothing but the theme."""
    groups: dict[Any, list[int]] = {}
    for place, case in enumerate(todo):
        groups.setdefault((id(case.entry), replace(case.options, theme="")), []).append(place)
    return list(groups.values())


def _pool(size: int) -> ProcessPoolExecutor | None:
    """So many processes; None for one, and where none can be told what to do: without /dev/shm there are no queues."""
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    try:
        return ProcessPoolExecutor(size, context) if size > 1 else None
    except (OSError, ImportError, NotImplementedError):
        return None


def everything(entries: Iterable[Entry]) -> Matrix:
    """The whole matrix. Models are the shipped variants of a lesson's own."""
    from model import names

    own = {entry.model for entry in entries}
    variants = [name for name in names() if any(name == model or name.startswith(f"{model}-") for model in own)]
    return Matrix((None, *TEXTS), ASPECTS, THEMES, (None, *variants))
