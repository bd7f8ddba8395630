"""What a speaker may say: there is something for every step, and no number that does not come from the run."""

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import scenes
from model.errors import ClearheadError
from scenes import course
from scenes.lesson import Options, TextLesson
from studio.play.picture import Picture
from studio.play.session import Job, perform

FOLDER = Path(scenes.__file__).parent
ENTRIES = {entry.id: entry for entry in course()}


def notes(lesson: str) -> dict[str, str]:
    return yaml.safe_load((FOLDER / "lessons" / lesson / "notes.yaml").read_text(encoding="utf-8"))


def source(lesson: str) -> str:
    """The code of all modules in a lesson's folder, and of the steps that it takes from the base."""
    code = "".join(file.read_text(encoding="utf-8") for file in sorted((FOLDER / "lessons" / lesson).glob("*.py")))
    return code + inspect.getsource(TextLesson.unknown_words) * ("self.unknown_words(" in code)


@pytest.mark.parametrize("lesson", ENTRIES)
def test_there_are_notes_for_every_step_and_for_nothing_else(lesson):
    assert set(notes(lesson)) == set(re.findall(r'\.step\(\s*"([^"]+)"', source(lesson)))


@pytest.mark.parametrize("lesson", ENTRIES)
def test_no_number_is_typed_in(lesson):
    for step, text in notes(lesson).items():
        assert not re.search(r"\d", re.sub(r"{[^}]*}", "", text)), step


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ENTRIES)
def test_they_are_filled_with_the_run_s_values(lesson):
    entry = ENTRIES[lesson]
    options = Options(text=entry.text, model=entry.model)
    played = perform(Job(entry, options, Picture.of("l")))
    for step in played.steps:
        assert step.notes and step.notes != step.caption and "{" not in step.notes, step.name


def test_without_a_file_a_step_s_notes_are_what_is_said():
    class Plain(TextLesson):
        def construct(self):
            with self.step("Words", "{n} words.", n=len(self.words)):
                self.wait(0.1)
            with self.step("Count", ask="How many words?"):
                self.answer("There are {n}.", n=len(self.words))

    entry = SimpleNamespace(id="plain", text="The cat sat", model="tiny", load=lambda: Plain)
    told, asked = perform(Job(entry, Options(), Picture.of("l"))).steps
    assert told.notes == told.caption == "3 words."
    assert asked.notes == "How many words? There are 3."


@pytest.mark.parametrize(
    ("notes", "what"),
    [
        ("Words: There are {many} of them.", "many"),
        ("Words: [", "cannot be read"),
        ("Words: 3", "text for each"),
        ("- Words", "text for each"),
        ("Words: Gr\udcfc\udcdfe", "is not UTF-8"),
    ],
)
def test_a_mistake_in_notes_is_told_with_the_file(tmp_path, monkeypatch, notes, what):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/plain_lesson.yaml").write_text(notes, encoding="utf-8", errors="surrogateescape")
    (tmp_path / "plain_lesson.py").write_text(
        "from scenes.lesson import TextLesson\n\nclass Plain(TextLesson):\n    def construct(self):\n"
        "        with self.step('Words', 'Words.'):\n            self.wait(0.1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plain_lesson", raising=False)
    Plain = importlib.import_module("plain_lesson").Plain
    entry = SimpleNamespace(id="plain", text="The cat sat", model="tiny", load=lambda: Plain)
    with pytest.raises(ClearheadError, match=what) as told:
        perform(Job(entry, Options(), Picture.of("l")))
    assert "notes" in str(told.value)
