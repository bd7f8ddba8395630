"""A lesson on a translation: which texts and models it takes, what it knows of them, and the audit's words of both."""

import pytest

from model.errors import UsageError
from scenes.kit.ground.readings import Cell
from scenes.lesson import Options, TranslationLesson
from scenes.lesson.lesson import TextLesson
from studio.audit.checks.identity import names_of_cell
from studio.audit.checks.naming import words_of
from studio.audit.speech.places import Where

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
