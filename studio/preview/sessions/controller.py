"""The show: what is on, what is being prepared, who watches, who leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from model.errors import UsageError
from scenes import course
from studio.preview.sessions.pool import CORES, Troupe
from studio.preview.sessions.session import Performance

CRASHES = 3  # within CRASH_SPAN seconds (beside those it takes to notice them), then it is not tried again
CRASH_SPAN = 60.0
DEPENDENTS = {"lesson": ("text", "layer", "head", "token"), "text": ("token",), "model": ("layer", "head", "token")}


@dataclass(frozen=True)
class Request:
    """What is to be shown: a lesson of the course with options (names and values of scenes.lesson.Options)."""

    lesson: str
    quality: str = "m"
    options: dict[str, Any] = field(default_factory=dict)

    def changed(self, fields: dict[str, Any]) -> Request:
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


@dataclass
class Coming:
    """A performance that is being prepared, and where it will be entered."""

    performance: Performance
    request: Request
    name: str | None  # of the step; None: by number
    step: int
    reload: bool = False  # enter only when all of it has been played through without an error
    instead: bool = False  # of what was asked for and cannot be shown: what is wrong stays on screen

    def target(self) -> int | None:
        """The step to be entered, None while it is not known."""
        p = self.performance
        if self.name is None:
            return self.step if self.step < len(p.steps) or not p.planned else max(len(p.steps) - 1, 0)
        if self.step < len(p.steps) and p.steps[self.step].name == self.name:
            return self.step
        if not p.planned:
            return None
        same = [s.index for s in p.steps if s.name == self.name]
        return min(same, key=lambda s: abs(s - self.step)) if same else min(self.step, max(len(p.steps) - 1, 0))


class Show:
    """Connects the drawing processes with those who watch.

    tell(message) sends to all clients; push() wakes them when there are new frames; watching() yields (step, frame)
    of those who watch on their own."""

    def __init__(
        self,
        troupe: Troupe,
        request: Request,
        tell: Callable[[dict], None],
        push: Callable[[], None],
        watching: Callable[[], Iterator[tuple[int, int]]],
    ):
        self.troupe, self.request = troupe, request
        self.tell, self.push, self.watching = tell, push, watching
        self.entries = course()
        self.current: Performance | None = None
        self.coming: Coming | None = None
        self.banner: dict[str, Any] | None = None
        self.place: dict[str, Any] = {
            "session": 0,
            "step": 0,
            "frame": 0,
            "playing": True,
            "speed": 1.0,
            "black": False,
        }
        self.crashes: list[float] = []

    # ── what to show ─────────────────────────────────────────────────────────────────────────────
    def begin(self) -> None:
        self._prepare(self.request, None, 0)

    def change(self, fields: dict[str, Any]) -> None:
        """Show something else; UsageError if there is no such thing."""
        for name, known in (
            ("lesson", [e.id for e in self.entries]),
            ("model", self.models()),
            ("theme", self.themes()),
        ):
            if fields.get(name) is not None and fields[name] not in known:
                raise UsageError(f"There is no {name} “{fields[name]}”.")
        request = (self.coming.request if self.coming else self.request).changed(fields)
        same_lesson = request.lesson == self.request.lesson and not {"text", "lesson"} & fields.keys()
        step = fields.get("step", self.place["step"] if same_lesson else 0)
        name = self._name_of(step) if same_lesson and "step" not in fields else None
        self._prepare(request, name, step)

    def reload(self) -> None:
        """The lessons' code has changed."""
        course.cache_clear()
        try:
            self.entries = course()
        except Exception as error:  # whatever a half-edited file may hold
            return self._show_banner(
                {
                    "text": f"{type(error).__name__}: {' '.join(str(error).split())}"[:400],
                    "file": "scenes/course.yaml",
                    "line": None,
                }
            )
        self.troupe.refresh()
        coming = self.coming
        request, step = (coming.request, coming.step) if coming else (self.request, self.place["step"])
        self._prepare(request, coming.name if coming else self._name_of(step), step, reload=self.current is not None)

    def themes(self) -> list[str]:
        return self.current.about["themes"] if self.current is not None else []

    def models(self) -> list[str]:
        own = self.request.options.get("model")
        return [*self.troupe.models, *([own] if own and own not in self.troupe.models else [])]

    def _name_of(self, step: int) -> str | None:
        return self.current.steps[step].name if self.current is not None and step < len(self.current.steps) else None

    def _prepare(self, request: Request, name: str | None, step: int, **how: bool) -> None:
        if self.coming is not None:
            self.troupe.end(self.coming.performance)
        performance = self.troupe.perform(request.order(), self.on_event)
        self.coming = Coming(performance, request, name, step, **how)
        self.tell({"type": "preparing", "on": True})

    # ── what happens ─────────────────────────────────────────────────────────────────────────────
    def on_event(self, performance: Performance, event: dict[str, Any]) -> None:
        """Called by a performance."""
        kind = event["event"]
        if kind == "lost":
            self._lost(performance, event)
        elif self.coming is not None and performance is self.coming.performance:
            self._on_coming(event)
        elif performance is self.current:
            self._on_current(kind, event)
        self.schedule()

    def _on_coming(self, event: dict[str, Any]) -> None:
        coming = self.coming
        if event["event"] == "failed":
            self.coming = None
            self.troupe.end(coming.performance)
            self.tell({"type": "preparing", "on": False})
            self._show_banner(event)
            if self.current is None and coming.request.options:
                self._prepare(Request(coming.request.lesson, coming.request.quality), None, 0, instead=True)
            return
        target = coming.target()
        ready = target is not None and bool(coming.performance.store.strip(target).numbers)
        if ready and (coming.performance.planned or not coming.reload):
            self._enter(target)

    def _enter(self, step: int) -> None:
        """The picture is there: the curtain opens."""
        coming, old = self.coming, self.current
        self.current, self.request, self.coming = coming.performance, coming.request, None
        self.place |= {"session": self.current.number, "step": step, "frame": 0, "playing": True}
        if old is not None:
            self.troupe.end(old)
        if not coming.instead:
            self.banner = None
        self.tell({"type": "preparing", "on": False})
        self.tell(self.session())
        self.push()
        if self.current.planned:
            self.troupe.rehearse(self.request.order())

    def _on_current(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "frame":
            self.current.store.make_room(self.place["step"])
            self.push()
        elif kind in ("step", "end", "planned"):
            index = event.get("step", len(self.current.steps) - 1)
            step = self.current.steps[index].told() if self.current.steps else None
            self.tell({"type": "step", "session": self.current.number, "step": step, "planned": self.current.planned})
            if kind == "planned":
                self.troupe.rehearse(self.request.order())
        elif kind == "failed":
            self._show_banner(event)

    def _lost(self, performance: Performance, event: dict[str, Any]) -> None:
        """A performance's process has gone, or does not move: begin it again at the same place, a few times."""
        coming = self.coming is not None and performance is self.coming.performance
        if not coming and (performance is not self.current or self.coming is not None):
            return  # nobody's, or its successor is being prepared already
        now, span = time.monotonic(), CRASH_SPAN + CRASHES * self.troupe.patience
        self.crashes = [t for t in self.crashes if now - t < span] + [now]
        what = "does not move" if event.get("hung") else "has crashed"
        how = {"reload": self.coming.reload, "instead": self.coming.instead} if coming else {}
        request, name, step = (
            (self.coming.request, self.coming.name, self.coming.step)
            if coming
            else (self.request, self._name_of(self.place["step"]), self.place["step"])
        )
        if len(self.crashes) >= CRASHES:
            if coming:
                self.coming = None
                self.troupe.end(performance)
                self.tell({"type": "preparing", "on": False})
            self._show_banner(
                {
                    "text": f"The drawing process {what} again and again; change the lesson or the text.",
                    "file": None,
                    "line": None,
                }
            )
            return
        if coming:
            self.coming = None
            self.troupe.end(performance)
        self._prepare(request, name, step, **how)

    def _show_banner(self, event: dict[str, Any]) -> None:
        self.banner = {"type": "banner", "text": event["text"], "file": event["file"], "line": event["line"]}
        self.tell(self.banner)

    # ── what to draw ─────────────────────────────────────────────────────────────────────────────
    def schedule(self) -> None:
        """Give the drawing processes their work: what is coming first, then what is watched, then what follows."""
        current, coming = self.current, self.coming
        if coming is not None and (target := coming.target()) is not None:
            coming.performance.draw([(target, 0)], 1)
        if current is None:
            return
        if coming is not None:
            current.draw([(self.place["step"], self.place["frame"])], 1)
        else:
            planning = not current.planned and current.failure is None
            current.draw(self._wants(), max(1, CORES - planning))

    def _wants(self) -> Iterator[tuple[int, int]]:
        step, frame = self.place["step"], self.place["frame"]
        yield step, frame
        yield step + 1, 0
        yield from self.watching()
        if self.current.store.full:
            return
        yield step + 2, 0
        yield step - 1, 0
        steps = range(len(self.current.steps))
        for other in sorted(steps, key=lambda s: (s < step, abs(s - step))):
            yield other, 0

    # ── telling ──────────────────────────────────────────────────────────────────────────────────
    def session(self) -> dict[str, Any]:
        """All that a page needs to know of what is on."""
        p = self.current
        return {
            "type": "session",
            "session": p.number,
            "lesson": self.request.lesson,
            "about": p.about,
            "asked": self.request.options,
            "steps": [s.told() for s in p.steps],
            "planned": p.planned,
            "place": self.place,
            "lessons": [{"id": e.id, "title": e.title, "summary": e.summary, "text": e.text} for e in self.entries],
            "models": self.models(),
            "banner": None if self.banner is None else {},  # what it says is not for all
        }
