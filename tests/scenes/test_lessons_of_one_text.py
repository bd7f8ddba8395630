"""Lessons on a model that reads one text, asked for with the translator: one clear line."""

import pytest

from model import UsageError, run
from scenes import course
from scenes.lesson import Options
from scenes.lesson.runs import run_in_words

ON_STACKS = ("embedding", "position", "attention", "heads")


@pytest.mark.parametrize(
    "entry",
    [entry for entry in course() if entry.model != "translator" and entry.id not in ON_STACKS],
    ids=lambda entry: entry.id,
)
def test_a_lesson_on_one_stack_says_which_take_the_translator(entry):
    with pytest.raises(UsageError, match="translator translates with two") as told:
        entry.load()(Options(model="translator"))
    assert all(lesson in str(told.value) for lesson in ON_STACKS) and "\n" not in str(told.value)


@pytest.mark.parametrize(("lesson", "model"), [("attention", None), ("cross_attention", None), ("mlp", "tiny")])
def test_a_stack_is_asked_for_where_there_are_two_to_choose_from(lesson, model):
    entry = next(entry for entry in course() if entry.id == lesson)
    with pytest.raises(UsageError, match="--stack is for attention, heads, embedding and position") as told:
        entry.load()(Options(model=model, stack="decoder"))
    assert "\n" not in str(told.value)


def test_a_run_says_in_which_stack_a_head_is_off():
    for stack, words in (
        ("encoder", "head 2 of the encoder"),
        ("cross", "look at the encoder"),
        ("decoder", "head 2 on"),
    ):
        trace = run("translator", "le chat", source="the cat", ablate=[(1, 2)], stack=stack)
        assert words in f"{run_in_words(trace)} on"
