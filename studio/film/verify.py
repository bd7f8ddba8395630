"""Whether a film is what its manifest says, and its manifest what the lesson says when it is played again.

Cheap: the files' hashes, captions and chapters against the steps, the poster against the last frame, and, in seconds,
the lesson played without drawing: text, tokens, seed, model, runs and steps. Deep: all frames, drawn again, and of a
page every number, as it is recorded again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
from PIL import Image

from model.errors import ClearheadError
from scenes.lesson.options import Options
from scenes.lesson.steps import Step
from studio.film import captions, frames
from studio.film.export import POSTER_FIRST, last_frame
from studio.film.film import Film, draw, plan
from studio.film.manifest import manifest, read_manifest
from studio.film.naming import LOST, basename, free_name
from studio.page import again
from studio.page.making import contents
from studio.play.files import cores, sha256
from studio.play.picture import Picture
from studio.play.playback import Pixels
from studio.play.protocols import Entry
from studio.play.session import Job
from studio.play.writer import LOSSLESS, LOSSLESS_ALPHA

MOVIES, PAGE = (".mp4", ".webm", ".webp", ".gif"), ".html"
TEXTS = {".srt": captions.to_srt, ".vtt": captions.to_vtt, ".chapters.txt": captions.to_chapters}
# In the worst block of 16 × 16 pixels, our encoders keep 26 dB and a mean colour to 11 levels (heads, 480p: H.264, VP9,
# GIF). A changed digit leaves 15 dB, another frame of the same lesson 11.
LEAST, TINT = 22.0, 20.0
SHORT = 60  # characters of what a finding quotes


@dataclass(frozen=True)
class Verdict:
    """about: the manifest. findings: a line for everything that is not as it says."""

    about: Mapping[str, Any]
    findings: list[str]


def verify(file: Path, course: Iterable[Entry], deep: bool = False) -> Verdict:
    """Check the film that a file, of any kind that a render leaves, belongs to.

    Raises ClearheadError where no manifest lists it."""
    path, about = manifest_of(file.absolute())  # FFmpeg takes what stands before a colon for a protocol
    found = [*in_files(about, path.parent, path.stem), *_whole(about)]
    try:
        job = job_of(about, course)
        name = basename(job, about["step"])
        if path.stem not in (name, free_name(name, about, None)):
            found.append(f"{path.stem}: its options would give it the name {name}")
        stills: list[tuple[Step, Pixels]] = []
        film = plan(job, about["step"], (lambda step, pixels: stills.append((step, pixels))) if deep else None)
        now = manifest(film, about["step"])
        found += differences({k: v for k, v in about.items() if k != "files"}, now)
        if deep:
            found += in_frames(about, path.parent, path.stem, film, stills)
    except (ClearheadError, KeyError, TypeError, ValueError) as error:
        found.append(f"the lesson cannot be played as the manifest says: {' '.join(str(error).split())}")
    return Verdict(about, list(dict.fromkeys(found)))


def manifest_of(file: Path) -> tuple[Path, dict[str, Any]]:
    """The manifest that lists a file (or the file itself), and what is in it."""
    if not file.is_file():
        raise ClearheadError(f"there is no file {file}.")
    for path in [file] if file.suffix == ".json" else sorted(file.parent.glob("*.json")):
        about = read_manifest(path)
        if about and "clearhead" in about and (path == file or file.name in {f["name"] for f in about["files"]}):
            return path, about
    raise ClearheadError(f"no manifest beside {file.name} lists it: it proves nothing.")


def job_of(about: Mapping[str, Any], course: Iterable[Entry]) -> Job:
    """What was asked for. Raises ClearheadError for a lesson that this course does not have."""
    entry = next((entry for entry in course if entry.id == about["lesson"]), None)
    if entry is None:
        raise ClearheadError(f"there is no lesson “{about['lesson']}” here")
    options, shape = Options(**about["options"]), about["picture"]
    size = Picture.of("l", options.aspect)
    size = replace(size, **{name: shape[name] for name in ("width", "height", "fps", *LOST) if name in shape})
    return Job(entry, options, size, LOSSLESS_ALPHA if shape["transparent"] else LOSSLESS)


# ── the files ────────────────────────────────────────────────────────────────────────────────────
def in_files(about: Mapping[str, Any], folder: Path, name: str) -> Iterator[str]:
    """What in the files (those in `folder`) is not as the manifest says."""
    for listed in about["files"]:
        path = folder / listed["name"]
        if not path.is_file():
            yield f"{path.name}: it is not there"
        elif path.stat().st_size != listed["bytes"]:
            yield f"{path.name}: it has {path.stat().st_size:,} bytes instead of {listed['bytes']:,}"
        elif listed["bytes"] > listed.get("max_size", listed["bytes"]):
            yield f"{path.name}: it has {listed['bytes']:,} bytes, and at most {listed['max_size']:,} were asked for"
        elif sha256(path) != listed["sha256"]:
            yield f"{path.name}: its SHA-256 is not the one in the manifest"
    yield from in_texts(about, folder, name)
    for film in movies(about, folder):
        try:
            yield from _in_movie(about, film, folder / f"{name}.png")
        except (OSError, av.FFmpegError, ValueError) as error:
            yield f"{film.name}: it cannot be read ({error})"
    for path in movies(about, folder, (PAGE,)):
        try:
            yield from _in_page(about, path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield f"{path.name}: it cannot be read ({error})"


def movies(about: Mapping[str, Any], folder: Path, kinds: tuple[str, ...] = MOVIES) -> list[Path]:
    """The films that the manifest lists and that are there."""
    paths = [folder / listed["name"] for listed in about["files"]]
    return [path for path in paths if path.suffix in kinds and path.is_file()]


def _in_page(about: Mapping[str, Any], path: Path) -> Iterator[str]:
    """What a page says otherwise than the manifest's steps."""
    inside, rate = again.read(path.read_text(encoding="utf-8")).about, about["picture"]["fps"]
    said = [(step["name"], step["start"], [line[0] for line in step["lines"]]) for step in inside["steps"]]
    should = [
        (step.name, round(step.start * rate), [line.text for line in step.lines] or [step.caption])
        for step in steps_of(about)
    ]
    for one, other in zip(said, should, strict=False):
        if one != other:
            yield f"{path.name}: its step {_quoted(one[0])} is not as the manifest has it"
    if len(said) != len(should):
        yield f"{path.name}: it has {len(said)} steps, and the manifest {len(should)}"


def steps_of(about: Mapping[str, Any]) -> list[Any]:
    """The steps, as captions and chapters are made from them."""
    return [
        SimpleNamespace(**step | {"lines": [SimpleNamespace(**line) for line in step.get("lines", ())]})
        for step in about["steps"]
    ]


def in_texts(about: Mapping[str, Any], folder: Path, name: str) -> Iterator[str]:
    """Captions and chapters that are not those of the steps."""
    for suffix, text in TEXTS.items():
        path = folder / f"{name}{suffix}"
        if path.is_file():
            is_, should = (t.splitlines() for t in (path.read_text(encoding="utf-8"), text(steps_of(about))))
            if is_ != should:
                lines = [*zip(is_, should, strict=False), *[(line, "nothing") for line in is_[len(should) :]]]
                wrong = next(((a, b) for a, b in lines if a != b), ("nothing", "more"))
                yield f"{path.name}: {_quoted(wrong[0])} where the steps say {_quoted(wrong[1])}"


def _in_movie(about: Mapping[str, Any], film: Path, poster: Path) -> Iterator[str]:
    shape = about["picture"]
    if film.suffix in (".mp4", ".webm"):
        with av.open(film) as video:
            chapters = [
                (c["metadata"].get("title"), float(c["start"] * (c["time_base"] or 0))) for c in video.chapters()
            ]
            stream = video.streams.video[0]
            size, count = (stream.width, stream.height), stream.frames or shape["frames"]  # WebM does not say how many
        steps = [(step["name"], step["start"]) for step in about["steps"]]
        if [title for title, _ in chapters] != [title for title, _ in steps] or any(
            abs(a - b) > 0.002 for (_, a), (_, b) in zip(chapters, steps, strict=True)
        ):
            yield f"{film.name}: its chapters are not the steps of the manifest"
        if (*size, count) != (shape["width"], shape["height"], shape["frames"]):
            yield f"{film.name}: {count} frames of {size[0]} × {size[1]} pixels are not what the manifest says"
    if poster.is_file() and not alike(frames.last(film), frames.picture(poster)):
        yield f"{poster.name}: it is not the last frame of {film.name}"


def alike(one: frames.RGB, other: frames.RGB) -> bool:
    """Whether two frames show the same, but for what an encoder loses."""
    signal, tint = frames.likeness(one, other)
    return signal >= LEAST and tint <= TINT


# ── what the lesson says ─────────────────────────────────────────────────────────────────────────
def _whole(about: Mapping[str, Any]) -> Iterator[str]:
    """Where the manifest contradicts itself."""
    if about["seed"] != about["options"]["seed"]:
        yield f"the manifest says seed {about['seed']} and, among the options, seed {about['options']['seed']}"
    if about["text"] is not None and about["text"] != about["options"]["text"]:
        yield f"the manifest says {_quoted(about['text'])} and was asked for {_quoted(about['options']['text'])}"


def differences(said: Any, found: Any, where: str = "") -> Iterator[str]:
    """A line for everything in a manifest that the lesson, played again, says otherwise."""
    found = json.loads(json.dumps(found))
    if isinstance(said, dict) and isinstance(found, dict):
        for name in [*said, *(name for name in found if name not in said)]:
            yield from differences(said.get(name), found.get(name), f"{where} {name}".strip())
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for number, pair in enumerate(zip(said, found, strict=True), 1):
            yield from differences(*pair, f"{where} {number}")
    elif said != found:
        yield f"{where}: the manifest says {_quoted(said)}, here it is {_quoted(found)}"


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"“{text if len(text) <= SHORT else text[: SHORT - 1] + '…'}”"


# ── the frames ───────────────────────────────────────────────────────────────────────────────────
def in_frames(
    about: Mapping[str, Any], folder: Path, name: str, film: Film, stills: list[tuple[Step, Pixels]]
) -> Iterator[str]:
    """What in the films and pictures is not what is drawn now."""
    if about["picture"]["transparent"]:
        yield "films without background are not compared frame by frame"
        return
    for number, (step, pixels) in enumerate(stills):
        ours = [
            listed["name"] for listed in about["files"] if listed["name"].startswith(f"{name}-{step.index + 1:02}-")
        ]
        ours += [f"{name}.png"] if number == len(stills) - 1 else []
        for still in ours:
            if (folder / still).is_file() and not np.array_equal(frames.picture(folder / still), pixels[..., :3]):
                yield f"{still}: it is not what the lesson shows at the end of “{step.name}”"
    todo, pages = movies(about, folder), movies(about, folder, (PAGE,))
    if todo or pages:
        with TemporaryDirectory() as segments:
            film = replace(film, job=replace(film.job, segments=Path(segments)))
            draw(film, cores())
            for path in todo:
                yield from _unlike(path, film)
            for path in pages:
                yield from in_page(path, film, stills, Path(segments))


def in_page(path: Path, film: Film, stills: list[tuple[Step, Pixels]], spare: Path) -> Iterator[str]:
    """What in a page is not what the lesson says and shows now. spare: a folder for its film."""
    page = again.read(path.read_text(encoding="utf-8"))
    now = replace(contents(film), film=page.film, stills=page.stills)
    found = [*again.differences(page, now), *in_pictures(page, film, stills, spare)]
    yield from (f"{path.name}: {line}" for line in found)


def in_pictures(page: again.Page, film: Film, stills: list[tuple[Step, Pixels]], spare: Path) -> Iterator[str]:
    """What in a page's film and stills is not what is drawn."""
    inner = spare / "film.mp4"
    inner.write_bytes(page.film)
    yield from (line.removeprefix(f"{inner.name}: ") for line in _unlike(inner, film))
    for (step, pixels), still in zip(stills, page.stills, strict=False):
        with Image.open(BytesIO(still)) as image:
            if not alike(np.asarray(image.convert("RGB")), pixels[..., :3]):
                yield f"its picture of “{step.name}” is not what the lesson shows at its end"


def _unlike(path: Path, film: Film) -> Iterator[str]:
    """The first frame of a film that is not what is drawn, and how many there are."""
    rate, wrong, count = film.job.picture.fps, [], 0
    shown = frames.shown(path)
    now, after = next(shown, None), next(shown, None)
    still = last_frame(film) if path.suffix in POSTER_FIRST else None
    for count, drawn in enumerate(film.decoded(), 1):
        while after is not None and round(after[0] * rate) < count:
            now, after = after, next(shown, None)
        meant = still if count == 1 and still is not None else drawn
        if now is None or not alike(now[1], frames.rgb(meant)):
            wrong.append(count - 1)
    if wrong:
        first = wrong[0] / rate
        step = next((s.name for s in film.steps if s.start <= first < s.end), film.steps[-1].name)
        yield f"{path.name}: {len(wrong)} of {count} frames are not what is drawn; the first at {first:.2f} s, “{step}”"
    if after is not None:
        yield f"{path.name}: it goes on after the lesson's end"
