"""The head that finds what *it* stands for: by runs that are recorded one by one."""

import numpy as np
import pytest

from model import load, run
from model.study.heads.pronouns import SIDES, draw_pairs, famous, measure, measure_pronouns, summary
from model.text.parallel import check
from model.text.parallel.splitting import kept_apart


@pytest.fixture(scope="module")
def translator():
    return load("translator")


def test_a_pair_differs_in_one_word_and_in_what_that_decides():
    pairs = draw_pairs(40, 1)
    assert pairs == draw_pairs(40, 1) != draw_pairs(40, 2) and len(set(pairs)) == 40
    for one, two in pairs:
        first, second = one.english.split(), two.english.split()
        assert [k for k, (a, b) in enumerate(zip(first, second, strict=True)) if a != b] == [len(first) - 2]
        assert (one.side, two.side) == SIDES and {one.said, two.said} == {"il", "elle"}
        assert (one.referent, one.other) == (two.other, two.referent) and first[one.it] == "it"
        assert kept_apart(first[one.referent], first[one.other])
        assert check(one.french) is None and check(two.french) is None
        assert one.french.startswith(f"{one.before} {one.said} ")


def test_the_measure_is_what_recorded_runs_say(translator):
    cases = [case for pair in draw_pairs(2, 5) for case in pair] + list(famous())
    found = measure(translator, cases)
    il, elle = (translator.tokenizer.encode(word).ids[0] for word in ("il", "elle"))
    for place, case in enumerate(cases):
        trace = run(translator, case.before, source=case.english)
        for layer in range(translator.config.n_layers):
            weights = trace.array(f"encoder.blocks.{layer}.attn.pattern")[:, case.it, [case.referent, case.other]]
            np.testing.assert_allclose(found.weights[layer, :, place], weights, atol=1e-5)
        last = trace.array("probs")[-1]
        assert found.right[place] == ((last[elle] > last[il]) == (case.said == "elle"))
        without = run(translator, case.before, source=case.english, ablate=[(1, 2)], stack="encoder")
        after = without.array("probs")[-1]
        assert found.flipped[1, 2, place] == ((after[elle] > after[il]) != (last[elle] > last[il]))


def test_the_report_says_what_is_measured(translator):
    told = translator.report()["pronouns"]
    again = measure_pronouns(translator, 60)
    assert again["head"] == told["head"] and again["looks"]
    for side in SIDES:
        assert again["weight"][side]["referent"] == pytest.approx(told["weight"][side]["referent"], abs=0.1)
    known = {entry["sentence"].split()[-2]: entry for entry in told["famous"]}
    assert all(known[word]["right"] and known[word]["weight"]["referent"] > 0.6 for word in ("tired", "wide"))


def test_heads_that_look_go_before_heads_that_matter(translator):
    cases = [case for pair in draw_pairs(30, 6) for case in pair]
    found = measure(translator, cases)
    told = summary(cases, found)
    layer, head = told["head"]
    least = np.array(told["heads"]["weight on the referent, of the side where it is least"])
    flips = np.array(told["heads"]["flipped without it"])
    assert flips[layer, head] == flips[least >= 0.6].max() and least[layer, head] >= 0.6
    blind = type(found)(np.zeros_like(found.weights), found.right, found.flipped)
    assert not summary(cases, blind)["looks"]
