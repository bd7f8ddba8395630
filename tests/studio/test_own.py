"""A lesson of one's own, by its file, from any folder: the one of docs/writing-a-lesson.md, as it is written there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import ClearheadError, UsageError
from model.paths import ROOT
from scenes import own
from scenes.course import OWN, OWN_COURSE, add_own, course
from scenes.lesson import Options
from studio.audit import audit_lesson
from studio.play.failures import by_author, plainly
from studio.play.picture import Picture
from studio.play.session import Job, perform
from studio.play.sources import imported

TUTORIAL = (ROOT / "docs/writing-a-lesson.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
SMALL = ["--width", "192", "--fps", "10"]


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch):
    """A lesson of one's own is in the course of the test that names it, and of no other."""
    for name in (OWN, OWN_COURSE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield
    monkeypatch.undo()
    course.cache_clear()


@pytest.fixture
def home(tmp_path):
    (tmp_path / "norms.py").write_text(TUTORIAL, encoding="utf-8")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/norms.yaml").write_text("A row: This is what to say about {word}.\n")
    return tmp_path


def clearhead(*args, cwd: Path) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "studio.cli", *map(str, args)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_the_tutorials_lesson_is_rendered_drawn_and_audited_by_its_file(home):
    done = clearhead("render", "norms.py", *SMALL, "-o", "out", cwd=home)
    assert done.returncode == 0 and done.stdout == "out/norms-108p10.mp4\n", done.stderr
    about = json.loads((home / "out/norms-108p10.json").read_text())
    assert [step["name"] for step in about["steps"]] == ["A row", "Attention"]
    assert about["steps"][0]["notes"].startswith("This is what to say about ")
    done = clearhead("verify", home / "out/norms-108p10.mp4", "--lesson", home / "norms.py", cwd=Path("/"))
    assert done.returncode == 0, done.stdout
    done = clearhead("storyboard", f"{home.name}/norms.py:Norms", "-q", "l", "-o", home / "out", cwd=home.parent)
    assert done.returncode == 0 and done.stdout.endswith("norms-480p15-storyboard.png\n"), done.stderr
    done = clearhead("audit", "norms.py", cwd=home)
    assert done.returncode == 0 and "no findings" in done.stdout, done.stdout


@pytest.mark.slow
def test_two_lessons_of_one_name_do_not_overwrite_each_other(home):
    (home / "other").mkdir()
    (home / "other/norms.py").write_text(TUTORIAL.replace('"A row"', '"Its row"'))
    for file in ("norms.py", "other/norms.py", "norms.py"):
        assert clearhead("render", file, *SMALL, "--step", "1", "-f", "png", "-o", "out", cwd=home).returncode == 0
    first, second = sorted((home / "out").glob("*.json"), key=lambda path: len(path.name))
    names = [json.loads(path.read_text())["steps"][0]["name"] for path in (first, second)]
    assert sorted(names) == ["A row", "Its row"]


@pytest.mark.slow
def test_a_course_of_ones_own(home):
    (home / "my.yaml").write_text(
        "- part: Mine\n  lessons:\n    - {file: norms.py, title: Lengths, text: The cat sat}\n"
        "    - {id: again, file: norms.py, scene: Norms}\n"
    )
    done = clearhead(
        "render", "--all", "--course", "my.yaml", *SMALL, "--step", "1", "-f", "png", "-o", "out", cwd=home
    )
    assert done.returncode == 0, done.stderr
    told = {about["lesson"]: about for about in map(json.loads, (p.read_text() for p in (home / "out").glob("*.json")))}
    assert told.keys() == {"norms", "again"} and told["norms"]["title"] == "Lengths"
    assert told["norms"]["text"] == "The cat sat" and told["again"]["text"].startswith("A fluffy")
    for bad, words in (
        ("- lessons: 3", "no course"),
        ("- part: x\n  lessons:\n    - {scene: N}", "lacks 'file'"),
        ("[", "no course"),
    ):
        (home / "bad.yaml").write_text(bad)
        done = clearhead("render", "--all", "--course", "bad.yaml", cwd=home)
        assert (
            done.returncode == 1
            and words in done.stderr
            and done.stderr.count("\n") == 1
            and "bug in Clearhead" not in done.stderr
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        (
            "word=self.words[i],",
            "wrod=self.words[i],",
            "with self.step(",
            "the caption names {word}, the step gives wrod",
        ),
        ("self.row()", "self.rwo()", "self.row()", "AttributeError: 'Norms' object has no attribute 'rwo'"),
        ("def row(self):", "def row(self:", "def row(", "'(' was never closed; mend that line."),
        ("import Grow,", "import Nonesuch,", "import Grow,", "the kit has no Nonesuch; docs/kit.md has its names"),
        ("import Grow,", "import FadeIn,", "import Grow,", "FadeIn is not in scenes.kit: from manim import FadeIn"),
        ("run_time=2)", "run_time=2 / 0)", "run_time=2)", "ZeroDivisionError"),
        ("from scenes.lesson import", "from nonesuch import", "from scenes.lesson", "ModuleNotFoundError"),
    ],
)
def test_a_mistake_is_the_authors_with_file_and_line(home, before, after, line, words):
    assert before in TUTORIAL
    (home / "norms.py").write_text(TUTORIAL.replace(before, after, 1))
    number = 1 + TUTORIAL[: TUTORIAL.index(line)].count("\n")
    done = clearhead("render", "norms.py", *SMALL, "-o", "out", cwd=home)
    assert done.returncode == 1 and f"norms.py:{number}: {words}" in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and "bug in Clearhead" not in done.stderr


PLAIN = """
from scenes.lesson import TextLesson

class Plain(TextLesson):
    def construct(self):
        with self.step("Word {name}", "It is “{word}”.", name=0, word=self.words[0]):
            self.wait(0.1)
"""


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ("word=", 6, "the caption names {word}, the step gives name, wrod: add word=… to it"),
        ("wait(", 7, "AttributeError: 'Plain' object has no attribute 'wiat'"),
    ],
)
def test_the_audit_tells_an_author_his_own_line(tmp_path, change, line, words):
    wrong = PLAIN.replace(change, {"word=": "wrod=", "wait(": "wiat("}[change])
    (tmp_path / "plain.py").write_text(wrong)
    (finding,) = audit_lesson(add_own(str(tmp_path / "plain.py")), Options()).findings
    assert finding.defect.kind == "crash" and finding.defect.what == f"{words} (plain.py:{line})"


def test_a_title_is_filled_and_a_field_may_have_any_name(tmp_path):
    (tmp_path / "plain.py").write_text(PLAIN)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/plain.yaml").write_text("Word {name}: Say “{word}”.\n")
    (step,) = perform(Job(add_own(str(tmp_path / "plain.py")), Options(text="The cat"), Picture.of("l"))).steps
    assert (step.name, step.notes) == ("Word 0", "Say “The”.")


def test_what_editors_of_windows_write(tmp_path):
    """A mark at the beginning is read over, also in what the lesson imports; other encodings are named."""
    (tmp_path / "plain.py").write_text("import scenes.kit.recipes\n" + PLAIN, encoding="utf-8-sig")
    assert perform(Job(add_own(str(tmp_path / "plain.py")), Options(text="The cat"), Picture.of("l"))).steps
    assert ROOT / "scenes/kit/recipes.py" in imported(tmp_path / "plain.py")
    (tmp_path / "old.py").write_text(PLAIN.replace("It is", "Größe:"), encoding="cp1252")
    with pytest.raises(ClearheadError, match="old.py is not UTF-8: save it so"):
        add_own(str(tmp_path / "old.py"))


def test_a_lesson_without_steps_says_what_is_missing(tmp_path):
    (tmp_path / "plain.py").write_text(PLAIN.replace("construct", "constuct"))
    with pytest.raises(UsageError, match="Plain has no method construct"):
        perform(Job(add_own(str(tmp_path / "plain.py")), Options(), Picture.of("l")))


def test_which_lesson_is_meant(tmp_path):
    file = tmp_path / "a.py"
    base, second = (
        "class Base(TextLesson):\n  pass\nclass A(Base):\n  text = 'x'\n",
        "class B(kit.AttentionLesson):\n  'Two.'\n",
    )
    file.write_text(f"{base}{second}class No: pass\n")
    assert own.split(f"{file}:A") == (file, "A")
    assert own.told(file, "A") | {"model": ""} == {"title": "A", "summary": "", "text": "x", "model": ""}
    assert own.told(file, "B")["summary"] == "Two." and own.told(file, "B")["text"].startswith("A fluffy")
    for spec, words in (
        (str(file), "A, B"),
        (f"{file}:C", "no lesson C"),
        (str(tmp_path / "b.py"), "there is no file"),
    ):
        with pytest.raises(UsageError, match=words):
            own.split(spec)
    file.write_text("x = 1")
    with pytest.raises(UsageError, match="there is none"):
        own.split(str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(ClearheadError, match="is not UTF-8"):
        own.split(str(file))
    assert [own.is_path(name) for name in ("attention", "a.py", "./a", "a.py:B", "x/y")] == [
        False,
        True,
        True,
        True,
        True,
    ]


def test_what_is_no_lessons_is_not_the_authors(tmp_path):
    assert by_author(ROOT / "scenes/lessons/heads/lesson.py") and not by_author(ROOT / "scenes/kit/ground/say.py")
    assert (
        not by_author(Path(json.__file__)) and not by_author(Path(pytest.__file__)) and not by_author(Path("<string>"))
    )
    try:
        json.loads("{")
    except ValueError as error:
        assert plainly(error) is None
