"""Generation: what the lesson must show of the cache and of the seeds, for any text, seed and temperature."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model import generate
from model.errors import UsageError
from model.net.transformer import build
from model.runs.checkpoints import load, save
from scenes.kit import HeatStrips, KeptColumns, SignedBars, WordTree
from scenes.kit.words.tokens import display
from scenes.lessons.generation.lesson import SEEDS, TURNS, Generation
from tests.playing import caption, find, only, player, texts

play = player(Generation)
LONG = "A fluffy blue creature roamed the verdant forest and the tired old grey wolf looked at it because it was so"


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "One more word" and names[-1] == "Read once" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1
    assert lesson.steps[0].lines[0].text == lesson.steps[-1].lines[0].text  # the question that is answered


def test_the_text_is_the_seed_s():
    lesson = play(seed=3)
    written = [turn.word for turn in generate("tiny", Generation.text, TURNS, seed=lesson.seed)]
    assert lesson.seed == 3 and lesson.read == [*lesson.words, *map(display, written[:-1])]
    assert play(seed=3, temperature=0.05).read != lesson.read


def test_columns_stay_and_rows_come():
    lesson = play()
    keys = {step: only(lesson, step, KeptColumns) for step in ("They stay", "One new row", "Turn after turn")}
    seen = {step: int(grid.cell_opacity.max(axis=0).sum()) for step, grid in keys.items()}
    assert seen == {"They stay": 6, "One new row": 7, "Turn after turn": 11}
    first = keys["They stay"].values[:, :6]
    assert all(np.array_equal(grid.values[:, :6], first) for grid in keys.values())
    assert texts(lesson, "Turn after turn").count("looked") == 2  # over its column, and before its row


def test_both_ways_say_the_same_and_the_work_is_counted():
    lesson = play()
    assert "0.000000" in caption(lesson, "The same answer")
    bars = only(lesson, "With and without", SignedBars)
    assert bars.values.sum() == float(lesson.once.sum()) < float(lesson.again.sum())
    share = float(lesson.once.sum()) / float(lesson.again.sum())
    assert f"{share:.0%} of the work" in caption(lesson, "Read once")
    assert f"{float(lesson.again.sum()):,.0f} multiply-adds" in texts(lesson, "One more word")


def test_the_tree_holds_every_seed():
    lesson = play()
    tree = only(lesson, "Five seeds", WordTree)
    assert len(lesson.texts) == SEEDS and sorted(k for branch in tree.ends for k in branch.texts) == list(range(SEEDS))
    assert tree.grown.min() == 1


@pytest.mark.slow
@pytest.mark.parametrize(("text", "aspect"), [("The dog", "9:16"), (LONG, "1:1"), ("zorgon ate the", "16:9")])
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)
    assert lesson.steps[-1].name == "Read once"


def test_layer_and_head_are_those_asked_for():
    lesson = play(layer=1, head=2)
    assert "layer 1 · head 2" in " ".join(texts(lesson, "They stay"))
    k = lesson.cached.array("blocks.1.attn.k")[2].T
    np.testing.assert_array_equal(only(lesson, "They stay", KeptColumns).values, k)


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """A random model with rotary positions, two keys for eight heads, RMS norms and SwiGLU."""
    tiny, folder = load("tiny"), tmp_path_factory.mktemp("llama")
    changes = dict(positions="rotary", n_kv_heads=2, norm="rms", activation="swiglu", mlp_bias=False, n_layers=2)
    torch.manual_seed(1)
    save(folder, "llama", build(replace(tiny.config, **changes)).eval(), tiny.tokenizer, {"steps": 0})
    return str(folder)


def test_heads_that_share_keys_keep_them_once(llama):
    lesson = play(model=llama)
    keys, values = find(lesson, "What it costs to keep", HeatStrips)
    assert keys.tensor.shape == values.tensor.shape == (len(lesson.read), 2 * 2 * 8)
    assert f"{2 * 2 * 2 * 8} numbers a word" in caption(lesson, "What it costs to keep")
    assert "0.000000" in caption(lesson, "The same answer")


def test_what_it_cannot_show_is_refused():
    with pytest.raises(UsageError, match="2 to 24 tokens"):
        play(text="cat " * 25)
    with pytest.raises(UsageError, match="ends this text"):
        play(text="The capital of Italy is Rome .", temperature=0.05)
    with pytest.raises(UsageError, match="temperature"):
        play(temperature=0.0)
