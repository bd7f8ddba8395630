"""The table of contents: parts in order, and what a lesson shows is said once."""

import subprocess
import sys

import pytest
import yaml

from model.paths import ROOT
from scenes import course
from scenes.course import FILE, own_run

PARTS = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_lessons_come_in_order_and_know_their_part():
    assert [(e.part, e.id) for e in course()] == [(p["part"], each["id"]) for p in PARTS for each in p["lessons"]]
    assert course()[0].part == "How a GPT predicts the next word"
    assert len({entry.id for entry in course()}) == len(course())


@pytest.mark.parametrize("entry", course(), ids=lambda entry: entry.id)
def test_a_class_has_the_text_and_the_model_of_its_entry(entry):
    lesson = entry.load()
    assert (lesson.text, lesson.model) == (entry.text, entry.model) == own_run(entry.id)


@pytest.mark.slow
def test_manim_itself_shows_the_lesson_s_own_text_and_model(tmp_path):
    """`manim` on a lesson's file reads no entry of the course: the class knows."""
    options = ["-ql", "--dry_run", "--media_dir", str(tmp_path)]
    code = (
        "import runpy, sys; sys.argv = ['manim', *sys.argv[1:]]\n"
        "from scenes.lesson import lesson\n"
        "run = lesson.trace_of\n"
        "lesson.trace_of = lambda *what: print('RUN', *what, sep='|') or run(*what)\n"
        "runpy.run_module('manim', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *options, "scenes/lessons/position/lesson.py", "Position"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    text, model = own_run("position")
    assert f"RUN|{model}|{text}" in done.stdout.splitlines(), done.stdout + done.stderr
