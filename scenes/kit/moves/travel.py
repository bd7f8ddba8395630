"""Moves that carry a thing as a whole."""

from __future__ import annotations

from typing import Any

from manim import Transform, VGroup

from scenes.kit.ground.painting import Painted


class Carry(Transform):
    """A copy goes whole from where a thing stands to where it is used, and becomes `target` there; the original stays.

    For what has no cells, such as a dial; what has cells flies cell by cell (`Fly`)."""

    def __init__(self, source: Painted | VGroup, target: Painted | VGroup, *, arc: float = 0.0, **kwargs: Any):
        super().__init__(source.copy(), target, path_arc=arc, replace_mobject_with_target_in_scene=True, **kwargs)


__all__ = ["Carry"]
