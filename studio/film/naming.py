"""What the files of a render are called: made from the table of a lesson's options, and another for every request.

What is chosen is said in words; where words alone do not give it back, a short hash does. What a folder already holds
under that name and of another request (a text that is called like a step, a file that a person put there) is left
alone: then the hash is of the whole request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from model.errors import ClearheadError
from scenes.kit.ground import theme as themes
from scenes.lesson.options import DEFAULTS, OPTIONS, Options
from studio.play.files import short_hash, slug
from studio.play.session import Job
from studio.play.writer import LOSSLESS_ALPHA

# How a lesson looks (the options that are words by default) is said after what it shows.
ORDER = sorted(OPTIONS, key=lambda name: isinstance(getattr(DEFAULTS, name), str))
SHAPE = ("width", "height", "fps", "transparent")  # what of a manifest's picture is asked for
LOST = ("colours", "held", "lossy", "quality")  # and is there where it is not the best


def basename(job: Job, step: str | None = None) -> str:
    """The lesson, then all that was chosen otherwise than usual, then the step, then the size."""
    parts = [job.entry.id]
    for name in ORDER:
        value = getattr(job.options, name)
        if value is not None and value != getattr(job.entry, name, getattr(DEFAULTS, name)):
            parts.append(_part(name, value))
    if step is not None:
        parts.append(slug(step) or short_hash(step))
    if job.encoder is LOSSLESS_ALPHA:
        parts.append("transparent")
    return "-".join([*parts, job.picture.name])


def _part(name: str, value: Any) -> str:
    option = OPTIONS[name]
    if option.kind is bool:
        return name if value else f"no-{name}"
    if option.kind is not str:
        return f"{name}{repr(value).removesuffix('.0')}"
    if option.choices or getattr(DEFAULTS, name) is not None:
        return str(value).replace(":", "x")
    if option.path:
        return _model(value) if name == "model" else f"{name.replace('_', '-')}-{_model(value)}"
    return exact(value)


def exact(text: str) -> str:
    """A text as part of a name: its words, and a hash unless they are all there is to it, said like a sentence.

    >>> exact("The cat sat")
    'the-cat-sat'
    """
    words = slug(text)
    if words.replace("-", " ").capitalize() == text and not _other_part().search(words):
        return words
    tail = short_hash(text)
    return words if words.endswith(tail) else "-".join(part for part in (words, tail) if part)


@cache
def _other_part() -> re.Pattern[str]:
    """What, in the words of a text, would be read as another part of the name."""
    from model import names

    numbers = "|".join(name for name, option in OPTIONS.items() if option.kind in (int, float))
    flags = [name for name, option in OPTIONS.items() if option.kind is bool]
    words = "|".join(
        map(re.escape, [*flags, *names(), *(file.stem for file in themes.FOLDER.glob("*.toml")), "transparent"])
    )
    return re.compile(rf"\b(?:(?:{numbers})[\d.]+|\d+[xp]\d+|[0-9a-f]{{6}}|{words})\b")


def _model(value: str) -> str:
    """A shipped checkpoint by its name, another one by its folder's name and what is in it."""
    from model import load, names

    if value in names():
        return slug(value)
    try:
        what = load(value).hash
    except ClearheadError:  # whoever plays the lesson says so
        what = value
    return f"{slug(Path(value).name)}-{short_hash(what)}"


def free_name(name: str, about: Mapping[str, Any], there: Mapping[str, Any] | None) -> str:
    """The name for a render that `about` tells of, where the manifest of that name says `there` (None: not readable).

    It is the name itself if that manifest is of the same request."""
    return (
        name if there is not None and request(there) == request(about) else f"{name}-{short_hash(request(about) or '')}"
    )


def request(about: Mapping[str, Any]) -> str | None:
    """What was asked for, as a manifest tells it; None where it is none of ours. Models are told by the name."""
    try:
        options = asdict(Options(**about["options"])) | {name: None for name, option in OPTIONS.items() if option.path}
        shape = [about["picture"][name] for name in SHAPE] + [about["picture"].get(name) for name in LOST]
        return json.dumps([about["lesson"], about.get("own"), about["step"], options, shape], sort_keys=True)
    except (KeyError, TypeError):
        return None
