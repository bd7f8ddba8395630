"""A lesson that follows one query of one head."""

from __future__ import annotations

from model.numbers.trace import Trace
from model.study.choice import telling_row
from scenes.lesson.runs import MOST_RUNS, second_runs
from scenes.lesson.stacks import StackLesson


class AttentionLesson(StackLesson):
    """`layer`, `head`, `position` (of the query): what was asked for, or the most telling by a stated `measure`."""

    def prepare(self) -> None:
        super().prepare()
        layer, head, query, self.measure = self.telling()
        shape = self.trace.config
        self.layer = self.within("layer", layer, shape.n_layers)
        self.head = self.within("head", head, shape.n_heads)
        self.position = self.within("token", query, len(self.trace.tokens))

    def telling(self) -> tuple[int, int, int, float]:
        """(layer, head, query, measure): the most telling row of attention among those that the options allow.

        By consequence where the model foretells a next word and has no more than MOST_RUNS heads to switch off."""
        config, options = self.trace.config, self.options
        heads = tuple((layer, head) for layer in range(config.n_layers) for head in range(config.n_heads))
        tried = self.whole.config.kind != "encoder" and len(heads) <= MOST_RUNS
        without = self.without(heads) if tried else None
        return telling_row(self.trace, (options.layer, options.head, options.token), without, self.places)

    def without(self, heads: tuple[tuple[int, int], ...]) -> dict[tuple[int, int], Trace]:
        """The whole runs without each of the heads (layer, head) of the stack that is shown."""
        source = self.text_asked if self.stack else None
        return second_runs(self.model_asked, self.whole.info["text"], heads, source, self.stack)

    @property
    def places(self) -> list[int]:
        """For each word of the text, where the next word that it helps to foretell is read off."""
        return [self.place_of(k) for k in range(len(self.trace.tokens))]
