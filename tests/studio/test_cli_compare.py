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
    assert "next in A" in out and "distance" not in out and "no common basis" in error
    assert "first place: none; furthest after “" in out and "most alike: head " in out and "least alike: head " in out


def test_two_models_whose_words_have_other_numbers_are_compared_word_by_word(capsys):
    found = json.loads(told(capsys, A, "-m", "tiny", "-m", "tiny-rotary", "--json"))
    p, q = (dict(zip(trace.vocabulary, trace.array("probs")[-1].astype(float), strict=True))
            for trace in (run("tiny", A), run("tiny-rotary", A)))  # fmt: skip
    moved = sum(abs(p[word] - q[word]) for word in p) / 2
    assert found["words"][-1]["moved"] == pytest.approx(moved, abs=1e-6) == found["first"]["moved"]
    assert found["next"]["nats"] == pytest.approx(sum(p[w] * np.log(p[w] / q[w]) for w in p), rel=1e-4)
    assert set(found["heads"]["most"]) == {"a", "b", "shared"} and 0.5 < found["heads"]["most"]["shared"] < 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([A], "with what?"),
        ([A, A], "the same"),
        (["Lucy", "cat dog"], "belong together"),
        ([A, "-m", "tiny", "-m", "translator"], "translates"),
        ([A, "-m", "tiny", "-m", "tiny", "--film"], "the same"),
        ([A, B, "-m", "tiny", "-m", "tiny", "-m", "tiny"], "once or twice"),
        ([A, "--without", "x"], "LAYER.HEAD"),
        ([A, B, "--json", "--film"], "one of them"),
        ([A, B, "-q", "l"], "for --film"),
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
    assert main.main(["compare", A, option, "-m", "tiny", "-m", "tiny-none"]) == 0
    assert asked[1] == ["compare", "--text", A, "--model", "tiny", "--other-model", "tiny-none"]
