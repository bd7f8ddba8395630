"""The flagship: what it must show, for any text, layer, head and token."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from scenes.kit.ground.say import number
from scenes.lessons.attention.lesson import SelfAttention
from tests.playing import player, texts

ROOT = Path(__file__).resolve().parents[3]
LONG = "The small boy who lived in the old house near the river gave a red apple to the happy girl because she sang ."


play = player(SelfAttention)


@pytest.fixture(scope="module")
def default():
    return play()


def test_length_and_steps(default):
    assert len(default.steps) >= 12
    assert 90 <= default.steps[-1].end <= 150
    assert all(a.end <= b.start for a, b in zip(default.steps, default.steps[1:], strict=False))


def test_captions_stand_long_enough_to_be_read(default):
    for step in default.steps:
        assert step.end - step.start >= len(step.caption) / 15


def test_the_chain(default):
    """What one screen gives is what the next one takes: q·k → score → weight → z → Δx, all from the trace."""
    trace, layer, head, i, j = default.trace, default.layer, default.head, default.position, default.query.other
    attn = f"blocks.{layer}.attn."
    raw = trace[attn + "scores_raw"].values[head, i, j]
    assert number(raw) in texts(default, "One score"), "the dot product's total"
    assert number(raw) in texts(default, "Scores"), "lands in its cell"
    assert number(raw / np.sqrt(8)) in texts(default, "Scale")
    weight = trace[attn + "pattern"].values[head, i, j]
    assert number(weight, ".2f") in texts(default, "Softmax") and number(weight, ".2f") in texts(default, "All rows")
    for value in trace[attn + "z"].values[head, i]:
        assert number(value) in texts(default, "Sum") and number(value) in texts(default, "Output")
    delta, after = trace[attn + "result"].values[head, i, 0], trace[f"blocks.{layer}.resid_mid"].values[i, 0]
    assert number(delta) in texts(default, "Output")
    shown = texts(default, "Residual")  # with as many decimals as it takes for the sums to hold
    for value in (delta, after):
        assert any(number(value, spec) in shown for spec in ("+.2f", "+.3f", "+.4f", "+.5f"))


def test_masked_cells_say_so(default):
    n = len(default.words)
    assert texts(default, "Mask").count("−∞") == n * (n - 1) // 2


def test_the_default_row_is_the_most_telling_one(default):
    """No other row of any head has more weight on other words × probability moved without the head, in a second run."""
    trace = default.trace
    best, winner = -1.0, None
    for layer in range(trace.config.n_layers):
        for head, pattern in enumerate(trace[f"blocks.{layer}.attn.pattern"].values):
            off = run("tiny", default.text, ablate=[(layer, head)])["probs"].values
            for q in range(len(pattern)):
                other = sum(w for k, w in enumerate(pattern[q]) if k not in (0, q))
                measure = other * np.abs(off[q] - trace["probs"].values[q]).sum() / 2
                if measure > best:
                    best, winner = measure, (layer, head, q)
    assert (default.layer, default.head, default.position) == winner
    assert default.measure == pytest.approx(best, rel=1e-4)


def test_asked_for_layer_head_and_token_are_followed():
    lesson = play(layer=0, head=3, token=5)
    assert (lesson.layer, lesson.head, lesson.position) == (0, 3, 5)
    assert any("layer 0 · head 3" in text for text in texts(lesson, "Scores"))
    assert f"“{lesson.words[5]}”" in lesson.steps[0].caption


@pytest.mark.parametrize(
    ("option", "value", "range_"), [("layer", 4, "0 to 3"), ("head", -1, "0 to 7"), ("token", 9, "0 to 8")]
)
def test_out_of_range_says_the_range(option, value, range_):
    with pytest.raises(UsageError, match=f"{option}.*{range_}"):
        play(**{option: value})


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Hi", "The boy", LONG])
def test_texts_of_one_two_and_many_tokens(text):
    if text == "Hi":
        with pytest.raises(UsageError, match="2 to 24 tokens; this one has 1 token"):
            play(text=text)
    else:
        assert len(play(text=text).steps) >= 12


def test_words_outside_its_world_are_named():
    lesson = play(text="The quokka 😀 slept")
    (step,) = [s for s in lesson.steps if s.name == "Unknown words"]
    assert "quokka" in step.caption and "tiny" in step.caption


@pytest.mark.slow
def test_plain_manim_renders_it(tmp_path):
    """`manim -ql scenes/lessons/attention/lesson.py SelfAttention`, here its first plays only."""
    command = [
        sys.executable,
        "-m",
        "manim",
        "-ql",
        "-n",
        "0,3",
        "--media_dir",
        str(tmp_path),
        str(ROOT / "scenes/lessons/attention/lesson.py"),
        "SelfAttention",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.rglob("SelfAttention.mp4"))


def test_a_repeated_word_is_told_apart():
    lesson = play(text="The old dog chased the young dog .", token=6)
    said = [line.text for step in lesson.steps for line in step.lines]
    assert any("the second “dog”" in text for text in said)
    assert not [text for text in said if re.search(r"(?<!first )(?<!second )“dog”", text)]
    assert any(text.startswith("The second “dog”") for text in said), "a sentence begins with a capital"


@pytest.mark.parametrize(("layer", "head", "words"), [(0, 2, "last 1,000 steps"), (0, 0, "Nobody told this head")])
def test_the_notes_say_whether_the_head_was_told(layer, head, words):
    lesson = play(text="A fluffy blue creature roamed", layer=layer, head=head, token=3)
    (step,) = [step for step in lesson.steps if step.name == "Who looks where"]
    assert words in step.notes
