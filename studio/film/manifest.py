"""What a film says of itself: all that determines its pixels, its steps, and the hash of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model import __version__
from model.errors import ClearheadError
from model.numbers.trace import Trace
from studio.film.film import Film
from studio.film.naming import LOST
from studio.film.web import squeeze
from studio.play.content import Unreadable
from studio.play.files import sha256, versions
from studio.play.keys import painting_code
from studio.play.protocols import main_trace
from studio.play.writer import LOSSLESS_ALPHA


def manifest(film: Film, step: str | None = None) -> dict[str, Any]:
    """Where a render comes from: all that determines its pixels, and when each step is shown."""
    job, trace, picture = film.job, main_trace(film.lesson), film.job.picture
    info = trace.info if trace is not None else {}
    return {
        "clearhead": __version__,
        "lesson": job.entry.id,
        "title": job.entry.title,
        "step": step,
        "text": info.get("text"),
        "tokens": list(trace.tokens) if trace is not None else [],
        "unknown": list(trace.unknown) if trace is not None else [],
        "model": _model(info),
        "other_models": other_models(film),
        "traces": [run.digest for run in film.lesson.traces],
        "seed": job.options.seed,
        "options": asdict(job.settled),
        "picture": {
            "width": picture.width,
            "height": picture.height,
            "fps": picture.fps,
            "frames": film.frames,
            "seconds": film.seconds,
            "transparent": job.encoder is LOSSLESS_ALPHA,
            **{name: lost for name in LOST if (lost := getattr(picture, name)) is not None},
        },
        "code": {"lesson": sha256(job.entry.file), "kit": _kit(film)},
        "versions": versions() | ({} if picture.lossy is None else {"gifsicle": squeeze.version()}),
        "steps": [asdict(s) for s in film.steps],
        **({"own": f"{own}:{job.entry.scene}"} if (own := job.entry.own) is not None else {}),
    }


def other_models(film: Film) -> list[dict[str, Any]]:
    """The models that a film draws runs of beside the one that it is about, such as the second of a comparison.

    Snapshots of a model's training are no others: their runs' digests tell them."""
    runs = [run.info for run in film.lesson.traces if isinstance(run, Trace)]
    whole = [_model(info) for info in runs if info.get("step") is None and "learning" not in info]
    return [model for k, model in enumerate(whole) if model not in [*whole[:k], _model(runs[0])]]


def _model(info: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": info.get("checkpoint"), "hash": info.get("checkpoint_hash")}


def _kit(film: Film) -> str:
    try:
        return painting_code(type(film.lesson))
    except Unreadable as error:
        raise ClearheadError(f"{error}: start again.") from None


def write_manifest(
    path: Path, about: dict[str, Any], files: list[Path], limits: Mapping[str, int] = MappingProxyType({})
) -> None:
    """Write the manifest with every file's size and SHA-256; other formats of the same film stay listed.

    limits: the bytes that a file may have, by its name."""
    listed: dict[str, dict[str, Any]] = {
        f.name: {"name": f.name, "bytes": f.stat().st_size, "sha256": sha256(f)}
        | ({"max_size": limits[f.name]} if f.name in limits else {})
        for f in files
    }
    final = path.parent.parent / path.name
    earlier = read_manifest(final)
    if earlier and {k: earlier.get(k) for k in about} == json.loads(json.dumps(about)):
        listed = {f["name"]: f for f in earlier["files"] if (final.parent / f["name"]).is_file()} | listed
    about = about | {"files": sorted(listed.values(), key=lambda f: f["name"])}
    path.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What is in a manifest, None where there is none that can be read."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) else None
