"""The table of contents: reads course.yaml, imports a lesson only when it is asked for."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from model.errors import ClearheadError
from scenes import own

OWN, OWN_COURSE = "CLEARHEAD_OWN", "CLEARHEAD_COURSE"  # in the environment: a file a line
FILE = Path(__file__).with_name("course.yaml")


@dataclass(frozen=True)
class Entry:
    """One lesson of the course: `id` is also the name of its folder in scenes/lessons/.

    part: the title of the part of the course that it belongs to. text, model: what it shows unless asked otherwise.
    own: the file of a lesson that is not of the course."""

    id: str
    part: str
    scene: str
    title: str
    summary: str
    text: str
    model: str = "tiny"
    own: Path | None = None

    @property
    def file(self) -> Path:
        return self.own or FILE.parent / "lessons" / self.id / "lesson.py"

    def load(self) -> Any:
        """The lesson's class."""
        if self.own is not None:
            return own.load(self.own, self.scene)
        return getattr(importlib.import_module(f"scenes.lessons.{self.id}.lesson"), self.scene)


def own_text(entry: Any, model: str | None) -> str:
    """What a lesson shows unless asked otherwise, with a model: an encoder–decoder does not know all words of others.

    entry: of this course, or like one."""
    from model.runs.stacks import is_translator

    text: str = entry.text
    if model in (None, entry.model) or not is_translator(str(model)):
        return text
    return getattr(entry.load(), "translated", "") or text


@cache
def course() -> tuple[Entry, ...]:
    """All lessons in the order in which they are taught, part after part; then those of one's own that were named."""
    parts = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    taught = [Entry(part=part["part"], **entry) for part in parts for entry in part["lessons"]]
    return (*taught, *_own({entry.id for entry in taught}))


def add_own(spec: str) -> Entry:
    """Take a lesson of one's own, FILE or FILE:CLASS, into the course of this process and of those that it starts.

    Raises UsageError, ClearheadError."""
    file, scene = own.split(spec)
    known = os.environ.get(OWN, "").splitlines()
    os.environ[OWN] = "\n".join(dict.fromkeys([*known, f"{file}:{scene}"]))
    course.cache_clear()
    return next(entry for entry in course() if entry.own == file and entry.scene == scene)


def add_course(file: Path) -> list[Entry]:
    """Take a course of one's own into that of this process and of those that it starts; its lessons.

    The file is like course.yaml; each lesson's `file` is meant from its folder. Raises ClearheadError."""
    file = file.expanduser().absolute()
    found = _course_of(file)
    os.environ[OWN_COURSE] = str(file)
    course.cache_clear()
    ids = [entry.id for entry in found]
    return [entry for entry in course() if entry.own is not None and entry.id in ids]


def _course_of(file: Path) -> list[Entry]:
    try:
        parts = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
        rows = [(str(part["part"]), dict(row)) for part in parts for row in part["lessons"]]
        return [_entry_of(file, part, row) for part, row in rows]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ClearheadError(f"{file} is no course: {what}; see docs/writing-a-lesson.md.") from None


def _entry_of(course: Path, part: str, row: dict[str, str]) -> Entry:
    """A lesson of a course of one's own: what its row does not say its class does."""
    file, scene = own.split(f"{course.parent / row.pop('file')}{':' if 'scene' in row else ''}{row.pop('scene', '')}")
    return Entry(**{"id": file.stem, "part": part, "scene": scene, "own": file} | own.told(file, scene) | row)  # type: ignore[arg-type]


def _own(taken: set[str]) -> Iterator[Entry]:
    """The lessons that $CLEARHEAD_COURSE and $CLEARHEAD_OWN name; an id that is taken gets a number."""
    courses = os.environ.get(OWN_COURSE, "").splitlines()
    found = [entry for file in courses for entry in _course_of(Path(file))]
    for spec in os.environ.get(OWN, "").splitlines():
        name, _, scene = spec.rpartition(":")
        file = Path(name)
        base = file.parent.name if file.stem == "lesson" else file.stem
        found.append(Entry(base, "Of your own", scene, **own.told(file, scene), own=file))
    for entry in found:
        ids = (entry.id, *(f"{entry.id}-{number}" for number in range(2, 1000)))
        id = next(id for id in ids if id not in taken)
        taken.add(id)
        yield replace(entry, id=id)


def own_run(lesson: str) -> tuple[str, str]:
    """(text, model) that a lesson shows unless asked otherwise: its class's `text` and `model`."""
    entry = next(entry for entry in course() if entry.id == lesson)
    return entry.text, entry.model
