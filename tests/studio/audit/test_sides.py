"""What is said of runs that have a name on screen, and of their models and heads, held against the runs."""

import pytest

from model import run
from model.study.inside.models import TwoModels
from scenes.kit.ground.say import say
from studio.audit.checks.identity import names_of
from studio.audit.checks.naming import of_each_run
from studio.audit.speech.places import Where
from studio.audit.speech.sides import check_heads_of, check_models, check_said_of

TEXT = "The dog saw"


@pytest.fixture(scope="module")
def found():
    return TwoModels(run("tiny", TEXT), run("tiny-none", TEXT))


@pytest.fixture(scope="module")
def traces(found):
    return {each.run_id: each for each in (found.one, found.other)}


@pytest.fixture(scope="module")
def sides(found):
    return {"A": [found.one.run_id], "B": [found.other.run_id]}


@pytest.mark.parametrize(
    ("template", "right"),
    [
        ("A is {a}, B is {b}.", True),
        ("A: {a} · B: {b}", True),
        ("A is {b}, B is {a}.", False),
        ("A: {a} · B: {a}", False),
        ("B: {a}", False),
        ("A and {b}", True),
        ("C is {b}", True),
    ],
)
def test_a_model_is_called_by_its_letter(template, right, sides, traces):
    defects = [*check_models(say(template, a="tiny", b="tiny-none"), sides, traces)]
    assert bool(defects) != right and all(defect.kind == "false claim" for defect in defects)
    assert not [*check_models(say(template, a="tiny", b="tiny-none"), {}, traces)], "nothing has a letter"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Head 1 of layer 0 in A and head 4 of layer 1 in B: {x:.0%}", True),
        ("Head 4 of layer 1 in A and head 1 of layer 0 in B: {x:.0%}", False),
        ("Head 1 of layer 1 in A: {x:.0%}", False),
        ("head 4 of layer 0 in B: {x:.0%}", False),
        ("head 4 of layer 1 in B: {x:.0%}", True),
    ],
)
def test_a_head_is_that_of_the_model_in_which_it_is_said_to_be(text, right, found, sides, traces):
    shared = found.overlap((0, 1), (1, 4))
    defects = [*check_heads_of(say(text, x=shared), [shared], sides, Where(traces))]
    assert bool(defects) != right and all(defect.kind == "false claim" for defect in defects)


def test_a_number_is_of_the_run_in_which_it_is_said_to_be(found, sides, traces):
    a, b = (probs[5] for probs in found.probs(2))
    assert not [*check_said_of(say("{a:.0%} in A, {b:.0%} in B", a=a, b=b), sides, traces)]
    assert [*check_said_of(say("{a:.0%} in A, {b:.0%} in B", a=b, b=a), sides, traces)]


def test_a_number_of_two_runs_has_a_head_in_each(found):
    names = names_of(found.overlap((0, 1), (1, 4)).expression)
    assert "head" not in names and sorted(of_each_run(names, "head")) == [1, 4]
    assert sorted(of_each_run(names, "layer")) == [0, 1]
