"""`clearhead compare`: the table, JSON with all digits, and what is refused."""

import json

import numpy as np
import pytest

from model import run
from studio.cli import main

A, B = "Lucy was hungry, so she", "Lucy was tired, so she"


def told(capsys, *words: str) -> str:
    assert main.main(["compare", *words]) == 0
    return capsys.readouterr().out


def test_the_table(capsys):
    lines = told(capsys, A, B).splitlines()
    assert lines[0].split()[:4] == ["A", "B", "going", "in"]
    assert lines[1].split() == ["Lucy", "Lucy", *["0.00"] * 6]
    assert lines[3].split()[:3] == ["hungry", "tired", "0.67"]
    assert "first place: “she”, layer 0, 0.56 of its length" in lines
    assert any(line.startswith("there head 1 of layer 0 writes most differently") for line in lines)


def test_json_has_every_stop(capsys):
    about = json.loads(told(capsys, A, B, "--json"))
    one, two = run("tiny", A), run("tiny", B)
    for k, word in enumerate(about["words"]):
        for name, value in word["distances"].items():
            a, b = (trace.array(name)[k].astype(float) for trace in (one, two))
            assert value == pytest.approx(np.linalg.norm(a - b) / np.linalg.norm(a), abs=1e-5)
    assert len(about["words"][0]["distances"]) == 9 and about["next"]["a"][0]["word"].strip() == "ate"
    assert about["first"]["stop"] == "blocks.0.resid_post" and about["writes"]["head"] == 1


def test_a_word_more_has_a_line_of_its_own_and_heads_off_are_told(capsys):
    assert "old" in told(capsys, "The dog saw", "The old dog saw").splitlines()[2]
    about = json.loads(told(capsys, A, "--without", "2.4", "--json"))
    assert about["b"]["without"] == [[2, 4]] and about["first"]["stop"] == "blocks.2.resid_post"


def test_a_text_that_only_goes_on_parts_nowhere(capsys):
    assert "first place: none" in told(capsys, "Lucy was", "Lucy was tired")


def test_two_models_of_one_vocabulary_are_compared_by_what_they_say(capsys):
    assert main.main(["compare", "The dog saw", "-m", "tiny-none", "-m", "tiny-learned"]) == 0
    out, error = capsys.readouterr()
    assert "next in A" in out and "first place" not in out and "no common basis" in error


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([A], "with what?"),
        ([A, A], "the same"),
        (["Lucy", "cat dog"], "belong together"),
        ([A, B, "-m", "tiny", "-m", "tiny-rotary"], "different vocabularies"),
        ([A, B, "-m", "tiny", "-m", "tiny", "-m", "tiny"], "once or twice"),
        ([A, "--without", "x"], "LAYER.HEAD"),
        ([A, B, "--json", "--film"], "one of them"),
        ([A, B, "-q", "l"], "for --film"),
        ([A, B, "-m", "tiny", "-m", "tiny-none", "--film"], "one model"),
    ],
)
def test_what_is_refused_is_said_in_a_line(capsys, words, why):
    assert main.main(["compare", *words]) == 2
    out, error = capsys.readouterr()
    assert not out and why in error and error.count("\n") == 1


@pytest.mark.parametrize(("option", "command"), [("--film", "render"), ("--preview", "preview")])
def test_the_lesson_gets_the_two_runs(monkeypatch, option, command):
    import importlib

    asked = []
    module = importlib.import_module(f"studio.cli.commands.{command}")
    monkeypatch.setattr(getattr(module, command), "main", lambda args, **_: asked.append(args))
    assert main.main(["compare", A, B, option, "-q", "l", "--without", "0.1"]) == 0
    assert asked == [["compare", "--text", A, "--other", B, "--without", "0.1", "-q", "l"]]
