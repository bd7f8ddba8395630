"""What the files of a render are called: made from the table of a lesson's options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenes.lesson.options import DEFAULTS, OPTIONS
from studio.play.files import slug
from studio.play.session import Job

# How a lesson looks (the options that are words by default) is said after what it shows.
ORDER = sorted(OPTIONS, key=lambda name: isinstance(getattr(DEFAULTS, name), str))


def basename(job: Job, step: str | None = None) -> str:
    """The lesson, then all that was chosen otherwise than usual, then the step, then the size."""
    parts = [job.entry.id]
    for name in ORDER:
        value = getattr(job.options, name)
        if value is not None and value != getattr(job.entry, name, getattr(DEFAULTS, name)):
            parts.append(_part(name, value))
    if step is not None:
        parts.append(slug(step))
    return "-".join([*parts, job.picture.name])


def _part(name: str, value: Any) -> str:
    option = OPTIONS[name]
    if option.kind is not str:
        return f"{name}{value:g}" if option.kind is float else f"{name}{value}"
    if option.choices or getattr(DEFAULTS, name) is not None:
        return str(value).replace(":", "x")
    return slug(Path(value).name if option.path else value)
