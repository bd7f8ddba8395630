"""The notebooks run, and give what stands in them."""

import base64
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.studio import notebooks

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def pixels(output) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))).convert("L"), dtype=int)


@pytest.mark.parametrize("notebook", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda n: n.stem)
def test_a_notebook_gives_what_stands_in_it(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    cells = [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    given = notebooks.run(notebook, tmp_path)
    assert len(given) == len(cells) and sum(map(len, given)) >= len(cells)
    for cell, outputs in zip(cells, given, strict=True):
        assert len(cell["outputs"]) == len(outputs)
        for kept, output in zip(cell["outputs"], outputs, strict=True):
            if "image/png" in output.get("data", {}):
                assert np.abs(pixels(kept) - pixels(output)).max() <= 2
            else:
                assert kept == output


def test_the_outputs_can_fail(tmp_path):
    """A cell that gives something else is seen."""
    about = {"cells": [{"cell_type": "code", "source": ["x = 2\n", "print(x)\n", "x + 1"], "outputs": []}]}
    (tmp_path / "n.ipynb").write_text(json.dumps(about))
    printed, value = notebooks.run(tmp_path / "n.ipynb", tmp_path)[0]
    assert printed["text"] == ["2\n"] and value["data"]["text/plain"] == ["3"]
