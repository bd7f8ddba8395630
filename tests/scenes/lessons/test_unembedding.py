"""The unembedding: what the lesson must show of logits, of ways to choose, of the lens and of the loss."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import load
from model.errors import UsageError
from scenes.kit import ProbabilityBars, SignedBars, TensorGrid
from scenes.lesson import Options
from scenes.lesson.claims import alike
from scenes.lessons.unembedding.lesson import Unembedding
from tests.playing import caption, find, only, player, texts
from tests.untrained import LLAMA, untrained_checkpoint

play = player(Unembedding)
LONG = "The little girl who lived in the old house near the river saw the young boy and the tired old grey wolf there"


def logits_of(lesson, model: str = "tiny") -> torch.Tensor:
    """The model's own, from a pass without a recorder. [position, vocab]"""
    return load(model).model(torch.tensor(lesson.trace.ids)).detach()


@pytest.fixture(scope="module")
def logits():
    return logits_of(play())


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "The unembedding" and names[-1] == "A word" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_row_times_a_column_is_the_logit_of_the_model(logits):
    lesson, state = play(), load("tiny").model.state_dict()
    row, column = (torch.tensor(g.tensor.values) for g in find(lesson, "One word’s logit", TensorGrid))
    last = torch.tensor(lesson.trace.array("blocks.3.resid_post")[-1])
    torch.testing.assert_close(row, F.layer_norm(last, (64,), state["ln_final.w"], state["ln_final.b"], 1e-5))
    word = int(logits[-1].argmax())
    torch.testing.assert_close(column, state["W_E"][word])  # W_U is W_E once more
    assert float(row @ column) == pytest.approx(float(logits[-1, word]), abs=1e-4)
    assert f"{logits[-1, word]:+.2f}: the logit of “{lesson.trace.vocabulary[word].strip()}”" in caption(
        lesson, "One word’s logit"
    )


def test_the_logits_shown_are_the_ends_that_torch_finds(logits):
    bars = only(play(), "All words", SignedBars)
    top, low = torch.topk(logits[-1], 5), torch.topk(-logits[-1], 2)
    np.testing.assert_allclose(bars.values, [*top.values, *(-low.values).flip(0)], atol=1e-4)


def test_softmax_is_that_of_torch_and_adds_up(logits):
    lesson = play()
    scores, exps, weights = (np.ravel(g.tensor.values) for g in find(lesson, "Softmax", TensorGrid))
    top, likeliest = (torch.topk(row, len(scores)).values for row in (logits[-1], logits[-1].softmax(-1)))
    np.testing.assert_allclose(np.sort(scores)[::-1], top, atol=1e-4)
    np.testing.assert_allclose(np.sort(weights[:-1])[::-1], likeliest, atol=1e-5)
    np.testing.assert_allclose(exps / exps.sum(), weights, atol=1e-6)
    assert weights.sum() == pytest.approx(1)


def of_step(lesson, step: str) -> dict[int, float]:
    """The probability at each word's bar at the end of a step."""
    bars = only(lesson, step, ProbabilityBars)
    return dict(zip(bars.ids, map(float, bars.values), strict=False))


def test_bars_are_what_is_left_to_choose_from(logits):
    lesson, last = play(), logits[-1]
    kept = torch.zeros_like(last).scatter(0, torch.topk(last, 3).indices, 1.0)
    order = last.softmax(-1).sort(descending=True)
    reach = int((order.values.cumsum(0) < 0.6).sum()) + 1
    nucleus = torch.zeros_like(last).scatter(0, order.indices[:reach], 1.0)
    expected = {
        "Temperature": (last / 0.5).softmax(-1),
        "Top-k": F.normalize(last.softmax(-1) * kept, p=1, dim=0),
        "Top-p": F.normalize(last.softmax(-1) * nucleus, p=1, dim=0),
        "A word": last.softmax(-1),
    }
    for step, probs in expected.items():
        for word, p in of_step(lesson, step).items():
            assert p == pytest.approx(float(probs[word]), abs=1e-4), step
    assert f"together, here {reach}:" in caption(lesson, "Top-p")


def test_the_lens_is_norm_and_unembedding_of_every_stop(logits):
    lesson, state = play(), load("tiny").model.state_dict()
    names = ["blocks.0.resid_pre", *[f"blocks.{k}.resid_{part}" for k in range(4) for part in ("mid", "post")]]
    stream = torch.tensor(np.stack([lesson.trace.array(name)[-1] for name in names]))
    normed = F.layer_norm(stream, (64,), state["ln_final.w"], state["ln_final.b"], 1e-5)
    probs = (normed @ state["W_E"].T).softmax(-1)
    bars = only(lesson, "When did it know?", SignedBars)
    np.testing.assert_allclose(bars.values, probs.max(dim=-1).values, atol=1e-4)
    word = int(logits[-1].argmax())
    ranks = (probs > probs[:, word : word + 1]).sum(dim=-1) + 1
    assert f"number {ranks[0]} of 1,646 at first and {ranks[-3]} before" in caption(lesson, "When did it know?")


def test_the_costs_are_the_cross_entropy_of_torch(logits):
    lesson, ids = play(), torch.tensor(play().trace.ids)
    each = F.cross_entropy(logits[:-1], ids[1:], reduction="none")
    bars = only(lesson, "The loss", SignedBars)
    np.testing.assert_allclose(bars.values, each, atol=1e-4)
    assert float(bars.mark) == pytest.approx(float(each.mean()), abs=1e-4) and bars.mark_opacity == 1
    assert f"{each.mean():.2f} nats a word" in caption(lesson, "The loss")
    assert f"cost {np.log(1646):.2f}" in " ".join(texts(lesson, "The loss"))


def test_temperature_and_cuts_are_those_asked_for():
    lesson = play(temperature=3.0, top_k=2, top_p=0.3)
    last = torch.tensor(lesson.trace.array("logits")[-1])
    assert "keeps the 2 likeliest" in caption(lesson, "Top-k") and "reach 30%" in caption(lesson, "Top-p")
    assert sum(p > 0 for p in of_step(lesson, "Top-k").values()) == 2
    assert f"{float((last / 3).softmax(-1).max()):.0%} at 3" in caption(lesson, "Temperature")


@pytest.mark.slow
@pytest.mark.parametrize(("text", "aspect"), [("The dog", "9:16"), (LONG, "1:1"), ("zorgon ate the", "16:9")])
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)
    assert (
        lesson.steps[-1].name == "A word" and len(only(lesson, "The loss", SignedBars).values) == len(lesson.trace) - 1
    )


def test_probabilities_of_large_logits_are_alike_in_single_precision_and_no_further():
    """Logits of 28, as of 64 pieces of SmolLM2, added up in one order and in another."""
    rng = np.random.default_rng(0)
    terms = rng.normal(28 / 576, 0.3, (500, 576)).astype(np.float32)
    one, other = (torch.tensor(sums).softmax(-1).numpy() for sums in (terms.sum(1), np.cumsum(terms, axis=1)[:, -1]))
    assert not np.allclose(one, other) and alike(one, other)
    far = other.copy()
    far[far.argmax()] *= 0.999
    assert not alike(one, far)


def test_what_it_cannot_show_is_refused_in_one_line(tmp_path):
    post = untrained_checkpoint(tmp_path / "post", norm_first=False, n_layers=1)
    for asked, said in ((dict(text="cat " * 25), "2 to 24 tokens"), (dict(model=post), "has a last norm")):
        with pytest.raises(UsageError, match=said) as told:
            Unembedding(Options(**asked))
        assert "\n" not in str(told.value)


@pytest.mark.slow
def test_a_model_with_an_unembedding_of_its_own(tmp_path):
    """RMS norms, rotary positions, SwiGLU, keys that heads share, and a W_U that is not W_E."""
    model = untrained_checkpoint(tmp_path / "llama", **LLAMA, tied=False)
    lesson = play(model=model)
    logits = logits_of(lesson, model)
    column = find(lesson, "One word’s logit", TensorGrid)[1].tensor.values
    assert not np.allclose(column, lesson.trace.array("W_E")[lesson.word])
    last = lesson.trace.array("blocks.1.resid_post")[-1]
    x = F.rms_norm(
        torch.tensor(last), (64,), torch.tensor(lesson.trace.array("ln_final.w")), lesson.trace.config.norm_eps
    )
    assert float(x @ torch.tensor(column)) == pytest.approx(float(logits[-1].max()), abs=1e-4)
    ids = torch.tensor(lesson.trace.ids)
    each = F.cross_entropy(logits[:-1], ids[1:], reduction="none")
    np.testing.assert_allclose(only(lesson, "The loss", SignedBars).values, each, atol=1e-4)
