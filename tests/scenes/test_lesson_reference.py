"""docs/lessons.md is complete and true: its tables hold what the classes of lessons and the courses have, no more."""

import ast
import inspect
import re
from dataclasses import fields

import pytest
import yaml

from model.paths import ROOT
from scenes import course
from scenes.course import Entry
from scenes.lesson import Options
from scenes.lesson.attention_lesson import AttentionLesson
from scenes.lesson.lesson import Lesson, TextLesson
from scenes.lesson.stacks import StackLesson, TranslationLesson
from scenes.lesson.stage import StagedScene
from scenes.lesson.steps import SteppedScene
from studio.play.picture import Picture
from studio.play.session import Job, perform

PAGE = (ROOT / "docs/lessons.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/writing-a-lesson.md").read_text(encoding="utf-8")
HEADINGS = {
    Lesson: "`Lesson`",
    TextLesson: "`TextLesson`",
    StackLesson: "`StackLesson`",
    AttentionLesson: "`AttentionLesson`",
    TranslationLesson: "`TranslationLesson`",
    SteppedScene: "Steps: every lesson has",
    StagedScene: "The stage: every lesson has",
}


def section(heading: str) -> str:
    return re.split(r"^## ", PAGE.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]


def rows(heading: str) -> list[str]:
    """What stands first in each row of a section's table."""
    return re.findall(r"^\| `([^`]+)` \|", section(heading), re.MULTILINE)


def set_on_self(kind: type) -> set[str]:
    """The attributes that the class's own methods set."""
    nodes = ast.walk(ast.parse(inspect.getsource(kind)))
    stored = (node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return {node.attr for node in stored if getattr(node.value, "id", "") == "self"}


def written(name: str, value: object) -> str:
    """As it stands in the table: methods with their arguments."""
    if not inspect.isfunction(value):
        return name
    _, *arguments = inspect.signature(value).parameters.values()
    bare = [argument.replace(annotation=inspect.Parameter.empty) for argument in arguments]
    return name + str(inspect.Signature(bare))


@pytest.mark.parametrize("kind", HEADINGS)
def test_all_that_a_class_has_is_in_its_table(kind):
    own = {written(name, value) for name, value in vars(kind).items() if not name.startswith("_")}
    own |= {name for name in set_on_self(kind) if not name.startswith("_")}
    listed = rows(HEADINGS[kind])
    assert len(listed) == len(set(listed))
    assert set(listed) - {"construct", "title"} == own


def test_the_keys_of_a_course():
    read = {field.name for field in fields(Entry)} - {"own"} | {"lessons", "file"}
    assert set(rows("The rows of a course")) == read
    parts = yaml.safe_load((ROOT / "scenes/course.yaml").read_text(encoding="utf-8"))
    used = {key for part in parts for row in [part, *part["lessons"]] for key in row}
    assert used == read - {"file"}, "what is not used here may be stale"


def test_the_notes_on_the_page_are_those_of_the_lesson_on_the_other(tmp_path, monkeypatch):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/norms.yaml").write_text(re.search(r"```yaml\n(.*?)```", section("Notes"), re.DOTALL).group(1))
    (tmp_path / "norms.py").write_text(re.search(r"```python\n(.*?)```", TUTORIAL, re.DOTALL).group(1))
    (tmp_path / "my.yaml").write_text("- part: Mine\n  lessons:\n    - file: norms.py\n")
    monkeypatch.setenv("CLEARHEAD_COURSE", str(tmp_path / "my.yaml"))
    course.cache_clear()
    try:
        entry = next(entry for entry in course() if entry.own is not None)
        row, attention = perform(Job(entry, Options(text=entry.text, model=entry.model), Picture.of("l"))).steps
    finally:
        course.cache_clear()
    assert re.search(r"is its length, \d+\.\d\d\.$", row.notes)
    assert attention.notes.startswith("Head 0 of layer 0 lets each word look back.")
