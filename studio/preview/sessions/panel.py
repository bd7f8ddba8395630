"""What can be changed while a lesson is shown: the rows of the table of options that fit it, for the page's panel.

A field has `values` to choose from, each with its words, or the range of a number (`least`, `most`, `whole`), or it is
`typed`, a text.
`value` is what was asked for, None where the choice is left to the lesson; `auto` says whether it can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scenes.course import Entry
from scenes.lesson.options import DEFAULTS, OPTIONS, Option
from studio.preview.wire import Message


def fields(
    lesson: str, entries: Sequence[Entry], known: dict[str, list[str]], about: Message, asked: dict[str, Any]
) -> list[Message]:
    """The panel's fields, in their order: words where there is a choice of them, numbers where the lesson has them.

    known: the values of words that are not the same for ever (models, theme). about: what the lesson told of itself.
    asked: the options that were asked for."""
    found = [_words("lesson", "Lesson", {entry.id: entry.title for entry in entries}, lesson)]
    for name, option in OPTIONS.items():
        if option.live and option.kind is str and option.checked and not option.choices:
            if name in about["controls"] and name in known:
                found.append(_or_none(name, option, known[name], asked.get(name)))
            elif name in about["controls"]:
                found.append({"name": name, "label": option.label, "value": asked.get(name), "typed": True})
        elif option.live and option.kind is str and (not option.checked or name in about["controls"]):
            values = {value: value.split("/")[-1] for value in known.get(name, option.choices)}
            value = about["chosen"][name]
            found.append(_words(name, option.label, values, option.choices[value] if option.checked else value))
        elif option.live and name in about["controls"]:
            found.append(_number(name, option, about, asked))
    return [field for field in found if "values" not in field or len(field["values"]) > 1]


def _words(name: str, label: str, values: dict[str, str], value: str) -> Message:
    return {"name": name, "label": label, "values": list(values.items()), "value": value, "auto": False}


def _or_none(name: str, option: Option, values: Sequence[str], value: str | None) -> Message:
    """One of some words, or none of them."""
    named = [(each, each.split("/")[-1]) for each in values]
    return {"name": name, "label": option.label, "values": [(None, "the same"), *named], "value": value, "auto": True}


def _number(name: str, option: Option, about: Message, asked: dict[str, Any]) -> Message:
    default = asdict(DEFAULTS)[name]
    field = {"name": name, "label": option.label, "value": asked.get(name, default), "auto": default is None}
    if name not in about["values"]:
        return field | {"least": option.least, "most": option.most, "whole": option.kind is int}
    values = [*enumerate(about["values"][name])]
    return field | {"values": [(None, f"auto ({about['chosen'][name]})"), *values] if default is None else values}
