"""A lesson that follows one query of one head."""

from __future__ import annotations

from model.study.choice import telling_row
from scenes.lesson.lesson import TextLesson
from scenes.lesson.runs import MOST_RUNS, second_runs


class AttentionLesson(TextLesson):
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
        tried = config.kind == "decoder" and len(heads) <= MOST_RUNS
        without = second_runs(self.model_asked, self.trace.info["text"], heads) if tried else None
        return telling_row(self.trace, (options.layer, options.head, options.token), without)
