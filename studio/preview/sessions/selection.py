"""What is to be shown, and what becomes of it when one thing is changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

DEPENDENTS = {
    "lesson": ("text", "stack", "layer", "head", "token", "other", "other_model", "without"),
    "text": ("token",),
    "model": ("stack", "layer", "head", "token", "without"),
    "stack": ("layer", "head", "token"),
}


@dataclass(frozen=True)
class Selection:
    """A lesson of the course with options (names and values of scenes.lesson.Options)."""

    lesson: str
    quality: str = "m"
    options: dict[str, Any] = field(default_factory=dict)

    def changed(self, fields: dict[str, Any]) -> Selection:
        """With what a change asks for; what depends on what is changed goes back to the lesson's own choice."""
        lesson, kept = fields.get("lesson", self.lesson), dict(self.options)
        for name, dependents in DEPENDENTS.items():
            before = self.lesson if name == "lesson" else self.options.get(name)
            if name in fields and fields[name] != before:
                kept = {k: v for k, v in kept.items() if k not in dependents}
        kept |= {name: value for name, value in fields.items() if name not in ("lesson", "step")}
        return replace(self, lesson=lesson, options={k: v for k, v in kept.items() if v not in (None, "")})

    def order(self) -> dict[str, Any]:
        """As the drawing processes want it."""
        return {"lesson": self.lesson, "quality": self.quality, "options": self.options}
