"""Lies about one stack of a translator: whose words, whose numbers, and what its heads are called."""

from tests.lies.lie import Lie

ENCODER = {"model": "translator"}
STACK, CHOICE = "tests/scenes/lessons/test_stack_lessons.py", "tests/model/study/test_stack_scores.py"

LIES = [
    Lie(
        "English words beside the chances of French ones",
        "scenes/lesson/following.py",
        "words = lesson.whole.vocabulary if",
        "words = lesson.trace.vocabulary if",
        "attention",
        "wrong label",
        options=ENCODER,
    ),
    Lie(
        "the decoder's words in the encoder's table",
        "model/numbers/half.py",
        'whole.vocabulary_along(f"{prefix}W_E")',
        "whole.vocabulary",
        "embedding",
        "wrong label",
        options=ENCODER,
    ),
    Lie(
        "the head beside the one that is shown is off",
        "scenes/lessons/attention/lesson.py",
        "self.keep_run(self.without((pair,))[pair])",
        "self.keep_run(self.without(((pair[0], 0),))[pair[0], 0])",
        "attention",
        "false claim",
        options=ENCODER,
    ),
    Lie(
        "another stack's head is off",
        "scenes/lesson/attention_lesson.py",
        "heads, source, self.stack)",
        "heads, source, None)",
        "attention",
        "false claim",
        options=ENCODER,
    ),
    Lie(
        "a scaled embedding is the row itself",
        "scenes/lessons/embedding/lookup.py",
        "self.scene.play, self.trace.config.embed_scale",
        "self.scene.play, False",
        "embedding",
        "false claim",
        options=ENCODER,
    ),
    Lie(
        "the decoder looks at a word of which it says nothing",
        "model/study/choice.py",
        "mean(0)[:, position].argmax()",
        "mean(0)[:, position].argmin()",
        "attention",
        "test",
        CHOICE,
    ),
    Lie(
        "the share of another word of the source",
        "scenes/lessons/attention/lesson.py",
        "x=looks[self.position]",
        "x=looks[self.position - 1]",
        "attention",
        "false claim",
        options=ENCODER,
    ),
]
