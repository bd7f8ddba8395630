"""What is said of rows that were carried over and of words that were exchanged, held against the runs."""

import pytest

from model import run
from model.runs.carried import Carried
from scenes.kit.ground.say import Said
from studio.audit.speech.carried import check_carried, check_exchanged, exchanged_words
from studio.audit.speech.places import Where

OWN, OTHER = "The capital of Italy is", "The capital of Russia is"


@pytest.fixture(scope="module")
def runs():
    own, other = run("tiny", OWN), run("tiny", OTHER)
    changed = run("tiny", OWN, patch=Carried(other, "blocks.1.resid_pre", 3))
    end = run("tiny", OWN, patch=Carried(other, "blocks.3.resid_post", 4))
    head = run("tiny", OWN, patch=Carried(other, "blocks.1.attn.result", 4, 2))
    return [own, other, changed, end, head]


def said(text, runs, shown, at_end=()):
    where = Where({each.run_id: each for each in runs})
    shown, ends = ([runs[k]["probs"][-1] for k in which] for which in (shown, at_end))
    return [*check_carried(Said(text), shown, ends, where), *check_exchanged(Said(text), ends, where)]


@pytest.mark.parametrize(
    ("text", "shown", "at_end", "right"),
    [
        ("with the row of “Russia” before layer 1", [0, 2], [], True),
        ("with the row of “Russia” before layer 2", [0, 2], [], False),
        ("with the row of “Italy” before layer 1", [0, 2], [], False),
        ("with the row of “Russia” before layer 1", [0, 1], [], False),
        ("is · then with the row of “Russia” before layer 1", [0, 2], [2], True),
        ("is · then with the row of “Russia” before layer 1", [0, 2], [1], False),
        ("with the row of “is” at the end", [3], [], True),
        ("with the row of “is” at the end", [2], [], False),
        ("with what layer 1 writes at “is” carried over", [4], [], True),
        ("with what layer 0 writes at “is” carried over", [4], [], False),
        ("with what layer 1 writes at “of” carried over", [4], [], False),
        ("with what layer 1 writes at “is” carried over", [2], [], False),
        ("then with “Russia” in place of “Italy”", [0, 1], [1], True),
        ("then with “Russia” in place of “Italy”", [0, 1], [0], False),
        ("then with “Italy” in place of “Russia”", [0, 1], [1], False),
        ("What if “Italy” were “Russia”?", [0, 1], [1], True),
        ("What if “Italy” were “France”?", [0, 1], [1], False),
    ],
)
def test_what_is_said_is_held_against_the_runs(runs, text, shown, at_end, right):
    found = said(text, runs, shown, at_end)
    assert bool(found) != right and all(defect.kind == "false claim" for defect in found)


def test_words_that_were_exchanged(runs):
    assert exchanged_words(Where({each.run_id: each for each in runs})) == {"Italy", "Russia"}
