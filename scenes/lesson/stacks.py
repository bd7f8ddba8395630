"""Lessons on an encoder–decoder: on both of its stacks, or on one of them (or a model of its own)."""

from __future__ import annotations

from typing import Any

from model.numbers.half import Half
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.choice import looked_at_after
from scenes.kit.ground.say import Said, say
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson, call
from scenes.lesson.options import STACKS, Choice
from scenes.lesson.runs import made, trace_of, translation_of


class TranslationLesson(TextLesson):
    """A lesson on one translation: `trace`, of the user's text, which the encoder reads, and the words that the model
    writes of it, the likeliest one after the other.

    `source`, `target`: both as texts; `source_words`: what the encoder reads, `words`: <start> and what is written, as
    they are shown. tokens: how many the source may have. A token that is asked for is one of the source."""

    model = "translator"
    whole_translator = True
    text = "The animal did not cross the street because it was too tired."
    source: str
    target: str
    source_words: list[str]

    def prepare(self) -> None:
        super().prepare()
        self.source_words = [display(token) for token in self.trace.source_tokens]

    def make_trace(self) -> Trace:
        """Translate the text; UsageError for a model that does not, for words that it does not know, for a sentence
        without a mark at its end, and for one of more or fewer tokens than the lesson shows."""
        self.source = self.text_asked
        self.target = translation_of(self.model_asked, self.source)
        trace = trace_of(self.model_asked, self.target, source=self.source)
        self.check_length(trace.source_tokens)
        return trace

    def translation(self, source: str, target: str | None = None, **changes: Any) -> Trace:
        """The run of another pair of texts, whose numbers may be shown (target: else what the model writes)."""
        target = translation_of(self.model_asked, source) if target is None else target
        return self.run(self.model_asked, target, source=source, **changes)

    def choices(self) -> dict[str, Choice]:
        found = super().choices()
        return found | ({"token": Choice.of_words(self.position, self.source_words)} if "token" in found else {})

    def called_source(self, position: int) -> Said:
        """How a caption speaks of a word of the source."""
        return call(self.source_words, position)


class StackLesson(TextLesson):
    """`trace` is what one stack computes; `whole`, the run that it is of, foretells the next word.

    Of an encoder–decoder, the encoder reads the text, unless --stack says decoder: that reads the translation which the
    model writes of it, the likeliest word each time. Of other models `whole` is `trace`."""

    stacks = True
    translated = "The animal did not cross the street because it was too tired."
    whole: Trace

    def prepare(self) -> None:
        super().prepare()
        if self.translates:
            self.controls = ("stack", *self.controls)
            self.phrases |= dict(stack=self.stack)
            self.notes_variant = str(self.stack)

    @property
    def stack(self) -> str | None:
        """Which stack is shown: "encoder" or "decoder"; None of a model that is one stack."""
        return (self.options.stack or STACKS[0]) if self.translates else None

    @property
    def prefix(self) -> str:
        """What the stack's tensors are called after: "encoder.", "decoder." or nothing."""
        return f"{self.stack}." if self.stack else ""

    @property
    def of_stack(self) -> str:
        """What a subtitle says after the model's name: which of its stacks is shown, if it has two."""
        return " · {stack}" if self.stack else ""

    def make_trace(self) -> Trace:
        if self.stack is None:
            self.whole = super().make_trace()
            return self.whole
        source = self.text_asked
        self.whole = self.keep_run(trace_of(self.model_asked, translation_of(self.model_asked, source), source=source))
        trace = self.part_of(self.whole)
        self.check_length(trace.tokens)
        return trace

    def part_of(self, whole: Trace) -> Trace:
        """What the stack that is shown computes in a run."""
        return Half.of(whole, self.stack) if self.stack else whole

    def run(self, model: str, text: str, **changes: Any) -> Trace:
        """A forward pass whose numbers are shown; of an encoder–decoder, the part of the stack that is shown, and
        `text` is what the encoder reads."""
        if self.stack is None or model != self.model_asked:
            return super().run(model, text, **changes)
        written = translation_of(model, text)
        return self.part_of(self.keep_run(trace_of(model, written, source=text, **changes)))

    # ── what comes next ──────────────────────────────────────────────────────────────────────────
    def place_of(self, position: int) -> int:
        """After which word the next one is told: the word itself, or, of a word of an encoder, the written word after
        which the decoder looks at it most."""
        return looked_at_after(self.whole, position) if self.stack == "encoder" else position

    def next_word(self, run: Trace, position: int) -> Tensor:
        """The probabilities of the next word that a run foretells for a word of the text. [vocab]"""
        whole = run.whole if isinstance(run, Half) else run
        return whole["probs"][self.place_of(position)]

    def before_next(self, position: int) -> Said:
        """How a caption speaks of the word after which that next word comes."""
        if self.stack is None:
            return say("“{w}”", w=self.words[position])
        return call([display(token) for token in self.whole.tokens], self.place_of(position))

    def called_next(self, id: int) -> Said:
        return say("“{w}”", w=display(self.whole.vocabulary[id]))

    def making(self, cell: Any) -> str | None:
        return made(cell, self.whole, self.traces)

    def choices(self) -> dict[str, Choice]:
        return self.choice_of_stack() | super().choices()

    def choice_of_stack(self) -> dict[str, Choice]:
        """That of the stack, where there are two."""
        return {"stack": Choice(STACKS.index(self.stack), STACKS)} if self.stack else {}
