"""The controller: which session is on, which is being prepared, where the leader is, what is to be drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from model.errors import UsageError
from scenes import course
from studio.preview.sessions.panel import fields
from studio.preview.sessions.place import Place
from studio.preview.sessions.pool import CORES, ProcessPool
from studio.preview.sessions.selection import Selection
from studio.preview.sessions.session import Session
from studio.preview.wire import Message

CRASHES = 3  # within CRASH_SPAN seconds (beside those it takes to notice them), then it is not tried again
CRASH_SPAN = 60.0
END = 1 << 30  # a frame after all others


@dataclass(frozen=True)
class Target:
    """What is asked for, and at which step it will be entered."""

    selection: Selection
    step: int = 0
    name: str | None = None  # of the step; None: by number
    reload: bool = False  # enter only when all of it has been played through without an error
    instead: bool = False  # of what was asked for and cannot be shown: what is wrong stays on screen
    stands: int | None = None  # the frame of the step that is entered, and stands (END: its last); None: played


@dataclass(frozen=True)
class NextSession:
    """A session that is being prepared."""

    session: Session
    target: Target

    def entrance(self) -> int | None:
        """The step to be entered, None while it is not known."""
        steps, planned = self.session.steps, self.session.planned
        step, name = self.target.step, self.target.name
        last = max(len(steps) - 1, 0)
        if name is None:
            return step if step < len(steps) or not planned else last
        if self.session.name_of(step) == name:
            return step
        if not planned:
            return None
        same = [s.index for s in steps if s.name == name]
        return min(same, key=lambda s: abs(s - step)) if same else min(step, last)

    def ready(self) -> int | None:
        """The step to be entered, when its first picture is there; None before."""
        step = self.entrance()
        if step is None or not self.session.store.strip(step).covers(self.frame(step) or 0):
            return None
        if self.frame(step) is None:
            return None
        return step if self.session.planned or not self.target.reload else None

    def frame(self, step: int) -> int | None:
        """The frame of the step at which it is entered, None while it is not known."""
        if self.target.stands is None:
            return 0
        length = self.session.steps[step].frames
        return None if length is None else min(self.target.stands, length - 1)


class Controller:
    """Connects the drawing processes with those who watch.

    tell(message) sends to all clients; push() wakes them when there are new frames; watching() yields the places
    of those who watch on their own. `place` is the leader's."""

    def __init__(
        self,
        pool: ProcessPool,
        selection: Selection,
        tell: Callable[[Message], None],
        push: Callable[[], None],
        watching: Callable[[], Iterator[Place]],
    ):
        self.pool, self.selection = pool, selection
        self.tell, self.push, self.watching = tell, push, watching
        self.entries = course()
        self.current: Session | None = None
        self.next: NextSession | None = None
        self.banner: Message | None = None
        self.place = Place()
        self.crashes: list[float] = []
        self.held: Callable[[], bool] = lambda: False  # whether no other model may take the place of the one on screen
        self.hurry: Callable[[bool], None] = lambda waits: None  # is told whether the leader waits for a picture

    # ── what to show ─────────────────────────────────────────────────────────────────────────────
    def begin(self) -> None:
        self._prepare(Target(self.selection))

    def move(self, place: Place) -> None:
        """The leader is at another place; what was to take the old one's picture is not wanted any more."""
        swapping = self.next is not None and self.next.target.stands is not None
        if swapping and (place.playing or place.step != self.place.step):
            self._drop_next()
        self.place = place
        self.schedule()
        self.hurry(self.waited_for)

    def change(self, fields: Message) -> None:
        """Show something else; UsageError if there is no such thing."""
        for name, known in self.known().items():
            if fields.get(name) is not None and fields[name] not in known:
                raise UsageError(f"There is no {name} “{fields[name]}”.")
        selection = (self.next.target.selection if self.next else self.selection).changed(fields)
        same_lesson = selection.lesson == self.selection.lesson and not {"text", "lesson"} & fields.keys()
        if "step" in fields or not same_lesson:
            self._prepare(Target(selection, fields.get("step", 0)))
        else:
            self._prepare(self._here(selection))

    def reload(self) -> None:
        """The lessons' code has changed."""
        course.cache_clear()
        try:
            self.entries = course()
        except Exception as error:  # whatever a half-edited file may hold
            what = f"{type(error).__name__}: {' '.join(str(error).split())}"[:400]
            return self._show_banner(what, "scenes/course.yaml")
        self.pool.refresh()
        target = self.next.target if self.next else self._here(self.selection)
        self._prepare(replace(target, reload=self.current is not None, instead=False))

    def swap_model(self, folder: str) -> None:
        """The same picture by another model, as soon as nothing moves; which layer and head were asked for stays."""
        selection = self.next.target.selection if self.next else self.selection
        selection = replace(selection, options=selection.options | {"model": folder})
        step, steps = self.place.step, self.current.steps if self.current else []
        length = steps[step].frames if step < len(steps) else None
        ends = length is None or self.place.frame >= length - 1
        self._prepare(replace(self._here(selection), stands=END if ends else self.place.frame))

    def known(self) -> dict[str, list[str]]:
        """The words that may be asked for where they are not the same for ever: option → its values."""
        asked = [self.selection.options.get(name) for name in ("model", "other_model")]
        models = [*dict.fromkeys([*self.pool.models, *[own for own in asked if own]])]
        return {
            "lesson": [entry.id for entry in self.entries],
            "model": models,
            "other_model": models,
            "theme": self.current.about["themes"] if self.current is not None else [],
        }

    def _here(self, selection: Selection) -> Target:
        """That selection, entered at the step where the leader is."""
        step = self.place.step
        return Target(selection, step, None if self.current is None else self.current.name_of(step))

    def _prepare(self, target: Target) -> None:
        if self.next is not None:
            self.pool.close(self.next.session)
        self.next = NextSession(self.pool.open(target.selection.order(), self.on_event), target)
        if target.stands is None:  # else nobody waits for it
            self.tell({"type": "preparing", "on": True})
        self.hurry(self.waited_for)

    def _drop_next(self) -> None:
        if self.next is not None:
            self.pool.close(self.next.session)
            self.next = None
            self.tell({"type": "preparing", "on": False})

    # ── what happens ─────────────────────────────────────────────────────────────────────────────
    def on_event(self, session: Session, event: Message) -> None:
        """Called by a session."""
        if event["event"] == "lost":
            self._lost(session, event["hung"])
        elif self.next is not None and session is self.next.session:
            self._on_next(self.next, event)
        elif session is self.current:
            self._on_current(session, event)
        if event["event"] != "frame":  # a frame changes nothing about what is to be drawn
            self.schedule()
        self.hurry(self.waited_for)

    def _on_next(self, coming: NextSession, event: Message) -> None:
        if event["event"] == "failed":
            self._drop_next()
            self._show_banner(event["text"], event["file"], event["line"])
            selection = coming.target.selection
            if self.current is None and selection.options:
                self._prepare(Target(Selection(selection.lesson, selection.quality), instead=True))
        elif (step := coming.ready()) is not None:
            self._enter(coming, step)

    def _enter(self, coming: NextSession, step: int) -> None:
        """Its picture is there: the next session takes the place of the current one."""
        if self.current is not None:
            self.pool.close(self.current)
        self.current, self.selection, self.next = coming.session, coming.target.selection, None
        frame, playing = coming.frame(step) or 0, coming.target.stands is None
        self.place = replace(self.place, session=coming.session.number, step=step, frame=frame, playing=playing)
        if not coming.target.instead:
            self.banner = None
        self.tell({"type": "preparing", "on": False})
        self.tell(self.told(coming.session))
        self.push()
        self.pool.go_on()
        if coming.session.planned:
            self.pool.warm_up(self.selection.order())
        self.schedule()

    def _on_current(self, session: Session, event: Message) -> None:
        kind = event["event"]
        if kind == "frame":
            session.store.make_room(self.place.step)
            self.push()
        elif kind in ("step", "end", "planned"):
            index = event.get("step", len(session.steps) - 1)
            step = session.steps[index].told() if session.steps else None
            self.tell({"type": "step", "session": session.number, "step": step, "planned": session.planned})
            if kind == "planned":
                self.pool.warm_up(self.selection.order())
        elif kind == "failed":
            self._show_banner(event["text"], event["file"], event["line"])

    def _lost(self, session: Session, hung: bool) -> None:
        """A session's process has gone, or does not move: begin it again at the same place, a few times."""
        if self.next is not None and session is self.next.session:
            target = self.next.target
        elif self.next is None and session is self.current:
            target = self._here(self.selection)
        else:
            return  # nobody's, or its successor is being prepared already
        self._drop_next()
        now, span = time.monotonic(), CRASH_SPAN + CRASHES * self.pool.patience
        self.crashes = [t for t in self.crashes if now - t < span] + [now]
        if len(self.crashes) < CRASHES:
            self._prepare(target)
        else:
            what = "does not move" if hung else "has crashed"
            self._show_banner(f"The drawing process {what} again and again; change the lesson or the text.")

    def _show_banner(self, text: str, file: str | None = None, line: int | None = None) -> None:
        self.banner = {"type": "banner", "text": text, "file": file, "line": line}
        self.tell(self.banner)

    # ── what to draw ─────────────────────────────────────────────────────────────────────────────
    def schedule(self) -> None:
        """Give the drawing processes their work: what comes next first, then what is watched, then what follows."""
        current, coming = self.current, self.next
        if coming is not None and (step := coming.entrance()) is not None:
            if (frame := coming.frame(step)) is not None:
                coming.session.draw([(step, frame)], 1)
        if current is None:
            return
        if coming is not None:
            current.draw([(self.place.step, self.place.frame)], 1)
        else:
            planning = not current.planned and current.failure is None
            current.draw(self._wants(current), max(1, CORES - planning))

    def _wants(self, session: Session) -> Iterator[tuple[int, int]]:
        """(step, frame) in order of urgency."""
        step = self.place.step
        yield step, self.place.frame
        yield step + 1, 0
        for place in self.watching():
            yield place.step, place.frame
        if session.store.full:
            return
        yield step + 2, 0
        yield step - 1, 0
        for other in sorted(range(len(session.steps)), key=lambda s: (s < step, abs(s - step))):
            yield other, 0

    @property
    def waited_for(self) -> bool:
        """Whether the leader waits for a picture: of what was asked for, or of the place where the lesson stands."""
        if self.current is None or self.next is not None and self.next.target.stands is None:
            return True
        strip, frame = self.current.store.strip(self.place.step), self.place.frame
        return not strip.covers(frame if strip.length is None else min(frame, strip.length - 1))

    # ── telling ──────────────────────────────────────────────────────────────────────────────────
    def told(self, session: Session) -> dict[str, Any]:
        """All that a page needs to know of the session that is on."""
        return {
            "type": "session",
            "session": session.number,
            "lesson": self.selection.lesson,
            "about": session.about,
            "steps": [step.told() for step in session.steps],
            "planned": session.planned,
            "place": self.place.told(),
            "lessons": [{"id": e.id, "title": e.title, "summary": e.summary, "text": e.text} for e in self.entries],
            "fields": fields(self.selection.lesson, self.entries, self.known(), session.about, self.selection.options),
            "banner": None if self.banner is None else {},  # what it says is not for all
        }
