"""What a lesson is: a Manim scene made of named steps that draws recorded runs of a model.

    class SelfAttention(AttentionLesson):
        def construct(self):
            self.scores()
            ...

        def scores(self):
            with self.step("Scores", "The query of “{word}” meets every key.", word=self.word):
                self.play(...)

`Lesson` draws whatever runs it asks for, `TextLesson` one run on the user's text, `AttentionLesson` (a file of its
own) follows one query of one head in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import Transform

from model.errors import UsageError
from model.numbers.trace import Trace
from model.runs.stacks import is_translator
from model.text.blanks import hint_of_blanks
from scenes.kit.ground.say import Said, say
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.options import Choice, Options
from scenes.lesson.runs import made, trace_of, words_known
from scenes.lesson.steps import SteppedScene

ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth"),
)
ON_STACKS = "attention, heads, embedding and position"  # lessons with `stacks`
DIM = 0.25  # of words that are not spoken of


def call(words: Sequence[str], position: int) -> Said:
    """How a caption speaks of one of these words: “dog”, or the second “dog” where it stands there again."""
    word = words[position]
    same = [k for k, other in enumerate(words) if other == word]
    told = say("“{w}”", w=word)
    if len(same) > len(ORDINALS):
        return told + say(" at position {i}", i=position)
    return told if len(same) == 1 else Said(f"the {ORDINALS[same.index(position)]} ") + told


class Lesson(SteppedScene):
    """Base of all lessons: asks for runs in `prepare`, draws them in `construct`.

    controls: which of "layer", "head", "token", "temperature", "seed" the viewer can choose.
    names: words with digits in them that captions may use and that name things, such as GPT-2. stacks: whether it can
    show one stack of an encoder–decoder; `translated` is then its own text for such a model. whole_translator: whether
    it shows a whole one."""

    controls: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    text = "A fluffy blue creature roamed the verdant forest"
    model = "tiny"
    stacks = False
    whole_translator = False
    translated = ""

    def __init__(self, options: Options | None = None, renderer: Any = None, **kwargs: Any):
        super().__init__(options, renderer, **kwargs)
        self.traces: list[Any] = []  # every run that numbers on screen come from
        self.sides: dict[str, list[str]] = {}  # what runs are called on screen, “A”, and the ids of those runs
        self.check_stacks()
        with self.style.used():
            self.prepare()

    def check_stacks(self) -> None:
        """UsageError for an encoder–decoder that this lesson cannot show, and for a stack where there is no choice."""
        if self.translates and not self.stacks and not self.whole_translator:
            raise UsageError(
                f"{type(self).__name__} shows models of one stack, and {self.model_asked} translates with two: "
                f"of the lessons of one stack, {ON_STACKS} take it."
            )
        if self.options.stack and not (self.translates and self.stacks):
            why = "shows both stacks" if self.translates else f"shows {self.model_asked}, which is one stack"
            raise UsageError(f"--stack is for {ON_STACKS} with -m translator; {type(self).__name__} {why}.")

    def prepare(self) -> None:
        """Run the models whose numbers are shown, and settle what is shown of them."""

    def choices(self) -> dict[str, Choice]:
        """The options that number something here, such as the layer."""
        return {}

    @property
    def text_asked(self) -> str:
        """The text that the user asked for, else the lesson's own."""
        own = self.translated if self.translates and self.translated else self.text
        return self.options.text if self.options.text is not None else own

    @property
    def model_asked(self) -> str:
        """The checkpoint that the user asked for, else the lesson's own."""
        return self.options.model or self.model

    @property
    def translates(self) -> bool:
        """Whether the model is an encoder–decoder."""
        return is_translator(self.model_asked)

    def run(self, model: str, text: str, **changes: Any) -> Trace:
        """A forward pass whose numbers are shown (`changes`: as `model.run` takes them: `order`, `ablate` …)."""
        return self.keep_run(trace_of(model, text, **changes))

    def keep_run(self, trace: Any) -> Any:
        """Note that numbers on screen may come from this record (once, however often it is named)."""
        if all(trace.run_id != known.run_id for known in self.traces):
            self.traces.append(trace)
        return trace

    def within(self, name: str, default: int, size: int) -> int:
        """The option of that name if given (UsageError with the range if outside), else the default."""
        asked = getattr(self.options, name)
        if asked is None:
            return default
        if not 0 <= asked < size:
            raise UsageError(f"There is no {name} {asked}: {name}s go from 0 to {size - 1} here.")
        return asked

    def making(self, cell: Any) -> str | None:
        """In words, how a number on screen (a Cell of a reading) was made; else, which other run it is of."""
        return made(cell, getattr(self, "trace", None), self.traces)


class TextLesson(Lesson):
    """A lesson on one forward pass: `trace`, of the user's text; `words` as they are shown.

    tokens: how many a text may have, at least and at most; pieces: at most, for a model that reads pieces of words.
    predicts: whether it needs a model that predicts the next word. Where layer, head and token are among the
    `controls`, `prepare` sets `layer`, `head` and `position`."""

    tokens = (2, 24)
    pieces = 64
    predicts = False
    layer: int
    head: int
    position: int

    def prepare(self) -> None:
        self.trace = self.make_trace()
        self.keep_run(self.trace)
        self.words = [display(token) for token in self.trace.tokens]

    def make_trace(self) -> Trace:
        """Run the model on the text; UsageError if this lesson cannot show it."""
        trace = trace_of(self.model_asked, self.text_asked)
        self.check_length(trace.tokens)
        if self.predicts and trace.config.kind != "decoder":
            raise UsageError(f"{type(self).__name__} needs a model that predicts the next word.")
        return trace

    def check_length(self, tokens: Sequence[str]) -> None:
        """UsageError where a text has more or fewer tokens than the lesson shows."""
        least, most = self.tokens
        if not words_known(self.options.model or self.model):  # as it was asked for: `tokens` takes words for it
            most = max(most, self.pieces)
        if not least <= len(tokens) <= most:
            many = f"{len(tokens)} token{'s' if len(tokens) != 1 else ''}"
            hint = hint_of_blanks(tokens)
            why = f": {hint}" if hint else "."
            raise UsageError(f"This lesson shows texts of {least} to {most} tokens; this one has {many}{why}")

    def choices(self) -> dict[str, Choice]:
        """Those of layer, head and token that can be chosen."""
        config, found = self.trace.config, dict[str, Choice]()
        if "layer" in self.controls:
            found["layer"] = Choice.numbered(self.layer, config.n_layers)
        if "head" in self.controls:
            found["head"] = Choice.numbered(self.head, config.n_heads)
        if "token" in self.controls:
            found["token"] = Choice.of_words(self.position, self.words)
        return found

    def called(self, position: int) -> Said:
        """How a caption speaks of a word of the text: “dog”, or the second “dog” where it stands there again."""
        return call(self.words, position)

    def called_next(self, id: int) -> Said:
        """How a caption speaks of a word of the vocabulary, by its id."""
        return say("“{w}”", w=display(self.trace.vocabulary[id]))

    def unknown_words(self, row: TokenRow | SentenceStrip, reading: str = "so read as <unk>.", **fields: Any) -> None:
        """A step in which the words that the model does not know stand out for a moment.

        reading: how the sentence about them goes on; fields: of what is said in it."""
        with self.step(
            "Unknown words",
            "{words}: not among the words that {model} knows, " + reading,
            words=", ".join(f"“{self.words[k]}”" for k in self.trace.unknown[:3]),
            model=self.model_name,
            **fields,
        ):
            bright, dimmed = row.copy(), row.copy()
            others = [k for k in range(len(row.emphasis)) if k not in row.unknown]
            dimmed.emphasis[others] = np.minimum(dimmed.emphasis[others], DIM)
            self.play(Transform(row, dimmed), run_time=0.8)
            self.play(Transform(row, bright), run_time=0.8)

    @property
    def model_name(self) -> str:
        """What the model is called on screen."""
        return self.trace.info.get("checkpoint", self.model_asked)
