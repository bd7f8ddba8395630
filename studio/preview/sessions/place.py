"""Where somebody looks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A frame of a step of a session, and how it goes on from there.

    speed: 1 is the video's. black: nothing is shown."""

    session: int = 0
    step: int = 0
    frame: int = 0
    playing: bool = True
    speed: float = 1.0
    black: bool = False

    @classmethod
    def of(cls, message: dict[str, Any]) -> Place:
        """As a page has sent it."""
        return cls(**{name: message[name] for name in cls.__dataclass_fields__ if name in message})

    def told(self) -> dict[str, Any]:
        return asdict(self)
