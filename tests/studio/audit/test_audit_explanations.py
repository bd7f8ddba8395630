"""Every kind of finding is explained; the wrong example has it, the right one is clean."""

import ast
import re
from dataclasses import replace
from textwrap import indent

import manim
import pytest

from model.paths import ROOT
from scenes import kit
from scenes.kit.ground.say import say
from scenes.kit.numbers.total import Total
from scenes.lesson import Options, TextLesson
from studio.audit import audit_lesson
from studio.audit.explain import FOLDER, explanation
from studio.audit.findings import ROOM as KINDS
from studio.cli.main import main
from tests.studio.audit.planted import Entry

NAMES = {
    **vars(manim),
    **{name: getattr(kit, name) for name in kit.__all__},
    "say": say,
    "Total": Total,
    "replace": replace,
}


def found(body: str, kind: str) -> set[str]:
    """The kinds of findings in a lesson with this `construct`; frames are drawn if it is seen on them."""
    namespace = dict(NAMES)
    exec("def construct(self):\n" + indent(body, "    "), namespace)
    lesson = type("Example", (TextLesson,), {"construct": namespace["construct"]})
    return {f.defect.kind for f in audit_lesson(Entry(lesson), Options(), kind == "flash").findings}


@pytest.mark.parametrize("kind", KINDS)
def test_examples(kind):
    page = explanation(kind)
    assert kind in found(page.wrong, kind)
    assert found(page.right, kind) == set()


def test_what_the_code_can_find_is_what_is_explained():
    produced = set()
    for file in (ROOT / "studio" / "audit").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Defect":
                first = call.args[0]
                produced.add(first.value if isinstance(first, ast.Constant) else ast.unparse(first))
    assert produced - {"kind"} | {"typed number"} == set(KINDS)  # `kind`: of what no source covers, by where it stands
    assert {file.stem for file in FOLDER.glob("*.md")} == {kind.replace(" ", "-") for kind in KINDS}


def test_the_documentation_links_every_explanation():
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    linked = re.findall(r"\[([\w -]+)\]\(\.\./studio/audit/explanations/([\w-]+)\.md\)", page)
    assert dict(linked) == {kind: kind.replace(" ", "-") for kind in KINDS}


def test_the_command_explains(capsys):
    assert main(["audit", "--explain", "wrong-sum"]) == 0
    assert "Numbers that stand as a sum do not add up." in capsys.readouterr().out
    assert main(["audit", "--explain"]) == 0
    listed = capsys.readouterr().out
    assert all(kind in listed for kind in KINDS)
    assert main(["audit", "--explain", "wrong some"]) == 2
    assert "did you mean “wrong sum”?" in capsys.readouterr().err
