"""The files of one render: written in a hidden folder beside their place, renamed when all are complete."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import unicodedata
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import cairo
import numpy as np
from PIL import Image

from model import __version__
from model.paths import RENDERS
from studio.film.film import Film
from studio.play.playback import painting_code
from studio.play.session import Job
from studio.play.writer import remove_leftovers


class Staging:
    """`with Staging(folder) as stage: write to stage / name; stage.publish()`. What is not published is deleted."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self.hidden = folder / f".render.{os.getpid()}.tmp"
        self.hidden.mkdir()

    def __truediv__(self, name: str) -> Path:
        return self.hidden / name

    def publish(self, last: str) -> list[Path]:
        """Move all files to their place, the one named `last` after the others (it vouches for them)."""
        names = sorted((p.name for p in self.hidden.iterdir()), key=lambda name: (name == last, name))
        for name in names:
            (self.hidden / name).replace(self.folder / name)
        return [self.folder / name for name in names]

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.hidden, ignore_errors=True)


def renders_folder() -> Path:
    """Where files go: renders/ of the checkout, or here where Clearhead is installed without one."""
    return RENDERS if (RENDERS.parent / "pyproject.toml").is_file() else Path.cwd() / "renders"


def default_folder(lesson: str) -> Path:
    """Where a lesson's files go."""
    return renders_folder() / lesson


def basename(job: Job, step: str | None = None) -> str:
    """What the files of a render are called: the lesson, then all that was chosen otherwise than usual, then the size."""
    entry, options = job.entry, job.options
    parts = [entry.id]
    if options.text is not None and options.text != entry.text:
        parts.append(slug(options.text))
    if options.model is not None and options.model != entry.model:
        parts.append(slug(Path(options.model).name))
    parts += [f"{name}{value}" for name in ("layer", "head", "token") if (value := getattr(options, name)) is not None]
    for name, usual in (("pace", 1.0), ("seed", 0), ("temperature", None)):
        if getattr(options, name) != usual:
            parts.append(f"{name}{getattr(options, name):g}")
    if options.theme != "night":
        parts.append(options.theme)
    if options.aspect != "16:9":
        parts.append(options.aspect.replace(":", "x"))
    if step is not None:
        parts.append(slug(step))
    return "-".join([*parts, job.picture.name])


def slug(text: str, longest: int = 40) -> str:
    """A text as part of a file name; a short hash tells apart what is cut or cannot be spelled.

    >>> slug("The cat sat.")
    'the-cat-sat'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    short = words[:longest].rsplit("-", 1)[0] if len(words) > longest else words
    unspoken = re.sub(r"[^\w]+", "-", text.lower()).strip("-") != words
    tail = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6] if unspoken or short != words else ""
    return "-".join(part for part in (short, tail) if part)


def manifest(film: Film, step: str | None = None) -> dict[str, Any]:
    """Where a render comes from: all that determines its pixels, and when each step is shown."""
    job, trace, picture = film.job, getattr(film.lesson, "trace", None), film.job.picture
    info = getattr(trace, "info", {})
    return {
        "clearhead": __version__,
        "lesson": job.entry.id,
        "title": job.entry.title,
        "step": step,
        "text": info.get("text"),
        "tokens": list(getattr(trace, "tokens", ())),
        "unknown": list(getattr(trace, "unknown", ())),
        "model": {"name": info.get("checkpoint"), "hash": info.get("checkpoint_hash")},
        "traces": [t.digest for t in getattr(film.lesson, "traces", ())],
        "seed": job.options.seed,
        "options": asdict(job.settled),
        "picture": {
            "width": picture.width,
            "height": picture.height,
            "fps": picture.fps,
            "frames": film.frames,
            "seconds": film.seconds,
        },
        "code": {"lesson": _sha256(job.entry.file), "kit": painting_code()},
        "versions": versions(),
        "steps": [asdict(s) for s in film.steps],
    }


def versions() -> dict[str, str]:
    """Of everything that has a say in the pixels."""
    found = {name: version(name) for name in ("manim", "numpy", "torch", "av", "pillow", "typst", "uharfbuzz")}
    return {
        "python": platform.python_version(),
        "cairo": cairo.cairo_version_string(),
        **found,
        "ffmpeg": av.ffmpeg_version_info,
    }


def write_manifest(path: Path, about: dict, files: list[Path]) -> None:
    """Write the manifest with every file's size and SHA-256. An earlier one of the same film keeps its other formats."""
    listed = {f.name: {"name": f.name, "bytes": f.stat().st_size, "sha256": _sha256(f)} for f in files}
    final = path.parent.parent / path.name
    earlier = read_manifest(final)
    if earlier and {k: earlier.get(k) for k in about} == json.loads(json.dumps(about)):
        listed = {f["name"]: f for f in earlier["files"] if (final.parent / f["name"]).is_file()} | listed
    about = about | {"files": sorted(listed.values(), key=lambda f: f["name"])}
    path.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> dict | None:
    """What is in a manifest, None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def save_png(pixels: np.ndarray, path: Path) -> None:
    """RGBA [height, width, 4], premultiplied as Cairo draws it, as a PNG: without alpha where all is opaque."""
    image = Image.fromarray(pixels, "RGBA")
    opaque = pixels[..., 3].min() == 255
    (image.convert("RGB") if opaque else Image.fromarray(straight(pixels), "RGBA")).save(path, optimize=False)


def straight(pixels: np.ndarray) -> np.ndarray:
    """Premultiplied RGBA → straight alpha."""
    alpha = pixels[..., 3:].astype(np.uint16)
    colour = np.where(alpha > 0, (pixels[..., :3].astype(np.uint16) * 255 + alpha // 2) // np.maximum(alpha, 1), 0)
    return np.concatenate([np.minimum(colour, 255), alpha], axis=2).astype(np.uint8)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
