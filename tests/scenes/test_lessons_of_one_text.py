"""Lessons on a model that reads one text, asked for with the translator: one clear line."""

import pytest

from model import UsageError, run
from scenes import course
from scenes.lesson import Options
from scenes.lesson.runs import run_in_words


@pytest.mark.parametrize(
    "entry", [entry for entry in course() if entry.model != "translator"], ids=lambda entry: entry.id
)
def test_a_lesson_on_one_text_says_that_the_translator_reads_another(entry):
    with pytest.raises(UsageError) as told:
        entry.load()(Options(model="translator"))
    assert "this model translates" in str(told.value) and "\n" not in str(told.value)


def test_a_run_says_in_which_stack_a_head_is_off():
    for stack, words in (
        ("encoder", "head 2 of the encoder"),
        ("cross", "look at the encoder"),
        ("decoder", "head 2 on"),
    ):
        trace = run("translator", "le chat", source="the cat", ablate=[(1, 2)], stack=stack)
        assert words in f"{run_in_words(trace)} on"
