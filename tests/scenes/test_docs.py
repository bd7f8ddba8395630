"""The lesson that the documentation shows is one that plays, and that the audit has nothing against."""

import importlib
import re
import sys
from pathlib import Path
from types import SimpleNamespace

from scenes.lesson import Options
from studio.audit import audit_lesson

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "writing-a-lesson.md"


def test_the_lesson_in_the_documentation(tmp_path, monkeypatch):
    source = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL).group(1)
    (tmp_path / "norms.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    from norms import Norms

    entry = SimpleNamespace(
        id="norms",
        scene="Norms",
        title="Norms",
        summary="",
        text="The cat sat on the mat",
        model="tiny",
        load=lambda: Norms,
    )
    report = audit_lesson(entry, Options(text=entry.text))
    assert not report.findings, [str(f) for f in report.findings]
    sys.modules.pop("norms")


def test_what_the_documentation_imports_is_there():
    named = re.findall(
        r"`from ([\w.]+) import ([\w, ]+)`", "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    )
    assert len(named) >= 5
    for module, names in named:
        for name in names.split(", "):
            assert hasattr(importlib.import_module(module), name), f"{module} has no {name}"
