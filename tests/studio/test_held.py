"""Pixels that are held: never off by more than was allowed, exact where the film stands, and fewer of them change."""

import av
import numpy as np
import pytest

from studio.film.web.held import held

SIZE = (4, 6, 3)


def runs(pictures, times=None):
    times, first = times or [1] * len(pictures), 0
    for picture, shown in zip(pictures, times, strict=True):
        yield av.VideoFrame.from_ndarray(np.ascontiguousarray(picture, np.uint8), "rgb24"), first, shown
        first += shown


def colours(found) -> np.ndarray:
    return np.stack([frame.to_ndarray(format="rgb24") for frame, _, _ in found]).astype(int)


def changes(pictures: np.ndarray) -> int:
    return int((np.diff(pictures, axis=0) != 0).any(axis=-1).sum())


@pytest.mark.parametrize("most", [4, 16])
def test_no_colour_is_off_by_more(most):
    wanted = np.random.default_rng(1).integers(0, 256, (40, *SIZE)).cumsum(axis=0) // 20 % 256
    found = list(held(runs(wanted), most))
    assert [(first, shown) for _, first, shown in found] == [(k, 1) for k in range(40)]
    off = np.abs(colours(found) - wanted)
    assert 0 < off.max() <= most


def test_the_poster_and_what_stands_are_exact():
    wanted = np.random.default_rng(2).integers(100, 108, (12, *SIZE))
    times = [1, 1, 1, 1, 5, 1, 1, 1, 2, 1, 1, 1]
    found = list(held(runs(wanted, times), 8))
    assert [(first, shown) for _, first, shown in found] == [(first, shown) for _, first, shown in runs(wanted, times)]
    off = np.abs(colours(found) - wanted).reshape(12, -1).max(axis=1)
    # The first frame after the poster is drawn whole, and the last one is the poster's.
    assert [k for k in range(12) if off[k] == 0] == [0, 1, 4, 8, 11]


def test_a_fade_is_a_few_even_steps():
    """A grey that grows by two levels a frame: a pixel changes when it is off by the most, not at every frame."""
    wanted = np.stack([np.full(SIZE, 2 * k) for k in range(60)])
    found = colours(list(held(runs(wanted), 8)))
    pixels = SIZE[0] * SIZE[1]
    assert changes(wanted) == 59 * pixels and changes(found) <= 10 * pixels
    assert abs((found - wanted)[2:-1].mean()) < 1, "as often too bright as too dark"


def test_what_comes_to_rest_is_exact_though_something_else_moves():
    wanted = np.zeros((30, *SIZE), int)
    wanted[:10, :, 0] = np.arange(10, 0, -1)[:, None, None]  # fades, and is gone from the tenth frame on
    wanted[:, 0, 5] = 8 * np.arange(30)[:, None] % 256  # moves all the time
    found = colours(list(held(runs(wanted), 15)))
    assert (found[2:9, :, 0] != wanted[2:9, :, 0]).any(), "held while it fades"
    assert (found[11:, :, 0] == 0).all()
    assert (found[11:-1, 0, 5] != wanted[11:-1, 0, 5]).any()
