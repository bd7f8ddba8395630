"""The style of a lesson: its colours and the frame that sizes are measured by.

A lesson makes one `Style` and everything that is made while it is in use (`with style.used():`) keeps it, also when it
is painted or read long after, beside mobjects of another style."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground.theme import Theme, load

SMALLEST = 0.0162  # of the frame's short side


@dataclass(frozen=True)
class Style:
    """Colours, and the frame that sizes are measured by: what is made while it is in use keeps them.

    theme: the colours. frame: width and height of the picture in scene units."""

    theme: Theme
    frame: tuple[float, float] = (8 * 16 / 9, 8.0)

    @classmethod
    def of(cls, theme: str, frame: tuple[float, float] = (8 * 16 / 9, 8.0)) -> Style:
        """With the theme of that name (UsageError if there is none)."""
        return cls(load(theme), frame)

    @contextmanager
    def used(self) -> Iterator[Style]:
        """Meanwhile what is made takes this style."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)

    def __deepcopy__(self, memo: dict[int, Any]) -> Style:
        return self  # immutable: a copy of a mobject keeps the same one


_current: ContextVar[Style] = ContextVar("style")


def current() -> Style:
    """The style in use; night and 16:9 where nobody has chosen one."""
    return _current.get(None) or Style.of("night")


def theme() -> Theme:
    """The theme in use."""
    return current().theme


def color(role: str | np.ndarray) -> np.ndarray:
    """RGB of a role name; an RGB triple is passed through."""
    theme = current().theme
    return theme[role] if isinstance(role, str) else theme.of(np.asarray(role, dtype=float))


def smallest() -> float:
    """The smallest em that is shown: 1.62 % of the frame's short side."""
    return SMALLEST * min(current().frame)


__all__ = ["Style", "color", "current", "smallest", "theme"]
