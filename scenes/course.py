"""The table of contents: reads course.yaml, imports a lesson only when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("course.yaml")


@dataclass(frozen=True)
class Entry:
    """One lesson of the course: `id` is also the name of its folder in scenes/lessons/."""

    id: str
    scene: str
    title: str
    summary: str
    text: str
    model: str = "tiny"

    @property
    def file(self) -> Path:
        return FILE.parent / "lessons" / self.id / "lesson.py"

    def load(self):
        """The lesson's class."""
        return getattr(importlib.import_module(f"scenes.lessons.{self.id}.lesson"), self.scene)


@cache
def course() -> tuple[Entry, ...]:
    """All lessons in the order in which they are taught."""
    return tuple(Entry(**entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")))
