"""A lesson on one stack: a model of its own, or the encoder or the decoder of an encoder–decoder."""

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
