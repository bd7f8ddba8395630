"""Which files a lesson reaches: all that it imports, however it does, and no others."""

from pathlib import Path

import pytest

from model.paths import ROOT
from scenes import course
from studio.play import sources
from studio.play.keys import files_of
from studio.play.sources import reached


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """write(name, source) a file of a small checkout; reach(name) says what it reaches."""
    monkeypatch.setattr(sources, "ROOT", tmp_path)

    def write(name: str, source: str = "") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
        return file

    return write


def names(files: set[Path], root: Path) -> set[str]:
    return {str(file.relative_to(root)) for file in files}


@pytest.mark.parametrize(
    "source",
    [
        "import scenes.kit.bars",
        "import scenes.kit.bars as drawn",
        "from scenes.kit import bars",
        "from scenes.kit.bars import Bars",
        "from scenes.kit import Bars",
        "def later():\n    from scenes.kit.bars import Bars",
        "from . import bars",
        "from .bars import Bars",
        "from ..kit.bars import Bars",
    ],
)
def test_every_way_to_import_is_seen(tree, tmp_path, source):
    tree("scenes/__init__.py")
    tree("scenes/kit/__init__.py", '_HOME = {"Bars": "bars", "Wall": "wall"}')
    tree("scenes/kit/bars.py", "from model.numbers import Tensor\nimport numpy")
    tree("scenes/kit/wall.py")
    tree("model/numbers.py")
    lesson = tree("scenes/kit/lesson.py", source)
    assert names(reached([lesson]), tmp_path) == {
        "scenes/kit/lesson.py", "scenes/kit/bars.py", "model/numbers.py", "scenes/__init__.py"
    }  # fmt: skip


def test_names_that_are_listed_by_rooms_are_found(tree, tmp_path):
    tree(
        "scenes/kit/__init__.py",
        '_ROOMS = {"charts.bars": ("Bars", "Columns")}\n_HOME = {n: r for r, names in _ROOMS.items() for n in names}',
    )
    tree("scenes/kit/charts/bars.py")
    lesson = tree("scenes/lesson.py", "from scenes.kit import Columns")
    assert names(reached([lesson]), tmp_path) == {"scenes/lesson.py", "scenes/kit/charts/bars.py"}


def test_two_files_that_import_each_other(tree, tmp_path):
    first = tree("scenes/a.py", "import scenes.b")
    tree("scenes/b.py", "import scenes.a")
    assert names(reached([first]), tmp_path) == {"scenes/a.py", "scenes/b.py"}


def test_lessons_reach_what_they_draw_with_and_not_each_other():
    found = {entry.id: names(reached(files_of([entry.load()])), ROOT) for entry in course()}
    for id, files in found.items():
        assert f"scenes/lessons/{id}/lesson.py" in files
        lessons = {file.split("/")[2] for file in files if file.startswith("scenes/lessons/")}
        assert lessons <= {id, "__init__.py"}
        assert {"scenes/lesson/steps.py", "scenes/kit/ground/painting.py", "model/runs/recorder.py"} <= files
        assert "scenes/kit/__init__.py" not in files and not any(file.startswith("model/training") for file in files)
    assert "scenes/kit/attention/wall.py" in found["heads"] - found["attention"]
    assert "model/study/vectors.py" in found["embedding"] - found["heads"]
