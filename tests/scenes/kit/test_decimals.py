"""Sums on screen: what is shown reproduces what is shown, or the picture says ≈."""

import numpy as np
import pytest

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.attention.meeting import Meeting
from scenes.kit.ground.layout import Box
from scenes.kit.numbers.decimals import LINE, TABLE, Decimals, adds_up, decimals, with_decimals
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.sums import SumTable
from scenes.kit.numbers.terms import TermSum
from scenes.kit.numbers.total import Total

BOX = Box(-6, -3, 6, 3)


def given(values, *axes):
    return Tensor.given(values, "made up", axes, CHOSEN)


def shown(claim):
    return [[factor.text for factor in part] for part in claim.parts], claim.total.text


def holds(claim):
    return adds_up(*shown(claim), over=claim.over.text if claim.over else "1")


def test_decimals_are_as_few_as_it_takes():
    assert decimals([([(0.25,), (0.5,)], 0.75)], ".2f") == Decimals(".2f", ".2f", "=")
    assert decimals([([(0.244,), (0.244,)], 0.488)], ".2f") == Decimals(".3f", ".2f", "=")
    assert decimals([([(0.244,), (0.244,)], 0.488)], ".2f", fits=lambda spec: spec == ".2f").parts == ".2f"
    assert with_decimals("+,.1%", 2) == "+,.3%"


def test_where_nothing_helps_it_says_about():
    hopeless = [([(0.25,), (0.25,)], 0.7)]  # not even a sum
    for tries in (TABLE, LINE):
        form = decimals(hopeless, ".2f", tries)
        assert form.about and form.signed("= x") == "≈ x" and form.signed("sum") == "≈ sum"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_sums_of_the_kit_hold_as_they_are_displayed(seed):
    rng = np.random.default_rng(seed)
    a, b = (given(rng.normal(size=24), "n") for _ in range(2))
    rows = given(rng.normal(size=(6, 24)), "row", "n")
    line = TermSum(a, b, (a * b).sum(0), width=11, lines=2)
    table = SumTable(BOX, rows, rows.sum(0), [f"row {k}" for k in range(6)], name_of_total="sum", keep=0)
    adds = Rows(BOX, [(a, "data", "a"), (b, "data", "+ b"), (a + b, "data", "= c")], adds=True)
    soft = SoftmaxTable(BOX, a[:7], [f"w{k}" for k in range(7)])
    total = Total(a[:5].softmax(), whole=1)
    met = Meeting(BOX, a[:8], b[:8], (a[:8] * b[:8]).sum(0), at=(1, 0), height=0.7)
    assert len(met.products.claims()) == 9 and not met.products.about[0], "eight products and their sum"
    for mobject in (line, table, adds.grids[-1], soft.weights, soft.sum, soft.one, total, met.products):
        claims = mobject.claims()
        assert claims and all(claim.about or holds(claim) for claim in claims)


def test_the_largest_terms_come_first_and_the_rest_is_one():
    a = given([1.0, -5.0, 3.0, 0.5, 0.25], "n")
    line = TermSum(a, None, a.sum(0), width=7, spec="+.2f")
    assert [str(piece).strip() for piece in line.pieces] == ["−5.00", "+ +3.00", "+ [3 more: +1.75]", "= −0.25"]
    assert holds(line.claims()[0]) and line.order == [1, 2, 0, 3, 4]


def test_a_running_total_says_whether_it_is_one():
    a, b = given([1.234, 2.345, 3.456], "n"), given([1.005, 1.005, 1.005], "n")
    line = TermSum(a, b, (a * b).sum(0), width=12)
    for counted in (1, 2, 3):
        line.counted = counted
        line.running = float(line.products.values[:counted].sum())
        (claim,) = line.claims()
        assert claim.about or holds(claim)
