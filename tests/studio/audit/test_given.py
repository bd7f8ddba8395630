"""Given numbers are had again, runs are compared with the formulas: what is not so is found."""

import json
import shutil

import numpy as np
import pytest

from model import load, run
from model.numbers.making import given_to
from model.numbers.origins import CHOSEN, Axes, Constant, Drawn, Measured, Normal, Setting
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.scaling import normal
from model.study.space import pca
from studio.audit.numbers.given import again
from studio.audit.numbers.recorded import check_run, is_plain


@pytest.fixture(scope="module")
def trace():
    return run("tiny", "The cat sat on the mat")


def had(value, name, origin, traces=()):
    """The table as the audit has it again; None where it does not know."""
    tensor = Tensor.given(value, name, [f"axis {k}" for k in range(np.ndim(value))], origin)
    found = again(tensor.expression, traces)
    return None if isinstance(found, str) else found


def test_a_random_number_is_that_of_seed_and_draw():
    draws = np.random.default_rng(7).random(3)
    for k in range(3):
        assert had(0.5, "u", Drawn(7, k + 1)) == draws[k]


def test_normal_numbers_are_those_of_the_seed():
    table = normal(7, (2, 3, 5))
    assert np.abs(had(np.zeros((2, 3, 5)), "random", Normal(7)) - table).max() < 1e-12
    assert np.abs(had(table, "random", Normal(8)) - table).max() > 0.1


def test_what_says_nothing_is_refused():
    assert had(0.5, "a half", None) is None and had(0.5, "0.5", CHOSEN) is None
    assert had(0.5, "share", CHOSEN) == 0.5 and had([3, 4], "pair", None).tolist() == [3, 4]
    assert had(3, "3", None) == 3 and had(3, "4", None) is None and had(-6, "−2 × 3", None) == -6


def test_constants_and_settings(trace):
    assert had(0.0, "2π", Constant()) == 2 * np.pi and had(3.1, "τ", Constant()) is None
    width = trace.config.d_model
    assert had(width, "d_model", Setting("d_model"), [trace]) == width
    assert had(width + 1, "d_model", Setting("d_model"), [trace]) is None


def test_what_was_measured_is_read_from_the_report_of_these_weights(tmp_path):
    folder = shutil.copytree(load("tiny").path, tmp_path / "tiny", ignore=shutil.ignore_patterns("snapshots"))
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    name = next(iter(report["heads"]))
    origin = Measured(folder, report["hash"], ("heads", name, "chance"))
    assert had(0.9, "chance", origin) == report["heads"][name]["chance"]
    assert had([0.9], "chance", origin) is None  # another shape
    assert had(0.9, "chance", Measured(folder, "of other weights", origin.keys)) is None
    assert had(0.9, "chance", Measured(folder, report["hash"])) == 0.9  # measured anew, on these weights
    (folder / "report.json").write_text(json.dumps(report | {"hash": "of other weights"}), encoding="utf-8")
    assert had(0.9, "chance", origin) is None


@pytest.mark.parametrize("fixed", [False, True])
def test_principal_axes(fixed):
    rng = np.random.default_rng(3)
    rows = Tensor.given(rng.normal(size=(9, 5)) * [1, 2, 3, 4, 5], "rows", ("word", "dimension"), CHOSEN)
    first = Tensor.given(np.eye(5)[1], "first", ("dimension",)) if fixed else None
    axes = pca(rows, "words", first=first).axes.values
    assert np.array_equal(had(axes, "axes of words", Axes(rows, first)), axes)
    for wrong in (axes[:, ::-1], axes * 1.1, np.eye(5)[:, :2]):
        assert had(wrong, "axes of words", Axes(rows, first)) is None


@pytest.mark.parametrize("name", ["tiny", "tiny-learned", "tiny-sinusoidal", "tiny-rotary", "tiny-none"])
def test_runs_are_as_the_formulas_say(name):
    trace = run(name, "The cat sat on the mat")
    assert not list(check_run(trace, trace.names))
    assert is_plain(trace) and not is_plain(run(name, "The cat sat", ablate=[(0, 0)]))


def test_every_recorded_tensor_that_is_changed_is_found(trace):
    arrays = {name: trace.array(name) for name in trace.names}
    for name in trace.names:
        if given_to(trace, name) or name.endswith("W_U"):
            continue
        values = np.where(np.isfinite(arrays[name]), 1.5 * arrays[name] + 1, 0).astype(np.float32)
        axes = {each: trace[each].axes for each in trace.names}
        changed = Trace(
            arrays | {name: values},
            axes,
            trace.tokens,
            trace.ids,
            trace.unknown,
            trace.config,
            trace.vocabulary,
            trace.info,
        )
        assert any(name in defect.what for defect in check_run(changed, [name])), name


def test_a_run_without_the_division_is_checked_by_its_own_formulas():
    text = "The cat sat on the mat"
    without = run("tiny", text, scaled=False)
    assert not is_plain(without) and not list(check_run(without, ["probs", "blocks.1.attn.scores"]))
    divided = run("tiny", text)
    pretended = Trace(divided.arrays, divided.axes, divided.tokens, divided.ids, divided.unknown, divided.config,
                      divided.vocabulary, divided.info | {"scaled": False})  # fmt: skip
    assert list(check_run(pretended, ["blocks.1.attn.scores"]))
