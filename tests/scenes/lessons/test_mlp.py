"""The MLP: what the lesson must show of one neuron, of all, and of the run without it, for any text and model."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import load, run
from model.errors import UsageError
from scenes.kit import ActivationCurve, HeatStrips, ProbabilityBars, SignedBars, TensorGrid
from scenes.lesson import Options
from scenes.lessons.mlp.lesson import FeedForward
from tests.playing import caption, find, only, player, texts
from tests.untrained import LLAMA, untrained_checkpoint

play = player(FeedForward)
LONG = "The little girl who lived in the old house near the river saw the young boy and the tired old grey wolf there"


def rows(lesson, step: str) -> list[np.ndarray]:
    """The numbers of the grids at the end of a step, shown or left out."""
    return [np.asarray(grid.tensor.values) for grid in find(lesson, step, TensorGrid)]


@pytest.fixture(scope="module")
def weights():
    """Those of the MLP that is followed, from the checkpoint itself: x (the row that it reads), W_in, b_in, W_out."""
    lesson, state = play(), load("tiny").model.state_dict()
    block = f"blocks.{lesson.layer}."
    mid = torch.tensor(lesson.trace.array(block + "resid_mid")[lesson.position])
    x = F.layer_norm(mid, mid.shape, state[block + "ln2.w"], state[block + "ln2.b"], 1e-5)
    return x, *(state[f"{block}mlp.{name}"] for name in ("W_in", "b_in", "W_out", "b_out"))


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "The MLP" and names[-1] == "Without this neuron" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_neuron_is_worked_out_from_the_weights_of_the_model(weights):
    lesson, (x, W_in, b_in, W_out, _) = play(), weights
    n = lesson.index
    asked, weighs = rows(lesson, "A neuron asks")
    np.testing.assert_allclose(asked, x, atol=1e-4)
    np.testing.assert_allclose(weighs, W_in[:, n], atol=1e-6)
    pre = float(x @ W_in[:, n] + b_in[n])
    said = [f"{float(v):+.2f}".replace("-", "−") for v in (x @ W_in[:, n], b_in[n], pre)]
    assert all(number in caption(lesson, "A neuron asks") for number in said)
    after = F.gelu(torch.tensor(pre)).item()
    assert f"becomes {after:.2f}" in caption(lesson, "Does it answer?")
    answer, written = rows(lesson, "And answers")
    np.testing.assert_allclose(answer, W_out[n], atol=1e-6)
    np.testing.assert_allclose(written, after * W_out[n].numpy(), atol=1e-4)


def test_every_neuron_falls_onto_the_curve(weights):
    lesson, (x, W_in, b_in, *_) = play(), weights
    pre = x @ W_in + b_in
    curve = only(lesson, "All of them", ActivationCurve)
    np.testing.assert_allclose(curve.starts, pre, atol=1e-4)
    np.testing.assert_allclose(curve.ys, F.gelu(pre), atol=1e-4)
    assert curve.fallen.min() == 1
    assert caption(lesson, "All of them").startswith(f"{int((pre > 0).sum())} of {len(pre)} ")
    others = [F.relu, F.gelu, F.silu]
    for shown, kind in zip(find(lesson, "Other curves", ActivationCurve), others, strict=True):
        np.testing.assert_allclose(shown.ys, kind(pre), atol=1e-4)


def test_the_words_are_those_that_torch_finds_first_and_last(weights):
    lesson, W_out = play(), weights[3]
    raises = W_out[lesson.index] @ load("tiny").model.W_E.T
    bars = only(lesson, "The answer in words", SignedBars)
    top, low = torch.topk(raises, 5), torch.topk(-raises, 3)
    np.testing.assert_allclose(bars.values, [*top.values, *(-low.values).flip(0)], atol=1e-4)
    words = [lesson.trace.vocabulary[int(k)].strip() for k in [*top.indices, *low.indices.flip(0)]]
    assert [word.strip() for word in bars.words] == words


def test_where_it_is_loudest_is_what_runs_of_those_texts_say():
    """The bars end where a run of the whole place says, and no other neuron's output stands there."""
    lesson = play()
    bars = only(lesson, "Where it is loudest", SignedBars)
    assert list(bars.values) == sorted(bars.values, reverse=True)
    shown = [text for text in texts(lesson, "Where it is loudest") if " " in text]
    held = [trace for trace in lesson.traces if trace.info["text"] != lesson.trace.info["text"]]
    name = f"blocks.{lesson.layer}.mlp.post"
    found = [run("tiny", trace.info["text"]).array(name)[-1, lesson.index] for trace in held]
    np.testing.assert_allclose(sorted(found, reverse=True), bars.values, atol=1e-5)
    last = [trace.info["text"].split()[-1] for trace in held]
    assert all(any(text.endswith(word) for text in shown) for word in last)


def test_all_answers_add_up(weights):
    lesson, (x, W_in, b_in, W_out, b_out) = play(), weights
    out = F.gelu(x @ W_in + b_in) @ W_out + b_out
    parts, total = rows(lesson, "All answers add up")
    np.testing.assert_allclose(parts.sum(axis=0), out, atol=1e-3)
    np.testing.assert_allclose(total, out, atol=1e-3)
    added, before, after = rows(lesson, "Onto the wire")
    np.testing.assert_allclose(before + added, after, atol=1e-4)
    np.testing.assert_allclose(added, out, atol=1e-3)
    strips = only(lesson, "Every word by itself", HeatStrips)
    np.testing.assert_allclose(strips.tensor.values[lesson.position], F.gelu(x @ W_in + b_in), atol=1e-4)


def test_without_it_is_the_model_with_its_row_of_W_out_at_nought():
    lesson, checkpoint = play(), load("tiny")
    ids = torch.tensor(lesson.trace.ids)
    W_out = checkpoint.model.get_parameter(f"blocks.{lesson.layer}.mlp.W_out")
    kept = W_out.detach()[lesson.index].clone()
    try:
        W_out.data[lesson.index] = 0.0
        probs = checkpoint.model(ids).softmax(-1)[lesson.position].detach().numpy()
    finally:
        W_out.data[lesson.index] = kept
    bars = only(lesson, "Without this neuron", ProbabilityBars)
    np.testing.assert_allclose(bars.values[:-1], probs[bars.ids], atol=1e-5)
    moved = np.abs(probs - lesson.trace.array("probs")[lesson.position]).sum() / 2
    assert f"{moved:.0%} of the probability moved" in caption(lesson, "Without this neuron")


@pytest.mark.slow
@pytest.mark.parametrize(("text", "aspect"), [("The dog", "9:16"), (LONG, "1:1"), ("zorgon ate the", "16:9")])
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)
    assert lesson.steps[-1].name == "Without this neuron"


def test_layer_neuron_and_token_are_those_asked_for():
    lesson = FeedForward(Options(layer=1, neuron=7, token=2))
    assert (lesson.layer, lesson.index, lesson.position) == (1, 7, 2)
    assert lesson.neuron.post.source() == "blocks.1.mlp.post[position=2, d_mlp=7]"
    assert lesson.choices()["neuron"].shown == 7 and lesson.choices()["token"].shown == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (dict(neuron=256), "There is no neuron 256: neurons go from 0 to 255 here."),
        (dict(layer=4), "There is no layer 4: layers go from 0 to 3 here."),
        (dict(token=5), "There is no token 5: tokens go from 0 to 4 here."),
        (dict(text="cat " * 25), "2 to 24 tokens"),
    ],
)
def test_what_there_is_not_is_refused_in_one_line(asked, said):
    with pytest.raises(UsageError, match=said) as told:
        FeedForward(Options(**asked))
    assert "\n" not in str(told.value)


@pytest.mark.slow
def test_a_gated_mlp_asks_with_its_gate(tmp_path):
    lesson = play(model=untrained_checkpoint(tmp_path / "llama", **LLAMA))
    mlp = {name: lesson.trace.array(f"blocks.{lesson.layer}.mlp.{name}") for name in ("W_gate", "W_in", "W_out")}
    x, asks = rows(lesson, "A neuron asks")
    np.testing.assert_allclose(asks, mlp["W_gate"][:, lesson.index])
    gate = F.silu(torch.tensor(x @ mlp["W_gate"])).numpy()
    total = rows(lesson, "All answers add up")[1]
    np.testing.assert_allclose(total, gate * (x @ mlp["W_in"]) @ mlp["W_out"], atol=1e-4)
    assert "here SiLU" in next(step for step in lesson.steps if step.name == "Does it answer?").lines[0].text


def test_the_answer_that_was_found_stays_on_the_curve():
    """While the other neurons fall, the dot of the one that is followed does not fall again."""

    def followed(lesson):
        if not lesson.steps or lesson.steps[-1].name != "Does it answer?":
            return None
        curves = [m for m in lesson.mobjects if type(m) is ActivationCurve]
        return [curve.fallen[list(curve.places).index(lesson.index)] for curve in curves]

    seen = [fallen for plays in player(FeedForward, followed)().watched.kept if plays for fallen in plays]
    assert len(seen) > 2 and min(seen) == 1.0
