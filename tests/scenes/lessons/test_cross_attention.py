"""Cross-attention: what the lesson must show of a translation, against a second way of computing it."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from model import load
from model.errors import UsageError
from model.net.layers import Tape
from model.runs.translation import beam, forced
from model.training.translator.recipe import Recipe
from scenes.kit.attention.meeting import _Products
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.branches import WordTree
from scenes.kit.words.links import Threads
from scenes.kit.words.tokens import TokenRow
from scenes.lessons.cross_attention.lesson import CrossAttention
from tests.playing import caption, find, only, player, texts


def moment(lesson):
    """The counter and the pattern on the stage, where both are there."""
    counters = [m.text for m in lesson.mobjects if type(m) is Label and m.text.startswith("step ")]
    grids = [m.values.copy() for m in lesson.mobjects if type(m) is DotPattern]
    return (counters[-1], grids[-1]) if counters and grids else None


play = player(CrossAttention, moment)
LONG = "The old man sees the big dog near the small house and the young girl eats a red apple behind the white car."


def passed(model, lesson):
    """Logits of a forward pass of its own, and the patterns [layer, head, query, key] by their definition."""
    ids = torch.tensor([lesson.trace.ids])
    source = torch.tensor([lesson.trace.info["source"]["ids"]])
    patterns = []
    for layer in range(2):
        q, k = (lesson.trace.array(f"decoder.blocks.{layer}.cross_attn.{one}") for one in "qk")
        scores = np.einsum("hqd,hkd->hqk", q, k) / np.sqrt(8)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        patterns.append(weights / weights.sum(-1, keepdims=True))
    return model(ids, source)[0], np.stack(patterns)


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "Two languages" and names[-1] == "Who reads what" and 10 <= len(names) <= 14
    assert 90 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_it_translates_and_noun_and_adjective_cross():
    lesson = play()
    assert lesson.target == "Le chien fatigué a vu la maison blanche."
    read = [lesson.source_words[j] for j in lesson.reads]
    said = dict(zip(lesson.said, read, strict=True))
    assert said["chien"] == "dog" and said["fatigué"] == "tired" and said["maison"] == "house"
    assert [lesson.said[i] for i in lesson.back] == ["fatigué", "blanche"]
    assert caption(lesson, "Who reads what").endswith("goes back 2 times.")


def test_head_and_row_are_those_of_largest_weight_times_consequence():
    lesson = play()
    model = load("translator").model
    logits, patterns = passed(model, lesson)
    before = logits.softmax(-1).detach().numpy()
    measure = np.zeros(patterns.shape[:3])
    for layer in range(2):
        for head in range(8):
            twin = deepcopy(model)
            twin.decoder.blocks[layer].cross_attn.W_O.data[head] = 0
            after = passed(twin, lesson)[0].softmax(-1).detach().numpy()
            measure[layer, head] = patterns[layer, head].max(-1) * abs(after - before).sum(-1) / 2
    assert (lesson.layer, lesson.head, lesson.position) == np.unravel_index(measure.argmax(), measure.shape)


def test_one_score_and_what_is_brought_can_be_done_by_hand():
    lesson = play()
    q, k = (grid.values[0] for grid in find(lesson, "One score", TensorGrid))
    products = only(lesson, "One score", _Products).values[0]
    np.testing.assert_allclose(products, q * k, rtol=1e-6)
    assert f"{products.sum():+.2f}" in " ".join(texts(lesson, "One score"))
    shown = find(lesson, "Which English word?", TensorGrid)[2]
    weights = passed(load("translator").model, lesson)[1][lesson.layer, lesson.head, lesson.position]
    np.testing.assert_allclose(shown.values[0], weights, atol=1e-5)
    rows, total = find(lesson, "What it brings", TensorGrid)
    np.testing.assert_allclose(rows.tensor.values.sum(0), total.tensor.values, atol=1e-5)
    v = lesson.trace.array(f"{lesson.name}.v")[lesson.head]
    np.testing.assert_allclose(total.tensor.values, weights @ v, atol=1e-4)


def test_the_grid_is_the_mean_of_the_heads():
    lesson = play()
    mean = passed(load("translator").model, lesson)[1][lesson.layer].mean(0)
    for step in ("Word by word", "Learning to look"):
        np.testing.assert_allclose(only(lesson, step, DotPattern).tensor.values, mean, atol=1e-5)
    assert (only(lesson, "Word by word", DotPattern).cell_opacity == 1).all()


def test_beside_every_row_stands_what_may_come_next():
    lesson = play()
    logits = passed(load("translator").model, lesson)[0]
    right = logits.softmax(-1).detach().numpy()
    bars = only(lesson, "Word by word", ProbabilityBars)
    np.testing.assert_allclose(bars.probs.values, right[-1], atol=1e-5)
    written = [int(right[i].argmax()) for i in range(len(right))]
    assert [written[k] for k in range(len(right))] == lesson.targets


def test_without_the_english_no_head_brings_anything():
    lesson = play()
    twin = deepcopy(load("translator").model)
    for block in twin.decoder.blocks:
        block.cross_attn.W_O.data[:] = 0
    probs = passed(twin, lesson)[0].softmax(-1).detach().numpy()[lesson.position]
    bars = only(lesson, "Without the English", ProbabilityBars)
    np.testing.assert_allclose(bars.probs.values, probs, atol=1e-5)
    assert lesson.trace.vocabulary[probs.argmax()] in caption(lesson, "Without the English")


def test_the_tree_is_that_of_the_search():
    lesson = play()
    tree, found = only(lesson, "Beam search", WordTree), beam("translator", lesson.source, 3)
    kept = [one for step in found.kept[: tree.levels] for one in step]
    np.testing.assert_allclose([float(total) for total in tree.totals], [one.log for one in kept], atol=1e-4)
    chances = [float(branch.chance) for branch in tree.branches]
    np.testing.assert_allclose(chances, np.exp([one.logs[-1] for one in kept]), atol=1e-5)
    assert f"{found.best.log:.2f}".replace("-", "−") in caption(lesson, "Beam search")


def test_teacher_forcing_costs_what_a_pass_over_the_true_words_does():
    lesson = play()
    losses = forced("translator", lesson.source, lesson.target).losses.values
    bars = only(lesson, "Teacher forcing", SignedBars)
    np.testing.assert_allclose(bars.values, losses, atol=1e-6)
    assert float(bars.mark) == pytest.approx(losses.mean(), abs=1e-6) and bars.mark_opacity == 1


def test_behind_a_slip_the_words_cost_what_a_pass_with_it_says():
    lesson = play()
    true, own = find(lesson, "Its own words", SignedBars)
    wrong, (right, first) = own.words[0].split(" → ")[0], true.words[0].split(" → ")
    (place,) = [k for k, pair in enumerate(zip(lesson.said, lesson.said[1:], strict=False)) if pair == (right, first)]
    vocabulary, source = list(lesson.trace.vocabulary), torch.tensor([lesson.trace.info["source"]["ids"]])
    costs = []
    for word in (lesson.targets[place], vocabulary.index(wrong)):
        ids = torch.tensor([[lesson.trace.ids[0], *lesson.targets[:place], word, *lesson.targets[place + 1 : -1]]])
        logs = load("translator").model(ids, source)[0].log_softmax(-1).detach().numpy()
        costs.append([-logs[row, target] for row, target in enumerate(lesson.targets)])
    for bars, cost in zip((true, own), costs, strict=True):
        np.testing.assert_allclose(bars.values, cost[place + 1 :][: len(bars.values)], atol=1e-5)
    assert own.values.sum() > true.values.sum()
    assert true.unit == own.unit, "both on one scale"
    behind = list(zip(lesson.words, lesson.said, strict=True))[place + 1 :]
    assert [tuple(word.split(" → ")) for word in true.words] == behind[: len(true.words)]
    assert own.words[1:] == true.words[1:]


def test_the_learning_rate_is_that_of_the_recipe():
    (line,) = only(play(), "Warm-up", LineChart).series
    recipe = Recipe()
    right = [1000 * recipe.learning_rate(int(step)) for step in line.xs.values]
    np.testing.assert_allclose(line.ys.values, right, rtol=1e-5)
    assert len(right) > 1000 and int(line.xs.values[-1]) >= recipe.steps - 10


def test_every_snapshot_shows_its_own_alignment():
    lesson = play()
    seen = dict(filter(None, lesson.watched.kept))
    checkpoint = load("translator")
    steps = checkpoint.snapshots()
    assert len(steps) >= 8 and set(seen) == {f"step {step:,}" for step in steps}
    source, ids = torch.tensor(lesson.trace.info["source"]["ids"]), torch.tensor(lesson.trace.ids)
    for step in (steps[0], steps[4], steps[-1]):
        heard = {}
        tape = Tape(lambda name, value, axes, heard=heard: heard.setdefault(name, value))
        with torch.no_grad():
            checkpoint.at(step).model(ids, source, tape=tape)
        mean = heard[f"{lesson.name}.pattern"].mean(0).numpy()
        np.testing.assert_allclose(seen[f"step {step:,}"], mean, atol=1e-4)


@pytest.mark.parametrize(("aspect", "axis"), [("16:9", 0), ("9:16", 1)])
def test_every_line_leads_from_the_word_that_weighs_most(aspect, axis):
    lesson = play(aspect)
    english, french = find(lesson, "Who reads what", TokenRow)
    (threads,) = find(lesson, "Who reads what", Threads)
    reads = lesson.trace.array(f"{lesson.name}.pattern").mean(0).argmax(-1)[:-1]
    assert len(threads.starts) == len(french.tokens) == len(reads)
    for i, j in enumerate(reads):
        assert near(english, threads.to_scene(*threads.starts[i]), axis) == j
        assert near(french, threads.to_scene(*threads.ends[i]), axis) == i


def near(row, point, axis) -> int:
    """The word whose box is nearest to a point, along an axis: 0 across, 1 up."""
    return int(np.argmin([abs(row.corners(k, 0).mean(0) - point)[axis] for k in range(len(row.tokens))]))


@pytest.mark.parametrize("text", ["Luc.", "It sleeps.", LONG])
def test_any_sentence_of_its_vocabulary(text):
    lesson = play(text=text)
    assert len(lesson.steps) == 13 and lesson.steps[-1].end < 170


def test_layer_head_and_token_are_those_asked_for():
    lesson = play(layer=0, head=3, token=2)
    assert (lesson.layer, lesson.head, lesson.position) == (0, 3, 2)
    assert "decoder.blocks.0.cross_attn.q [3, 2, :]" in " ".join(texts(lesson, "One score"))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"text": "The tired dgo saw the house."}, "“dgo”"),
        ({"text": "The tired dog saw the house"}, "ends with . or ?"),
        ({"text": "Luc sleeps. " * 9}, "2 to 24 tokens"),
        ({"model": "tiny"}, "does not translate"),
        ({"head": 8}, "heads go from 0 to 7"),
        ({"token": 10}, "tokens go from 0 to 9"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(options, what):
    with pytest.raises(UsageError, match=what):
        play(**options)
