"""Flashes: more than three a second, over more than 2.8 % of the frame."""

import numpy as np
import pytest
from manim import FadeIn, FadeOut, Square

from scenes.lesson import Options
from studio.audit import audit_lesson
from studio.audit.film.flash import AREA, Counter, light_of
from tests.studio.audit.planted import Entry, Planted


def share(blink, seconds=3, rate=15, size=(10, 100)):
    """The largest share of the frame that flashes too often. blink: second → light, or light of every column."""
    counter = Counter(np.broadcast_to(blink(0.0), size).astype(float))
    times = np.arange(1, seconds * rate) / rate
    return max(counter.frame(time, np.broadcast_to(blink(time), size).astype(float)) for time in times)


def wave(hertz, low=0.0, high=1.0):
    return lambda time: low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * hertz * time))


@pytest.mark.parametrize(("hertz", "found"), [(1, 0.0), (3, 0.0), (5, 1.0), (7, 1.0)])
def test_how_often(hertz, found):
    assert share(wave(hertz)) == found


@pytest.mark.parametrize(
    ("low", "high", "found"), [(0.0, 0.08, 0.0), (0.0, 0.15, 1.0), (0.82, 1.0, 0.0), (0.7, 0.9, 1.0)]
)
def test_how_strongly(low, high, found):
    assert share(wave(5, low, high)) == found


@pytest.mark.parametrize("columns", [2, 3])
def test_over_which_part(columns):
    found = share(lambda time: np.where(np.arange(100) < columns, wave(5)(time), 0.0))
    assert found == columns / 100 and (found > AREA) == (columns == 3)


def test_growing_brighter_is_no_flash():
    assert share(lambda time: time / 3) == 0.0


def test_light_is_relative_luminance():
    pixels = np.array([[[255, 255, 255, 255], [0, 0, 0, 255], [255, 0, 0, 255], [0, 255, 0, 255]]], dtype=np.uint8)
    assert light_of(pixels)[0] == pytest.approx([1, 0, 0.2126, 0.7152], abs=1e-5)


def blinking(times, size):
    class Blinking(Planted):
        def put(self):
            square = Square(size, fill_opacity=1)
            for _ in range(times):
                self.play(FadeIn(square), run_time=0.1)
                self.play(FadeOut(square), run_time=0.1)
            self.play(FadeIn(square))

    return [f for f in audit_lesson(Entry(Blinking), Options(), drawn=True).findings if f.defect.kind == "flash"]


def test_a_lesson_that_flashes():
    (finding,) = blinking(5, 3)
    assert finding.moment.step == "Only" and "more than 3 times a second" in finding.defect.what
    assert not blinking(5, 0.5) and not blinking(2, 3)
