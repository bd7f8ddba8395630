"""Steps: one idea, one Manim section, one caption, one chapter mark and one pause of the preview."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from manim import Animation, FadeIn, FadeOut, Mobject, Transform, config, linear, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Caption, Heading
from scenes.kit.moves.handover import hand_over
from scenes.kit.moves.reveal import Emerge
from scenes.kit.words.card import QuestionCard
from scenes.lesson.claims import Fact
from scenes.lesson.notes import notes_for
from scenes.lesson.observer import Observer
from scenes.lesson.options import Options
from scenes.lesson.quiz import Asked, Name, Question, how_much, which
from scenes.lesson.stage import StagedScene

READING, FIGURE = 13.0, 0.3  # characters a second; seconds more for every number (BBC subtitle guidelines: 13–15)
SWAP = 0.6  # seconds in which one caption gives way to the next
THINK = 3.0  # seconds in which a viewer thinks about a question that has been read
GO = 0.4  # seconds in which what a step does not keep leaves, while its first things come
NUMBER = re.compile(r"\d[\d.,]*")
AWAY = squish_rate_func(smooth, 0, 0.5)
LEAVE, COME = squish_rate_func(smooth, 0, 0.6), squish_rate_func(smooth, 0.3, 0.9)


def reading_time(text: str) -> float:
    """Seconds that it takes to read a caption."""
    return len(text) / READING + FIGURE * len(NUMBER.findall(text))


def leave(*mobjects: Mobject) -> list[FadeOut]:
    """They fade out in the first half of a play, so that what comes in the other half is not seen through them."""
    return [FadeOut(m, rate_func=LEAVE) for m in mobjects]


def come(*mobjects: Mobject) -> list[FadeIn]:
    """They fade in as others `leave`."""
    return [FadeIn(m, rate_func=COME) for m in mobjects]


def give_way(gone: Iterable[Mobject], *new: Mobject) -> list[Animation]:
    """Some leave, others come; what is pale is seen a while with what goes, so that the stage does not go dark."""
    going, coming = squish_rate_func(smooth, 0, 0.85), squish_rate_func(smooth, 0.25, 0.8)
    return [*[FadeOut(m, rate_func=going) for m in gone], *[FadeIn(m, rate_func=coming) for m in new]]


def grow_after(
    scene: SteppedScene,
    gone: Iterable[Mobject],
    bars: Painted,
    *new: Mobject,
    lag: float = 0.3,
    run_time: float = 2.4,
    there: Iterable[int] = (),
    name: str = "values",
) -> None:
    """What was there leaves; then the bars come and grow, with what is new beside them, all in one play. there: those
    that are known already; name: of what grows, as `Grow` takes it."""
    scene.play(*[FadeOut(m, rate_func=squish_rate_func(smooth, 0, 0.3)) for m in gone],
               *[FadeIn(m, rate_func=squish_rate_func(smooth, 0.1, 0.3)) for m in new],
               Emerge(bars, name, lag=lag, least=0.02, after=0.08, there=there), run_time=run_time)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A caption as it stood, from `start` to `end` in seconds of the film. kind: "tells", "asks", "answers" or "quiz"
    (a question to the viewer, on its card)."""

    text: str
    start: float
    end: float
    kind: str = "tells"


@dataclass(frozen=True)
class Step:
    """What was shown when: times in seconds of the finished video, plays as Manim counts them.

    caption: what is said at its end. lines: every caption that stood, in order (a question, then its answer). notes:
    what a speaker may say; the lines where there are none. quiz: what the viewer is asked before it, and sees in it."""

    index: int
    name: str
    caption: str
    notes: str
    start: float
    first_play: int
    end: float = 0.0
    last_play: int = 0
    lines: tuple[Line, ...] = ()
    quiz: Asked | None = None


class SteppedScene(StagedScene):
    """A scene made of named steps. `observers` are told when one starts and ends, and after every play."""

    def __init__(self, options: Options | None = None, renderer: Any = None, **kwargs: Any):
        super().__init__(options, renderer, **kwargs)
        self.observers: list[Observer] = []
        self.steps: list[Step] = []
        self.notes_variant = ""  # of what is shown: notes.VARIANT.yaml goes before notes.yaml
        self.questions: dict[int, Question] = {}  # to the viewer, by the step that answers them
        self.phrases: dict[str, Any] = {}  # fields that every caption and subtitle may use, such as {where}
        self.claims: tuple[Fact, ...] = ()  # of the step that plays
        self.heading: Heading | None = None
        self.caption: Caption | QuestionCard | None = None
        self.leaving: list[Mobject] = []  # what the step that begins does not keep

    @contextmanager
    def step(
        self,
        name: str,
        /,
        caption: str | None = None,
        *,
        ask: str | None = None,
        subtitle: str | None = None,
        keep: Iterable[Mobject] | None = None,
        claims: Iterable[Fact] = (),
        quiz: Question | None = None,
        **fields: Any,
    ) -> Iterator[Step]:
        """One idea. Its name, `caption`, `ask`, `subtitle`: templates for `say`, filled with the fields (Tensors, ints,
        words).

        ask: a question that stands while things move; `answer` takes its place when what it asks for has landed. A
        step has a caption or a question. keep: the mobjects that stay on the stage; all others leave as the step's
        first things come, so that the stage is never empty (None: all stay). claims: what makes words such as “most”
        and “gains” true (scenes.lesson.claims); the audit computes them. quiz: what the viewer is asked before
        the step, which answers it (`self.quiz`). Each caption stands at least as long as it takes to read."""
        template = ask if caption is None else caption
        if template is None:
            raise TypeError(f"the step “{name}” says nothing: give it a caption or ask something")
        fields = self.phrases | fields
        said = (template if isinstance(template, Said) else say(template, **fields)).begun()
        title = name if isinstance(name, Said) else say(name, **fields)
        self.next_section(str(title))
        classes = [c for c in type(self).__mro__ if issubclass(c, SteppedScene)]
        notes = notes_for(classes, name, fields, self.notes_variant)
        step = Step(len(self.steps), str(title), str(said), notes or str(said), self.time, self.renderer.num_plays)
        quiz = None if self.options.questions is False else quiz
        if quiz is not None:
            self.questions[step.index], step = quiz, replace(step, quiz=quiz.asked)
        self._fields: dict[str, Any] = fields
        self._lines: list[Line] = []
        self.claims = tuple(claims) if quiz is None else (*claims, quiz.fact)
        for observer in self.observers:
            observer.step_started(self, step)
        if quiz is not None and self.options.questions:
            self._ask(quiz)
        begun = self.time
        self._turn_page(title, said, None if subtitle is None else say(subtitle, **fields), keep)
        self._said = said, begun, self.time, "asks" if caption is None else "tells"
        yield step
        self._read()
        lines = (*self._lines, self._line())
        last = self.renderer.num_plays - 1
        notes = notes or " ".join(line.text for line in lines)
        step = replace(step, caption=lines[-1].text, notes=notes, end=self.time, last_play=last, lines=lines)
        self.steps.append(step)
        for observer in self.observers:
            observer.step_ended(self, step)

    def answer(self, caption: str, **fields: Any) -> None:
        """What the step's question asked for has landed: the answer takes the question's place.

        Filled with the step's fields and these. The question has been there long enough to be read."""
        self._read(rest=0.0)
        self._lines.append(self._line())
        said, begun = say(caption, **self._fields | fields).begun(), self.time
        new = self._placed(said)
        old, self.caption = self.caption, new
        self.play(*leave(old), *come(new), run_time=SWAP)
        self._said = said, begun, self.time, "answers"

    def quiz(
        self,
        text: str,
        row: Tensor,
        name: Name | None = None,
        *,
        among: Sequence[int] | None = None,
        smallest: bool = False,
        place: int | None = None,
        spec: str = ".0%",
        **fields: Any,
    ) -> Question | None:
        """A question to the viewer, for `step(quiz=…)`; None where there is nothing to choose. text: a template.

        Which of a row [n] is largest, or smallest: name: what a place is called; among: the places that count. Or, with
        `place`: which number stands there, written by `spec`."""
        said = say(text, **self.phrases | fields).begun()
        if place is not None:
            return how_much(said, row, place, spec)
        if name is None:
            raise TypeError(f"“{said}” has no answers: say what a place is called, or which place is asked for")
        return which(said, row, name, among, smallest)

    def _ask(self, question: Question) -> None:
        """The card of a question takes the caption's place; when it has been read there is time to think."""
        begun, room = self.time, self.stage.bottom - self.frame.bottom
        card = QuestionCard(question.text, question.answers, self.frame.width, room - 0.15)
        card.move_to((0, self.frame.bottom + room / 2 - 0.05, 0))
        old, self.caption = self.caption, card
        self._show(*leave(*[old] if old is not None else []), *come(card), run_time=SWAP)
        self.wait(reading_time(card.said))
        self._show(Transform(card, card.over()), run_time=THINK, rate_func=linear)
        self._lines.append(Line(card.said, begun, self.time, "quiz"))

    def _read(self, rest: float = 0.8) -> None:
        """Wait until what is said has been read, and at least `rest` seconds."""
        said, _, shown, _ = self._said
        left = reading_time(said) - (self.time - shown) / self.options.pace
        if max(left, rest) > 0:
            self.wait(max(left, rest))

    def _line(self) -> Line:
        said, start, _, kind = self._said
        return Line(str(said), start, self.time, kind)

    def _placed(self, said: Said) -> Caption:
        caption = Caption(said, self.frame.width)
        return caption.move_to((0, self.frame.bottom + 0.5, 0))

    def _turn_page(self, title: str, caption: Said, subtitle: Said | None, keep: Iterable[Mobject] | None) -> None:
        """Old caption out, new one in; the heading changes when it has to."""
        frame = self.frame
        heading = Heading(title, subtitle or (self.heading.subtitle if self.heading else ""), frame.width)
        heading.move_to((frame.left + heading.width / 2, frame.top - heading.height / 2, 0))
        new_caption = self._placed(caption)
        old = [m for m in (self.heading, self.caption) if m is not None]
        gone = [] if keep is None else [m for m in self.mobjects if m not in old and not _among(m, keep)]
        self.heading, self.caption = heading, new_caption
        self.leaving = gone
        self._show(*leave(*old), *come(heading, new_caption), run_time=SWAP)

    def play(self, *animations: Any, **kwargs: Any) -> None:
        """As Manim's, with all run times scaled by the pace. What the step does not keep leaves with its first play."""
        leaving, self.leaving = self.leaving, []
        if leaving:
            compiled = self.compile_animations(*animations, **kwargs)
            moved = [animation.mobject for animation in compiled]
            gone = [m for m in leaving if m in self.mobjects and not _among(m, moved)]
            animations, kwargs = (*compiled, *[FadeOut(m, run_time=GO) for m in gone]), {}
        self._show(*animations, **kwargs)

    def giving_way(self) -> list[FadeOut]:
        """What the step does not keep leaves in the first part of a play in which something comes `after` it."""
        leaving, self.leaving = self.leaving, []
        return [FadeOut(m, rate_func=AWAY) for m in leaving if m in self.mobjects]

    def _show(self, *animations: Any, **kwargs: Any) -> None:
        """Play it, and tell the observers. What comes where something leaves waits until that has gone."""
        compiled = self.compile_animations(*animations, **kwargs)
        if self.options.pace != 1.0:
            for animation in compiled:
                animation.set_run_time(animation.get_run_time() * self.options.pace)
        super().play(*hand_over(compiled, self.get_mobject_family_members()))
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
