"""Runs of the shipped model: the chain from tensor to tensor, interventions, saving and loading, errors."""

import copy
import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import model
from model import Trace, UsageError, load, run
from model.errors import ClearheadError
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.recorder import run_tokens
from model.runs.recording import record
from model.runs.sampling import generate
from model.text.tokenizer import Encoding

TEXT = "A fluffy blue creature roamed the verdant forest"
CLOSE = {"rtol": 1e-6, "atol": 2e-6}  # one rounding to float32 on either side


@pytest.fixture(scope="module", params=["tiny", "tiny-learned", "tiny-sinusoidal", "tiny-rotary", "tiny-none"])
def trace(request):
    return run(request.param, TEXT)


def wide(trace, name):
    return trace.array(name).astype(np.float64)


def test_names_and_axes(trace):
    expected = {"tokens", "embed", "logits", "probs", "W_E", "W_U", "ln_final.normalized"}
    for layer in range(trace.config.n_layers):
        expected |= {
            f"blocks.{layer}.{name}"
            for name in (
                "resid_pre",
                "ln1.normalized",
                "ln1.mean",
                "ln1.scale",
                "attn.q",
                "attn.k",
                "attn.v",
                "attn.scores_raw",
                "attn.scores",
                "attn.scores_masked",
                "attn.pattern",
                "attn.z",
                "attn.result",
                "attn_out",
                "resid_mid",
                "ln2.normalized",
                "mlp.pre",
                "mlp.post",
                "mlp_out",
                "resid_post",
                "attn.W_Q",
                "attn.W_K",
                "attn.W_V",
                "attn.W_O",
                "mlp.W_in",
                "mlp.W_out",
                "mlp.b_in",
                "mlp.b_out",
                "ln1.w",
                "ln1.b",
            )
        }
    assert expected <= set(trace.names)
    assert ("pos_embed" in trace) == (trace.config.positions in ("learned", "sinusoidal"))
    assert ("rotary_angles" in trace) == ("blocks.0.attn.rot_q" in trace) == (trace.config.positions == "rotary")
    sizes = {
        "head": trace.config.n_heads,
        "d_head": trace.config.d_head,
        "d_model": trace.config.d_model,
        "query": 8,
        "key": 8,
        "vocab": trace.config.vocab_size,
    }
    for name in trace.names:
        tensor = trace[name]
        assert len(tensor.axes) == tensor.ndim, name
        assert all(sizes.get(axis, size) == size for axis, size in zip(tensor.axes, tensor.shape, strict=True)), name
        assert tensor.values.dtype == (np.int64 if name == "tokens" else np.float32)


def test_chain_of_the_whole_pass(trace):
    """Every step of the pass follows from what was recorded before it."""
    config = trace.config
    x = wide(trace, "W_E")[list(trace.ids)] * (np.sqrt(config.d_model) if config.embed_scale else 1)
    np.testing.assert_allclose(wide(trace, "embed"), x, **CLOSE)
    if "pos_embed" in trace:
        x = x + wide(trace, "pos_embed")
        np.testing.assert_array_equal(trace.array("pos_embed"), trace.array("W_pos")[: len(trace)])
    for layer in range(config.n_layers):
        at = f"blocks.{layer}."
        np.testing.assert_allclose(wide(trace, at + "resid_pre"), x, **CLOSE)
        check_norm(trace, at + "resid_pre", at + "ln1")
        check_attention(trace, at)
        np.testing.assert_allclose(
            wide(trace, at + "resid_mid"), wide(trace, at + "resid_pre") + wide(trace, at + "attn_out"), **CLOSE
        )
        check_norm(trace, at + "resid_mid", at + "ln2")
        np.testing.assert_allclose(
            wide(trace, at + "mlp.pre"),
            wide(trace, at + "ln2.normalized") @ wide(trace, at + "mlp.W_in") + wide(trace, at + "mlp.b_in"),
            **CLOSE,
        )
        pre = wide(trace, at + "mlp.pre")
        from math import erf

        np.testing.assert_allclose(
            wide(trace, at + "mlp.post"), pre * np.vectorize(lambda a: (1 + erf(a / 2**0.5)) / 2)(pre), **CLOSE
        )
        np.testing.assert_allclose(
            wide(trace, at + "mlp_out"),
            wide(trace, at + "mlp.post") @ wide(trace, at + "mlp.W_out") + wide(trace, at + "mlp.b_out"),
            **CLOSE,
        )
        np.testing.assert_allclose(
            wide(trace, at + "resid_post"), wide(trace, at + "resid_mid") + wide(trace, at + "mlp_out"), **CLOSE
        )
        x = wide(trace, at + "resid_post")
    check_norm(trace, at + "resid_post", "ln_final")
    np.testing.assert_allclose(
        wide(trace, "logits"), wide(trace, "ln_final.normalized") @ wide(trace, "W_U"), rtol=1e-6, atol=1e-5
    )
    np.testing.assert_allclose(wide(trace, "probs"), trace["logits"].softmax().values, **CLOSE)


def check_norm(trace, before, norm):
    x, w, b = wide(trace, before), wide(trace, norm + ".w"), wide(trace, norm + ".b")
    mean, scale = wide(trace, norm + ".mean"), wide(trace, norm + ".scale")
    np.testing.assert_allclose(mean, x.mean(-1), **CLOSE)
    np.testing.assert_allclose(scale, np.sqrt(x.var(-1) + trace.config.norm_eps), **CLOSE)
    np.testing.assert_allclose(wide(trace, norm + ".normalized"), (x - mean[:, None]) / scale[:, None] * w + b, **CLOSE)


def check_attention(trace, at):
    x, length, d_head = wide(trace, at + "ln1.normalized"), len(trace), trace.config.d_head
    for which in "qkv":
        np.testing.assert_allclose(
            wide(trace, f"{at}attn.{which}"), x @ wide(trace, f"{at}attn.W_{which.upper()}"), rtol=1e-6, atol=5e-6
        )
    q, k = (wide(trace, f"{at}attn.{'rot_' if 'rotary_angles' in trace else ''}{which}") for which in "qk")
    np.testing.assert_allclose(wide(trace, at + "attn.scores_raw"), q @ k.transpose(0, 2, 1), rtol=1e-6, atol=2e-5)
    np.testing.assert_allclose(
        wide(trace, at + "attn.scores"), wide(trace, at + "attn.scores_raw") / np.sqrt(d_head), **CLOSE
    )
    masked = np.where(np.tri(length, dtype=bool), wide(trace, at + "attn.scores"), -np.inf)
    np.testing.assert_array_equal(wide(trace, at + "attn.scores_masked"), masked)
    np.testing.assert_allclose(
        wide(trace, at + "attn.pattern"), trace[at + "attn.scores_masked"].softmax().values, **CLOSE
    )
    np.testing.assert_allclose(
        wide(trace, at + "attn.z"), wide(trace, at + "attn.pattern") @ wide(trace, at + "attn.v"), **CLOSE
    )
    np.testing.assert_allclose(
        wide(trace, at + "attn.result"), wide(trace, at + "attn.z") @ wide(trace, at + "attn.W_O"), **CLOSE
    )
    np.testing.assert_allclose(wide(trace, at + "attn_out"), wide(trace, at + "attn.result").sum(0), **CLOSE)


def test_rotated_queries_come_from_the_recorded_angles():
    trace = run("tiny-rotary", TEXT)
    angles = wide(trace, "rotary_angles")
    for which in "qk":
        plain, turned = wide(trace, f"blocks.1.attn.{which}"), wide(trace, f"blocks.1.attn.rot_{which}")
        half = trace.config.d_head // 2
        expected = (plain[..., :half] + 1j * plain[..., half:]) * np.exp(1j * angles)
        np.testing.assert_allclose(turned, np.concatenate([expected.real, expected.imag], -1), **CLOSE)


# — interventions, against a second way of computing ————————————————————————————————————


def test_ablation_equals_a_model_whose_head_writes_nothing():
    import copy

    import torch

    checkpoint = load("tiny")
    ablated = run(checkpoint, TEXT, ablate=[(1, 3), (2, 0)])
    twin = copy.deepcopy(checkpoint.exact)
    with torch.no_grad():
        twin.blocks[1].attn.W_O[3] = 0
        twin.blocks[2].attn.W_O[0] = 0
    arrays, _ = record(twin, ablated.ids)
    np.testing.assert_allclose(ablated.array("probs"), arrays["probs"], **CLOSE)
    whole = run(checkpoint, TEXT)
    assert np.all(ablated.array("blocks.1.attn.result")[3] == 0)
    assert np.abs(ablated.array("probs") - whole.array("probs")).max() > 1e-4
    assert ablated.run_id != whole.run_id and ablated.digest != whole.digest
    np.testing.assert_array_equal(ablated.array("blocks.0.resid_post"), whole.array("blocks.0.resid_post"))


def test_without_positions_equals_a_table_of_zeros():
    import copy

    import torch

    checkpoint = load("tiny")
    twin = copy.deepcopy(checkpoint.exact)
    with torch.no_grad():
        twin.W_pos.zero_()
    off = run(checkpoint, TEXT, positions=False)
    np.testing.assert_array_equal(off.array("logits"), record(twin, off.ids)[0]["logits"])
    assert np.all(off.array("pos_embed") == 0)


def test_rotary_without_positions_turns_nothing():
    off = run("tiny-rotary", TEXT, positions=False)
    assert "rotary_angles" not in off and "blocks.0.attn.rot_q" not in off
    np.testing.assert_allclose(
        wide(off, "blocks.0.attn.scores_raw"),
        wide(off, "blocks.0.attn.q") @ wide(off, "blocks.0.attn.k").transpose(0, 2, 1),
        rtol=1e-6,
        atol=2e-5,
    )


def test_order_without_positions_or_mask_only_reorders_the_output():
    """What the shuffle experiment rests on: attention alone does not know order."""
    encoder = build(ModelConfig(vocab_size=20, kind="encoder", positions="none")).double().eval()
    ids, order = [3, 14, 15, 9, 2, 6], [4, 2, 0, 5, 1, 3]
    straight, shuffled = record(encoder, ids)[0], record(encoder, [ids[i] for i in order])[0]
    np.testing.assert_allclose(shuffled["logits"], straight["logits"][order], rtol=1e-5, atol=1e-5)


def test_order_is_read_as_asked():
    order = [2, 0, 1, 3, 7, 6, 5, 4]
    trace = run("tiny", TEXT, order=order)
    words = TEXT.split()
    assert trace.tokens == tuple(words[i] for i in order)
    by_hand = run("tiny", " ".join(trace.tokens))
    np.testing.assert_array_equal(trace.array("logits"), by_hand.array("logits"))
    with pytest.raises(UsageError, match="once"):
        run("tiny", TEXT, order=[0, 0, 1, 2, 3, 4, 5, 6])


# — the trace as a thing ————————————————————————————————————————————————————————————————


def test_save_and_load(tmp_path, trace):
    file = trace.save(tmp_path / "a b.safetensors")
    again = Trace.load(file)
    assert again.digest == trace.digest and again.run_id == trace.run_id
    assert (again.tokens, again.ids, again.config, again.vocabulary, again.info) == (
        trace.tokens,
        trace.ids,
        trace.config,
        trace.vocabulary,
        trace.info,
    )
    assert set(again.names) == set(trace.names) and again["W_U"].axes == trace["W_U"].axes
    assert [path.name for path in tmp_path.iterdir()] == ["a b.safetensors"]


def test_digest_is_of_the_numbers():
    one, two = run("tiny", TEXT), run("tiny", TEXT)
    assert one.digest == two.digest
    changed = {**one.arrays, "logits": one.array("logits") + np.float32(1e-6)}
    assert (
        Trace(changed, one.axes, one.tokens, one.ids, one.unknown, one.config, one.vocabulary, one.info).digest
        != one.digest
    )
    assert run("tiny", TEXT + " .").digest != one.digest


def test_a_trace_is_read_only(trace):
    with pytest.raises(ValueError):
        trace.array("logits")[0, 0] = 1


def test_a_copy_of_what_shows_a_run_does_not_copy_the_run(trace):
    turn = next(iter(generate("tiny", "The cat sat", 1, seed=0)))
    assert copy.deepcopy({"of": trace})["of"] is trace and copy.deepcopy([turn])[0] is turn


def test_unknown_names_are_answered_with_the_nearest(trace):
    with pytest.raises(UsageError, match="did you mean blocks.0.attn.pattern"):
        trace["blocks.0.attn.patern"]


@pytest.mark.parametrize("content", [b"", b"garbage" * 50, "foreign"])
def test_foreign_trace_files(tmp_path, content):
    file = tmp_path / "x.safetensors"
    if content == "foreign":
        save_file({"a": np.zeros(3, np.float32)}, file)
    else:
        file.write_bytes(content)
    with pytest.raises(ClearheadError, match="not a trace"):
        Trace.load(file)
    with pytest.raises(ClearheadError, match="not a trace"):
        Trace.load(tmp_path / "missing")


def test_unwritable_place(tmp_path):
    with pytest.raises(ClearheadError, match="cannot be written"):
        run("tiny", "the cat").save(tmp_path / "no" / "such" / "folder.safetensors")


@pytest.mark.parametrize("heads", [[(9, 0)], [(0, 8)], [(-1, 0)]])
def test_heads_out_of_range_say_the_range(heads):
    with pytest.raises(UsageError, match="heads 0 to 7"):
        run("tiny", TEXT, ablate=heads)


def test_blank_and_long_texts():
    for text in ("", "   \n", "\u202e\x00"):
        with pytest.raises(UsageError, match="empty"):
            run("tiny", text)
    limit = load("tiny").config.n_ctx
    assert len(run("tiny", "cat " * limit)) == limit
    with pytest.raises(UsageError, match=f"at most {limit}"):
        run("tiny", "cat " * (limit + 1))


def test_info_says_where_it_comes_from(trace):
    assert trace.info["checkpoint"].startswith("tiny") and len(trace.info["checkpoint_hash"]) == 64
    assert trace.info["text"] == TEXT and trace.info["versions"]["clearhead"] == model.__version__
    json.dumps(trace.info)


def test_one_token_is_enough():
    trace = run("tiny", "cat")
    assert trace.array("blocks.0.attn.pattern").shape == (8, 1, 1) and np.all(trace.array("blocks.0.attn.pattern") == 1)


def test_first_tokens_do_not_feel_later_ones():
    short = run("tiny", "A fluffy blue creature")
    long = run("tiny", TEXT)
    np.testing.assert_allclose(short.array("logits"), long.array("logits")[:4], **CLOSE)
    assert run_tokens(load("tiny"), Encoding((5, 6), ("a", "b"), ())).ids == (5, 6)
