"""How the numbers of a tensor are made, said for all of them, by some: of a long axis, too, as the formula says."""

import numpy as np
import pytest

from model.numbers.making import by_formula
from studio.page import patterns
from studio.page.patterns import LONG, SAMPLE, cross, made, value
from tests.untrained import LLAMA, untrained

KINDS = {
    "llama": LLAMA,
    "gemma": LLAMA | dict(logit_cap=3.0, tied=True, embed_scale=True),
    "2017": dict(norm_first=False),
}
TENSORS = (
    "embed",
    "blocks.1.mlp.post",
    "blocks.0.attn.pattern",
    "ln_final.normalized",
    "logits_raw",
    "logits",
    "probs",
)


@pytest.mark.parametrize("kind", KINDS)
def test_some_words_tell_what_all_would(kind, monkeypatch):
    """With 300 words, each is looked at; then as if that were too many, every second one."""
    trace = untrained(vocab_size=300, **KINDS[kind])
    names = [name for name in TENSORS if name in trace]
    every = {name: made(trace, name) for name in names}
    monkeypatch.setattr(patterns, "LONG", 40)
    monkeypatch.setattr(patterns, "SAMPLE", 30)
    looked, by_one = [], patterns.by_formula
    monkeypatch.setattr(patterns, "by_formula", lambda *told: looked.append(told[2]) or by_one(*told))
    for name in names:
        looked.clear()
        assert made(trace, name) == every[name] and every[name] is not None, name
        if trace.shape(name)[-1:] == (300,):
            assert len({cell[-1] for cell in looked}) < 150, name


def test_the_pattern_is_the_formula_at_every_place():
    trace = untrained(vocab_size=300, **LLAMA)
    found = made(trace, "logits")
    assert found is not None and len(found.by) == 1
    operation, (left, right) = found.by[0][1], found.by[0][2]
    assert operation == "matmul" and (left[1], right[1]) == ("ln_final.normalized", "W_U")
    size = trace.shape("logits")
    for cell in [(0, 0), (1, 299), (3, 17)]:
        row, column = value(left[2][0], cell, size), value(right[2][1], cell, size)
        formula = by_formula(trace, "logits", cell)
        by_hand = trace.array("ln_final.normalized")[row] @ trace.array("W_U")[:, column]
        assert (row, column) == cell and float(formula) == pytest.approx(float(by_hand), rel=1e-4)


def test_what_lies_in_a_list_along_a_long_axis_is_looked_at_whole(monkeypatch):
    """Tokens' own rows of W_E are told by a list along positions: were those many, a part of them would not do."""
    monkeypatch.setattr(patterns, "LONG", 6)
    monkeypatch.setattr(patterns, "SAMPLE", 3)
    monkeypatch.setattr(patterns, "ALL", 10)
    ids = tuple(int(k) for k in np.random.default_rng(0).integers(300, size=40))
    trace = untrained(ids, vocab_size=300, n_ctx=40, **LLAMA)
    found = made(trace, "embed")
    rows = found.by[0][2][0]
    assert found.by[0][1] == "W_E" and [value(rows, (k, 0), (40, 6)) for k in range(40)] == list(ids)


def test_of_a_long_axis_some_places_all_along_it():
    places = sorted(at for at, row in ((cell[1], cell[0]) for cell in cross((1, 5), (3, 49152), LONG)) if row == 1)
    assert SAMPLE <= len(places) <= 2 * SAMPLE and places[0] == 0 and places[-1] > 48_000
    assert len(cross((1, 5), (3, LONG), LONG)) == LONG + 2
