import numpy as np
import pytest
from manim import tempconfig

from model.numbers.tensor import Tensor
from tests import playing


@pytest.fixture(autouse=True, scope="module")
def played_lessons():
    """Those of one file of tests are not kept for the next."""
    yield
    playing.forget()


@pytest.fixture(autouse=True)
def small_frame(tmp_path):
    """Manim set to a small 16:9 picture; nothing is written outside the test's folder."""
    settings = {
        "pixel_width": 480,
        "pixel_height": 270,
        "frame_width": 14.2222,
        "frame_height": 8.0,
        "frame_rate": 10,
        "dry_run": True,
        "progress_bar": "none",
        "verbosity": "ERROR",
        "media_dir": str(tmp_path),
        "disable_caching": True,
    }
    with tempconfig(settings):
        yield


@pytest.fixture
def tensors():
    """name → Tensor of that shape with seeded numbers: tensors(matrix=(4, 3))["matrix"]."""
    rng = np.random.default_rng(0)

    def make(**shapes):
        return {
            name: Tensor.recorded(
                name, rng.normal(size=shape).astype(np.float32), [f"axis{k}" for k in range(len(shape))]
            )
            for name, shape in shapes.items()
        }

    return make
