"""A lesson's options are told once, in scenes/lesson/options.py: all else follows from that table."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model.paths import ROOT
from scenes.lesson.options import ASPECTS, OPTIONS
from studio.cli.main import cli, main

HERE = [file for room in ("cli", "play", "film") for file in sorted((ROOT / "studio" / room).rglob("*.py"))]

TOLD = """
from scenes.lesson.options import Options
from studio.cli.main import cli
from studio.cli.main import main
from studio.cli.options import options_of
from studio.film.naming import basename
from toy import job

cli.main(["render", "--help"], standalone_mode=False)
print(options_of({"source": "the dog", "beam": 3}))
print(basename(job(source="The dog", beam=3)), basename(job(beam=2)))
cli.main(["render", "attention", "--beam", "9"], standalone_mode=False)
"""


@pytest.mark.parametrize("file", HERE, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_value_of_an_option_stands_anywhere_else(file):
    code = file.read_text(encoding="utf-8")
    assert not [word for word in (*ASPECTS, "night") if f'"{word}"' in code or f"'{word}'" in code]


@pytest.mark.parametrize("command", ["render", "storyboard", "preview", "audit"])
def test_every_command_that_plays_lessons_has_them_all(command):
    said = {option for parameter in cli.commands[command].params for option in parameter.opts}
    assert {f"--{name.replace('_', '-')}" for name, option in OPTIONS.items() if option.live} <= said


def test_an_option_is_one_row(tmp_path):
    """A copy of the sources with two rows more in the table: they can be said, are checked, and are in file names."""
    for room in ("model", "scenes", "studio"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    table = tmp_path / "scenes/lesson/options.py"
    rows = (
        '    source: str | None = _option(None, str, "What is translated.", metavar="TEXT")\n'
        '    beam: int = _option(2, int, "How many lines are followed.", least=1, most=8)\n'
    )
    text = table.read_text(encoding="utf-8")
    before = "    theme: str = _option("
    assert before in text
    table.write_text(text.replace(before, rows + before), encoding="utf-8")
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parent}"}
    done = subprocess.run([sys.executable, "-c", TOLD], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "--source TEXT" in done.stdout and "What is translated." in done.stdout and "--beam" in done.stdout
    assert "source='the dog', beam=3" in done.stdout
    assert "toy-the-dog-beam3-180p15 toy-180p15" in done.stdout
    assert "9 is not in the range 1<=x<=8" in done.stderr


@pytest.mark.parametrize("command", ["render facts -m", "storyboard compare --other-model", "audit facts -m"])
def test_a_model_without_a_name_is_refused(command, capsys):
    """As of a variable that is not set: no other model is taken for it."""
    assert main([*command.split(), ""]) == 2
    said = capsys.readouterr().err
    assert "model is empty: give a name or a folder" in said and said.count("\n") == 1
