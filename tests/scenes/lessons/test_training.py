"""Training: what the lesson must show of a loss, of one step, and of the run, for any text."""

import json
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import load
from model.errors import UsageError
from model.learning import record
from model.learning.record import AGREEMENT
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.charts.surprise import SurpriseCurve
from scenes.kit.depth.slabs import Card
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.space.vectorspace import VectorSpace
from scenes.lessons.training.lesson import Training
from tests.playing import caption, find, only, player, texts

play = player(Training)
LONG = "The little girl who lived in the old house saw a big dog and ran to her mother last night"


def first_model():
    """The model as it began, and the ids of the text."""
    checkpoint = load("tiny")
    return checkpoint.at(0).model, torch.tensor(checkpoint.tokenizer.encode(Training.text).ids)


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "Before training" and names[-1] == "After training" and len(names) >= 12
    assert 100 <= lesson.steps[-1].end <= 160
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_losses_are_those_of_a_pass_of_its_own():
    lesson = play()
    model, ids = first_model()
    each = F.cross_entropy(model(ids)[:-1], ids[1:], reduction="none").numpy()
    bars = only(lesson, "The loss", SignedBars)
    np.testing.assert_allclose(bars.values, each, rtol=1e-5)
    assert float(bars.mark) == pytest.approx(each.mean(), rel=1e-5) and bars.mark_opacity == 1
    curve = only(lesson, "How surprised is it?", SurpriseCurve)
    np.testing.assert_allclose(curve.xs, np.exp(-each), rtol=1e-4)


def test_every_weight_has_its_slope_on_the_wall():
    lesson = play()
    cards = find(lesson, "Every slope", Card)
    assert sum(card.values.size for card in cards) == int(float(lesson.numbers))


def test_the_one_weight_is_worked_out_as_shown():
    """From what is on screen, by hand: p − came, times x, added up, divided by the number of words."""
    lesson = play()
    p, came, excess, x = (grid.values.ravel() for grid in find(lesson, "The chain rule", TensorGrid))
    np.testing.assert_allclose(excess, p - came)
    slope = float((x * excess).sum() / len(x))
    assert f"{slope:+.3f}".replace("-", "−") in caption(lesson, "The chain rule")
    model, ids = first_model()
    twin = deepcopy(model).requires_grad_()
    F.cross_entropy(twin(ids)[:-1], ids[1:]).backward()
    name, index = lesson.one.place
    assert twin.get_parameter(name).grad[index].item() == pytest.approx(slope, rel=1e-4)


def test_the_nudge_is_a_run_of_its_own():
    lesson = play()
    model, ids = first_model()
    name, index = lesson.one.place
    twin = deepcopy(model)
    before = F.cross_entropy(model(ids)[:-1], ids[1:]).item()
    twin.get_parameter(name)[index] += 0.5
    after = F.cross_entropy(twin(ids)[:-1], ids[1:]).item()
    chart = only(lesson, "Nudge it", LineChart)
    k, place = chart.marked
    assert chart.xs[k][place] == 0.5 and chart.ys[k][place] == pytest.approx(after, abs=1e-5)
    assert f"{after - before:+.3f}".replace("-", "−") in caption(lesson, "Nudge it")


def test_after_the_step_the_loss_is_that_of_torchs_adamw():
    lesson, checkpoint = play(), load("tiny")
    model, ids = first_model()
    twin = type(model)(checkpoint.config)
    twin.load_state_dict(model.state_dict())
    training = checkpoint.training
    groups = [
        {"params": [w for w in twin.parameters() if w.ndim > 1], "weight_decay": training["weight_decay"]},
        {"params": [w for w in twin.parameters() if w.ndim < 2], "weight_decay": 0.0},
    ]
    F.cross_entropy(twin(ids)[:-1], ids[1:]).backward()
    torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
    torch.optim.AdamW(groups, lr=training["learning_rate"], betas=(0.9, 0.98)).step()
    each = F.cross_entropy(twin(ids)[:-1], ids[1:], reduction="none").detach().numpy()
    np.testing.assert_allclose(only(lesson, "One step", SignedBars).values, each, rtol=1e-3)


def test_pictures_end_at_the_last_snapshot():
    lesson, checkpoint = play(), load("tiny")
    ids = torch.tensor(checkpoint.tokenizer.encode(Training.text).ids)
    p = checkpoint.model(ids).softmax(-1)[lesson.position, lesson.word].item()
    for step in ("What it would say", "After training"):
        bars = only(lesson, step, ProbabilityBars)
        assert bars.values[bars.ids.index(lesson.word)] == pytest.approx(p, rel=1e-3)
    pattern = only(lesson, "Who looks where", DotPattern)
    np.testing.assert_allclose(pattern.values.sum(axis=1), 1, rtol=1e-5)
    assert pattern.tensor.name == f"blocks.{lesson.layer}.attn.pattern"
    assert {"step 12,500"} <= set(texts(lesson, "Where words lie"))


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_agreement_is_drawn_over_the_head_of_the_step_before(aspect):
    """The head's line stays where it was; the others are the shares that were measured, the ring is where one jumps."""
    lesson, told = play(aspect), json.loads(AGREEMENT.read_text())
    head, chart = only(lesson, "A jump", LineChart), only(lesson, "Is or are?", LineChart)
    assert np.array_equal(chart.ys[0], head.ys[-1]) and len(chart.series) == 3
    for place in range(len(head.xs[-1])):
        np.testing.assert_allclose(chart.spot(0, place), head.spot(len(head.series) - 1, place))
    assert [ys.tolist() for ys in chart.ys[1:]] == [told["right"]["alike"], told["right"]["apart"]]
    line, place = chart.marked
    assert line == 2 and np.diff(chart.ys[2]).argmax() == place - 1
    assert f"{told['step'][place]:,}" in caption(lesson, "Is or are?")


def test_agreement_is_not_told_of_another_model(monkeypatch):
    monkeypatch.setattr(record, "agreement", lambda checkpoint: None)
    names = [step.name for step in player(Training)().steps]
    assert "Is or are?" not in names and names[names.index("A jump") + 1] == "By heart"


def test_the_map_keeps_its_axes_and_its_scale():
    lesson = play()
    space = only(lesson, "Where words lie", VectorSpace)
    table = load("tiny").model.W_E.numpy().astype(float)
    index = {word: k for k, word in enumerate(lesson.trace.vocabulary)}
    rows = table[[index[word] for word in space.words]]
    _, _, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    mine = np.abs((rows - rows.mean(axis=0)) @ axes[:2].T)
    np.testing.assert_allclose(np.abs(space.values[:, :2]), mine, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["The cat", LONG, "The zorble frobnicated the cat"])
def test_any_text(text):
    lesson = play("9:16", text=text)
    assert len(lesson.steps) == (19 if "zorble" in text else 18)
    assert lesson.one.word not in lesson.trace.ids[:-1]


def test_a_chosen_word_head_and_layer():
    lesson = play(layer=1, head=3, token=2)
    assert (lesson.layer, lesson.head, lesson.position) == (1, 3, 2)
    assert lesson.phrases["w"] == "Italy"
    with pytest.raises(UsageError, match="token"):
        play(token=5)


def test_a_model_without_snapshots_is_refused():
    with pytest.raises(UsageError, match="without its history and snapshots"):
        play(model="tiny-rotary")
