"""All samples by the name of the piece that they show."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import scenes.kit
from model.errors import UsageError
from scenes.kit.demo.drawing import Sample
from scenes.kit.demo.samples import attention, charts, depth, flights, ground, lessons, moves, numbers, space, words

ROOMS = (ground, words, numbers, attention, charts, space, depth, moves, flights, lessons)
OWN = {piece.__name__: piece for piece in lessons.OWN}  # those that one lesson alone has
SAMPLES: dict[str, Sample] = {name: sample for room in ROOMS for name, sample in room.SAMPLES.items()}


def sample_of(name: str) -> Sample:
    """The sample of a piece of the kit. UsageError with the nearest names for an unknown one."""
    if name not in SAMPLES:
        by_letters = {known.lower(): known for known in SAMPLES}
        near = [by_letters[each] for each in get_close_matches(name.lower(), by_letters, n=3)]
        hint = f"; did you mean {' or '.join(near)}?" if near else ". --all draws all there are."
        raise UsageError(f"The kit has no {name}{hint}")
    return SAMPLES[name]


def names_of(asked: str) -> list[str]:
    """The pieces of a room or a module of the kit ("charts", "charts.bars"); of any other name, that name."""
    return [name for name, home in scenes.kit._HOME.items() if f"{home}.".startswith(f"{asked}.")] or [asked]


def piece_of(name: str) -> Any:
    """What stands in `scenes.kit`, or beside a lesson, under the name of a sample."""
    return OWN[name] if name in OWN else getattr(scenes.kit, name)
