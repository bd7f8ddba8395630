"""Guidance: it finds what hangs on what as the grammar made it, asks for enough and no more, and moves those told."""

import math
from dataclasses import replace

import pytest
import torch

from model.net.layers import Tape
from model.text.corpus import Grammar
from model.text.lexicon import lexicon, with_articles
from model.training.guidance import ENOUGH, NOUN, REASON, SIDE, Look, looks, off
from model.training.recipes import RECIPES, Recipe
from model.training.run import Attention, Run
from model.training.windows import make_corpus

WORDS = lexicon()
TOLD = {NOUN: (0, 2), REASON: (3, 6)}


def found(sentence):
    words = with_articles(sentence).lower().split()
    return [(look.kind, words[look.query], *(words[key] for key in look.keys)) for look in looks(words)]


def test_a_noun_hangs_on_the_two_adjectives_that_decide():
    grammar = Grammar(11, 0.5)
    for _ in range(300):
        sentence = grammar.deed()
        words = sentence.split()
        ((kind, noun, first, second),) = found(sentence)
        before = words[: words.index(noun)]
        assert kind == NOUN and [w for w in before if w in (first, second)] == [first, second]
        idle = [w for w in before if w in WORDS["natures"]]
        assert before[-2 - len(idle) :] in ([first, second, *idle], [first, *idle, second], [*idle, first, second])


def test_a_reason_hangs_on_what_it_is_said_of():
    grammar = Grammar(12, 0.5)
    for _ in range(300):
        sentence = " ".join(grammar.hindrance())
        words = sentence.split()
        ((kind, why, noun),) = found(sentence)
        assert kind == REASON and why == words[words.index("too") + 1]
        assert noun == words[words.index("so" if "so" in words else ".") + 2]  # who is named after it


@pytest.mark.parametrize(
    "sentence",
    [
        "the fluffy blue creature was tired .",  # no deed
        "a fluffy creature roamed the forest .",  # one adjective decides nothing
        "the fox did not cross the street because it was too hungry-ish .",  # said of neither
        "because it was too",
        "roamed",
        "",
    ],
)
def test_elsewhere_nothing_is_asked(sentence):
    assert found(sentence) == []


def test_what_is_hidden_is_not_looked_at(tmp_path):
    corpus = make_corpus(4_000, 32, 0.6)
    run = Run("small", replace(RECIPES["tiny"], model={"n_layers": 4, "n_ctx": 32}), 0, corpus, tmp_path, False)
    inputs, _ = corpus.batch(0, 0, 64, 32)
    there = run.looks(inputs)
    assert len(there) > 10 and {look.kind for _, look in there} == {NOUN, REASON}
    window, look = there[0]
    inputs[window, look.query] = corpus.tokenizer.unknown_id
    assert (window, look) not in run.looks(inputs)


def attending(weight, noun=0.0):
    """Patterns of four layers of eight heads over six words; heads told give `weight` to each of words 0 and 1 …"""
    patterns = [torch.full((1, 8, 6, 6), 0.1) for _ in range(4)]
    for layer, head in TOLD.values():
        patterns[layer][0, head, 5, :2] = weight
    for layer in (1, 2, 3):
        patterns[layer][0, :, 5, 2:4] = noun
    return patterns


def test_as_much_as_is_enough_and_no_more():
    reason = [(0, Look(REASON, 5, (0,)))]
    assert off(attending(ENOUGH), reason, TOLD).item() == off(attending(1.0), reason, TOLD).item() == 0
    assert off(attending(ENOUGH / 3), reason, TOLD).item() == pytest.approx(math.log(3))
    assert off(attending(0.1), [], TOLD).item() == 0
    noun = [(0, Look(NOUN, 5, (0, 1)))]
    shared = attending(ENOUGH / 2)
    for layer in (1, 2, 3):
        shared[layer][:] = 0.05
    assert off(shared, noun, TOLD).item() == pytest.approx(0, abs=1e-6)
    halved = [pattern.clone() for pattern in shared]
    halved[0][0, 2, 5, 1] = ENOUGH / 4  # one of the two keys has half of its share
    assert off(halved, noun, TOLD).item() == pytest.approx(math.log(2) / 2)
    shared[2][0, 6, 5, :2] = 0.3  # another head looks there, too: 0.6
    assert off(shared, noun, TOLD).item() == pytest.approx(SIDE * math.log(0.8 / 0.4) / 8)


def test_guided_steps_teach_the_heads_that_are_told(tmp_path):
    more = {"learning_rate": 2e-2, "words": 4_000, "batch": 16, "warmup": 1}
    recipe = Recipe({"n_layers": 4, "n_ctx": 32}, steps=60, guided=59, told=TOLD, **more)
    corpus = make_corpus(recipe.words, 32, 0.6)
    short = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        run = Run("small", replace(recipe, guidance=weight), 0, corpus, tmp_path / str(weight), False)
        while run.step < recipe.steps:
            run.advance()
        inputs, _ = corpus.batch(99, 0, 64, 32)
        attention = Attention()
        with torch.no_grad():
            run.model(inputs, tape=Tape(attention.listen))
        short.append(off(attention.patterns, run.looks(inputs), TOLD).item())
    assert short[1] < 0.7 * short[0]
