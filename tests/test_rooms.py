"""The rooms: imports point one way, between the rooms and inside them; no room pulls in what is not its business."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from model.paths import ROOT

FORBIDDEN = {
    "model": {"scenes", "studio", "manim", "clearhead"},
    "scenes": {"studio", "torch", "clearhead"},
    "studio": {"torch", "clearhead"},
    "writing": {"torch", "manim"},
}
FILES = [file for room in FORBIDDEN for file in sorted((ROOT / room).rglob("*.py"))]

# From the ground up: a module imports from its own row and from rows before it. The longest name that fits counts.
ORDER = (
    ("model", "model.errors", "model.paths", "model.files"),
    ("model.text", "model.net"),
    ("model.numbers", "model.families"),
    ("model.runs",),
    ("model.study",),
    ("model.training", "model.learning"),
    ("scenes", "scenes.course"),
    ("scenes.kit", "scenes.kit.ground"),
    ("scenes.kit.words", "scenes.kit.numbers"),
    ("scenes.kit.charts", "scenes.kit.attention", "scenes.kit.space", "scenes.kit.depth"),
    ("scenes.kit.moves",),
    ("scenes.kit.recipes",),
    ("scenes.lesson",),
    ("scenes.lessons",),
    ("scenes.kit.demo",),
    ("studio", "studio.play"),
    ("studio.page",),
    ("studio.film",),
    ("studio.audit", "studio.preview", "studio.preview.wire"),
    ("studio.preview.processes",),
    ("studio.preview.sessions",),
    ("studio.preview.web",),
    ("studio.cli",),
    ("clearhead",),  # what pages and notebooks import, by the project's name; it asks the command for films
)
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
FOLDERS = ("writing",)  # hold packages and are none: the launcher ./clearhead leaves no room for a folder of that name
# studio.preview itself is what others call: `serve` starts the server.
FRONT = {"studio.preview"}

LONGEST_FILE, LONGEST_FUNCTION, LARGEST_FOLDER = 400, 60, 13
TOO_LONG: dict[str, str] = {}  # "path" or "path:function" → why it may be longer


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[parts[0] in FOLDERS :]).removesuffix(".__init__")


def imported(source: str) -> set[str]:
    """The modules that a source imports anywhere: also inside functions and by importlib.import_module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def packages(source: str) -> set[str]:
    return {name.split(".")[0] for name in imported(source)}


@cache
def arrows() -> dict[str, set[str]]:
    """Module → the modules of the rooms that it imports when it is loaded or used (not for type checkers only)."""
    modules = {module_of(file): file for file in FILES}
    graph = {}
    for name, file in modules.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
                node.body = [ast.Pass()]
        found = {other for other in imported(ast.unparse(tree)) if other in modules and other != name}
        graph[name] = {
            other for other in found if not name.startswith(f"{other}.")
        }  # a package's front is not below it
    return graph


def rank(module: str) -> int:
    parts = module.split(".")
    return next(RANK[name] for k in range(len(parts), 0, -1) if (name := ".".join(parts[:k])) in RANK)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way(file):
    room = file.relative_to(ROOT).parts[0]
    wrong = packages(file.read_text(encoding="utf-8")) & FORBIDDEN[room]
    assert not wrong, f"{file.relative_to(ROOT)} must not import {', '.join(sorted(wrong))}"


def test_no_arrow_runs_up():
    up = [
        f"{name} → {other}"
        for name, others in arrows().items()
        for other in others
        if rank(other) > rank(name) and name not in FRONT
    ]
    assert not up, "\n".join(sorted(up))


def test_there_is_no_circle():
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


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
    assert "torch" in packages(source)


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────
def test_no_file_is_long():
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert not {path: n for path, n in lines.items() if n > LONGEST_FILE and path not in TOO_LONG}


def test_no_function_is_long():
    found = {}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                place, length = f"{file.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION and place not in TOO_LONG:
                    found[place] = length
    assert not found


def test_no_folder_is_full():
    folders = {file.parent for file in FILES}
    full = {str(f.relative_to(ROOT)): n for f in folders if (n := len(list(f.glob("*.py")))) > LARGEST_FOLDER}
    assert not full


# ── by doing it ──────────────────────────────────────────────────────────────────────────────────
def modules(folder: str) -> list[str]:
    """The importable modules of a room."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return [module_of(file) for file in files]


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
