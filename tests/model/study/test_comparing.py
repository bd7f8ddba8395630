"""Two runs side by side: what is aligned, how far rows lie apart, and where they part, each by a second way."""

import numpy as np
import pytest
import torch

from model import load, run
from model.errors import UsageError
from model.study.inside.comparing import PARTED, Comparison, aligned
from model.study.inside.models import told_apart

A, B = "Lucy was hungry, so she", "Lucy was tired, so she"


def streams(text: str) -> list[np.ndarray]:
    """The rows that enter the first block and those behind each, of the model itself, without a trace."""
    net, rows = load("tiny").exact, []
    hooks = [net.blocks[0].register_forward_pre_hook(lambda _, args: rows.append(args[0].clone()))]
    hooks += [block.register_forward_hook(lambda *call: rows.append(call[2].clone())) for block in net.blocks]
    with torch.no_grad():
        net(torch.tensor(load("tiny").tokenizer.encode(text).ids))
    for hook in hooks:
        hook.remove()
    return [row.numpy() for row in rows]


@pytest.fixture(scope="module")
def found():
    return Comparison(run("tiny", A), run("tiny", B))


def lcs(one, other) -> int:
    """The length of the longest common subsequence, by the textbook's table."""
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            table[i, j] = table[i - 1, j - 1] + 1 if a == b else max(table[i - 1, j], table[i, j - 1])
    return int(table[-1, -1])


@pytest.mark.parametrize(
    ("one", "other", "columns"),
    [
        ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
        ("abc", "abxc", [(0, 0), (1, 1), (None, 2), (2, 3)]),
        ("abcd", "ad", [(0, 0), (1, None), (2, None), (3, 1)]),
        ("ab", "ab", [(0, 0), (1, 1)]),
        ("abb", "xyb", [(0, 0), (1, 1), (2, 2)]),
    ],
)
def test_words_that_belong_together_stand_in_one_column(one, other, columns):
    assert aligned(tuple(one), tuple(other)) == columns
    kept = [c for c in columns if None not in c and one[c[0]] == other[c[1]]]
    assert len(kept) == lcs(one, other)


def test_every_word_of_both_texts_has_a_column_and_keeps_its_order():
    rng = np.random.default_rng(0)
    for _ in range(50):
        one, other = (tuple(rng.integers(0, 4, rng.integers(1, 12)).tolist()) for _ in range(2))
        columns = aligned(one, other)
        assert [i for i, _ in columns if i is not None] == list(range(len(one)))
        assert [j for _, j in columns if j is not None] == list(range(len(other)))


def test_distances_are_those_of_the_model_s_own_rows(found):
    ours, others = streams(A), streams(B)
    want = [np.linalg.norm(a - b, axis=1) / np.linalg.norm(a, axis=1) for a, b in zip(ours, others, strict=True)]
    np.testing.assert_allclose(found.distances.values, np.stack(want, 1), atol=1e-5)


def test_nothing_parts_before_the_word_that_differs(found):
    assert found.before == 2 and not found.distances[:2].values.any()
    assert (found.distances[2:, 1:].values > 0.05).all()


def test_the_first_place_is_found_by_going_through_all_of_them(found):
    values = found.distances.values
    far = [(s, -values[k, s], k) for k in range(6) for s in range(5) if found.kept[k] and values[k, s] > PARTED]
    stop, _, column = min(far)
    assert found.parting == (column, stop) == (5, 1)


def test_a_head_s_write_is_its_weighted_values_times_w_o(found):
    writes = found.writes(0, 5).values
    for head in range(8):
        rows = []
        for trace in (found.one, found.other):
            pattern, v = (trace.array(f"blocks.0.attn.{name}")[head] for name in ("pattern", "v"))
            rows.append(pattern[5] @ v @ trace.array("blocks.0.attn.W_O")[head])
        size = np.linalg.norm(found.one.array("blocks.0.resid_pre")[5])
        assert writes[head] == pytest.approx(np.linalg.norm(rows[0] - rows[1]) / size, abs=1e-5)
    assert int(writes.argmax()) == 1


@pytest.mark.parametrize("other", [B, "Lucy was very hungry, so she"])
def test_what_moves_in_a_pattern_is_the_total_variation_over_all_words_of_either_text(other):
    found = Comparison(run("tiny", A), run("tiny", other))
    layer, head = found.most_changed
    total, size = 0.0, len(found.columns)
    for i, j in found.common:
        p, q = np.zeros(size), np.zeros(size)
        for k, (a, b) in enumerate(found.columns):
            p[k] = 0 if a is None else found.one.array(f"blocks.{layer}.attn.pattern")[head, i, a]
            q[k] = 0 if b is None else found.other.array(f"blocks.{layer}.attn.pattern")[head, j, b]
        total += (np.abs(p - q).sum() / 2) / len(found.common)
    assert found.changes[layer, head].item() == pytest.approx(total, abs=1e-5)
    assert found.changes.values.max() == found.changes[layer, head].item()


def test_next_words_are_told_apart_by_their_divergence(found):
    p, q = (torch.tensor(trace.array("probs")[-1], dtype=torch.float64) for trace in (found.one, found.other))
    want = torch.nn.functional.kl_div(q.log(), p, reduction="sum").item()
    assert float(told_apart(found.one, found.other)) == pytest.approx(want, rel=1e-4) and want > 5
    assert float(told_apart(found.one, found.one)) == pytest.approx(0, abs=1e-9)


def test_a_head_that_is_off_is_where_the_runs_part():
    found = Comparison(run("tiny", A), run("tiny", A, ablate=[(2, 4)]))
    assert not found.distances[:, :3].values.any() and found.distances[:, 3].values.all()
    assert found.before == 0 and int(found.writes(2, 5).values.argmax()) == 4


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("tiny", A), ("tiny", A), "the same"),
        (("tiny", A), ("tiny-rotary", A), "no common basis"),
        (("tiny", "Lucy"), ("tiny", "cat dog"), "no words that belong together"),
    ],
)
def test_what_cannot_be_compared_is_said(one, other, told):
    with pytest.raises(UsageError, match=told):
        Comparison(run(*one), run(*other))
