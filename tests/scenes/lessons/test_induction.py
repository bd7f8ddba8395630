"""Induction: what the lesson must show, against the model run in another way: loops, heads cut out of its weights."""

from copy import deepcopy
from math import sqrt

import numpy as np
import pytest
import torch

from model import load, run
from model.errors import UsageError
from model.runs.checkpoints import weights
from model.runs.recording import record
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.links import Threads
from scenes.kit.words.strip import SentenceStrip
from scenes.lessons.induction.lesson import Induction
from tests.playing import caption, find, only, player, texts

play = player(Induction)
LONG = "The wise king gave the young prince a golden ring . The wise king told the young prince a long story in the"
UNKNOWN = "The zyxgor met the blorfin and the zyxgor"


def recorded(ids, *off):
    """A pass of the model with the output matrices of these heads set to zero in a copy: no ablation of ours."""
    twin = deepcopy(load("tiny").model)
    with torch.no_grad():
        for layer, head in off:
            twin.get_parameter(f"blocks.{layer}.attn.W_O")[head] = 0
        return record(twin, ids)[0]


def weight(name):
    return torch.tensor(weights(load("tiny").model)[name][0]).double()


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "Said once" and names[-1] == "Said once, found again" and len(names) >= 12
    assert 110 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_question_is_two_runs():
    """Of the words after what followed, and of all: the same bars close the lesson."""
    lesson = play()
    ids, one = lesson.trace.ids, lesson.one
    assert lesson.words[one.before] == lesson.words[one.query] == "Clara" and lesson.words[one.key] == "Taylor"
    alone, whole = recorded(ids[one.key + 1 :]), recorded(ids)
    word = lesson.followed
    low, high = alone["probs"][-1, word], whole["probs"][-1, word]
    assert high > 0.5 > 0.05 > low
    assert f"{low:.1%}" in caption(lesson, "Said once") and f"{high:.0%}" in caption(lesson, "Said once")
    last = only(lesson, "Said once, found again", ProbabilityBars)
    assert any(abs(value - high) < 1e-5 for value in last.values)


def test_random_words_are_foretold_the_second_time():
    lesson = play()
    ids, half = lesson.list.trace.ids, lesson.list.half
    assert ids[:half] == ids[half:] and len(set(ids)) == half == 20
    probs = recorded(ids)["probs"]
    right = np.array([probs[k, ids[k + 1]] for k in range(len(ids) - 1)])
    chart = only(lesson, "Words in no order", LineChart)
    np.testing.assert_allclose(chart.ys[0], right[: half - 1], atol=1e-5)
    np.testing.assert_allclose(chart.ys[1], right[half:], atol=1e-5)
    assert right[half:].mean() > 0.9 > 0.02 > right[: half - 1].mean()


def test_prefix_matching_score_of_every_head():
    lesson = play()
    ids, half, arrays = lesson.list.trace.ids, lesson.list.half, recorded(lesson.list.trace.ids)
    grid = only(lesson, "Who looks there?", TensorGrid)
    for layer in range(4):
        for head in range(8):
            weights = arrays[f"blocks.{layer}.attn.pattern"][head]
            seen = [weights[q, k + 1] for q in range(half, 2 * half) for k in range(half) if ids[k] == ids[q]]
            assert len(seen) == half and grid.values[layer, head] == pytest.approx(np.mean(seen), abs=1e-5)
            back = [weights[q, q - 1] for q in range(1, 2 * half)]
            assert float(lesson.list.previous.values[layer, head]) == pytest.approx(np.mean(back), abs=1e-5)
    assert grid.values[lesson.layer, lesson.head] > 0.8
    corners = grid.corners(lesson.layer, lesson.head, lesson.layer, lesson.head)
    frame = only(lesson, "Who looks there?", Frame)
    np.testing.assert_allclose(frame.get_center(), corners.mean(0), atol=0.01)
    even = np.mean([1 / (q + 1) for q in range(half, 2 * half)])
    assert any(f"even attention: {even:.1%}" in text for text in texts(lesson, "Who looks there?"))
    assert lesson.before[0] < lesson.layer and lesson.list.previous.values[lesson.before] > 0.8


def test_copying_score_of_every_head():
    """What a head makes of a word meets the last norm's weights and the unembedding, as a row of the stream does."""
    lesson = play()
    ids, half = lesson.list.trace.ids, lesson.list.half
    arrays, w, names = recorded(ids), weight("ln_final.w"), weight("W_U")
    found = lesson.list.copying.values
    for layer in range(4):
        out = weight(f"blocks.{layer}.attn.W_O")
        for head in range(8):
            given = torch.tensor(arrays[f"blocks.{layer}.attn.v"][head, :half]).double() @ out[head]
            logits = ((given - given.mean(-1, keepdim=True)) * w @ names)[:, list(ids[:half])]
            above = [(row[k] - row.mean()) / row.std(unbiased=False) for k, row in enumerate(logits)]
            assert found[layer, head] == pytest.approx(float(torch.stack(above).mean()), abs=1e-3)
    ours = found[lesson.layer, lesson.head]
    assert ours > 1 and any(f"{ours:+.2f} standard" in text for text in texts(lesson, "What it passes on"))


def test_the_score_is_the_sum_that_is_shown():
    lesson = play()
    arrays, one = recorded(lesson.trace.ids), lesson.one
    part = f"blocks.{lesson.layer}.attn"
    q, k = arrays[f"{part}.q"][lesson.head, one.query], arrays[f"{part}.k"][lesson.head, one.key]
    assert any(text.endswith(f"{q @ k:+.2f}") for text in texts(lesson, "A query finds a key"))
    assert arrays[f"{part}.scores"][lesson.head, one.query, one.key] == pytest.approx(q @ k / sqrt(8), abs=1e-4)
    assert f"{q @ k / sqrt(8):+.2f}".replace("-", "−") in caption(lesson, "A query finds a key")


def test_composition_of_key_and_of_query():
    """A head is cut out of a copy of the weights; its key, or query, meets the other one of the whole run."""
    lesson = play()
    ids, one, part = lesson.trace.ids, lesson.one, f"blocks.{lesson.layer}.attn"
    whole = recorded(ids)
    keys, queries = only(lesson, "Whose work is the key?", SignedBars), only(lesson, "And the query?", SignedBars)
    assert len(keys.values) == len(queries.values) == 1 + 8
    for head in range(8):
        cut = recorded(ids, (0, head))
        q, q_cut = (run[f"{part}.q"][lesson.head, one.query] for run in (whole, cut))
        k, k_cut = (run[f"{part}.k"][lesson.head, one.key] for run in (whole, cut))
        assert keys.values[1 + head] == pytest.approx(float(q @ k_cut) / sqrt(8), abs=1e-3)
        assert queries.values[1 + head] == pytest.approx(float(q_cut @ k) / sqrt(8), abs=1e-3)
    assert int(np.argmin(keys.values)) == 1 + lesson.before[1] and keys.values.min() < 0 < keys.values[0]
    assert int(np.argmin(queries.values)) != 1 + lesson.before[1] and queries.values.min() < 0


def test_the_lesson_ends_on_both_heads_in_one_picture():
    """Below, the first head looks from what followed to the word before it; above, the second from the word to it;
    between them stands what the second one’s score is with the first one’s write in its key, and without."""
    lesson = play()
    one, arcs = lesson.one, find(lesson, "Said once, found again", AttentionArcs)
    arrays = recorded(lesson.trace.ids)
    strips = find(lesson, "Said once, found again", SentenceStrip)
    early, late = sorted(arcs, key=lambda a: a.get_center()[1])
    for each, (layer, head), query, key in (
        (early, lesson.before, one.key, one.before),
        (late, (lesson.layer, lesson.head), one.query, one.key),
    ):
        weights = arrays[f"blocks.{layer}.attn.pattern"][head, query]
        assert each.query == query and weights[key] > 0.8
        np.testing.assert_allclose(each.values, weights, atol=1e-5)
        strip = next(s for s in strips if s.get_top()[1] == pytest.approx(each.get_bottom()[1], abs=0.05))
        for word in (query, key):
            at = each.get_left()[0] + each.ends[each.shown.index(word)]
            assert at == pytest.approx(strip.corners(word)[:, 0].mean(), abs=1e-6)
    bars = only(lesson, "Said once, found again", ProbabilityBars)
    up, out = sorted(find(lesson, "Said once, found again", Threads), key=lambda thread: thread.get_center()[0])
    assert up.get_center()[0] == pytest.approx(strip.corners(one.key)[:, 0].mean(), abs=1e-6)
    at = bars.bar_corners(bars.ids.index(lesson.followed))[:, 1].mean()
    assert out.get_bottom()[1] == pytest.approx(at, abs=1e-6) or out.get_top()[1] == pytest.approx(at, abs=1e-6)
    shown, part = " ".join(texts(lesson, "Said once, found again")), f"blocks.{lesson.layer}.attn"
    q = arrays[f"{part}.q"][lesson.head, one.query]
    cut = recorded(lesson.trace.ids, lesson.before)
    score, without = (q @ run[f"{part}.k"][lesson.head, one.key] / sqrt(8) for run in (arrays, cut))
    head = "layer {}, head {}".format(*lesson.before)
    assert f"score {score:+.2f}, without {head} {without:+.2f}".replace("-", "−") in shown and without < 0 < score


def test_what_is_left_without_heads():
    lesson = play()
    bars = only(lesson, "Switched off", SignedBars)
    ids, word = lesson.trace.ids, lesson.followed
    idle = int(np.argmin(lesson.list.matching.values[lesson.layer]))
    runs = [(), [(lesson.layer, lesson.head)], lesson.alike, [lesson.before], [(lesson.layer, idle)]]
    expected = [recorded(ids, *heads)["probs"][-1, word] for heads in runs]
    np.testing.assert_allclose(bars.values, expected, atol=1e-5)
    whole, without, alike, unheard, other = expected
    assert without < whole / 2 and alike < without and unheard < 0.05 and other > 0.9
    said = caption(lesson, "Switched off")
    assert f"{whole:.1%}" in said and f"{without:.1%}" in said and f"{unheard:.1%}" in said


def test_what_it_passes_on_is_a_difference_of_runs_and_a_product():
    lesson = play()
    one, word, ours = lesson.one, lesson.followed, (lesson.layer, lesson.head)
    whole, cut = recorded(lesson.trace.ids), recorded(lesson.trace.ids, ours)
    worth = whole["logits"][-1, word] - cut["logits"][-1, word]
    assert f"{worth:+.2f}" in caption(lesson, "What it passes on")
    part = f"blocks.{ours[0]}.attn"
    v = torch.tensor(whole[f"{part}.v"][ours[1], one.key]).double() @ weight(f"{part}.W_O")[ours[1]]
    row = float(whole[f"{part}.pattern"][ours[1], one.query, one.key]) * v
    scaled = (row - row.mean()) * weight("ln_final.w") / float(whole["ln_final.scale"][-1])
    logits = (scaled @ weight("W_U")).numpy()
    bars = only(lesson, "What it passes on", SignedBars)
    assert max(bars.values) == pytest.approx(logits.max(), abs=1e-3)
    assert f"number {int((logits >= logits[word]).sum())}" in caption(lesson, "What it passes on")


# ── other texts ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", ["The cat", "The cat sat on the mat"])
def test_a_text_without_a_repetition_is_said_twice(text):
    lesson = play(text=text)
    assert lesson.steps[0].name == "Nothing comes again" and lesson.said_twice
    half = len(lesson.own)
    assert lesson.trace.ids == lesson.own.ids + lesson.own.ids[: half - 1]
    assert lesson.trace.ids[lesson.one.before] == lesson.trace.ids[lesson.one.query]


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_long_texts_show_both_words_and_the_one_between(aspect):
    lesson = play(aspect, text=LONG)
    for arcs in find(lesson, "Said once, found again", AttentionArcs):
        assert {lesson.one.query, lesson.one.key, lesson.one.before} <= set(arcs.shown)
    pattern = only(lesson, "One word back", DotPattern)
    assert pattern.legible


def test_unknown_words_are_named():
    lesson = play(text=UNKNOWN)
    assert lesson.trace.unknown and {"zyxgor", "blorfin"} <= set(texts(lesson, "Unknown words"))


def test_what_cannot_be_shown_is_refused_in_one_line():
    with pytest.raises(UsageError, match="choose a layer from 1 to 3"):
        play(layer=0)
    with pytest.raises(UsageError, match="was not said before"):
        play(text="The cat sat on the mat", token=1)


def test_the_head_and_the_seed_that_are_asked_for():
    lesson = play(layer=1, head=7, seed=3)
    assert (lesson.layer, lesson.head) == (1, 7) and lesson.list.trace.ids != play().list.trace.ids
    assert run("tiny", Induction.text).ids == lesson.trace.ids
