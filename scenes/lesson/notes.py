"""What a speaker may say at each step: templates in a file beside the lesson's."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from model.errors import ClearheadError
from scenes.kit.ground.say import say


def notes_file(lesson: Path, variant: str = "") -> Path:
    """Where the notes of a lesson's file are: notes.yaml beside a lesson.py, else notes/NAME.yaml beside NAME.py.

    variant: of what the lesson shows; what is said otherwise of it stands in notes.VARIANT.yaml."""
    end = f".{variant}.yaml" if variant else ".yaml"
    return (
        lesson.with_name("notes" + end) if lesson.stem == "lesson" else lesson.with_name("notes") / (lesson.stem + end)
    )


@cache
def notes_beside(lesson: type, variant: str = "") -> dict[str, str]:
    """The notes beside the class's file: step → what a speaker may say, a template with the step's fields."""
    source = getattr(sys.modules.get(lesson.__module__), "__file__", None)
    file = source and notes_file(Path(source), variant)
    if not file or not file.is_file():
        return {}
    try:
        notes = yaml.safe_load(file.read_text(encoding="utf-8-sig")) or {}
    except UnicodeDecodeError:
        raise ClearheadError(f"{file.parent.name}/{file.name} is not UTF-8: save it so, as editors offer it.") from None
    except yaml.YAMLError as error:
        raise ClearheadError(f"{file.parent.name}/{file.name} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(notes, dict) or not all(isinstance(text, str) for text in notes.values()):
        raise ClearheadError(f"{file.parent.name}/{file.name} must have a text for each step's name.")
    return notes


def notes_for(lessons: list[type], step: str, fields: dict[str, Any], variant: str = "") -> str:
    """The notes of a step, filled with its fields, from the first of the classes that has some; empty if none has.

    variant: those of it go before the others."""
    found = (notes_beside(lesson, kind) for lesson in lessons for kind in dict.fromkeys((variant, "")))
    template = next((notes[step] for notes in found if step in notes), "")
    try:
        return str(say(template, **fields))
    except (KeyError, ValueError, TypeError) as error:
        raise ClearheadError(
            f"The notes of step “{step}” cannot be filled: {error}; there are {', '.join(fields)}."
        ) from None
