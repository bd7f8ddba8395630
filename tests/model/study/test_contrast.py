"""A sentence and its twin: what counts as one, and which are found."""

import numpy as np

from model import load, run
from model.runs.translation import greedily
from model.study.inside.contrast import Contrast, alignment, alike, between, twins

FAMOUS = "The animal did not cross the street because it was too {}."


def translated(text):
    return run("translator", greedily("translator", text), source=text)


def test_the_famous_pair_differs_in_an_adjective_and_in_a_pronoun():
    found = between(translated(FAMOUS.format("tired")), translated(FAMOUS.format("wide")))
    trace = translated(FAMOUS.format("tired"))
    assert found == Contrast(11, trace.tokens.index("il") - 1, trace.source_tokens.index("it"), found.changed)
    assert found.elsewhere and [trace.tokens[row + 1] for row in found.changed] == ["il", "fatigué"]


def test_no_contrast_where_nothing_or_too_much_differs():
    trace = translated(FAMOUS.format("tired"))
    assert between(trace, trace) is None
    assert between(trace, translated("The animal slept.")) is None
    assert between(trace, translated(FAMOUS.format("tired").replace("street", "road").replace("animal", "fox"))) is None


def test_alignment_is_read_off_the_mean_of_the_last_layers_heads():
    trace = translated("The tired dog slept.")
    mean = trace.array("decoder.blocks.1.cross_attn.pattern").mean(0)
    np.testing.assert_array_equal(alignment(trace), [row.tolist().index(row.max()) for row in mean])
    said = dict(zip(trace.tokens[1:], alignment(trace), strict=False))
    assert trace.source_tokens[said["chien"]] == "dog" and trace.source_tokens[said["fatigué"]] == "tired"


def test_every_twin_is_one_and_the_most_telling_come_first():
    checkpoint, trace = load("translator"), translated(FAMOUS.format("tired"))
    found = twins(checkpoint, trace)
    first = [between(trace, translated(text)) for text in found[:3]]
    assert all(one is not None and one.elsewhere and len(one.changed) == 2 for one in first)
    assert {one.place for one in first} == {11}  # the farthest: the adjective that decides the pronoun
    last = between(trace, translated(found[-1]))
    assert last is not None and not last.elsewhere


def test_words_that_are_used_alike_are_of_one_kind():
    checkpoint, trace = load("translator"), translated(FAMOUS.format("tired"))
    words = checkpoint.reads.vocabulary
    others = {words[k] for k in alike(trace, words, words.index("tired"))}
    assert "tired" not in others and "thirsty" in others and not others & {"dogs", "eats", "the", "farmers"}
    assert alike(trace, words, words.index("because")) == []
