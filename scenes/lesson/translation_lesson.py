"""A lesson on an encoder–decoder: what it reads, and what it writes of it."""

from __future__ import annotations

from typing import Any

from model.numbers.trace import Trace
from scenes.kit.ground.say import Said
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson, call
from scenes.lesson.options import Choice
from scenes.lesson.runs import trace_of, translation_of


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
