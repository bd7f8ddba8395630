"""Tensor: arithmetic as in NumPy, provenance in words, and a second computation that agrees."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.net.config import ModelConfig
from model.numbers.operations import OPERATIONS
from model.numbers.tensor import Tensor, concatenate, stack
from model.numbers.trace import Trace
from model.numbers.tree import Derived, Taken
from model.paths import ROOT


@pytest.fixture(scope="module")
def trace():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(2, 5, 5)).astype(np.float32)
    scores[:, *np.triu_indices(5, 1)] = -np.inf
    arrays = {
        "q": rng.normal(size=(2, 5, 4)).astype(np.float32),
        "k": rng.normal(size=(2, 5, 4)).astype(np.float32),
        "scores": scores,
    }
    axes = {
        "q": ("head", "position", "d_head"),
        "k": ("head", "position", "d_head"),
        "scores": ("head", "query", "key"),
    }
    return Trace(
        arrays,
        axes,
        tuple("abcde"),
        (0, 1, 2, 3, 4),
        (),
        ModelConfig(vocab_size=5),
        tuple("abcde"),
        {"checkpoint_hash": "x"},
    )


def torch_of(function, values, **options):
    return function(torch.from_numpy(values), **options).numpy()


def expressions(trace):
    """One of each operation, and compositions of them, with NumPy's own answer."""
    q, k, s = trace["q"], trace["k"], trace["scores"]
    a, b, c = (trace.array(name).astype(np.float64) for name in ("q", "k", "scores"))
    exp = np.exp(c - c.max(-1, keepdims=True))
    soft = exp / exp.sum(-1, keepdims=True)
    rows = [
        (q + k, a + b),
        (q - k, a - b),
        (q * k, a * b),
        (q / k, a / b),
        (-q, -a),
        (abs(q), abs(a)),
        (q * 2, a * 2),
        (1 - q, 1 - a),
        (3 / q, 3 / a),
        (q.exp(), np.exp(a)),
        (abs(q).log(), np.log(abs(a))),
        (abs(q).sqrt(), np.sqrt(abs(a))),
        (q.square(), a**2),
        (q.sin(), np.sin(a)),
        (q.cos(), np.cos(a)),
        (q.tanh(), np.sinh(a) / np.cosh(a)),
        (q.relu(), np.where(a > 0, a, 0)),
        (q.gelu(), torch_of(functional.gelu, a)),
        ((q * 6).gelu(), torch_of(functional.gelu, 6 * a)),
        (q.gelu_tanh(), torch_of(functional.gelu, a, approximate="tanh")),
        (q.silu(), torch_of(functional.silu, a)),
        (q.sum("d_head"), a.sum(-1)),
        (q.sum(), a.sum()),
        (q.mean("position"), a.mean(1)),
        (q.max(0), a.max(0)),
        (q.min("head"), a.min(0)),
        (q.max(), a.max()),
        (q.cumsum("d_head"), a.cumsum(-1)),
        (q.cumsum(0), a.cumsum(0)),
        (s.softmax(), soft),
        (q.softmax("position"), np.exp(a) / np.exp(a).sum(1, keepdims=True)),
        (q[0] @ k[0].T, a[0] @ b[0].T),
        (q[0, 1] @ k[0, 2], a[0, 1] @ b[0, 2]),
        (q[0, 1] @ k[0].T, a[0, 1] @ b[0].T),
        (k[1] @ q[1, 0], b[1] @ a[1, 0]),
        (s.softmax() @ q, soft @ a),
        (q.T, a.T),
        (stack([q[0], k[1]], "which"), np.stack([a[0], b[1]])),
        (concatenate([q, k], "d_head"), np.concatenate([a, b], -1)),
        (concatenate([q, k], "d_head")[0, 1, 5], np.concatenate([a, b], -1)[0, 1, 5]),
        ((q * k).sum("d_head")[1, 2], (a * b).sum(-1)[1, 2]),
        ((q - q.mean("d_head")[..., :][0, 0]), a - a.mean(-1)[0, 0]),
        (s.softmax()[1, 4, 1:4], soft[1, 4, 1:4]),
        (s[:, 1].exp(), np.exp(c[:, 1])),
        ((q[:, [3, 0]] * 2)[1, :, ::2], (a[:, [3, 0]] * 2)[1, :, ::2]),
        (q[0][:, 1:][2], a[0][:, 1:][2]),
        (stack([q[0], k[1]], "which")[1, 1:], np.stack([a[0], b[1]])[1, 1:]),
        (concatenate([q[:, :0], k[:, :0]], 1), np.empty((2, 0, 4))),
        (stack([q[0].T, k[1].T], "which").T, np.stack([a[0].T, b[1].T]).T),
    ]
    return rows


def test_values_and_second_computation_agree_with_numpy(trace):
    for tensor, expected in expressions(trace):
        assert tensor.shape == expected.shape
        assert len(tensor.axes) == tensor.ndim
        np.testing.assert_allclose(tensor.values, expected, rtol=1e-12, atol=1e-12, err_msg=repr(tensor))
        np.testing.assert_allclose(tensor.evaluate(trace), expected, rtol=1e-12, atol=1e-12, err_msg=repr(tensor))


def test_every_number_has_a_source_and_can_be_taken_alone(trace):
    for tensor, expected in expressions(trace):
        for index in list(np.ndindex(*tensor.shape))[:6] + list(np.ndindex(*tensor.shape))[-3:]:
            assert tensor.source(*index)
            one = tensor[index] if index else tensor
            np.testing.assert_allclose(one.evaluate(trace), expected[index], rtol=1e-12, atol=1e-12)
            assert one.leaves() == tensor.leaves()


def test_every_operation_is_tried_and_has_two_computations(trace):
    tried = set()

    def look(expression):
        if isinstance(expression, Taken):
            look(expression.whole)
        elif isinstance(expression, Derived):
            tried.add(expression.operation.name)
            for operand in expression.operands:
                look(operand)

    for tensor, _ in expressions(trace):
        look(tensor.expression)
    assert tried == set(OPERATIONS)
    assert all(row.forward is not row.again for row in OPERATIONS.values())


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "relu"])
def test_activations_far_from_zero(name):
    """Both computations, where exponentials overflow and differences cancel."""
    x = Tensor.given([-800.0, -40.0, -9.0, -6.5, -1e-9, 0.0, 1e-9, 6.5, 9.0, 40.0, 800.0], "x", ("place",))
    made = getattr(x, name)()
    np.testing.assert_allclose(made.evaluate(), made.values, rtol=1e-12, atol=2e-12)
    np.testing.assert_allclose(made.values[[0, 5, -1]], [0, 0, 800], atol=1e-12)


def test_evaluate_reads_the_trace_and_not_the_tensor(trace):
    """The audit relies on this: values that were tampered with are found out."""
    terms = trace["q"][0, 1] * trace["k"][0, 2]
    total = terms.sum()
    forged = Tensor(total.values + 0.5, total.axes, total.expression)
    assert abs(forged.evaluate(trace) - total.values) < 1e-12
    changed = Trace(
        {**trace.arrays, "q": trace.array("q") + 1},
        trace.axes,
        trace.tokens,
        trace.ids,
        (),
        trace.config,
        trace.vocabulary,
        trace.info,
    )
    assert abs(total.evaluate(changed) - total.values) > 1e-3


def test_other_runs_are_told_apart(trace):
    other = Trace(
        trace.arrays,
        trace.axes,
        trace.tokens,
        trace.ids,
        (),
        trace.config,
        trace.vocabulary,
        {**trace.info, "ablate": [[0, 1]]},
    )
    difference = trace["q"][0, 0] - other["q"][0, 0]
    assert difference.runs() == {trace.run_id, other.run_id}
    assert np.all(difference.evaluate(trace, other) == 0)
    with pytest.raises(LookupError):
        difference.evaluate(trace)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda t: t["q"].source(1, 2, 3), "q[head=1, position=2, d_head=3]"),
        (lambda t: t["q"][1, 2].source(3), "q[head=1, position=2, d_head=3]"),
        (lambda t: t["q"][1, [4, 2]].source(1, 3), "q[head=1, position=2, d_head=3]"),
        (lambda t: t["q"].source(), "q"),
        (
            lambda t: (t["q"][0, 1] * t["k"][0, 2]).source(3),
            "q[head=0, position=1, d_head=3] × k[head=0, position=2, d_head=3]",
        ),
        (
            lambda t: (t["q"][0, 1] * t["k"][0, 2]).sum().source(),
            "Σ of 4 products: q[head=0, position=1, d_head=0:4] × k[head=0, position=2, d_head=0:4]",
        ),
        (
            lambda t: (t["q"][0] @ t["k"][0].T).source(1, 2),
            "Σ of 4 products: q[head=0, position=1, d_head=0:4] · k[head=0, position=2, d_head=0:4]",
        ),
        (lambda t: t["scores"][1].softmax().source(3, 2), "softmax(scores[head=1, query=3, key=0:5]) at 2"),
        (
            lambda t: (t["q"][0, 0, 0] / Tensor.given(0.7, "temperature")).source(),
            "q[head=0, position=0, d_head=0] ÷ temperature",
        ),
        (
            lambda t: ((t["q"] + t["k"]) * 2)[0, 1].source(2),
            "(q[head=0, position=1, d_head=2] + k[head=0, position=1, d_head=2]) × 2",
        ),
    ],
)
def test_sources_in_words(trace, make, words):
    assert make(trace) == words


def test_pieces_are_told_by_what_they_are_pieces_of(trace):
    q, k = trace["q"], trace["k"]
    both = stack([q[0], k[1]], "which")
    assert both[1, 2:4].source() == "k[head=1, position=2:4, d_head=0:4]"
    assert concatenate([q[0], k[1]])[6].source(3) == "k[head=1, position=1, d_head=3]"
    assert concatenate([q[0], k[1]])[1:].source() == "(q[head=0, position=0:5, d_head=0:4], … 2 end to end)[1:10, 0:4]"
    assert (q[0] + k[0]).T[1, 2:].source() == ("q[head=0, position=2:5, d_head=1] + k[head=0, position=2:5, d_head=1]")


def test_masked_scores_pass_through_softmax(trace):
    row = trace["scores"][0, 1]
    assert np.isneginf(row.values[2:]).all()
    assert (row.softmax().values[2:] == 0).all() and row.softmax().sum().item() == pytest.approx(1)
    assert (row.exp().values[2:] == 0).all()


def test_a_number_without_a_source_is_refused(trace):
    with pytest.raises(TypeError, match="has no source"):
        trace["q"] * 0.5
    with pytest.raises(TypeError):
        np.ones(4) * trace["q"][0, 0]
    with pytest.raises(TypeError):
        np.exp(trace["q"])


def test_values_cannot_be_changed(trace):
    for tensor in (
        trace["q"],
        trace["q"][0, [1, 2]],
        trace["q"] + 1,
        trace["q"].T,
        Tensor.given([1.0, 2.0], "two", ("n",)),
    ):
        with pytest.raises(ValueError):
            tensor.values[...] = 0


def test_indices_out_of_range_say_the_axis(trace):
    with pytest.raises(IndexError, match="position 5 is out of range"):
        trace["q"][0, 5]
    with pytest.raises(ValueError, match="has no axis 'row'"):
        trace["q"].sum("row")
    assert trace["q"].at(position=-1, head=0).index["position"] == 4
    assert len(list(trace["q"][0])) == 5


def test_slices_share_memory_and_are_quick(trace):
    tensor = trace["q"]
    assert np.shares_memory(tensor[0, 1:3].values, trace.array("q"))
    import timeit

    assert min(timeit.repeat(lambda: tensor[1, 2], number=1000, repeat=5)) / 1000 < 50e-6


def test_importing_tensors_and_traces_costs_no_torch():
    """Nor do the other modules of numbers and study, and the texts' words and sentences."""
    folders = [ROOT / "model" / name for name in ("numbers", "study", "text")]
    files = [ROOT / "model" / name for name in ("errors.py", "files.py", "paths.py", "net/config.py")]
    files += [file for folder in folders for file in folder.rglob("*.py")]
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    code = (
        "import importlib, sys; from model import Trace, Tensor, head_scores, ModelConfig;"
        f"[importlib.import_module(name) for name in {modules!r}];"
        "sys.exit('torch' in sys.modules)"
    )
    assert len(modules) > 25 and subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_words_have_brackets_where_they_would_be_read_otherwise(trace):
    E = trace["q"].at(head=0)
    along = (E[3] - E[4]) / (E[3] - E[4]).square().sum(0).sqrt()
    words = (E[1] @ along).source()
    assert "· (" in words and words.count("(") == words.count(")")
    middle = (E[[1, 2]] - E[[3, 4]]).mean(0)
    assert (middle / 2).source(0).startswith("(mean of 2 terms: ")
    assert "(mean of 2 terms: " in (E[1] @ (middle / 2)).source()


def test_what_many_terms_are_made_of_is_read_once_and_told_once(trace):
    """A lens has one product with a large matrix for each stop: neither the matrix nor the way to it comes again."""
    total = stack([(trace["q"][0, row] @ trace["k"][0].T).softmax() for row in range(5)], "stop")
    for _ in range(30):  # each twice what it was: a way to a leaf for each term would be 2³⁰
        total = total + total
    memo: dict = {}
    np.testing.assert_allclose(total.evaluate(trace, memo=memo), total.values, rtol=1e-12)
    assert [key[1] for key in memo if isinstance(key, tuple)].count("k") == 1
    assert len(list(total.expression.leaves())) == 10 and total.leaves() == {"q", "k"}
