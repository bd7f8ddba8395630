"""What a lesson is made of: `from scenes.lesson import Lesson`. Names are loaded when they are first asked for."""

from importlib import import_module
from typing import Any

_HOME = {
    "Lesson": "lesson",
    "TextLesson": "lesson",
    "StackLesson": "stacks",
    "AttentionLesson": "attention_lesson",
    "TranslationLesson": "stacks",
    "Step": "steps",
    "Observer": "observer",
    "Option": "options",
    "Options": "options",
    "OPTIONS": "options",
    "DEFAULTS": "options",
    "FRAME": "options",
    "ASPECTS": "options",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scenes.lesson' has no attribute {name!r}")
    return getattr(import_module(f"scenes.lesson.{_HOME[name]}"), name)
