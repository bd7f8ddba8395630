"""Colours are told apart by every eye."""

import numpy as np
import pytest

from scenes.kit.ground import theme
from scenes.kit.ground.theme import Theme
from studio.audit.film.colours import EYES, OTHERWISE, PAIRS, alike, apart, ciede2000, lab, seen

# Sharma, Wu & Dalal (2005), table 1: pairs of CIELAB colours that catch mistakes, and their ΔE00
SHARMA = (
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_differences_as_published(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(np.array(other), np.array(one)) == pytest.approx(expected, abs=1e-4)


def test_white_is_white():
    for eye in EYES:
        assert lab(seen(np.ones(3), eye)) == pytest.approx([100, 0, 0], abs=0.02)


def test_red_and_green_are_told_apart_by_usual_eyes_only():
    red, green = np.array([0.75, 0.2, 0.2]), np.array([0.45, 0.45, 0.1])
    far = {eye: apart(seen(red, eye), seen(green, eye)) for eye in EYES}
    assert far["deutan"] < 15 < far["usual"] and far["tritan"] > 15


@pytest.mark.parametrize("name", ["night", "day"])
def test_our_themes(name):
    assert alike(theme.load(name)) == ()
    assert OTHERWISE.keys() <= set(PAIRS)


@pytest.mark.parametrize(
    ("role", "colour", "found"),
    [
        ("negative", "#58A6F0", "positive and negative look alike"),
        ("truth", "#9F9A60", "truth and loss look alike to deutan eyes"),
        ("data", "#333333", "data is hard to tell from the background"),
        ("value", "#FFD060", "query and value look alike to usual eyes"),
    ],
)
def test_a_theme_with_a_defect(role, colour, found):
    changed = Theme("pale", theme.load("night").hex | {role: colour})
    assert any(found in defect.what for defect in alike(changed))
