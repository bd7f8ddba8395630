"""The rooms: imports point one way (studio → scenes → model), and no room pulls in what is not its business."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {"model": {"scenes", "studio", "manim"}, "scenes": {"studio", "torch"}, "studio": {"torch"}}
FILES = [file for room in FORBIDDEN for file in sorted((ROOT / room).rglob("*.py"))]


def imported(source: str) -> set[str]:
    """The top-level packages that a source imports anywhere: also inside functions and by importlib.import_module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            found |= {arg.value.split(".")[0] for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way(file):
    room = file.relative_to(ROOT).parts[0]
    wrong = imported(file.read_text(encoding="utf-8")) & FORBIDDEN[room]
    assert not wrong, f"{file.relative_to(ROOT)} must not import {', '.join(sorted(wrong))}"


def test_every_room_is_looked_at():
    assert {file.relative_to(ROOT).parts[0] for file in FILES} == set(FORBIDDEN)


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "from torch.nn import Linear",
        "def f():\n    import torch.nn",
        "importlib.import_module('torch')",
        "__import__('torch')",
    ],
)
def test_the_check_sees_every_way_to_import(source):
    assert "torch" in imported(source)


def modules(folder: str) -> list[str]:
    """The importable modules of a room."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]


@pytest.mark.parametrize(("room", "absent"), [("scenes", "torch"), ("model", "manim")])
def test_importing_a_room_leaves_out_the_other_library(room, absent):
    """Not by reading the source but by doing it: also what third parties or our own helpers bring in counts."""
    program = (
        "import importlib, sys\n"
        f"for name in {modules(room)!r}: importlib.import_module(name)\n"
        f"sys.exit('{absent} was imported' if {absent!r} in sys.modules else 0)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
