"""A lesson on a translation: which texts and models it takes, what it knows of them, and the audit's words of both."""

import numpy as np
import pytest

from model.errors import UsageError
from scenes.kit.ground.readings import Cell, Reading
from scenes.kit.ground.say import say
from scenes.kit.words.tokens import display
from scenes.lesson import Options, TranslationLesson
from scenes.lesson.lesson import TextLesson
from studio.audit.checks.identity import names_of_cell
from studio.audit.checks.naming import _phrase, words_of
from studio.audit.checks.repeated import elsewhere, other_one
from studio.audit.speech.places import Where
from studio.audit.speech.words import check_counts

FAMOUS = "The animal did not cross the street because it was too {}."


def lesson(text=None, model=None):
    return TranslationLesson(Options(text=text, model=model))


@pytest.mark.parametrize(("adjective", "pronoun"), [("tired", "il"), ("wide", "elle")])
def test_it_translates_the_text_and_runs_the_model_on_both(adjective, pronoun):
    it = lesson(FAMOUS.format(adjective))
    assert it.source_words == [*FAMOUS.format(adjective)[:-1].split(), "."]
    assert it.words[0] == "<start>" and pronoun in it.words
    said = it.trace["probs"].values.argmax(-1)
    assert tuple(said[:-1]) == it.trace.ids[1:]  # it writes its likeliest word every time
    assert it.trace.vocabulary[said[-1]] == "<end>"


@pytest.mark.parametrize(
    ("text", "model", "told"),
    [
        (None, "tiny", "tiny does not translate"),
        ("The anmal slept.", None, "“anmal” (nearest: animal"),
        ("The animal slept", None, "ends with . or ?"),
        (" ".join(["The animal slept and"] * 6) + " the animal slept.", None, "texts of 2 to 24 tokens"),
    ],
)
def test_what_it_cannot_show_it_refuses_in_one_line(text, model, told):
    with pytest.raises(UsageError, match=told.replace("(", r"\(")) as refused:
        lesson(text, model)
    assert "\n" not in str(refused.value)


def test_lessons_of_one_text_refuse_the_translator():
    with pytest.raises(UsageError, match="translates with two"):
        TextLesson(Options(model="translator"))


def test_the_audit_knows_which_words_belong_to_which_stack():
    trace = lesson().trace
    pattern = trace["decoder.blocks.0.cross_attn.pattern"][0]
    it, il = trace.source_tokens.index("it"), trace.tokens.index("il")
    where = Where({trace.run_id: trace})
    assert where.words_of([pattern[il, it]]) == {"il", "it"}
    assert where.words_of([trace["memory"][it]]) == {"it"}
    assert where.words_of([trace["encoder.blocks.0.attn.pattern"][0, it, 1]]) == {"it", "animal"}
    names = names_of_cell(Cell(pattern, (il, it)), {trace.run_id: trace})
    assert list(words_of(names, "street", {trace.run_id: trace})) == ["it"]
    assert list(words_of(names, "rue", {trace.run_id: trace})) == ["il"]


def test_the_same_word_at_another_place_is_found_in_both_texts():
    trace = lesson("The dog saw the cat near the house.").trace
    row = [Reading(display(token), np.zeros((4, 2)), 1.0, np.zeros(3), 1.0) for token in trace.source_tokens]
    name, places = "encoder.blocks.0.attn.pattern", [k for k, t in enumerate(trace.source_tokens) if t == "the"]
    names = {"name": (name, trace.run_id), "key": (places[0], trace.run_id)}
    traces = {trace.run_id: trace}
    assert list(elsewhere(row, row[places[1]], names, traces)) and not list(
        elsewhere(row, row[places[0]], names, traces)
    )
    assert other_one(row, row[places[1]], {places[0]}, traces) == (places[1], places[0])


def test_a_phrase_and_a_count_of_tokens_may_be_of_what_is_read():
    trace = lesson().trace
    it, traces = trace.source_tokens.index("it"), {trace.run_id: trace}
    names = {"name": ("memory", trace.run_id), "position": (it, trace.run_id)}
    assert list(_phrase("… because it", names, traces)) == []
    assert list(_phrase("… because the", names, traces)) == [("… because the", "“because it”")]
    where, shown = Where(traces), [trace["memory"][it]]
    assert list(check_counts(say("{n} tokens", n=len(trace.source_tokens)), shown, where)) == []
    assert list(check_counts(say("{n} tokens", n=len(trace.tokens) + 5), shown, where))
