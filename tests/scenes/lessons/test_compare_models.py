"""Two models as a film: what it must show of either, of their angles and heads, and what it refuses."""

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from scenes import course
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson.options import Options
from scenes.lessons.compare.lesson import Compare
from studio.audit import audit_lesson
from tests.playing import caption, find, only, player, texts
from tests.untrained import untrained_checkpoint

play = player(Compare)
NONE = dict(other_model="tiny-none")
LONG = "The little girl who lived in the old house saw a big dog and ran to her mother in the garden"
STEPS = ["Two models", "What comes next", "After every word", "Two bases", "Within each model", "Word against word",
         "Every head", "Most alike", "Least alike", "Where they part"]  # fmt: skip


def test_steps_and_length():
    lesson = play(**NONE)
    assert [step.name for step in lesson.steps] == STEPS
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 30 and len(asked) == len(STEPS)


def test_it_opens_with_the_names_of_both_and_what_they_are():
    lesson = play(**NONE)
    assert caption(lesson, "Two models") == "One text, two models: A is tiny, B is tiny-none. Where do they part?"
    assert "A: tiny, 4 layers of 8 heads · B: tiny-none, 2 layers of 8 heads" in texts(lesson, "Two models")
    assert lesson.sides == {"A": [run("tiny", lesson.text).run_id], "B": [run("tiny-none", lesson.text).run_id]}


def test_the_bars_of_each_are_its_own_chances_of_the_words_beside_them():
    lesson = play(**NONE)
    for name in ("What comes next", "Where they part"):
        for trace, bars in zip(lesson.runs, find(lesson, name, ProbabilityBars), strict=True):
            chances = dict(zip(trace.vocabulary, trace.array("probs")[-1], strict=True))
            shown = [lesson.trace.vocabulary[k] for k in bars.ids]
            assert "ate" in shown and "looked" in shown
            np.testing.assert_allclose(bars.probs.values[bars.ids], [chances[word] for word in shown])


def test_the_frame_is_around_the_first_word_after_which_more_than_half_goes_elsewhere():
    lesson = play(**NONE)
    bars, frame = only(lesson, "After every word", SignedBars), only(lesson, "After every word", Frame)
    assert (bars.values > 0.5).tolist() == [False] * 5 + [True] and lesson.column == 5
    np.testing.assert_allclose(frame.get_center(), bars.bar_corners(5).mean(axis=0), atol=1e-2)
    assert caption(lesson, "After every word") == "After “she” it is more than half for the first time: 73%."


def test_a_place_before_the_end_is_shown_and_where_there_is_none_it_is_said():
    lesson = play(text="The capital of Italy is", **NONE)
    assert lesson.column == 0 and lesson.steps[3].name == "The first place"
    assert caption(lesson, "The first place") == "Likeliest: “father” with 1% in A, “old” with 2% in B."
    none = play(model="tiny-rotary", **NONE)
    assert "Nowhere more than half" in caption(none, "After every word") and "Nowhere" in none.steps[-1].caption


def test_rows_are_shown_and_not_subtracted_and_angles_are_within_one_model():
    lesson = play(**NONE)
    for trace, row in zip(lesson.runs, find(lesson, "Two bases", TensorGrid), strict=True):
        np.testing.assert_array_equal(row.tensor.values, trace.array("blocks.0.resid_pre")[-1])
    tables = [grid.tensor for grid in find(lesson, "Within each model", TensorGrid)]
    assert [table.runs() for table in tables] == [{trace.run_id} for trace in lesson.runs]
    gaps = np.abs(tables[0].values - tables[1].values)
    assert gaps[1, 0] == gaps.max() and "“was” and “Lucy”" in caption(lesson, "Within each model")


def test_either_line_is_as_long_as_its_model_and_ends_at_its_logits():
    lesson = play(**NONE)
    for trace, one in zip(lesson.runs, only(lesson, "Word against word", LineChart).series, strict=True):
        assert len(one.ys) == trace.config.n_layers + 1
        ate, looked = (trace.array("logits")[-1, trace.vocabulary.index(word)] for word in ("ate", "looked"))
        assert one.ys.values[-1] == pytest.approx(ate - looked, abs=1e-3)


def test_the_pairs_of_heads_are_the_most_and_the_least_alike():
    lesson = play(**NONE)
    grid = only(lesson, "Every head", TensorGrid)
    assert grid.values.shape == (4, 8)
    for name, (layer, head) in (("Most alike", (0, 1)), ("Least alike", (0, 0))):
        assert grid.values[layer, head] == (grid.values.max() if name == "Most alike" else grid.values.min())
        a, b = (pattern.values for pattern in find(lesson, name, DotPattern))
        np.testing.assert_allclose(a, lesson.trace.array(f"blocks.{layer}.attn.pattern")[head])
        theirs = lesson.second.array("blocks.0.attn.pattern")
        assert any(np.allclose(b, theirs[k]) for k in range(8))
        last = [g for g in find(lesson, name, TensorGrid) if not isinstance(g, DotPattern)]
        np.testing.assert_allclose(last[0].values, b - a, atol=1e-6)


def test_a_pattern_of_both_pairs_stays():
    shown = player(Compare, lambda scene: (len(scene.steps), patterns_on(scene)))
    lesson = shown(text=LONG, other_model="tiny-rotary")
    found = lesson.models
    assert found.partner(*found.most_alike) == found.partner(*found.least_alike)
    (layer, head), first = found.partner(*found.most_alike), [step.name for step in lesson.steps].index("Most alike")
    source = found.pattern(1, layer, head).source()
    there = [source in sources for step, sources in lesson.watched.kept if step in (first, first + 1)]
    assert any(there) and all(there[there.index(True) :])


def patterns_on(scene) -> list[str]:
    return [m.tensor.source() for shown in scene.mobjects for m in shown.get_family() if isinstance(m, DotPattern)]


def test_two_texts_and_heads_off_go_with_two_models():
    lesson = play(other="Lucy was tired, so she", without="0.1", **NONE)
    assert lesson.second.info["ablate"] == [[0, 1]] and "Two texts, two models" in caption(lesson, "Two models")
    one = play(without="0.1", **NONE)
    assert "B is tiny-none without head 1 of layer 0" in caption(one, "Two models")


def test_a_model_of_another_size_is_compared(tmp_path):
    lesson = play(other_model=untrained_checkpoint(tmp_path, d_model=32, d_head=4, n_layers=1, n_heads=3))
    assert "has 64 numbers, that of B 32" in caption(lesson, "Two bases")


def test_two_words_are_enough():
    assert [step.name for step in play("9:16", text="The dog", **NONE).steps][-1] == "Where they part"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (dict(other_model="tiny"), "one model"),
        (dict(other_model="translator"), "translates with two"),
        (dict(other_model="nobody"), "no checkpoint"),
        (dict(other_model="tiny-none", other="cat dog"), "belong together"),
        (dict(other_model="tiny-none", without="3.0"), "layers are 0 to 1"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(options, told):
    with pytest.raises(UsageError, match=told):
        play(**options)


@pytest.mark.parametrize(
    "options",
    [
        NONE,
        *[
            pytest.param(dict(model=a, other_model=b, text=text, aspect=aspect, theme=theme), marks=pytest.mark.slow)
            for a, b in (("tiny", "tiny-none"), ("tiny", "tiny-rotary"), ("tiny-learned", "tiny"))
            for text, aspect, theme in (("The dog", "9:16", "day"), (LONG, "1:1", "night"), (LONG, "16:9", "day"))
        ],
        pytest.param(dict(other="Lucy was very tired, so the cat", without="0.1", **NONE), marks=pytest.mark.slow),
    ],
)
def test_nothing_is_found(options):
    entry = next(entry for entry in course() if entry.id == "compare")
    report = audit_lesson(entry, Options(**options))
    assert [str(finding.defect) for finding in report.findings] == [] and report.numbers > 100 and report.questions > 1
