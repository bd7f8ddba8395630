"""A second way to write numbers agrees with the first, and neither cuts, loses a sign, nor scales otherwise."""

import numpy as np
import pytest

from scenes.kit.ground import say
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from studio.audit.numbers.digits import digits
from tests.studio.audit.planted import kinds, shows

SPECS = ("+.2f", ".2f", ".0f", ",.0f", ".0%", ".1%", ".3f", "+.3f", ".2g", "+.1f", ",.1f", ".6f")


@pytest.mark.parametrize("spec", SPECS)
def test_both_ways_agree(spec):
    values = [0.0, -0.0, 0.5, -0.5, 0.125, -0.001, 2.5, 0.996, -1e-9, float("-inf"), *np.linspace(-3.3, 4.7, 300)]
    if spec.endswith("g"):
        values = [v for v in values if not 0 < abs(v) < 1e-4]  # Python would write an exponent
    else:
        values += [123456.789, -9876543.21]
    assert [digits(float(v), spec) for v in values] == [say.number(v, spec) for v in values]


def test_counts():
    assert [digits(n, ",") for n in (0, 7, 1646, -3, 1234567)] == ["0", "7", "1,646", "−3", "1,234,567"]


def test_an_unknown_format_is_refused():
    for spec in (".2e", "x", "08.3f"):
        with pytest.raises(ValueError, match="no way"):
            digits(0.5, spec)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda value, spec="+.2f": format(np.trunc(float(value) * 100) / 100, spec).replace("-", "−"),
        lambda value, spec="+.2f": format(abs(float(value)), spec),
        lambda value, spec="+.2f": format(10 * float(value), spec).replace("-", "−"),
    ],
    ids=["cut", "no minus", "another scale"],
)
def test_a_kit_that_writes_wrongly_is_found(wrong, monkeypatch):
    put = shows(lambda lesson: TensorGrid(lesson.Q, "query", width=6, height=3))
    assert kinds(put) == set()
    monkeypatch.setattr("scenes.kit.ground.pen.number", wrong)
    assert "wrong number" in kinds(put)


def test_percent_of_a_share():
    right = shows(lambda lesson: Label(say.say("{w:.1%}", w=lesson.A[2, 1])))
    assert kinds(right) == set()
