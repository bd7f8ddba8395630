"""Which files of the model and the scenes a lesson imports, read from the source: also what functions import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from model.paths import ROOT

ROOMS = ("model", "scenes")  # lessons import from no other
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n;]+)|import[ \t]+[^\n;]+)", re.MULTILINE
)


def reached(files: Iterable[Path]) -> set[Path]:
    """The files, those that they import, and so on."""
    found, todo = set(), list(files)
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            todo += imported(file)
    return found


@cache
def imported(file: Path) -> frozenset[Path]:
    """The files of these rooms that a Python file imports; a package's names are looked up where they are at home."""
    names = [name for name in _names(_imports(file), _package(file)) if name.split(".")[0] in ROOMS]
    return frozenset(found for name in names for found in _files(name))


def _imports(file: Path) -> ast.Module:
    """The import statements of a file, wherever they stand; one in a text that looks like one may be among them."""
    source = file.read_text(encoding="utf-8-sig")
    try:  # a file's imports alone are read twenty times faster than the file
        return ast.parse("\n".join(found.group().strip() for found in IMPORT.finditer(source)))
    except SyntaxError:
        return ast.parse(source)


def _package(file: Path) -> tuple[str, ...]:
    """The package that a file is in, from the checkout's root; empty for files elsewhere."""
    return file.parent.relative_to(ROOT).parts if file.is_relative_to(ROOT) else ()


def _names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    """The dotted names that are imported; for `from a import b` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _files(name: str) -> Iterator[Path]:
    """A module's file, with the packages on the way to it, but for those that are tables of names: they say where a
    name is at home and nothing else, and a name that is new in one changes nobody's picture."""
    path = ROOT
    for part in name.split("."):
        package = path / "__init__.py"
        path = path / part
        if path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")
        elif (path / "__init__.py").is_file():
            if not _homes(path / "__init__.py"):
                yield path / "__init__.py"
        elif package.is_file() and part in (homes := _homes(package)):
            yield from _files(".".join([*_package(package), homes[part]]))


@cache
def _homes(package: Path) -> dict[str, str]:
    """{name: module} of a package that loads its names when they are first asked for: from its table `_HOME` of that
    form, or `_ROOMS`, {module: names}."""
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            match [getattr(target, "id", "") for target in node.targets]:
                case ["_ROOMS"]:
                    rooms: dict[str, tuple[str, ...]] = ast.literal_eval(node.value)
                    return {name: module for module, names in rooms.items() for name in names}
                case ["_HOME"]:
                    homes: dict[str, str] = ast.literal_eval(node.value)
                    return homes
    return {}
