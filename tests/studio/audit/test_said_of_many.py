"""What is said of words and places of a large model, whose words may be digits and whose neurons are many."""

from collections import namedtuple

import numpy as np
import pytest

from model import run
from model.numbers.trace import Trace
from scenes.kit.ground.readings import Cell, Reading
from scenes.kit.ground.say import say
from studio.audit.checks.identity import names_of_cell
from studio.audit.checks.labels import compare_labels
from studio.audit.checks.spots import Spot
from studio.audit.numbers.sources import Sources
from studio.audit.speech.names import check_then
from studio.audit.speech.places import Where
from studio.audit.speech.unread import unread_by
from studio.audit.speech.words import check_pairs

Told = namedtuple("Told", "tokens unknown")


def where(*traces: Trace) -> Where:
    return Where({trace.run_id: trace for trace in traces})


@pytest.mark.parametrize(("place", "right"), [(5, True), (3, True), (4, False), (9, False)])
def test_a_word_that_is_a_digit_is_not_taken_for_a_place(place, right):
    digits = Trace({}, {}, tuple("ab19x9cdef"), tuple(range(10)), (), run("tiny", "the").config, ())
    for text in ("“9” at position {i}: the same id", "position {i}, “9”"):
        assert (not list(check_pairs(say(text, i=place), where(digits)))) == right


@pytest.mark.parametrize(("neuron", "right"), [(1095, True), (1, False), (1096, False)])
def test_a_neuron_beyond_a_thousand(neuron, right):
    trace = run("tiny", "The cat sat")
    off = Trace(trace.arrays, trace.axes, trace.tokens, trace.ids, (), trace.config, trace.vocabulary,
                trace.info | {"neurons": [[28, 1095]]})  # fmt: skip
    grey = say("with all neurons, then without layer {l}, neuron {n:,}", l=28, n=neuron)
    assert (not list(check_then(grey, [off["probs"]], where(off)))) == right


def test_whether_a_word_is_read_is_told_by_the_run_that_it_is_of():
    small, large = Told(("in", "Neil", "sat"), (1,)), Told(("in", " ", "Neil", "sat"), ())
    framed = lambda words, dashed=(): [(word, word in dashed) for word in words]  # noqa: E731
    unread = lambda words: list(unread_by(framed(words), [small, large]))  # noqa: E731
    assert unread(["in", "␣", "Neil", "sat"]) == [set()], "its words are those of the large model alone"
    assert unread(["in", "Neil"]) == [{"Neil"}, set()], "these may be of either"
    assert unread(["in", "Rome"]) == [{"Neil"}], "of neither: all that are unread count"


def test_a_short_bar_below_a_short_word_is_that_of_its_own_name():
    """While bars grow: the first has not begun, and the middle of the second is right under the first one's name."""
    trace = run("tiny", "The cat sat")
    cell = Cell(trace["probs"], (2, trace.vocabulary.index("the")))
    spot = Spot(0.3, -0.7, names_of_cell(cell, {trace.run_id: trace}))
    word = lambda text, y, right: Reading(text, np.array([(0, y), (right, y), (right, y - 0.1), (0, y - 0.1)]),  # noqa: E731
                                          0.46, np.zeros(3), 1.0)  # fmt: skip
    told = lambda name: list(compare_labels([word("a", 0.05, 0.3), word(name, -0.65, 0.4)], [spot], sources))  # noqa: E731
    sources = Sources([trace])
    assert told("the") == [] and [defect.shown for defect in told("cat")] == ["cat"]
