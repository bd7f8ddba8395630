"""Lies about induction: who looks where, what key and query are made of, what is copied, what a head is worth."""

from tests.lies.lie import Lie

CIRCUIT, COPYING = "scenes/lessons/induction/circuit.py", "scenes/lessons/induction/copying.py"
RANDOM, LESSON = "scenes/lessons/induction/random_words.py", "scenes/lessons/induction/lesson.py"
HEADS, STUDY = "scenes/lessons/induction/two_heads.py", "model/study/inside/induction.py"
LABEL, CLAIM, TEST = "wrong label", "false claim", "tests/scenes/lessons/test_induction.py"


def lie(what: str, where: str, old: str, new: str, kind: str, test: str | None = None) -> Lie:
    return Lie(what, where, old, new, "induction", kind, *([test] if test else []))
