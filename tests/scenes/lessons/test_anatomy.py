"""Anatomy: what the lesson must show of weights, rows and counts, for any text and any model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model import run
from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.checkpoints import load, save
from model.study.inside.exchange import exchanges, nearest, telling
from model.study.inside.parameters import Known
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.text import Number
from scenes.kit.words.tokens import TokenRow
from scenes.lessons.anatomy import scales
from scenes.lessons.anatomy.counting import Ledger, Sum
from scenes.lessons.anatomy.lesson import Anatomy
from scenes.lessons.anatomy.scales import CountSquare
from tests.playing import caption, find, only, player, texts

pytestmark = pytest.mark.slow

play = player(Anatomy)
LONG = "A fluffy blue creature roamed the verdant forest and the tired old grey wolf looked at it because it was so sad"
MODERN = dict(positions="rotary", norm="rms", activation="swiglu", n_kv_heads=2, mlp_bias=False, tied=False)


def of_kind(lesson, step: str, kind: str) -> list[Card]:
    return [card for card in find(lesson, step, Card) if card.kind == kind]


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "The whole model" and names[-1] == "Where it is" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1
    assert "what the model knows" in lesson.steps[0].lines[0].text
    assert "what the model knows" in lesson.steps[-1].lines[0].text


def test_on_the_faces_lie_the_weights_of_the_file():
    lesson, model = play(), load("tiny").model
    faces = of_kind(lesson, "What was learned", "weight")
    assert len(faces) == 2 + 2 * model.config.n_layers
    shown = np.sort(np.concatenate([face.values.ravel() for face in faces]))
    matrices = [p.detach().numpy().ravel() for n, p in model.named_parameters() if n.rpartition(".")[2][:2] == "W_"]
    tied = [model.W_E.detach().numpy().ravel()]  # on the last face once more
    np.testing.assert_array_equal(shown, np.sort(np.concatenate([*matrices, *tied])).astype(shown.dtype))


def test_rows_are_those_of_a_pass_of_its_own():
    lesson, checkpoint = play(), load("tiny")
    heard = {}
    ids = checkpoint.tokenizer.encode(Anatomy.text).ids
    hooks = [
        block.register_forward_hook(lambda module, inputs, out, k=k: heard.__setitem__(k, out.numpy().copy()))
        for k, block in enumerate(checkpoint.exact.blocks)
    ]
    with torch.no_grad():
        logits = checkpoint.exact(torch.tensor(ids)).numpy()
    for hook in hooks:
        hook.remove()
    rows = of_kind(lesson, "The next word", "data")
    for wanted in (*heard.values(), logits):
        assert any(row.values.shape == wanted.shape and np.allclose(row.values, wanted, atol=1e-5) for row in rows)


def test_another_text_changes_rows_and_no_weight():
    lesson = play()
    before, after = ({step: of_kind(lesson, step, kind) for step in ("And back", "Another text")} for kind in
                     ("weight", "data"))  # fmt: skip
    for a, b in zip(*before.values(), strict=True):
        np.testing.assert_array_equal(a.values, b.values)
    place = lesson.exchange.place
    changed = 0
    for a, b in zip(*after.values(), strict=True):
        np.testing.assert_array_equal(a.values[:place], b.values[:place])  # no row sees a later one
        assert (a.values[place:] != b.values[place:]).any()
        changed += int((a.values != b.values).sum())
    assert f"{changed} of {sum(a.values.size for a in after['And back'])}".replace(",", "") in caption(
        lesson, "Another text"
    ).replace(",", "")


def test_the_same_weights_know_two_capitals():
    lesson = play()
    first, second = (int(np.argmax(trace.array("probs")[-1])) for trace in (lesson.trace, lesson.other))
    words = lesson.trace.vocabulary
    assert words[first].strip() == "Rome" and words[second].strip() != "Rome"
    assert only(lesson, "Another text", TokenRow).tokens != only(lesson, "And back", TokenRow).tokens
    assert only(lesson, "Another text", ProbabilityBars).values.argmax() != 0


def test_the_exchange_is_for_the_nearest_word_and_tells_most():
    trace = run("tiny", Anatomy.text)
    rows = load("tiny").model.W_E.detach().double()
    like = torch.nn.functional.cosine_similarity(rows, rows[trace.ids[3]][None])
    like[trace.ids[3]] = -2
    assert nearest(trace, [trace.ids[3]]) == [int(like.argmax())]
    every = list(exchanges("tiny", trace))
    assert [each.place for each in every] == list(range(len(trace) - 1))
    for each in every:
        assert [k for k, (a, b) in enumerate(zip(each.run.ids, trace.ids, strict=True)) if a != b] == [each.place]
    p = trace.array("probs")[-1]
    measures = [abs(e.run.array("probs")[-1] - p).sum() / 2 * e.run.array("probs")[-1].max() for e in every]
    assert telling(trace, iter(every)).place == every[int(np.argmax(measures))].place


def test_the_number_is_read_off_the_file():
    lesson = play()
    w_q = load("tiny").model.blocks[lesson.layer].attn.W_Q[lesson.head].detach()
    largest = w_q.flatten()[w_q.abs().argmax()]
    assert f"{float(largest):+.3f}".replace("-", "−") in caption(lesson, "One number")
    assert any(np.isclose(number.value, float(largest)) for number in find(lesson, "One number", Number))


def test_the_head_is_the_one_whose_absence_moves_most():
    lesson = play()
    p = lesson.trace.array("probs")[-1]

    def moved(layer: int, head: int) -> float:
        return float(abs(run("tiny", Anatomy.text, ablate=[(layer, head)]).array("probs")[-1] - p).sum())

    pairs = [(layer, head) for layer in range(4) for head in range(8)]
    assert (lesson.layer, lesson.head) == max(pairs, key=lambda pair: moved(*pair))
    asked = play(layer=2, head=5)
    assert (asked.layer, asked.head) == (2, 5)


def test_the_ledger_counts_what_pytorch_counts():
    lesson, model = play(), load("tiny").model
    count = sum(p.numel() for p in model.parameters())
    ledger, total = only(lesson, "The ledger", Ledger), only(lesson, "The ledger", Sum)
    assert sum(float(line.count) for line in ledger.lines) == count == total.value
    assert f"{count:,}" in caption(lesson, "The ledger") and f"Σ p.numel() = {count:,}" in texts(lesson, "The ledger")
    bars = [mark for mark in ledger.marks() if mark.kind == "rectangle"]
    lengths = np.array([np.ptp(mark.local[:, 0]) for mark in bars])
    np.testing.assert_allclose(lengths / lengths.max(), [float(x.count) / 105_344 for x in ledger.lines], rtol=1e-6)


def test_larger_models_on_one_scale():
    lesson = play()
    assert "124,439,808" in caption(lesson, "GPT-2 small") and "124,439,808" in texts(lesson, "GPT-2 small")
    assert "175,181,291,520" in caption(lesson, "GPT-3") and "175,181,291,520" in texts(lesson, "GPT-3")
    sides = [square.width for square in find(lesson, "GPT-3", CountSquare)]
    counts = [308_480, 124_439_808, 175_181_291_520]
    np.testing.assert_allclose(np.square(np.array(sides) / sides[0]), np.array(counts) / counts[0], rtol=1e-6)
    assert f"{175_181_291_520 / 308_480:,.0f} times this model" in caption(lesson, "GPT-3")


@pytest.mark.parametrize("more_layers", [1, 2])
def test_a_model_that_is_not_much_larger_or_even_smaller(more_layers, monkeypatch):
    """As GPT-2 small is beside SmolLM2: no “1 times this model”, and its square lies in the other one."""
    sizes = load("tiny").config
    other = replace(sizes, n_layers=sizes.n_layers + more_layers, d_mlp=sizes.d_mlp // 2)
    monkeypatch.setattr(scales, "GPT2", Known("Another", other, "nobody"))
    lesson = player(Anatomy)()  # of its own: what was played before is kept
    count = sum(p.numel() for p in build(other).parameters())
    said = caption(lesson, "GPT-2 small")
    assert f"{count:,} numbers: {count / 308_480:.2f} times this model" in said
    assert any("how large is Another" in line.text for step in lesson.steps for line in step.lines)
    first, second = find(lesson, "GPT-2 small", CountSquare)
    inner, outer = sorted((first, second), key=lambda square: square.width)
    assert inner.z_index > outer.z_index and inner.bright == 1 > outer.bright
    assert (inner is second) == (count < 308_480) and ("bright square is Another" in said) == (inner is second)


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("text", [LONG, "The dog", "xyzzy the frobnicated cat"])
def test_any_text(aspect, text):
    assert play(aspect, text=text).steps[-1].name == "Where it is"


@pytest.fixture(scope="module")
def modern(tmp_path_factory):
    """A small random model of today's kind: rotary, RMSNorm, SwiGLU, shared keys and values, an unembedding apart."""
    folder, tiny = tmp_path_factory.mktemp("models") / "modern", load("tiny")
    torch.manual_seed(0)
    config = ModelConfig(tiny.config.vocab_size, d_model=16, n_layers=2, n_heads=4, d_head=4, d_mlp=20, **MODERN)
    save(folder, "modern", build(config).eval(), tiny.tokenizer, {"steps": 0})
    return str(folder)


def test_a_model_of_today(modern):
    lesson = play(model=modern)
    names = [line.name for line in only(lesson, "The ledger", Ledger).lines]
    assert "W_gate" in names and "W_pos" not in names and names[-1] == "W_U" and names.count("biases") == 0
    assert float(lesson.numel) == sum(p.numel() for p in load(modern).model.parameters())


def test_a_model_that_fills_gaps_is_refused():
    with pytest.raises(UsageError):
        play(text="The")
