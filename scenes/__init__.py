"""Lessons: Manim scenes that draw one trace each. `course()` lists them without importing Manim."""

from scenes.course import Entry, course

__all__ = ["Entry", "course"]
