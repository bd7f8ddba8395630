"""An audit that stops at the first finding of a kind, and may look at one step only. Loaded in the tree of a lie."""

from __future__ import annotations

from typing import Any

from scenes import course
from scenes.lesson import Options
from studio.audit import audit_lesson, rehearsal, watch
from tests.lies.lie import Lie

MOMENTS = rehearsal.MOMENTS


class Enough(BaseException):
    pass


def first_findings(lie: Lie, step: str = "") -> list[tuple[str, str, str]]:
    """(kind, step, what) of what is found, in that step or in all, up to the first of the kind that must come."""
    seen: dict[Any, Any] = {}

    class Impatient(watch.Watch):  # type: ignore[misc, name-defined]
        asleep = bool(step)

        def note(self, defects: Any, *more: Any) -> None:
            super().note(defects, *more)
            seen.update(self.found)
            if any(f.defect.kind == lie.kind for f in self.found.values()):
                raise Enough

        def step_started(self, lesson: Any, here: Any) -> None:
            if self.asleep and here.name == step:
                self.wake()
            if not self.asleep:
                super().step_started(lesson, here)

        def wake(self) -> None:
            """From here on; what stands there already is known, and not noted."""
            self.asleep, rehearsal.MOMENTS = False, MOMENTS
            self.reader.turn()
            if (screen := self.eye.look()) is not None:
                for check in self.checks:
                    list(check.seen(screen))

        def passing(self, lesson: Any) -> None:
            if not self.asleep:
                super().passing(lesson)

        def played(self, lesson: Any) -> None:
            if not self.asleep:
                super().played(lesson)

        def step_ended(self, lesson: Any, here: Any) -> None:
            if not self.asleep:
                super().step_ended(lesson, here)
            if here.name == step:
                raise Enough

    plain, watch.Watch = watch.Watch, Impatient  # type: ignore[misc]
    rehearsal.MOMENTS = () if step else MOMENTS
    (entry,) = [entry for entry in course() if entry.id == lie.lesson]
    try:
        found = audit_lesson(entry, Options(**lie.options)).findings
    except Enough:
        found = list(seen.values())
    finally:
        watch.Watch, rehearsal.MOMENTS = plain, MOMENTS  # type: ignore[misc]
    return [(f.defect.kind, f.moment.step, str(f)) for f in found]
