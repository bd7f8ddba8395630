"""A lesson rendered to files: film, captions, chapters, poster and the manifest that says where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from model.errors import ClearheadError, UsageError
from model.files import one_at_a_time
from scenes.lesson.options import Options
from scenes.lesson.steps import Step
from studio.film import captions, export
from studio.film.film import Film, Report, draw, forget, join, plan
from studio.film.images import save_png
from studio.film.manifest import manifest, read_manifest, write_manifest
from studio.film.naming import basename, free_name
from studio.film.staging import Staging
from studio.film.verify import TEXTS, in_files
from studio.film.web.budget import KINDS, Budget, Maker, fit
from studio.play.cache import prune
from studio.play.files import check_writable, slug
from studio.play.picture import Picture
from studio.play.playback import Pixels
from studio.play.session import Job
from studio.play.writer import FILM, LOSSLESS, LOSSLESS_ALPHA, working

VIDEOS = (".mp4", ".webm")
ALPHA = ("webp", "webm", "png")
EXPORTS: dict[str, Callable[[Film, Path, Report], None]] = {
    "gif": export.to_gif,
    "webp": export.to_webp,
    "webm": export.to_webm,
    "html": export.to_html,
}


@dataclass(frozen=True)
class Request:
    """What one render is asked for. step: render this step only. fresh: draw again what the cache has.

    budget: make the film's picture smaller than the job's where it would have too many bytes."""

    job: Job
    folder: Path
    format: str = "mp4"
    step: str | None = None
    workers: int = 1
    fresh: bool = False
    transparent: bool = False
    budget: Budget | None = None


@dataclass(frozen=True)
class Result:
    """The files of a render, the main one first, and the film that they show."""

    files: list[Path]
    film: Film
    drawn: int  # frames; the rest came from the cache
    picture: Picture  # smaller than what was asked for where there was a budget

    @property
    def folder(self) -> Path:
        return self.files[0].parent

    @property
    def name(self) -> str:
        """What all its files are called."""
        return next(path.stem for path in self.files if path.suffix == ".json")

    @property
    def lacks_chapters(self) -> bool:
        """Whether a whole film has no list of chapters, because no video site would take it."""
        return self.files[0].suffix in VIDEOS and len(self.film.steps) > 1 and not captions.to_chapters(self.film.steps)


Stage = Callable[[str, int, int], None]  # what is being done, units done, units in all


def render(request: Request, stage: Stage = lambda what, done, total: None) -> Result:
    """Render a lesson, or a step of it. Raises UsageError or ClearheadError; then no file has changed."""
    _check(request)
    lossless = LOSSLESS_ALPHA if request.transparent else LOSSLESS
    encoder = FILM if request.format == "mp4" else lossless
    job = replace(request.job, encoder=encoder, options=_asking(request))
    check_writable(job.folder)
    with Staging(request.folder) as files, working(job.folder):  # what is drawn stays until it is joined
        stage("reading", 0, 0)
        job, tried = _fitted(request, job, stage)
        poster = _Stills(files, every=request.format == "png")
        film = plan(job, request.step, poster.see)
        step = film.called if request.step else None
        about = manifest(film, step)
        name = _name(files.folder, basename(job, step), about)
        if request.format == "png":
            drawn, main = len(film.steps), poster.rename(name)
        else:
            fresh = request.fresh and request.budget is None  # else it was drawn a moment ago
            drawn = tried + draw(film, request.workers, partial(stage, "drawing"), fresh)
            main = [_movie(request.format, film, files, name, stage)]
            forget(film)
            save_png(poster.last, files / f"{name}.png")
        published = _publish(files, name, about, request)
    prune()
    rank = {file: place for place, file in enumerate(main)}
    return Result(sorted(published, key=lambda path: rank.get(path.name, len(rank))), film, drawn, job.picture)


def _check(request: Request) -> None:
    """UsageError for what the format does not have."""
    if request.transparent and request.format not in ALPHA:
        raise UsageError(f"--transparent is for {', '.join(ALPHA)}; {request.format} has no transparency.")
    export.check_rate(request.format, request.job.picture.fps)
    if request.budget is None:
        return
    if request.format not in KINDS:
        kinds = " and ".join(KINDS)
        raise UsageError(f"--max-size is for {kinds}; a smaller {request.format} comes of -q l, --width or --step.")
    if request.transparent:
        raise UsageError("--max-size is for films with a background: leave out --transparent.")


def _fitted(request: Request, job: Job, stage: Stage) -> tuple[Job, int]:
    """The job with a picture that the budget allows, and how many frames were drawn to find it."""
    if request.budget is None:
        return job, 0
    maker = Maker(job, request.step, KINDS[request.format], request.workers, request.fresh, partial(stage, "fitting"))
    picture, _ = fit(maker, request.budget)
    return replace(job, picture=picture), maker.drawn


def _asking(request: Request) -> Options:
    """A page asks unless it is told not to, a film only where it is told to: what is usual is not said."""
    options, usual = request.job.options, request.format == "html"
    return replace(options, questions=None) if options.questions == usual else options


def _name(folder: Path, name: str, about: dict[str, Any]) -> str:
    """The name, or a longer one where the folder has something else of that name. ClearheadError if it has both."""
    for candidate in (name, free_name(name, about, None)):
        path = folder / f"{candidate}.json"
        if not path.exists() or free_name(candidate, about, read_manifest(path)) == candidate:
            return candidate
    raise ClearheadError(f"{path} is of another render: choose another folder with -o, or move it away.")


def _publish(files: Staging, name: str, about: dict[str, Any], request: Request) -> list[Path]:
    """Write the manifest, read all back, and move it to its place, where two that come together take turns."""
    beside = [f"{name}{suffix}" for suffix in TEXTS] if f".{request.format}" in VIDEOS else []
    with one_at_a_time(files.folder):
        if _name(files.folder, name, about) != name:
            raise ClearheadError(f"another render has just taken the name {name} in {files.folder}: start again.")
        limits = {f"{name}.{request.format}": request.budget.most} if request.budget else {}
        write_manifest(files / f"{name}.json", about, sorted(files.hidden.iterdir()), limits)
        _prove(files, name)
        return files.publish(f"{name}.json", beside)


def _prove(files: Staging, name: str) -> None:
    """Read back what was written; ClearheadError where it is not what the manifest says."""
    about = read_manifest(files / f"{name}.json") or {}
    written = [listed for listed in about["files"] if (files / listed["name"]).is_file()]
    if found := list(in_files(about | {"files": written}, files.hidden, name)):
        raise ClearheadError(f"what was written is not what was drawn: {'; '.join(found)}")


class _Stills:
    """Gets the last frame of each step: keeps the last one (the poster), and saves every one if asked to."""

    def __init__(self, files: Staging, every: bool):
        self.files, self.every = files, every
        self.saved: list[str] = []
        self.last: Pixels

    def see(self, step: Step, pixels: Pixels) -> None:
        self.last = pixels
        if self.every:
            self.saved.append(f"{step.index + 1:02}-{slug(step.name)}.png")
            save_png(pixels, self.files / self.saved[-1])

    def rename(self, name: str) -> list[str]:
        """Put the film's name before each picture's."""
        for file in self.saved:
            (self.files / file).rename(self.files / f"{name}-{file}")
        return [f"{name}-{file}" for file in self.saved]


def _movie(fmt: str, film: Film, files: Staging, name: str, stage: Stage) -> str:
    """The film itself, and its captions and chapters where the format is a video; returns the film's file name."""
    target = files / f"{name}.{fmt}"
    if fmt == "mp4":
        join(film, target)
    else:
        EXPORTS[fmt](film, target, lambda done, total: stage("writing", done, total))
    if target.suffix in VIDEOS:
        for suffix, text in TEXTS.items():
            if written := text(film.steps):
                (files / f"{name}{suffix}").write_text(written, encoding="utf-8")
    return target.name
