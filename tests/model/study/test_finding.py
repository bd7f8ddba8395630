"""What heads find, and what it is worth: as in single runs, right on numbers by hand, true of the shipped model."""

import itertools
import random

import numpy as np
import pytest

from model import load, run
from model.study.heads.cases import KINDS, Case, draw, said_of_places_only
from model.study.heads.finding import Found, choose, measure, measure_findings, share, summary
from model.text.corpus import documents
from model.text.lexicon import lexicon
from model.training.recipes import HELDOUT_SEED
from model.training.report import HELDOUT, training_text

ADJECTIVES, REASON, PRONOUN = KINDS


def test_measures_are_those_of_single_runs():
    tiny = load("tiny")
    some = [
        Case(("the", "fluffy", "blue", "creature"), 3, (1, 2), "a"),
        Case(("Yesterday", ",", "a", "small", "wild", "dog", "ran"), 5, (3, 4), "a", ("through", "away")),
        Case(("the", "old", "red", "fox"), 3, (1, 2), "a", ("slept", "were")),
    ]
    found = measure(tiny, some)
    for place, one in enumerate(some):
        text = " ".join(one.words)
        before = run(tiny, text)
        for layer, head in itertools.product(range(tiny.config.n_layers), range(tiny.config.n_heads)):
            for values, name in ((found.weights, "pattern"), (found.scores, "scores")):
                expected = before.array(f"blocks.{layer}.attn.{name}")[head, one.query, list(one.keys)]
                assert values[layer, head, place] == pytest.approx(expected, abs=1e-4)
        for layer, head in ((0, 1), (1, 4), (3, 4)):
            after = run(tiny, text, ablate=[(layer, head)]).array("probs")[one.query]
            pairs = zip(before.array("probs")[one.query], after, strict=True)
            moved = 0.5 * sum(abs(float(p) - float(q)) for p, q in pairs)
            assert found.moved[layer, head, place] == pytest.approx(moved, abs=1e-4)
        assert found.even[place] == pytest.approx(2 / (one.query + 1))
        if one.choice:
            right, other = (before.array("probs")[-1][tiny.tokenizer.vocabulary.index(word)] for word in one.choice)
            assert found.right[place] == (right > other)
    assert np.isnan(found.right[0])


def test_cases_ask_for_what_they_say():
    rng, words = random.Random(2), lexicon()
    for _ in range(50):
        (noun,) = KINDS[ADJECTIVES].make(rng)
        assert noun.query == len(noun.words) - 1 and noun.keys == (noun.query - 2, noun.query - 1)
        animal, place = KINDS[REASON].make(rng)
        for one in (animal, place):
            assert one.words[one.query - 1] == "too" and one.words[one.keys[0]] == one.choice[0]
        assert animal.words[: animal.query] == place.words[: place.query]
        assert animal.choice == place.choice[::-1]
        assert animal.words[animal.query] in words["animal_reasons"]
        he, she = KINDS[PRONOUN].make(rng)
        assert [one.words[one.query] for one in (he, she)] == ["he", "she"]
        assert he.words[: he.query] == she.words[: she.query] and he.choice == she.choice[::-1]
        for one, gender in ((he, "male"), (she, "female")):
            assert one.words[one.keys[0]] == one.choice[0] and one.choice[0] in words["people"][gender]


def test_a_reason_is_said_of_one_kind_only():
    words = lexicon()
    of_places = {word for group in words["place_adjectives"].values() for word in group}
    assert not set(words["animal_reasons"]) & of_places
    assert said_of_places_only("house") == ["empty", "quiet"] and said_of_places_only("tree") == []


@pytest.mark.parametrize("name", KINDS)
def test_tiny_knows_every_word(name):
    tokenizer = load("tiny").tokenizer
    for one in draw(KINDS[name], 100, seed=5):
        encoding = tokenizer.encode(" ".join(one.words))
        assert not encoding.unknown and len(encoding.ids) == len(one.words)
        assert all(word in tokenizer.vocabulary for word in one.choice or ())


def test_cases_are_new_and_different():
    kind = KINDS[ADJECTIVES]
    first = draw(kind, 5, seed=0)
    again = draw(kind, 5, seed=0, training_text=f" {' '.join(first[0].words)} ".lower())
    assert len(set(first)) == len(set(again)) == 5 and first[0] not in again and first[1] in again
    with pytest.raises(ValueError, match="only 0 sentences of 3"):
        draw(KINDS[REASON], 3, 0, " ".join(f" {' '.join(one.words)} " for one in draw(KINDS[REASON], 100, 0)).lower())


def by_hand(weights, moved):
    """Of two heads in one layer, what they give to two keys in two cases, of which the even share is 0.4 together."""
    weights = np.array(weights)[None]
    return Found(weights, weights - 0.3, np.full(2, 0.4), np.array(moved)[None], np.array([1.0, 0.0]))


SIDES = [Case(("a", "b"), 1, (0, 0), side) for side in ("x", "y")]
X, BOTH = np.array([True, False]), np.array([True, True])


def test_weight_goes_before_consequence():
    gathers, breaks, half = [[0.4, 0.4], [0.5, 0.3]], [[0.1, 0.1], [0.1, 0.1]], [[0.9, 0.05], [0.9, 0.05]]
    assert choose(by_hand([breaks, gathers], [[0.9, 0.9], [0.1, 0.1]]), BOTH) == ((0, 1), True)
    assert choose(by_hand([gathers, gathers], [[0.1, 0.1], [0.2, 0.2]]), BOTH) == ((0, 1), True)
    assert choose(by_hand([half, gathers], [[0.9, 0.9], [0.1, 0.1]]), BOTH) == ((0, 1), True)
    assert choose(by_hand([breaks, half], [[0.9, 0.9], [0.1, 0.1]]), BOTH) == ((0, 1), False)
    assert choose(by_hand([half, [[0.25, 0.25]] * 2], [[0.9, 0.9], [0.1, 0.1]]), BOTH) == ((0, 1), False)


def test_each_side_has_its_own_head():
    one_side, other_side = [[0.5, 0.5], [0.2, 0.2]], [[0.2, 0.2], [0.5, 0.4]]
    found = by_hand([one_side, other_side], [[0.1, 0.1], [0.2, 0.2]])
    assert choose(found, X) == ((0, 0), True) and choose(found, ~X) == ((0, 1), True)


def test_summary_by_hand():
    told = summary(SIDES, by_hand([[[0.1, 0.1], [0.1, 0.1]], [[0.4, 0.4], [0.5, 0.25]]], [[0.9, 0.9], [0.1, 0.2]]))
    assert list(told["sides"]) == ["x", "y"]
    x, y = told["sides"].values()
    assert all(side["head"] == [0, 1] and side["finds"] for side in (x, y))
    assert (x["weight"], x["each"], x["even"], x["moved"]) == (0.8, [0.4, 0.4], 0.4, 0.1)
    assert (y["weight"], y["each"], y["score"], y["moved"]) == (0.75, [0.5, 0.25], 0.075, 0.2)
    assert (x["above 0"][0], y["above 0"][0]) == (1.0, 0.0) and (x["right"][0], y["right"][0]) == (1.0, 0.0)


def test_intervals_of_shares():
    assert share(np.arange(20) < 10) == (0.5, 0.2993, 0.7007)  # Wilson 1927, by hand
    assert share(np.zeros(200)) == (0.0, 0.0, 0.0188) and share(np.ones(200)) == (1.0, 0.9812, 1.0)


@pytest.mark.slow
def test_the_report_holds_for_other_sentences():
    tiny = load("tiny")
    for name, told in tiny.report()["findings"].items():
        cases = draw(KINDS[name], 40, seed=7)
        found = measure(tiny, cases)
        for side, entry in told["sides"].items():
            layer, head = entry["head"]
            mine = [one.side == side for one in cases]
            assert entry["count"] >= 200
            assert found.weights[layer, head, mine].sum(-1).mean() == pytest.approx(entry["weight"], abs=0.08)
            if entry["right"]:
                assert found.right[mine].mean() == pytest.approx(entry["right"][0], abs=0.2)


def test_tiny_finds_what_the_document_says():
    found = {
        side: told["finds"]
        for entry in load("tiny").report()["findings"].values()
        for side, told in entry["sides"].items()
    }
    assert found == {"noun": True, "animal": True, "place": True, "he": True, "she": True}


@pytest.mark.parametrize(
    "text, kind, side, keys, next_word",
    [
        ("A fluffy blue creature", ADJECTIVES, "noun", [1, 2], "roamed"),
        ("The animal did not cross the street because it was too tired", REASON, "animal", [1], "sometimes"),
        ("The animal did not cross the street because it was too wide", REASON, "place", [6], "there"),
        ("The queen gave the king a letter because she", PRONOUN, "she", [1], "admired"),
        ("The queen gave the king a letter because he", PRONOUN, "he", [4], "trusted"),
    ],
)
def test_the_sentences_of_the_course_show_it(text, kind, side, keys, next_word):
    """The head of the report, on a sentence that everybody knows; without it the next word is another matter."""
    layer, head = load("tiny").report()["findings"][kind]["sides"][side]["head"]
    trace = run("tiny", text)
    probs, without = (one.array("probs")[-1] for one in (trace, run("tiny", text, ablate=[(layer, head)])))
    weights = trace.array(f"blocks.{layer}.attn.pattern")[head, -1, keys]
    assert weights.sum() > 0.6 and weights.min() > 0.2
    assert trace.vocabulary[probs.argmax()] == next_word
    assert abs(without - probs).sum() / 2 > 0.1


@pytest.mark.slow
def test_the_report_is_what_is_measured():
    tiny = load("tiny")
    for name, told in measure_findings(tiny, training_text(tiny)).items():
        before = tiny.report()["findings"][name]
        for side, entry in told["sides"].items():
            assert [entry[key] for key in ("head", "finds")] == [
                before["sides"][side][key] for key in ("head", "finds")
            ]
            assert entry["weight"] == pytest.approx(before["sides"][side]["weight"], abs=2e-3)
            assert entry["moved"] == pytest.approx(before["sides"][side]["moved"], abs=2e-3)


def test_the_training_text_is_what_it_was():
    """The held-out text, written when `tiny` was trained, is still made word for word by the grammar of today."""
    lines = HELDOUT.read_text(encoding="utf-8").splitlines()
    assert set(lines) <= set(documents(HELDOUT_SEED, 3 * sum(len(line.split()) for line in lines)))
