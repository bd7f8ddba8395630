"""Views of a trace: the formulas of attention hold between what they name, in every kind of model."""

import numpy as np
import pytest
import torch

from model import Trace, UsageError, run
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.checkpoints import weights
from model.runs.recording import record
from model.study.views import Ablations, AttentionBlock, AttentionHead

IDS = (3, 5, 5, 8, 1, 2)
KINDS = {
    "grouped and rotary": {"positions": "rotary", "norm": "rms", "n_kv_heads": 2},
    "one key for all": {"n_kv_heads": 1},
    "with biases, norm last": {"norm_first": False, "attention_bias": True},
    "encoder": {"kind": "encoder"},
}
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def untrained(**choices) -> Trace:
    """A run of a small random model."""
    torch.manual_seed(0)
    config = ModelConfig(vocab_size=30, n_ctx=16, d_model=24, n_layers=2, n_heads=4, d_head=6, d_mlp=40, **choices)
    twin = build(config).eval()
    for name, parameter in twin.named_parameters():
        if "b_" in name:  # biases start at zero, which would hide them
            torch.nn.init.normal_(parameter)
    arrays, axes = record(twin, IDS)
    for name, (values, names) in weights(twin).items():
        arrays[name], axes[name] = values, names
    words = tuple(f"w{k}" for k in range(30))
    return Trace(arrays, axes, tuple(words[k] for k in IDS), IDS, (), config, words)


@pytest.fixture(scope="module", params=KINDS)
def trace(request):
    return untrained(**KINDS[request.param])


@pytest.fixture(params=[0, 3], ids="head {}".format)
def head(trace, request):
    return AttentionHead(trace, 1, request.param)


def test_queries_keys_and_values_come_from_the_rows_that_enter(trace, head):
    group = head.head // (4 // trace.config.kv_heads)
    for letter, made, mine in (("Q", head.q, head.head), ("K", head.k, group), ("V", head.v, group)):
        bias = f"blocks.1.attn.b_{letter}"
        offset = trace.array(bias)[mine] if bias in trace else 0
        np.testing.assert_allclose((head.X @ getattr(head, f"W_{letter}")).values + offset, made.values, **CLOSE)


def test_from_scores_to_what_the_head_adds(trace, head):
    np.testing.assert_allclose((head.q_met @ head.k_met.T).values, head.raw.values, **CLOSE)
    np.testing.assert_allclose(head.raw.values / np.sqrt(6), head.scores.values, **CLOSE)
    later = ~np.tri(len(trace), dtype=bool) & trace.config.causal
    np.testing.assert_array_equal(head.masked.values, np.where(later, -np.inf, head.scores.values))
    np.testing.assert_allclose(head.masked.softmax().values, head.pattern.values, **CLOSE)
    np.testing.assert_allclose((head.pattern @ head.v).values, head.z.values, **CLOSE)
    np.testing.assert_allclose((head.z @ head.W_O).values, head.result.values, **CLOSE)


def test_queries_meet_keys_turned_only_where_positions_are_rotary(trace, head):
    assert head.rotary == (trace.config.positions == "rotary")
    assert (head.q_met is head.q) == (head.k_met is head.k) == (not head.rotary)
    np.testing.assert_allclose(
        np.linalg.norm(head.q_met.values, axis=1), np.linalg.norm(head.q.values, axis=1), **CLOSE
    )


def test_heads_and_bias_add_up_to_the_change_of_the_stream(trace):
    block = AttentionBlock(trace, 1)
    assert (block.b_O is None) == (not trace.config.attention_bias)
    total = block.result.sum(0) if block.b_O is None else block.result.sum(0) + block.b_O
    np.testing.assert_allclose(total.values, block.attn_out.values, **CLOSE)
    if trace.config.norm_first:
        np.testing.assert_allclose((block.before + block.attn_out).values, block.after.values, **CLOSE)
    np.testing.assert_array_equal(block.after.values, trace.array("blocks.1.resid_mid"))
    for k in range(block.n_heads):
        head = block.head(k)
        assert (head.layer, head.head) == (1, k) and head.block == block
        for name in ("pattern", "z", "result", "W_O"):
            np.testing.assert_array_equal(getattr(head, name).values, getattr(block, name).values[k])


def test_numbers_of_a_view_are_recorded_ones(head):
    assert head.W_K.name == "blocks.1.attn.W_K" and head.raw.name == "blocks.1.attn.scores_raw"
    assert head.query(2).weights.index == {"head": head.head, "query": 2, "key": range(6)}


def test_a_tensor_that_is_not_there_is_named(trace):
    with pytest.raises(UsageError, match="blocks.1.attn.patern.*did you mean"):
        AttentionBlock(trace, 1)["patern"]


def test_a_query_names_the_words_that_can_be_spoken_of(trace, head):
    for position in range(len(trace)):
        query, row = head.query(position), trace.array("blocks.1.attn.pattern")[head.head, position]
        np.testing.assert_array_equal(query.weights.values, row)
        assert list(query.seen) == [k for k in range(len(row)) if row[k] > 0]
        assert row[query.strongest] == row.max()
        others = set(query.seen) - {position} or {position}  # the first word of a decoder sees itself alone
        assert query.other == max(others, key=lambda k: row[k]) and set(query.others) == others
        q = np.abs(head.q.values[position])
        assert q[query.entry] == q.max()


def test_views_cannot_be_changed(head):
    with pytest.raises(AttributeError):
        head.layer = 0


# ── heads switched off ───────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def off():
    text, pairs = "The cat sat on the mat", [(2, 1), (0, 0), (2, 0), (0, 1)]
    return Ablations(run("tiny", text), {pair: run("tiny", text, ablate=[pair]) for pair in pairs}, 4)


def test_effects_are_distances_between_the_runs(off):
    assert off.heads == ((2, 1), (0, 0), (2, 0), (0, 1)) and off.layers == [0, 2]
    p = off.run.array("probs")[4].astype(float)
    for pair, other in off.without.items():
        q = other.array("probs")[4].astype(float)
        assert float(off.effects[pair]) == pytest.approx(np.abs(p - q).sum() / 2) and float(off.effects[pair]) > 0
        before, after = off.next_word(pair)
        assert before.runs() == {off.run.run_id} and after.runs() == {other.run_id}
        np.testing.assert_array_equal(after.values, other.array("probs")[4])


def test_the_largest_effect_of_all_or_of_some(off):
    ranked = sorted(off.heads, key=lambda pair: -float(off.effects[pair]))
    assert off.largest() == ranked[0] and off.largest(ranked[2:]) == ranked[2]


def test_the_table_has_a_row_for_each_layer_that_was_tried():
    text = "The cat sat"
    whole = run("tiny", text)
    pairs = [(layer, head) for layer in (3, 1) for head in range(whole.config.n_heads)]
    off = Ablations(whole, {pair: run("tiny", text, ablate=[pair]) for pair in pairs}, 2)
    assert off.table().shape == (2, whole.config.n_heads) and off.table().axes == ("layer", "head")
    for row, layer in enumerate((1, 3)):
        for head in range(whole.config.n_heads):
            assert off.table().values[row, head] == float(off.effects[layer, head])
