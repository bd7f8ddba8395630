"""Encoder and decoder: what the lesson must show of the paper's figure and of a pronoun, computed a second time."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from manim import VGroup

from model import load
from model.errors import UsageError
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.attention.wall import PatternWall
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.text import Label
from scenes.kit.moves.sweep import Veil
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lessons.encoder_decoder.figure import KEYS, PARTS, Figure
from scenes.lessons.encoder_decoder.lesson import TWIN, EncoderDecoder
from scenes.lessons.encoder_decoder.opening import leaking
from scenes.lessons.encoder_decoder.running import NAMES
from tests.playing import caption, find, only, player, texts


def moment(lesson):
    """The title over what has come out of a box, and the tensor in it, while they are on the stage."""
    for group in (m for m in lesson.mobjects if type(m) is VGroup):
        parts = list(group)
        if [type(part) for part in parts] == [Label, HeatStrips]:
            return parts[0].text, parts[1].tensor
    return None


play = player(EncoderDecoder, moment)
LONG = "The old man sees the big dog near the small house and the young girl eats a red apple behind the white car."


def softmax(scores):
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def free_pattern(run, name):
    """softmax(q · k ÷ √8) of a layer's attention, without any mask. [head, query, key]"""
    q, k = (run.array(f"{name}.{one}").astype(np.float64) for one in "qk")
    return softmax(np.einsum("hqd,hkd->hqk", q, k) / np.sqrt(q.shape[-1]))


def normed(rows, run, name):
    """A layer norm by hand."""
    centred = rows - rows.mean(-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(-1, keepdims=True) + run.config.norm_eps)
    return centred / spread * run.array(f"{name}.w") + run.array(f"{name}.b")


def probs_without(lesson, k, layer, head):
    """After every word of one of the two runs, with a head's W_O at zero in a copy of the model. [query, vocab]"""
    twin = deepcopy(load("translator").model)
    twin.encoder.blocks[layer].attn.W_O.data[head] = 0
    run = lesson.both[k]
    source, ids = torch.tensor([run.info["source"]["ids"]]), torch.tensor([run.ids])
    with torch.no_grad():
        return twin(ids, source)[0].softmax(-1).numpy()


def in_figure(lesson, step):
    """What lies in each box at the end of a step: {key: numbers}."""
    figure = only(lesson, step, Figure)
    found = {}
    for card in find(lesson, step, Card):
        middle = card.get_center()
        (key,) = [
            key
            for key in KEYS
            if (box := figure.around(key)).left < middle[0] < box.right and box.bottom < middle[1] < box.top
        ]
        found[key] = card.values
    return found


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "One word exchanged" and names[-1] == "Why the French changes" and 12 <= len(names) <= 15
    assert 90 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_famous_pair_and_nothing_else_is_exchanged():
    lesson = play()
    assert [" ".join(lesson.french(k)) for k in (0, 1)] == [
        "L' animal n' a pas traversé la rue parce qu' il était trop fatigué .",
        "L' animal n' a pas traversé la rue parce qu' elle était trop large .",
    ]
    differ = [i for i, (a, b) in enumerate(zip(lesson.english(0), lesson.english(1), strict=True)) if a != b]
    assert differ == [lesson.contrast.place] and lesson.english(1)[differ[0]] == "wide"
    assert (lesson.written(0), lesson.written(1)) == ("il", "elle")
    assert lesson.source_words[lesson.position] == "it"
    assert lesson.texts[1][0] == TWIN


def test_the_figure_is_that_of_the_paper():
    encoder, decoder = ([PARTS[key] for key in KEYS if key.startswith(one)] for one in ("encoder", "decoder"))
    block = ["Multi-head attention", "Add & norm", "Feed forward", "Add & norm"]
    assert encoder == ["Input embedding", "Positional encoding", *block]
    assert decoder[:4] == ["Output embedding", "Positional encoding", "Masked multi-head attention", "Add & norm"]
    assert decoder[4:] == [*block, "Linear", "Softmax"]
    shown = only(play(), "The figure", Figure)
    assert (shown.shown == 1).all() and (shown.framed == 1).all()
    assert texts(play(), "The figure").count("2×") == 2


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_every_box_holds_what_its_name_says(aspect):
    """Each box is computed by hand from those that lead into it."""
    lesson = play(aspect)
    run, held = lesson.trace, in_figure(lesson, "The figure")
    assert set(held) == set(KEYS)
    for stack, places, waves in (("encoder", 13, "encoder"), ("decoder", 16, "decoder")):
        summed = held[f"{stack}.embed"] + run.array(f"{waves}.W_pos")[:places]
        np.testing.assert_allclose(held[f"{stack}.place"], summed, atol=1e-5)
    before, name = run.array("encoder.blocks.0.resid_post"), "encoder.blocks.1"
    np.testing.assert_allclose(
        held["encoder.norm1"], normed(before + held["encoder.attn"], run, f"{name}.ln1"), atol=1e-4
    )
    feed = np.maximum(held["encoder.norm1"] @ run.array(f"{name}.mlp.W_in") + run.array(f"{name}.mlp.b_in"), 0)
    np.testing.assert_allclose(
        held["encoder.mlp"], feed @ run.array(f"{name}.mlp.W_out") + run.array(f"{name}.mlp.b_out"), atol=1e-4
    )
    np.testing.assert_allclose(held["encoder.norm2"], run.array("memory"), atol=1e-5)
    before, name = run.array("decoder.blocks.0.resid_post"), "decoder.blocks.1"
    for norm, part, ln in (("norm1", "attn", "ln1"), ("norm_cross", "cross", "ln_cross"), ("norm2", "mlp", "ln2")):
        before = normed(before + held[f"decoder.{part}"], run, f"{name}.{ln}")
        np.testing.assert_allclose(held[f"decoder.{norm}"], before, atol=1e-4)
    np.testing.assert_allclose(held["decoder.linear"], before @ run.array("W_U"), atol=1e-3)
    np.testing.assert_allclose(held["decoder.softmax"], softmax(held["decoder.linear"].astype(np.float64)), atol=1e-5)


def test_the_first_block_is_shown_before_the_second():
    lesson = play()
    run = lesson.trace
    for step, layer in (("A block of the encoder", 0), ("Again", 1)):
        held = in_figure(lesson, step)
        for key in ("encoder.attn", "encoder.norm1", "encoder.mlp", "encoder.norm2"):
            np.testing.assert_allclose(held[key], run.array(NAMES[key].format(layer)), atol=1e-6)


def test_in_small_the_figure_keeps_its_rows_in_its_boxes():
    for aspect in ("16:9", "1:1", "9:16"):
        lesson = play(aspect)
        assert set(in_figure(lesson, "What is in the boxes")) == set(KEYS)


def test_what_opens_is_what_its_title_says():
    lesson = play()
    run, seen = lesson.trace, dict(filter(None, lesson.watched.kept))
    assert len(seen) == 6
    for title, tensor in seen.items():
        part, _, said = str(title).partition(": ")
        name, shape = said.split(" ", 1)
        np.testing.assert_array_equal(tensor.values, run.array(name))
        assert shape == str(list(run.array(name).shape))
        stack = "encoder" if run.array(name).shape[0] == 13 else "decoder"
        of = {"pos_embed": "Pos", "embed": "Input", "mlp.post": "Feed", "cross_attn_out": "Multi", "probs": "Soft"}
        right = next((start for end, start in of.items() if name.endswith(end)), "Linear")
        assert part.startswith(right) and part in [PARTS[key] for key in KEYS if key.startswith(stack)]


def test_beside_the_figure_stands_what_comes_next():
    lesson = play()
    bars = only(lesson, "The figure", ProbabilityBars)
    np.testing.assert_array_equal(bars.probs.values, lesson.trace.array("probs")[lesson.contrast.row])
    assert "“il” is likeliest, 90.5%" in caption(lesson, "The figure")


def test_one_add_and_norm_can_be_done_by_hand():
    lesson = play()
    run, i, name = lesson.trace, lesson.position, f"encoder.blocks.{lesson.layer}"
    grids = find(lesson, "Add & norm", TensorGrid)
    x, said = grids[0].tensor.values, grids[1].tensor.values
    np.testing.assert_allclose(x, run.array(f"{name}.resid_pre")[i], atol=1e-6)
    np.testing.assert_allclose(grids[-1].tensor.values, normed(x + said, run, f"{name}.ln1"), atol=1e-4)
    np.testing.assert_allclose(grids[-1].tensor.values, run.array(f"{name}.resid_mid")[i], atol=1e-4)


def test_the_encoder_has_no_mask_and_the_decoder_has():
    lesson = play()
    encoder, decoder = find(lesson, "With a mask, and without", PatternWall)
    right = free_pattern(lesson.trace, "encoder.blocks.0.attn")
    np.testing.assert_allclose([p.values for p in encoder.patterns], right, atol=1e-5)
    assert all((np.triu(p.values, 1) == 0).all() for p in decoder.patterns) and len(decoder.patterns) == 8
    ahead = np.triu(right, 1).sum(-1).mean()
    assert f"give {ahead:.0%} to words after them, the decoder’s 0%" in caption(lesson, "With a mask, and without")


def test_what_would_leak_is_the_pattern_without_the_mask():
    lesson = play()
    free = free_pattern(lesson.trace, "decoder.blocks.0.attn")
    nexts = np.array([np.diagonal(each, 1) for each in free])
    head, row = np.unravel_index(nexts.argmax(), nexts.shape)
    words = lesson.words
    said = f"“{words[row]}” would give {nexts.max():.0%} to “{words[row + 1]}”"
    assert said in caption(lesson, "What would leak")
    grid, veil = (only(lesson, "What would leak", kind) for kind in (DotPattern, Veil))
    np.testing.assert_allclose(grid.values, free[head], atol=1e-5)  # in the end, without the veil
    assert not veil.covered.any()
    frame, bars = (only(lesson, "What would leak", kind) for kind in (Frame, ProbabilityBars))
    np.testing.assert_allclose(frame.get_center(), grid.cell_center(row, row + 1), atol=1e-3)
    np.testing.assert_allclose(bars.probs.values, free[head, row], atol=1e-5)
    assert bars.ids[int(np.argmax(free[head, row, bars.ids]))] == free[head, row].argmax()


def test_before_it_leaks_the_mask_covers_what_it_forbids():
    def veils(lesson):
        found = {type(m): m for m in lesson.mobjects}
        return (found[Veil].covered.copy(), found[DotPattern].values.copy()) if Veil in found else None

    lesson = player(EncoderDecoder, veils)()
    head = leaking(lesson).head
    covered, values = next(filter(None, lesson.watched.kept))
    forbidden = np.isneginf(lesson.trace.array("decoder.blocks.0.attn.scores_masked")[head])
    np.testing.assert_array_equal(covered > 0, forbidden)
    np.testing.assert_allclose(values, lesson.trace.array("decoder.blocks.0.attn.pattern")[head], atol=1e-5)


def test_halfway_both_sentences_are_seen_again():
    lesson = play()
    rows, step = find(lesson, "Add & norm", TokenRow), next(s for s in lesson.steps if s.name == "Add & norm")
    assert [row.words for row in rows] == [lesson.english(0), lesson.english(1)]
    assert 0.4 < step.start / lesson.steps[-1].end < 0.6 and "one “it”" in step.caption


def test_the_head_is_the_one_with_most_change_times_consequence():
    lesson = play()
    row, word = lesson.contrast.row, lesson.position
    measure = np.zeros((2, 8))
    for layer in range(2):
        one, two = (free_pattern(run, f"encoder.blocks.{layer}.attn")[:, word] for run in lesson.both)
        for head in range(8):
            falls = [
                abs(probs_without(lesson, k, layer, head)[row] - lesson.both[k].array("probs")[row]).sum() / 2
                for k in (0, 1)
            ]
            measure[layer, head] = abs(one[head] - two[head]).sum() / 2 * np.mean(falls)
    assert (lesson.layer, lesson.head) == np.unravel_index(measure.argmax(), measure.shape)


def test_it_looks_at_the_animal_or_at_the_street():
    lesson = play()
    rows, arcs = find(lesson, "Where it looks", TokenRow), find(lesson, "Where it looks", AttentionArcs)
    for k, noun in enumerate(("animal", "street")):
        right = free_pattern(lesson.both[k], f"encoder.blocks.{lesson.layer}.attn")[lesson.head, lesson.position]
        np.testing.assert_allclose(arcs[k].tensor.values, right, atol=1e-5)
        assert arcs[k].query == lesson.position and rows[k].words[int(right.argmax())] == noun and right.max() > 0.9
    numbers = find(lesson, "Where it looks", TokenNumbers)
    assert [n.tensor.values.argmax() for n in numbers] == [a.tensor.values.argmax() for a in arcs]


def test_without_the_head_it_takes_the_other_pronoun():
    lesson = play()
    row, (il, elle) = lesson.contrast.row, lesson.ids
    bars = find(lesson, "Without this head", ProbabilityBars)
    for k in (0, 1):
        right = probs_without(lesson, k, lesson.layer, lesson.head)[row]
        np.testing.assert_allclose(bars[k].probs.values, right, atol=1e-5)
    p = lesson.trace.array("probs")[row], probs_without(lesson, 0, lesson.layer, lesson.head)[row]
    said = caption(lesson, "Without this head")
    assert (
        f"“il” goes from {p[0][il]:.0%} to {p[1][il]:.0%}, and “elle” from {p[0][elle]:.0%} to {p[1][elle]:.0%}" in said
    )
    assert p[1][elle] > p[1][il]


def test_the_answer_is_the_picture_of_the_question():
    lesson = play()
    asked, answered = (find(lesson, step, TokenRow) for step in ("One word exchanged", "Why the French changes"))
    assert [row.words for row in asked] == [row.words for row in answered]
    for a, b in zip(asked, answered, strict=True):
        np.testing.assert_allclose(a.get_center(), b.get_center(), atol=1e-3)
    assert len(find(lesson, "Why the French changes", AttentionArcs)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Luc.", "It sleeps.", LONG])
def test_any_sentence_of_its_vocabulary(text):
    lesson = play(text=text)
    assert len(lesson.steps) == 14 and lesson.steps[-1].end < 170
    one, two = lesson.english(0), lesson.english(1)
    assert sum(a != b for a, b in zip(one, two, strict=True)) == 1 and lesson.written(0) != lesson.written(1)


def test_layer_head_and_token_are_those_asked_for():
    lesson = play(layer=0, head=5, token=8)
    assert (lesson.layer, lesson.head, lesson.position) == (0, 5, 8)
    assert "without head 5 of layer 0 of the encoder" in " ".join(texts(lesson, "Without this head"))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"text": "The tired dgo saw the house."}, "“dgo”"),
        ({"text": "The tired dog saw the house"}, "ends with . or ?"),
        ({"text": "Luc sleeps. " * 9}, "2 to 24 tokens"),
        ({"model": "tiny"}, "does not translate"),
        ({"head": 8}, "heads go from 0 to 7"),
        ({"token": 13}, "tokens go from 0 to 12"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(options, what):
    with pytest.raises(UsageError, match=what):
        play(**options)
