"""A chain of rows: each operation is computed, says whether it comes out as displayed, and is held to it."""

from dataclasses import replace

import numpy as np
import pytest
from manim import FadeIn

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes.kit import Box, RowChain
from tests.studio.audit.planted import kinds

BOX = Box(-6, -3, 6, 3)
ROUND, ODD = (0.5, -1.25, 2.0, 0.75), (0.504, -1.2549, 2.0031, 0.7749)


def tensor(name, *values):
    return Tensor.recorded(
        name, np.asarray(values if len(values) > 1 else values[0], np.float32), ["n"][: len(values) - 1]
    )


def chain(values, box=BOX, w=(1.0, 2.0, -1.0, 4.0), mu=0.25, sigma=0.5, **options):
    operations = [
        ("−", tensor("mu", mu), "μ"),
        ("÷", tensor("sigma", sigma), "σ"),
        ("·", tensor("w", *w), "w"),
        ("+", tensor("b", 1.0, 0.0, -0.5, 2.0), "b"),
    ]
    return RowChain(box, (tensor("x", *values), "x"), operations, **options)


def names(rows):
    return [label.text for label in rows.labels]


@pytest.mark.parametrize("upright", [0, 4])
def test_every_row_is_what_its_operation_makes(upright):
    rows = chain(ROUND, upright=upright)
    x, w, b = np.array(ROUND), np.array([1, 2, -1, 4]), np.array([1, 0, -0.5, 2])
    centred, normal = x - 0.25, (x - 0.25) / 0.5
    expected = [x, centred, normal, w, normal * w, b, normal * w + b]
    assert np.allclose([grid.values.ravel() for grid in rows.grids], expected)
    assert rows.result is rows.grids[-1]


def test_what_comes_out_as_displayed_is_equal():
    assert names(chain(ROUND)) == ["x", "− μ (0.25) =", "÷ σ (0.50) =", "· w", "=", "+ b", "="]


def test_what_does_not_is_about():
    odd = names(chain(ODD, w=(1.003, 2.004, -1.002, 4.001), mu=0.2511, sigma=0.507))
    assert odd[1].endswith("≈") and odd[2].endswith("≈") and odd[4] == "≈"


def test_one_number_gets_the_decimals_that_it_takes():
    assert names(chain(ROUND, mu=0.0004))[1].startswith("− μ (0.0004)"), "not 0.00"
    assert names(chain((0.5, 1.0, 2.0, 4.0), mu=0.0, sigma=0.125))[2] == "÷ σ (0.125) ="


def test_an_operation_brings_all_that_it_needs():
    rows = chain(ROUND)
    assert [[label.text[:1] for label in step[len(step) // 2 :]] for step in rows.steps] == [
        ["x"], ["−"], ["÷"], ["·", "="], ["+", "="],
    ]  # fmt: skip
    assert sum(len(step) for step in rows.steps) == len(rows.grids) + len(rows.labels)


@pytest.mark.parametrize("box", [BOX, Box(-3, -6, 3, 6)])
@pytest.mark.parametrize("upright", [0, 4])
def test_rows_and_names_stay_in_the_box_clear_of_each_other(box, upright):
    rows = chain(ROUND, box=box, upright=upright)
    edges = [
        (m.get_left()[0], m.get_right()[0], m.get_bottom()[1], m.get_top()[1]) for m in (*rows.grids, *rows.labels)
    ]
    for k, (left, right, bottom, top) in enumerate(edges):
        assert box.left - 0.1 <= left and right <= box.right + 0.1 and box.bottom <= bottom and top <= box.top
        assert all(r < left or right < l or t < bottom or top < b for l, r, b, t in edges[:k])  # noqa: E741


def test_an_unknown_operation_is_refused():
    with pytest.raises(UsageError, match="“%” is no operation; there are"):
        RowChain(BOX, (tensor("x", *ROUND), "x"), [("%", tensor("b", *ROUND), "b")])


# ── the audit ────────────────────────────────────────────────────────────────────────────────────
def played(change=lambda rows: None, **options):
    def put(lesson):
        x = lesson.trace["blocks.0.resid_pre"][2]
        centred = x - x.mean(0)
        deviation = centred.square().mean(0).sqrt()
        w, b = (lesson.trace[f"blocks.0.ln1.{name}"] for name in "wb")
        operations = [("−", x.mean(0), "μ"), ("÷", deviation, "σ"), ("·", w, "w"), ("+", b, "b")]
        rows = RowChain(lesson.stage, (x, "x"), operations, **options)
        change(rows)
        lesson.play(FadeIn(rows))

    return kinds(put)


@pytest.mark.slow
def test_the_audit_finds_nothing_in_a_chain():
    assert not played() and not played(upright=7, spec="+.3f")


@pytest.mark.slow
def test_the_audit_holds_every_row_to_its_operation():
    def law(k, **changes):
        return lambda rows: setattr(rows.grids[k], "law", replace(rows.grids[k].law, **changes))

    assert "wrong sum" in played(law(1, sign="+"))
    assert "wrong sum" in played(law(2, sign="·"))
    assert "wrong sum" in played(law(2, about=False)), "÷ σ holds only about"
    assert "wrong sum" in played(law(4, sign="+"))
    assert "wrong sum" in played(law(6, sign="−"))
