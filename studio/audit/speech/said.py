"""The check of what is said: captions, headings and labels name what is on the screen, and claim what is so.

What a step shows is known by its tensors: which recorded ones they come from, at which places, of which run. Names in a
text (a tensor, "layer 2", a word in quotes, a model, a temperature) are looked for among them when the step ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.encodings import Encoding
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said
from scenes.kit.ground.text import Caption, Formula, Heading, Label
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import CLAIMED, Fact
from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step
from studio.audit.checks.check import Check
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Screen, is_painted
from studio.audit.speech.carried import check_carried, check_exchanged
from studio.audit.speech.laws import check_hidden, check_laws, check_owners, check_sides, check_sizes
from studio.audit.speech.names import (
    check_counter,
    check_grey_line,
    check_moments,
    check_order,
    check_runs,
    check_then,
    check_without,
)
from studio.audit.speech.places import Where
from studio.audit.speech.sides import check_called, check_heads_of, check_models, check_said_of
from studio.audit.speech.symbols import check_rows, check_symbol
from studio.audit.speech.words import Sentence, check_label, check_sentence


class Speech(Check):
    """Collects what a step shows, and compares its texts with that when the step ends."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.where = Where(self.sources.traces)
        self.tensors_of: dict[int, tuple[Painted, list[Any]]] = {}  # by the mobject's id
        self.drawn_by: dict[int, list[Encoding]] = {}
        self.start()

    def start(self) -> None:
        self.shown: dict[int, Any] = {}  # tensors of the step that plays, by id
        self.labels: dict[str, Said] = {}
        self.formulas: set[str] = set()
        self.captions: dict[str, Said] = {}
        self.drawn: dict[int, Encoding] = {}  # by id
        self.words: dict[int, int] = {}  # how many words stand in a row that has a ⋯, by the row's id
        self.bars: list[Any] = []  # tensors of those that stand there

    def step_started(self, step: Step) -> Iterator[Defect]:
        self.start()
        return iter(())

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for trace in self.lesson.traces:
            self.sources.add(trace)
        if isinstance(self.lesson.caption, Caption):  # a card's question is none: see `answered`
            self.captions[str(self.lesson.caption.text)] = self.lesson.caption.text
        for mobject in screen.mobjects:
            if not is_painted(mobject) or isinstance(mobject, (Caption, Heading)):
                continue
            if id(mobject) in screen.changed or id(mobject) not in self.tensors_of:
                self.tensors_of[id(mobject)] = mobject, tensors_in(mobject, screen)
                self.drawn_by[id(mobject)] = [e for mark in screen.marks(mobject) for e in mark.shows]
            self.drawn |= {id(encoding): encoding for encoding in self.drawn_by[id(mobject)]}
            self.shown |= {id(tensor): tensor for tensor in self.tensors_of[id(mobject)][1]}
            if isinstance(mobject, Label):
                if id(mobject) in screen.changed:
                    yield from (d.at(mobject.get_center()) for d in check_called(mobject, self.lesson.sides))
                    yield from (d.at(mobject.get_center()) for d in check_without(mobject.text, self.where))
                self.labels[str(mobject.text)] = mobject.text
            if isinstance(mobject, (TokenRow, SentenceStrip)):
                texts = [reading.text for reading in screen.readings[id(mobject)]]
                self.words |= {id(mobject): len(texts) - texts.count("⋯")} if "⋯" in texts else {}
            if isinstance(mobject, Formula):
                self.formulas.add(mobject.source)
            if id(mobject) in screen.changed:
                middle = mobject.get_center()
                if isinstance(mobject, Formula):
                    yield from (d.at(middle) for d in check_symbol(mobject, screen, self.where))
                yield from (d.at(middle) for d in check_rows(mobject, self.where))
        bars = [mobject for mobject in screen.mobjects if isinstance(mobject, ProbabilityBars) and is_painted(mobject)]
        self.bars = [tensor for mobject in bars for tensor in self.tensors_of[id(mobject)][1]]
        there = [self.tensors_of[id(m)] for m in screen.mobjects if id(m) in self.tensors_of]
        for label in [m for m, _ in there if isinstance(m, Label) and id(m) in screen.changed]:
            yield from check_counter(label.text, [tensor for _, tensors in there for tensor in tensors], self.where)

    def step_ended(self, step: Step) -> Iterator[Defect]:
        heading, caption = self.lesson.heading, self.lesson.caption
        if heading is None or caption is None:
            return
        shown, title, grey = list(self.shown.values()), heading.title, heading.subtitle
        spoken = Sentence.of(caption.text).tensors
        facts = [tensor for fact in self.lesson.claims for tensor in fact.of]
        yield from check_grey_line(grey, shown, self.formulas, self.where)
        yield from check_order(grey, shown)
        yield from check_then(grey, self.bars, self.where)
        for text in (title, grey, *self.captions.values(), *self.answered(step)):
            yield from check_runs(text, [*shown, *spoken], self.where)
            yield from check_sentence(Sentence.of(text), grey, (spoken, facts, shown), self.where)
            yield from check_sizes(text, [*shown, *spoken, *facts], self.where)
            yield from check_said_of(text, self.lesson.sides, self.where.traces)
            yield from check_models(text, self.lesson.sides, self.where.traces)
            yield from check_heads_of(text, Sentence.of(text).tensors, self.lesson.sides, self.where)
            yield from check_carried(text, [*shown, *spoken], self.bars, self.where)
            yield from check_exchanged(text, self.bars, self.where)
            yield from check_laws(text, self.drawn.values())
            yield from check_hidden(text, self.drawn.values(), self.words.values(), self.where)
            yield from check_sides(text, shown)
            yield from check_owners(text, [*shown, *spoken], self.where)
        for text in self.labels.values():
            yield from check_label(text, shown, self.where)
            yield from check_moments(text, self.where)
            yield from check_models(text, self.lesson.sides, self.where.traces)
        yield from self.claims((caption.text, grey))

    def answered(self, step: Step) -> list[Said]:
        """The question to the viewer with its right answer, where that is a number, as one sentence."""
        asked = self.lesson.questions.get(step.index)
        if asked is None or not any(isinstance(span.value, Tensor) for span in asked.answers[asked.right].spans):
            return []
        return [asked.text + " " + asked.answers[asked.right]]

    def claims(self, texts: tuple[Said, ...]) -> Iterator[Defect]:
        """The step's facts, computed again; a word that none of them proves."""
        for fact in self.lesson.claims:
            if (problem := self.untrue(fact, texts)) is not None:
                yield Defect("false claim", f"it is not so that {fact.told}{problem}")
        proved = {word for fact in self.lesson.claims for word in fact.words}
        for text in texts:
            for word in dict.fromkeys(match[1].lower() for match in CLAIMED.finditer(text)):
                if word not in proved:
                    yield Defect("unproved word", f"“{word}” in “{text}” is proved by no claim of the step")

    def untrue(self, fact: Fact, texts: tuple[Said, ...]) -> str | None:
        """Why a fact is none; None where it is one."""
        values = [self.sources.again(tensor) for tensor in fact.of]
        self.sources.forget(fact.of)
        for value in values:
            if isinstance(value, str):
                return f": {value}"
        if not fact.field:
            return None if fact.holds(*values) else ""
        said = [s.value for text in texts for s in getattr(text, "spans", ()) if s.name == fact.field]
        wrong = [one for one in said if not fact.holds(one, *values)]
        return f" ({wrong[0]})" if wrong else None


def tensors_in(mobject: Painted, screen: Screen) -> list[Any]:
    """The tensors whose numbers a mobject shows, as digits or as shapes."""
    shown: list[Any] = [number.value for reading in screen.readings[id(mobject)] for number in reading.numbers]
    shown += [encoding.cell for mark in screen.marks(mobject) for encoding in mark.shows]
    tensors = {
        id(what.tensor): what.tensor
        for what in shown
        if isinstance(what, (Cell, Cells)) and isinstance(what.tensor, Tensor)
    }
    return list(tensors.values())
