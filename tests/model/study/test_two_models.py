"""Two models on the same words: what they say, angles and patterns, each by a second way; and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from model.study.inside.models import HALF, TwoModels, places_of_words, told_apart
from tests.untrained import untrained_checkpoint

TEXT = "Lucy was hungry, so she"
PAIRS = [("tiny", "tiny-none"), ("tiny-learned", "tiny"), ("tiny-rotary", "tiny-none")]


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def found(request):
    return TwoModels(*(run(model, TEXT) for model in request.param))


def by_word(trace, position: int) -> dict[str, float]:
    return dict(zip(trace.vocabulary, trace.array("probs")[position].astype(float), strict=True))


def test_words_are_matched_by_their_letters_and_not_by_their_numbers(found):
    for column in range(6):
        p, q = found.probs(column)
        ours, theirs = by_word(found.one, column), by_word(found.other, column)
        assert [*p.values] == [ours[word] for word in found.one.vocabulary]
        assert [*q.values] == [theirs[word] for word in found.one.vocabulary]
        moved = sum(abs(ours[word] - theirs[word]) for word in ours) / 2
        assert found.elsewhere[column].item() == pytest.approx(moved, abs=1e-6)


def test_the_first_place_is_found_by_going_along_the_text():
    for text in (TEXT, "The capital of Italy is", "The old dog chased the young cat and the cat"):
        for pair in PAIRS:
            one = TwoModels(*(run(model, text) for model in pair))
            values = [float(value) for value in one.elsewhere.values]
            first = next((k for k, value in enumerate(values) if value > HALF), values.index(max(values)))
            assert one.parting == first


def test_angles_are_those_of_the_rows_of_one_model(found):
    for k, trace in enumerate((found.one, found.other)):
        rows = trace.array(f"blocks.{trace.config.n_layers - 1}.resid_post").astype(float)
        units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        np.testing.assert_allclose(found.cosines(k).values, units @ units.T, atol=1e-5)


def test_every_head_is_tried_with_every_head(found):
    one, other = found.one, found.other
    for layer, head in np.ndindex(one.config.n_layers, one.config.n_heads):
        shared = {}
        for theirs in np.ndindex(other.config.n_layers, other.config.n_heads):
            p = one.array(f"blocks.{layer}.attn.pattern")[head, 1:]
            q = other.array(f"blocks.{theirs[0]}.attn.pattern")[theirs[1], 1:]
            shared[theirs] = sum(min(a, b) for a, b in zip(p.ravel(), q.ravel(), strict=True)) / 5
        best = max(shared, key=shared.get)
        assert found.partner(layer, head) == best
        assert found.alike[layer, head].item() == pytest.approx(shared[best], abs=1e-5)
    assert found.alike[found.most_alike].item() == found.alike.values.max()
    assert found.alike[found.least_alike].item() == found.alike.values.min()


def test_what_one_text_alone_has_is_shared_with_nothing():
    found = TwoModels(run("tiny", "The dog saw"), run("tiny-none", "The old dog saw"))
    assert found.common == [(0, 0), (1, 2), (2, 3)]
    p, q = (trace.array("blocks.1.attn.pattern")[3] for trace in (found.one, found.other))
    want = np.mean([np.minimum(p[i, [0, 1, 2]], q[j, [0, 2, 3]]).sum() for i, j in [(1, 2), (2, 3)]])
    assert found.overlap((1, 3), (1, 3)).item() == pytest.approx(want, abs=1e-6)


def test_the_same_model_is_all_the_same():
    same = TwoModels(run("tiny", TEXT), run("tiny", TEXT))
    assert same.elsewhere.values.max() == 0 and same.alike.values.min() == pytest.approx(1, abs=1e-6)


def test_models_of_other_sizes_are_compared_if_they_know_the_same_words(tmp_path):
    small = untrained_checkpoint(tmp_path, d_model=32, d_head=4, n_layers=1, n_heads=3)
    found = TwoModels(run("tiny-rotary", TEXT), run(small, TEXT))
    assert found.alike.shape == (2, 8) and 0 < found.elsewhere.values.min() < 1


def test_words_that_differ_cannot_be_told_apart():
    one, other = run("tiny", TEXT), run("tiny-rotary", TEXT)
    assert float(told_apart(one, other)) > 0
    strange = replace(other, vocabulary=("?", *other.vocabulary[1:]))
    for ask in (lambda: told_apart(one, strange), lambda: TwoModels(one, strange)):
        with pytest.raises(UsageError, match="different vocabularies"):
            ask()
    with pytest.raises(UsageError, match="different vocabularies"):
        places_of_words(("a", "b"), ("b", "b"))


def test_one_text_must_be_read_as_the_same_tokens():
    one, other = run("tiny", TEXT), run("tiny-rotary", TEXT)
    cut = replace(other, ids=other.ids[:-1], tokens=other.tokens[:-1])
    with pytest.raises(UsageError, match="different tokens"):
        TwoModels(one, cut)
