"""Lessons of one's own: in any file, outside the course. Read from their source, so that listing them runs nothing."""

from __future__ import annotations

import ast
import importlib.util
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from model.errors import ClearheadError, UsageError

BASE = Path(__file__).parent / "lesson/lesson.py"


def is_path(name: str) -> bool:
    """Whether a lesson is named by its file (lesson.py, folder/lesson.py:Class) and not by its id."""
    return "/" in name or name.split(":")[0].endswith(".py")


def split(spec: str) -> tuple[Path, str]:
    """FILE or FILE:CLASS → the file, the class (found where there is one only). Raises UsageError."""
    name, _, scene = spec.rpartition(":") if spec.rpartition(":")[2].isidentifier() and ":" in spec else (spec, "", "")
    file = Path(name).expanduser().absolute()
    if not file.is_file():
        raise UsageError(f"there is no file {name}: name a lesson by its file (my_lesson.py or my_lesson.py:Class).")
    classes = _lessons(_tree(file))
    if scene and scene not in classes:
        raise UsageError(f"{name} has no lesson {scene}; {_those(classes)}")
    if not scene and len(classes) != 1:
        raise UsageError(f"which lesson? In {name} {_those(classes)}")
    return file, scene or classes[0]


def _those(classes: list[str]) -> str:
    if not classes:
        return "there is none: a lesson is a class made from scenes.lesson.Lesson, with a method construct."
    return f"there are: {', '.join(classes)}; say FILE:CLASS."


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8-sig"))
    except SyntaxError as error:
        raise ClearheadError(f"{file}:{error.lineno}: {error.msg}; mend that line.") from None
    except UnicodeDecodeError:
        raise ClearheadError(f"{file} is not UTF-8: save it so, as editors offer it.") from None
    except OSError as error:
        raise ClearheadError(f"{file} cannot be read: {error}") from None


def _lessons(tree: ast.Module) -> list[str]:
    """The classes that are lessons, by their bases' names; not those that others are made from."""
    bases = {
        n.name: [getattr(b, "attr", getattr(b, "id", "")) for b in n.bases]
        for n in tree.body
        if isinstance(n, ast.ClassDef)
    }
    found: list[str] = []
    for name, above in bases.items():
        if any(base.endswith(("Lesson", "Scene")) or base in found for base in above):
            found.append(name)
    return [name for name in found if not any(name in above for above in bases.values())]


def told(file: Path, scene: str) -> dict[str, str]:
    """title, summary, text and model as the class's source gives them; what is not there is what all lessons have."""
    found = _constants(BASE, "Lesson")
    try:
        found |= _constants(file, scene)
    except ClearheadError:  # half edited: who plays it says so
        pass
    summary = found.get("__doc__", "").split("\n")[0]
    return {"title": found.get("title", scene), "summary": summary, "text": found["text"], "model": found["model"]}


def _constants(file: Path, name: str) -> dict[str, str]:
    """The texts that stand in a class's body."""
    node = next((n for n in _tree(file).body if isinstance(n, ast.ClassDef) and n.name == name), None)
    if node is None:
        return {}
    found = {"__doc__": ast.get_docstring(node) or ""} if file != BASE else {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            found |= {target.id: line.value.value for target in line.targets if isinstance(target, ast.Name)}
    return found


def load(file: Path, scene: str) -> Any:
    """The class, from a module that is read from the file; what stands beside the file can be imported."""
    name = f"clearhead_own_{sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        sys.path.append(str(file.parent))
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return getattr(sys.modules[name], scene)
