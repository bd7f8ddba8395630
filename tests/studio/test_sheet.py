"""The sheet of a storyboard is set in the kit's own type: every character of a lesson is on it."""

import numpy as np
import pytest
from PIL import Image, ImageChops

from scenes.lesson import Step
from studio.film.storyboard import Panel, sheet


def page(name="", caption="", title="") -> Image.Image:
    step = Step(0, name, caption, "", 0.0, 0, 1.0, 0)
    return sheet([Panel(step, Image.new("RGB", (64, 36), "black"))], title)


def added(**text) -> np.ndarray:
    """Where on the page something is that an empty one has not."""
    return np.asarray(ImageChops.difference(page(**text), page()).convert("L")) > 60


@pytest.mark.parametrize("where", ["name", "caption", "title"])
def test_every_character_of_a_text_has_ink_of_its_own(where):
    pages = [added(**{where: f"b {character} b"}) for character in "σμε√🐱"]
    without = added(**{where: "b b"}).sum()
    assert min(page.sum() for page in pages) > without + 15
    assert len({page.tobytes() for page in pages}) == 5


@pytest.mark.parametrize("where", ["name", "title"])
def test_a_long_text_stays_in_its_panel(where):
    columns = np.flatnonzero(added(**{where: "a very long name " * 12}).any(axis=0))
    assert 24 <= columns.min() and columns.max() < 24 + 640


def test_a_caption_is_broken_at_its_panels_width():
    ink = added(caption="words of a caption " * 10)
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    assert columns.max() <= 24 + 640 and np.ptp(rows) > 30  # lines lie 24 apart


def test_a_caption_stands_below_its_own_picture():
    def steps(*captions):
        black = Image.new("RGB", (64, 36), "black")
        return [Panel(Step(k, "name", text, "", 0.0, 0, 1.0, 0), black) for k, text in enumerate(captions)]

    both, first = (np.asarray(sheet(steps(*captions), "")) for captions in (("one", "other"), ("one",)))
    panel = slice(64, None), slice(0, 24 + 640)
    assert np.array_equal(both[panel], first[panel])
