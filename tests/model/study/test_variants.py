"""One text by four kinds of positions, in two orders, and the head whose rotary turns are shown."""

import numpy as np
import pytest

from model import run
from model.study.rotary import RotaryHead, hand, products_by_pair
from model.study.variants import KINDS, NAMES, InputRows, Twice, Variants, mean_apart

TEXT = "The old dog chased the young cat and the cat"


@pytest.fixture(scope="module")
def variants() -> Variants:
    return Variants.beside(run("tiny-sinusoidal", TEXT), "tiny-sinusoidal", run)


@pytest.mark.parametrize(
    ("model", "told", "adds"),
    [
        ("tiny", "learned", "learned"),
        ("tiny-rotary", "rotary", "sinusoidal"),
        ("tiny-none", "sinusoidal", "sinusoidal"),
        ("tiny-sinusoidal", "sinusoidal", "sinusoidal"),
    ],
)
def test_a_run_takes_the_place_of_its_kind(model, told, adds):
    asked = run(model, TEXT)
    variants = Variants.beside(asked, model, run)
    kind = asked.config.positions
    assert tuple(variants.of) == KINDS and variants.of[kind] is asked and variants.model_of(asked) == model
    assert variants.told.config.positions == told and variants.adds.config.positions == adds
    assert variants.P.values.shape == variants.of["sinusoidal"].array("W_pos").shape
    assert all(variants.model_of(variants.of[k]) == NAMES[k] for k in KINDS if k != kind)


def test_two_orders_of_one_text(variants):
    orders = variants.both_orders(variants.told, 3, run)
    assert orders.shuffled.ids == tuple(orders.written.ids[i] for i in orders.order)
    before, after = (t.array("blocks.0.attn_out")[-1] for t in (orders.written, orders.shuffled))
    assert float(orders.difference) == pytest.approx(np.abs(before - after).max()) and float(orders.difference) > 0.01
    pattern = orders.written.array("blocks.0.attn.pattern")[:, -1, :-1]
    assert orders.head == np.unravel_index(pattern.argmax(), pattern.shape)[0]
    np.testing.assert_array_equal(
        orders.weights[1].values, orders.shuffled.array("blocks.0.attn.pattern")[orders.head, -1]
    )
    p, q = (t.array("probs")[-1].astype(float) for t in (orders.written, orders.shuffled))
    assert float(orders.moved) == pytest.approx(np.abs(p - q).sum() / 2, rel=1e-5)


def test_the_two_words_used_most_alike_change_places():
    text = "The old dog chased the young cat and the cat"
    asked = run("tiny-sinusoidal", text)
    variants = Variants.beside(asked, "tiny-sinusoidal", run)
    orders = variants.both_orders(variants.of["none"], 0, run)
    i, j = orders.swap
    tokens = orders.written.tokens
    assert (tokens[i].strip(), tokens[j].strip(), i, j) == ("dog", "cat", 2, 6)
    assert [tokens[k].strip() for k in orders.swapped] == "The old cat chased the young dog and the cat".split()
    rows = orders.written.array("embed").astype(float)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    ids = orders.written.ids
    others = [unit[a] @ unit[b] for a in range(9) for b in range(a) if ids[a] != ids[b]]
    assert unit[i] @ unit[j] == pytest.approx(max(others))


@pytest.mark.parametrize("text", ["the the the the", "The keys on the table"])
def test_words_that_are_used_differently_stay(text):
    asked = run("tiny-sinusoidal", text)
    variants = Variants.beside(asked, "tiny-sinusoidal", run)
    orders = variants.both_orders(variants.of["none"], 0, run)
    assert orders.swap is None and orders.swapped == tuple(range(len(asked)))


def test_without_positions_the_order_cannot_be_seen(variants):
    orders = variants.both_orders(variants.of["none"], 0, run)
    assert float(orders.difference) < 1e-5


def test_embedding_plus_position_is_the_input(variants):
    rows = InputRows(variants.adds)
    e, pos, x = rows.at(4)
    np.testing.assert_allclose(e.values + pos.values, x.values, atol=1e-6)
    assert rows.scaled == variants.adds.config.embed_scale
    twice = Twice(rows, 4, 8)
    assert float(twice.difference(rows.E)) == 0
    assert float(twice.difference(rows.x)) == pytest.approx(np.abs(rows.x.values[4] - rows.x.values[8]).max())


def test_mean_product_of_rows_apart(variants):
    P = variants.P.values.astype(float)
    wanted = np.mean([P[k] @ P[k + 3] for k in range(len(P) - 3)])
    assert float(mean_apart(variants.P @ variants.P.T, 3)) == pytest.approx(wanted, rel=1e-5)


# ── rotary ───────────────────────────────────────────────────────────────────────────────────────
def test_the_head_that_looks_most_at_the_word_before(variants):
    trace = variants.of["rotary"]
    found, n = RotaryHead.choose(trace), len(trace)
    means = {
        (layer, head): np.mean([trace.array(f"blocks.{layer}.attn.pattern")[head, i, i - 1] for i in range(2, n)])
        for layer in range(trace.config.n_layers)
        for head in range(trace.config.n_heads)
    }
    assert (found.layer, found.head) == max(means, key=means.get)
    assert float(found.looks_back) == pytest.approx(max(means.values()), rel=1e-6)
    asked = RotaryHead.choose(trace, layer=0, query=0)
    assert asked.layer == 0 and (asked.query, asked.key) == (1, 0)
    assert asked.head == max((pair for pair in means if pair[0] == 0), key=means.get)[1]
    assert RotaryHead.choose(trace, head=5).head == 5


def test_the_product_stays_when_both_move_on(variants):
    head = RotaryHead.choose(variants.of["rotary"])
    for by in (0, 5, 40):
        q, k = head.moved_on(by)
        assert float((q * k).sum(0)) == pytest.approx(float(head.score), abs=1e-4)
        assert float(products_by_pair(q, k).sum(0)) == pytest.approx(float(head.score), abs=1e-4)
    assert float(head.by_distance(range(4))[1]) == pytest.approx(float(head.score), abs=1e-4)


def test_hands_are_the_pairs_that_turn_together(variants):
    head = RotaryHead.choose(variants.of["rotary"])
    half, pair = len(head.q) // 2, head.pairs[1]
    np.testing.assert_array_equal(hand(head.q, pair).values, head.q.values[[pair, pair + half]])
    assert head.longest(pair) == pytest.approx(max(np.hypot(*v.values[[pair, pair + half]]) for v in (head.q, head.k)))
    np.testing.assert_allclose(head.angles.values[head.query], head.query * head.speed.values, rtol=1e-5)
    assert len(head.pairs) <= 4 and head.pairs[0] == 0 and head.pairs[-1] == len(head.speed) - 1
