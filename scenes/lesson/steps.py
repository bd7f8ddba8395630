"""Steps: one idea, one Manim section, one caption, one chapter mark and one pause of the preview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from manim import FadeIn, FadeOut, Mobject, config, smooth
from manim.utils.rate_functions import squish_rate_func

from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Caption, Heading
from scenes.lesson.claims import Fact
from scenes.lesson.notes import notes_for
from scenes.lesson.observer import Observer
from scenes.lesson.options import Options
from scenes.lesson.stage import StagedScene

READING = 15.0  # characters a second
SWAP = 0.6  # seconds in which one caption gives way to the next


@dataclass(frozen=True)
class Step:
    """What was shown when: times in seconds of the finished video, plays as Manim counts them."""

    index: int
    name: str
    caption: str
    notes: str
    start: float
    first_play: int
    end: float = 0.0
    last_play: int = 0


class SteppedScene(StagedScene):
    """A scene made of named steps. `observers` are told when one starts and ends, and after every play."""

    def __init__(self, options: Options | None = None, renderer: Any = None, **kwargs: Any):
        super().__init__(options, renderer, **kwargs)
        self.observers: list[Observer] = []
        self.steps: list[Step] = []
        self.phrases: dict[str, Any] = {}  # fields that every caption and subtitle may use, such as {where}
        self.claims: tuple[Fact, ...] = ()  # of the step that plays
        self.heading: Heading | None = None
        self.caption: Caption | None = None

    @contextmanager
    def step(
        self,
        name: str,
        caption: str,
        *,
        subtitle: str | None = None,
        keep: Iterable[Mobject] | None = None,
        claims: Iterable[Fact] = (),
        **fields: Any,
    ) -> Iterator[Step]:
        """One idea. `caption` and `subtitle` are templates for `say`, filled with the fields (Tensors, ints, words).

        keep: the mobjects that stay on the stage; all others fade with the old caption (None: all stay).
        claims: what makes words such as “most” and “gains” true (scenes.lesson.claims); the audit computes them.
        The step lasts at least as long as its caption takes to read."""
        fields = self.phrases | fields
        said = caption if isinstance(caption, Said) else say(caption, **fields)
        self.next_section(name)
        classes = [c for c in type(self).__mro__ if issubclass(c, SteppedScene)]
        notes = notes_for(classes, name, fields) or str(said)
        step = Step(len(self.steps), name, str(said), notes, self.time, self.renderer.num_plays)
        self.claims = tuple(claims)
        for observer in self.observers:
            observer.step_started(self, step)
        self._turn_page(name, said, None if subtitle is None else say(subtitle, **fields), keep)
        shown = self.time
        yield step
        reading = len(said) / READING + 1.0
        self.wait(max(reading - (self.time - shown) / self.options.pace, 0.8))
        step = replace(step, end=self.time, last_play=self.renderer.num_plays - 1)
        self.steps.append(step)
        for observer in self.observers:
            observer.step_ended(self, step)

    def _turn_page(self, title: str, caption: Said, subtitle: Said | None, keep: Iterable[Mobject] | None) -> None:
        """Old caption out, new one in; the heading changes when it has to."""
        frame = self.frame
        heading = Heading(title, subtitle or (self.heading.subtitle if self.heading else ""), frame.width)
        heading.move_to((frame.left + heading.width / 2, frame.top - heading.height / 2, 0))
        new_caption = Caption(caption, frame.width)
        new_caption.move_to((0, frame.bottom + 0.5, 0))
        old = [m for m in (self.heading, self.caption) if m is not None]
        gone = [] if keep is None else [m for m in self.mobjects if m not in old and not _among(m, keep)]
        self.heading, self.caption = heading, new_caption
        leave, come = squish_rate_func(smooth, 0, 0.5), squish_rate_func(smooth, 0.4, 1)
        self.play(
            *[FadeOut(m, rate_func=leave) for m in (*old, *gone)],
            *[FadeIn(m, rate_func=come) for m in (heading, new_caption)],
            run_time=SWAP,
        )

    def play(self, *animations: Any, **kwargs: Any) -> None:
        """As Manim's, with all run times scaled by the pace."""
        if self.options.pace != 1.0:
            compiled = self.compile_animations(*animations, **kwargs)
            for animation in compiled:
                animation.set_run_time(animation.get_run_time() * self.options.pace)
            animations, kwargs = tuple(compiled), {}
        super().play(*animations, **kwargs)
        for observer in self.observers:
            observer.played(self)

    def wait(self, duration: float = 1.0, *args: Any, **kwargs: Any) -> None:
        """As Manim's, but whole frames, so that what is counted is what is written."""
        rate = config.frame_rate
        super().wait(max(round(duration * rate), 1) / rate, *args, **kwargs)
        for empty in [m for m in self.mobjects if type(m) is Mobject]:  # Manim leaves one for each wait
            self.mobjects.remove(empty)


def _among(mobject: Mobject, kept: Iterable[Mobject]) -> bool:
    family = [member for m in kept for member in m.get_family()]
    return any(member in family for member in mobject.get_family())
