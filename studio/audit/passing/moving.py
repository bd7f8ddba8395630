"""What a play moves, and what stands for it when the play has ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manim import Animation, Mobject

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.text import Caption, Formula, Heading
from scenes.lesson.lesson import Lesson
from studio.audit.screen import is_painted


def in_play(lesson: Lesson) -> Iterator[Painted]:
    """The kit's mobjects that an animation moves or changes, each once; not captions, which only fade."""
    family = (part for animation in lesson.animations or () for part in animation.mobject.get_family())
    for mobject in dict.fromkeys(family):
        if is_painted(mobject) and not isinstance(mobject, (Caption, Heading, Formula)):
            yield mobject


def heirs(lesson: Lesson) -> dict[int, Mobject]:
    """What takes the place of mobjects at the end of the play, by their ids."""
    found: dict[int, Mobject] = {}
    for animation in every(lesson.animations or ()):
        if getattr(animation, "replace_mobject_with_target_in_scene", False):
            pair = animation.mobject.get_family(), animation.target_mobject.get_family()
            found |= {id(one): other for one, other in zip(*pair, strict=False)}
    return found


def every(animations: Iterable[Animation]) -> Iterator[Animation]:
    """Animations, and those inside groups of them."""
    for animation in animations:
        yield animation
        yield from every(getattr(animation, "animations", ()))


__all__ = ["heirs", "in_play"]
