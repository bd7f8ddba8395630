"""A fact: what the lesson must show of shares, of rows carried over and of the way, for any text."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import load, run
from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.runs.carried import Carried
from model.study.inside import carrying
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.signed import SignedBars, Waterfall
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.table import WordTable
from scenes.lessons.facts.layers import spread
from scenes.lessons.facts.lesson import Facts, next_word_of_the_other
from scenes.lessons.facts.way import WIDEST, Way
from tests.playing import caption, find, only, player, texts

play = player(Facts)
LONG = "The little girl who lived in the old house saw a big dog and ran to her mother in the garden last night because"


@cache
def rows_before_each_block(text: str) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The rows that enter each block, and those behind the last one, of a forward pass of the model itself."""
    net, rows = load("tiny").exact, []
    hooks = [block.register_forward_pre_hook(lambda _, args: rows.append(args[0].clone())) for block in net.blocks]
    hooks.append(net.ln_final.register_forward_pre_hook(lambda _, args: rows.append(args[0].clone())))
    with torch.no_grad():
        net(torch.tensor(load("tiny").tokenizer.encode(text).ids))
    for hook in hooks:
        hook.remove()
    return rows


def with_a_row(own: str, other: str, stop: int, position: int) -> np.ndarray:
    """The next word's chances where the model reads on with one row of the other text: without any trace."""
    net, donor = load("tiny").exact, rows_before_each_block(other)[stop]
    part = [*net.blocks, net.ln_final][stop]

    def put(_, args):
        changed = args[0].clone()
        changed[position] = donor[position]
        return changed, *args[1:]

    hook = part.register_forward_pre_hook(put)
    with torch.no_grad():
        probs = net(torch.tensor(load("tiny").tokenizer.encode(own).ids)).softmax(-1)[-1].numpy()
    hook.remove()
    return probs


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "A fact" and names[-1] == "Where it is known" and len(names) >= 10
    assert 100 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_example_is_the_one_that_was_measured():
    lesson = play()
    vocabulary = lesson.trace.vocabulary
    assert (vocabulary[lesson.word], vocabulary[lesson.other]) == ("Rome", "Moscow")
    assert (lesson.words[lesson.place], lesson.donor.tokens[lesson.place]) == ("Italy", "Russia")
    assert len([run for run in lesson.traces if "patch" in run.info]) <= 48


def test_the_last_stop_is_what_the_model_says_and_each_line_has_its_likeliest_words():
    lesson = play()
    table, net = only(lesson, "Stop by stop", WordTable), load("tiny").exact
    stops = rows_before_each_block(Facts.text)
    for row, rows in ((0, stops[0]), (2, stops[1]), (-1, stops[-1])):
        with torch.no_grad():
            last = F.layer_norm(rows[-1], rows[-1].shape, net.ln_final.w, net.ln_final.b, lesson.trace.config.norm_eps)
            probs = (last @ net.unembedding).softmax(-1).numpy()
        best = np.argsort(-probs)[: len(table.words[row])]
        assert table.words[row] == [lesson.trace.vocabulary[k] for k in best]
        np.testing.assert_allclose(table.numbers.values[row], probs[best], atol=1e-6)


def test_the_shares_fall_from_nought_to_the_logit():
    lesson = play()
    fall = only(lesson, "All shares", Waterfall)
    with torch.no_grad():
        logits = load("tiny").exact(torch.tensor(lesson.trace.ids))[-1].numpy()
    assert fall.parts.values.sum() == pytest.approx(logits[lesson.word], abs=1e-3)
    assert float(fall.total) == pytest.approx(logits[lesson.word], abs=1e-4)
    gaps = only(lesson, "Why not the other?", Waterfall)
    assert gaps.parts.values.sum() == pytest.approx(logits[lesson.word] - logits[lesson.other], abs=1e-3)
    heads = only(lesson, "Every head", TensorGrid).tensor.values
    biases = sum(float(lesson.parts.adds(part)) for part in lesson.parts.parts if part.name.endswith("b_O"))
    attention = [value for name, value in zip(fall.words, fall.values, strict=True) if name.startswith("attention")]
    assert heads.sum() + biases == pytest.approx(sum(attention), abs=1e-4)


def test_every_cell_of_the_grid_is_what_the_model_says_with_that_row():
    lesson = play()
    grid, other = only(lesson, "Every row", TensorGrid), "The capital of Russia is"
    expected = [[with_a_row(Facts.text, other, stop, k)[lesson.other] for k in range(5)] for stop in range(5)]
    np.testing.assert_allclose(grid.tensor.values, expected, atol=1e-6)
    assert f"{int((np.array(expected) >= float(lesson.others[lesson.other]) / 2).sum())} of 25" in caption(
        lesson, "Every row"
    )


def test_the_frames_stand_around_the_largest_change_of_each_line():
    lesson = play()
    grid, frames = only(lesson, "The way", TensorGrid), find(lesson, "The way", Frame)
    changes = np.abs(grid.tensor.values - float(lesson.probs[lesson.other]))
    assert len(frames) == len(changes)
    for line, frame in enumerate(sorted(frames, key=lambda f: -f.get_y())):
        np.testing.assert_allclose(frame.get_center(), grid.cell_center(line, int(changes[line].argmax())), atol=1e-3)


def test_the_bars_after_the_flight_are_those_of_the_run_with_the_row():
    lesson = play()
    for step, stop in (("One row carried over", lesson.crossing), ("A layer later", lesson.crossing + 1)):
        bars = only(lesson, step, ProbabilityBars)
        expected = with_a_row(Facts.text, "The capital of Russia is", stop, lesson.place)
        np.testing.assert_allclose(bars.probs.values, expected, atol=1e-6)


def test_what_heads_carry_is_measured_head_by_head():
    lesson = play()
    bars = only(lesson, "Who carries it?", SignedBars)
    c = lesson.crossing
    places = [("attn_out", None), *[("attn.result", head) for head in range(8)]]
    for value, (part, head) in zip(bars.values, places, strict=True):
        alone = run("tiny", Facts.text, patch=Carried(lesson.donor, f"blocks.{c}.{part}", lesson.taker, head))
        assert value == pytest.approx(float(alone.array("probs")[-1, lesson.other]), abs=1e-6)


def marks_of(way: Way, kind: str) -> list:
    return [mark for mark in way.marks() if mark.kind == kind and mark.shows]


def test_the_lesson_ends_on_the_way_drawn_onto_the_sentence():
    """A dot is as large as what the model says with that row; the wide line leads from “Italy” to “is”, as wide as what
    attention carries there; then come the bars of the question."""
    lesson = play()
    way, name = only(lesson, "Where it is known", Way), "Where it is known"
    assert way.words == ["The", "capital", "of", "Italy", "is"] and way.columns == list(range(5))
    dots = marks_of(way, "circle")
    assert len(dots) == 5
    for stop, line in enumerate(dots):
        expected = [with_a_row(Facts.text, "The capital of Russia is", stop, k)[lesson.other] for k in range(5)]
        np.testing.assert_allclose((line.radius / way.unit) ** 2, expected, atol=1e-6)
    (line,) = marks_of(way, "line")
    carried = only(lesson, "Who carries it?", SignedBars).values[0]
    assert line.line == pytest.approx(WIDEST * carried) and carried > 0.5
    ends = [dots[1].points[3], dots[2].points[4]]  # “Italy” before layer 1, “is” behind it
    np.testing.assert_allclose(line.points[[0, -1]], ends, atol=1e-6)
    (parts, one), (_, other) = lesson.parts.of_writes, lesson.rival.of_writes
    gaps = one.values - other.values
    most = int(np.argmax(gaps))
    _, layer, part = parts[most].split(".")
    called = {"mlp_out": "MLP", "attn_out": "attention"}[part]
    said = {
        f"attention {lesson.crossing}: {carried:.1%}",
        f"{called} {layer}: {gaps[most] / gaps.sum():.0%} of the gap",
    }
    assert said <= set(texts(lesson, name))
    assert float(lesson.probs[lesson.word]) in only(lesson, name, ProbabilityBars).values


def test_of_a_long_text_the_way_keeps_its_words():
    for aspect in ("16:9", "9:16"):
        lesson = play(aspect, text=LONG)
        way = only(lesson, "Where it is known", Way)
        assert set(way.path) <= set(way.columns) and len(way.columns) < len(lesson.trace)
        changed, last = way.positions[way.path[0]], way.positions[way.path[-1]]
        assert changed == lesson.place and last == len(lesson.trace) - 1


def test_of_rows_that_are_not_tried_it_is_said(monkeypatch):
    monkeypatch.setattr(carrying, "ROWS", 10)
    lesson = player(Facts)(token=0)
    assert lesson.carrying.positions == [0, 4] and lesson.carrying.left_out == [1, 2, 3]
    grid, frames = only(lesson, "Every row", TensorGrid), find(lesson, "The way", Frame)
    assert grid.columns == [0, None, 1] and "3 more, not tried" in " ".join(texts(lesson, "Every row"))
    asks = next(line.text for s in lesson.steps if s.name == "Every row" for line in s.lines if line.kind == "asks")
    assert asks.startswith("The rows of 2 words") and caption(lesson, "The way").startswith("Of these rows")
    changes = np.abs(grid.tensor.values - float(lesson.probs[lesson.other]))
    for line, frame in enumerate(sorted(frames, key=lambda f: -f.get_y())):
        there = grid.cell_center(line, grid.columns.index(int(changes[line].argmax())))
        np.testing.assert_allclose(frame.get_center(), there, atol=1e-3)
    assert "not tried" not in " ".join(texts(play(), "Every row")) and play().carrying.left_out == []


@pytest.mark.slow
@pytest.mark.parametrize("text", ["hello there", "zzz qqq", "the the the the", LONG])
def test_any_text_has_a_way_from_the_exchanged_word_to_the_last(text):
    lesson = play(text=text)
    assert lesson.path[0] == lesson.place and lesson.path[-1] == lesson.position and lesson.word != lesson.other
    assert float(lesson.others[lesson.other]) > float(lesson.probs[lesson.other])
    assert len([run for run in lesson.traces if "patch" in run.info]) <= 60
    np.testing.assert_allclose(lesson.chances.values[0, lesson.carrying.positions.index(lesson.place)],
                               float(lesson.others[lesson.other]), atol=1e-6)  # fmt: skip


def test_a_fact_that_no_single_row_carries_is_not_said_to_be_carried():
    lesson = play(text=LONG)
    assert not lesson.one_row_is_enough and "takes it over" not in caption(lesson, "Where it is known")
    assert "takes it over" in caption(play(), "Where it is known")


def test_the_word_that_is_exchanged_can_be_chosen():
    lesson = play(token=0)
    assert lesson.place == 0 and "“The”" in next(line.text for s in lesson.steps for line in s.lines
                                               if s.name == "Another text" and line.kind == "asks")  # fmt: skip
    with pytest.raises(UsageError, match="tokens go from 0 to 3"):
        play(token=4)


def test_tall_frames_have_the_same_numbers():
    tall, wide = (only(play(aspect), "Every row", TensorGrid) for aspect in ("9:16", "16:9"))
    np.testing.assert_array_equal(tall.tensor.values, wide.tensor.values)
    assert [r.text for r in tall.readings()] == [r.text for r in wide.readings()]


def test_the_other_word_gains():
    assert next_word_of_the_other(np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.2, 0.7])) == 2
    assert next_word_of_the_other(np.array([0.6, 0.3, 0.1]), np.array([0.7, 0.1, 0.2])) == 2
    assert next_word_of_the_other(np.array([0.5, 0.45, 0.05]), np.array([0.3, 0.4, 0.3])) == 2


def test_of_many_stops_the_first_and_the_last_are_shown():
    assert (
        spread(9, 9) == list(range(9)) and spread(25, 9) == [0, 3, 6, 9, 12, 15, 18, 21, 24] and spread(2, 9) == [0, 1]
    )


@pytest.mark.parametrize("height", [2.2, 3.0, 4.0, 6.0])
def test_of_many_stops_names_stand_clear_of_each_other(height):
    chances = Tensor.recorded("chances", np.full((31, 2), 0.3, np.float32), ["stop", "word"])
    names = [*[f"before layer {k}" for k in range(30)], "at the end"]
    way = Way(chances, ["a", "b"], [0, 1], [0] * 31, names, chances[0, 0], width=7.0, height=height)
    shown = [(reading.text, reading.corners[:, 1]) for reading in way.readings() if reading.text in names]
    assert [shown[0][0], shown[-1][0]] == [names[0], names[-1]] and len(shown) > 5
    assert all(upper.min() >= lower.max() for (_, upper), (_, lower) in pairwise(shown))
