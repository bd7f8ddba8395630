"""The table of contents: reads course.yaml, imports a lesson only when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("course.yaml")


@dataclass(frozen=True)
class Entry:
    """One lesson of the course: `id` is also the name of its folder in scenes/lessons/.

    part: the title of the part of the course that it belongs to. text, model: what it shows unless asked otherwise."""

    id: str
    part: str
    scene: str
    title: str
    summary: str
    text: str
    model: str = "tiny"

    @property
    def file(self) -> Path:
        return FILE.parent / "lessons" / self.id / "lesson.py"

    def load(self) -> Any:
        """The lesson's class."""
        return getattr(importlib.import_module(f"scenes.lessons.{self.id}.lesson"), self.scene)


@cache
def course() -> tuple[Entry, ...]:
    """All lessons in the order in which they are taught, part after part."""
    parts = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(Entry(part=part["part"], **entry) for part in parts for entry in part["lessons"])


def own_run(lesson: str) -> tuple[str, str]:
    """(text, model) that a lesson shows unless asked otherwise: its class's `text` and `model`."""
    entry = next(entry for entry in course() if entry.id == lesson)
    return entry.text, entry.model
