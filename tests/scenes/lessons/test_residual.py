"""The residual stream: what the lesson must show of writes, lengths, norms and shares, for any text and model."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import load
from model.errors import UsageError
from scenes.kit import Lanes, ProbabilityBars, SignedBars, StreamRails, TensorGrid
from scenes.lesson import Options
from scenes.lessons.residual.lesson import ResidualStream
from tests.playing import caption, find, only, player
from tests.untrained import LLAMA, untrained_checkpoint

play = player(ResidualStream)
LONG = "The little girl who lived in the old house near the river saw the young boy and the tired old grey wolf there"
STOPS = ["blocks.0.resid_pre", *[f"blocks.{k}.resid_{part}" for k in range(4) for part in ("mid", "post")]]


def rows(lesson, step: str) -> list[torch.Tensor]:
    """The numbers of the grids at the end of a step, shown or left out."""
    return [
        torch.tensor(np.asarray(grid.tensor.values), dtype=torch.float32) for grid in find(lesson, step, TensorGrid)
    ]


@pytest.fixture(scope="module")
def state():
    return load("tiny").model.state_dict()


@pytest.fixture(scope="module")
def stream():
    """The rows of the word that is followed, at each stop. [stop, d_model]"""
    lesson = play()
    return torch.tensor(np.stack([lesson.trace.array(name)[lesson.position] for name in STOPS]))


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "The residual stream" and names[-1] == "Who wrote it" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_row_goes_in_as_the_rows_of_the_tables(state):
    lesson = play()
    word, place, both = rows(lesson, "The row goes in")
    torch.testing.assert_close(word, state["W_E"][lesson.trace.ids[lesson.position]])
    torch.testing.assert_close(place, state["W_pos"][lesson.position])
    torch.testing.assert_close(both, word + place)


def test_what_is_added_is_what_the_weights_make_of_the_row(state, stream):
    lesson, block = play(), "blocks.0."
    for step, before in (("Attention adds", 0), ("The MLP adds", 1)):
        x, added, after = rows(lesson, step)
        torch.testing.assert_close(x, stream[before])
        torch.testing.assert_close(x + added, after)
    mid = stream[1]
    reads = F.layer_norm(mid, mid.shape, state[block + "ln2.w"], state[block + "ln2.b"], 1e-5)
    hidden = F.gelu(reads @ state[block + "mlp.W_in"] + state[block + "mlp.b_in"])
    writes = hidden @ state[block + "mlp.W_out"] + state[block + "mlp.b_out"]
    torch.testing.assert_close(rows(lesson, "The MLP adds")[1], writes, atol=1e-4, rtol=1e-4)


def test_rails_are_as_long_as_the_rows(stream):
    lesson = play()
    rails = only(lesson, "Block after block", StreamRails)
    np.testing.assert_allclose(rails.tensor.values[:, lesson.position], stream.norm(dim=-1), rtol=1e-5)
    assert rails.travelled == len(STOPS) - 1
    said = f"from length {stream[0].norm():.1f} to {stream[-1].norm():.1f}"
    assert said in caption(lesson, "Block after block")


def test_cosines_are_those_of_torch(stream):
    bars = only(play(), "And they turn", SignedBars)
    np.testing.assert_allclose(bars.values, F.cosine_similarity(stream, stream[-1:], dim=-1), atol=1e-5)


def test_dots_end_where_layer_norm_puts_them(state, stream):
    lesson = play()
    for lanes, row, norm in zip(
        find(lesson, "Scale and shift", Lanes), (stream[0], stream[-2]), ("blocks.0.ln1", "blocks.3.ln2"), strict=True
    ):
        expected = F.layer_norm(row, row.shape, state[f"{norm}.w"], state[f"{norm}.b"], 1e-5)
        np.testing.assert_allclose(lanes.tensor.values, expected, atol=1e-4)
    plain = [F.layer_norm(row, row.shape) for row in (stream[0], stream[-2])]
    for lanes, row in zip(find(lesson, "Divide by the spread", Lanes), plain, strict=True):
        np.testing.assert_allclose(lanes.tensor.values, row, atol=1e-2)  # ε counts beside a small spread
    for lanes, row in zip(find(lesson, "Subtract the mean", Lanes), (stream[0], stream[-2]), strict=True):
        np.testing.assert_allclose(lanes.tensor.values, row - row.mean(), atol=1e-5)


def test_by_hand_every_line_follows_from_the_one_before(state, stream):
    x, *shown = rows(play(), "By hand")
    torch.testing.assert_close(x, stream[0])
    last = F.layer_norm(x, x.shape, state["blocks.0.ln1.w"], state["blocks.0.ln1.b"], 1e-5)
    assert any(row.shape == last.shape and torch.allclose(row, last, atol=1e-4) for row in shown)


def test_both_norms_are_those_of_torch(stream):
    lesson = play()
    x, layer, rms = rows(lesson, "Layer norm, RMS norm")
    torch.testing.assert_close(layer, F.layer_norm(x, x.shape, eps=0.0), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(rms, F.rms_norm(x, x.shape, eps=0.0), atol=1e-4, rtol=1e-4)
    cosine = F.cosine_similarity(layer, rms, dim=0)
    assert f"cosine {cosine:.3f}" in caption(lesson, "Layer norm, RMS norm")


def test_with_the_norm_on_the_wire_every_row_is_as_long_as_the_root_of_d(stream):
    free, normed = find(play(), "Where the norm stands", SignedBars)
    np.testing.assert_allclose(free.values, stream.norm(dim=-1), rtol=1e-5)
    np.testing.assert_allclose(normed.values, 8.0, rtol=1e-5)  # √64


def test_the_shares_are_those_of_the_writes(stream):
    lesson, last = play(), stream[-1]
    names = ["embed", "pos_embed", *[f"blocks.{k}.{part}_out" for k in range(4) for part in ("attn", "mlp")]]
    writes = torch.tensor(np.stack([lesson.trace.array(name)[lesson.position] for name in names]))
    torch.testing.assert_close(writes.sum(dim=0), last, atol=1e-4, rtol=1e-4)
    bars = only(lesson, "Who wrote it", SignedBars)
    np.testing.assert_allclose(bars.values, writes @ last / (last @ last), atol=1e-5)
    assert f"{bars.values.max():.0%} of it" in caption(lesson, "Who wrote it")


def test_the_next_word_is_the_same_at_both_ends(state, stream):
    lesson = play()
    x = F.layer_norm(stream[-1], (64,), state["ln_final.w"], state["ln_final.b"], 1e-5)
    probs = (x @ state["W_E"].T).softmax(-1)
    for step in ("The residual stream", "Who wrote it"):
        bars = only(lesson, step, ProbabilityBars)
        np.testing.assert_allclose(bars.values[:-1], probs[bars.ids], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "aspect"), [("The dog", "9:16"), (LONG, "1:1"), ("zorgon ate the", "16:9")])
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)
    assert lesson.steps[-1].name == "Who wrote it"


def test_layer_and_token_are_those_asked_for():
    lesson = ResidualStream(Options(layer=1, token=3))
    assert (lesson.layer, lesson.position) == (1, 3)
    row = torch.tensor(lesson.trace.array("blocks.1.resid_mid")[3])
    np.testing.assert_allclose(lesson.norms[1].before.values, row)
    assert lesson.choices()["layer"].shown == 1 and lesson.choices()["token"].shown == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (dict(layer=4), "There is no layer 4: layers go from 0 to 3 here."),
        (dict(token=5), "There is no token 5: tokens go from 0 to 4 here."),
        (dict(text="cat " * 25), "2 to 24 tokens"),
    ],
)
def test_what_there_is_not_is_refused_in_one_line(asked, said):
    with pytest.raises(UsageError, match=said) as told:
        ResidualStream(Options(**asked))
    assert "\n" not in str(told.value)


def test_a_model_that_norms_the_stream_is_refused(tmp_path):
    model = untrained_checkpoint(tmp_path / "post", norm_first=False, n_layers=1)
    with pytest.raises(UsageError, match="norms what its blocks read") as told:
        ResidualStream(Options(model=model))
    assert "\n" not in str(told.value)


@pytest.mark.slow
def test_a_model_with_rms_norms_and_no_positions_in_the_stream(tmp_path):
    lesson = play(model=untrained_checkpoint(tmp_path / "llama", **LLAMA))
    names = [step.name for step in lesson.steps]
    assert "The row goes in" not in names and "Subtract the mean" not in names
    w = torch.tensor(lesson.trace.array("blocks.0.ln1.w"))
    row = torch.tensor(lesson.trace.array("blocks.0.resid_pre")[lesson.position])
    lanes = find(lesson, "Scale and shift", Lanes)[0]
    np.testing.assert_allclose(
        lanes.tensor.values, F.rms_norm(row, row.shape, w, lesson.trace.config.norm_eps), atol=1e-5
    )
    assert "shift b" not in caption(lesson, "Scale and shift")
