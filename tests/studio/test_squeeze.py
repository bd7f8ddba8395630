"""GIFs by gifsicle: smaller, with every frame's time and the poster as they were; one line where it fails."""

import shutil

import numpy as np
import pytest
from PIL import Image

from model.errors import ClearheadError
from studio.film import frames
from studio.film.web import squeeze
from studio.film.web.budget import KINDS

needed = pytest.mark.skipif(not squeeze.available(), reason="needs gifsicle (Debian package gifsicle)")


@pytest.fixture
def film(tmp_path):
    """A shape that turns on a noisy ground: 12 frames, one of which stands longer."""
    noise = np.random.default_rng(0).integers(0, 40, (80, 120, 3), np.uint8)
    pictures = []
    for k in range(12):
        noise[20:60, 5 + 8 * k : 25 + 8 * k] = (200 - 9 * k, 40 + 15 * k, 90)
        pictures.append(Image.fromarray(noise).quantize(64, dither=Image.Dither.NONE))
    times = [50] * 6 + [400] + [50] * 5
    pictures[0].save(tmp_path / "film.gif", save_all=True, append_images=pictures[1:], duration=times, loop=0)
    return tmp_path / "film.gif"


def shown(file):
    return list(frames.shown(file))


@needed
def test_it_is_smaller_and_the_poster_and_all_times_are_the_same(film):
    before, size = shown(film), film.stat().st_size
    squeeze.squeeze(film, 100)
    after = shown(film)
    assert film.stat().st_size < 0.8 * size and [p.name for p in film.parent.iterdir()] == ["film.gif"]
    assert np.array_equal(before[0][1], after[0][1])
    assert [at for at, _ in before] == [at for at, _ in after]
    off = [np.abs(a[1].astype(int) - b[1]).mean() for a, b in zip(before[1:], after[1:], strict=True)]
    assert 0 < max(off) < 25
    with Image.open(film) as image:
        assert image.info["loop"] == 0


@needed
def test_what_it_complains_about_is_one_line(tmp_path):
    (tmp_path / "film.gif").write_bytes(b"no GIF")
    with pytest.raises(ClearheadError, match="^gifsicle failed: .+") as error:
        squeeze.squeeze(tmp_path / "film.gif", 100)
    assert "\n" not in str(error.value) and (tmp_path / "film.gif").read_bytes() == b"no GIF"


@pytest.mark.parametrize("there", [True, False])
def test_it_is_tried_only_where_it_is_installed(monkeypatch, there):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if there else None)
    assert any("lossy" in loss for loss in KINDS["gif"].tried) is there
    assert not any("lossy" in loss for loss in KINDS["webp"].tried)
