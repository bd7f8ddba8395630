"""A short sentence for each name of a head, in which such a head can be seen at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor
from model.study.heads.scores import HeadScore

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

EXAMPLES = {  # name → text, and the word that looks, by its place
    "previous-token": ("The wolf roamed the dark forest", 2),
    "first-token": ("The wolf roamed the dark forest", 5),
    "duplicate-token": ("red dog apple red", 3),
    "induction": ("red dog apple red", 3),
    "adjective→noun": ("The small fluffy blue dog", 4),
    "subject→verb": ("The keys on the table", 4),
    "noun→pronoun": ("The boy slept because he", 4),
}
STACK_EXAMPLES = {  # the same of an encoder–decoder: what its encoder reads, the place in the stack’s own text
    "encoder": {
        "previous-token": ("The king has an old dog .", 5),
        "next-token": ("The king has an old dog .", 3),
        "first-token": ("The king has an old dog .", 2),
        "noun→pronoun": ("The dog sang because it was tired .", 4),
    },
    "decoder": {"previous-token": ("The king has an old dog .", 4), "first-token": ("The king has an old dog .", 5)},
}
Example = tuple[tuple[str, ...], Tensor, int]  # tokens, the weights of the word that looks, its position


def example_of(lesson: MultiHead, score: HeadScore) -> Example | None:
    """Where the best head for a name looks in that name's sentence; None where the words are no tokens here."""
    examples = STACK_EXAMPLES[lesson.stack] if lesson.stack else EXAMPLES
    if score.name not in examples:
        return None
    text, position = examples[score.name]
    trace = lesson.run(lesson.model_asked, text)
    if lesson.stack != "decoder" and len(trace.tokens) != len(text.split()) or trace.unknown:
        return None
    layer, head = score.best
    return trace.tokens, trace[f"blocks.{layer}.attn.pattern"][head, position], position
