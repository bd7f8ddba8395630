"""How recorded numbers were made: the formula that is told gives the number, in every kind of model."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import torch

from model import Trace, run
from model.net.config import CHOICES as CONFIG_CHOICES
from model.net.config import ModelConfig
from model.net.transformer import build
from model.numbers.making import given_to, made_of, making
from model.numbers.tensor import concatenate, stack
from model.runs.checkpoints import weights
from model.runs.recording import record

TEXT = "A fluffy blue creature roamed the verdant forest"
SHIPPED = ("tiny", "tiny-learned", "tiny-sinusoidal", "tiny-rotary", "tiny-none")
CHOICES = {
    "kind": ("decoder", "encoder", "encoder-decoder"),
    "positions": ("learned", "sinusoidal", "rotary", "none"),
    "norm": ("layer", "rms"),
    "norm_first": (True, False),
    "activation": ("relu", "gelu", "gelu_tanh", "swiglu", "geglu_tanh"),
    "n_kv_heads": (None, 2, 1),
    "tied": (True, False),
    "attention_bias": (True, False),
    "mlp_bias": (True, False),
    "embed_norm": (True, False),
    "embed_scale": (True, False),
    "norm_bias": (True, False),
    "output_bias": (True, False),
    "qk_norm": (True, False),
    "norm_after": (True, False),
    "score_size": (None, 9),
    "score_cap": (None, 2.0),
    "logit_cap": (None, 3.0),
    "window": (None, 2),
    "full_layers": ((), (1,)),
    "window_base": (None, 50.0),
    "rotary_factor": (1.0, 4.0),
    "rotary_ramp": (None, (1.0, 4.0, 8), (0.5, 1.2, 8)),
    "segments": (None, 2),
    "unembeds": (True, False),
    "unembed_layer": (True, False),
    "unembed_bias": (True, False),
}
SIZES = {"vocab_size", "n_ctx", "d_model", "n_layers", "n_heads", "d_head", "d_mlp", "norm_eps", "rotary_base"}
SIZES |= {"source_vocab_size"}
PLAIN = {"unembeds": True, "logit_cap": None, "unembed_layer": False, "unembed_bias": False}  # of an encoder–decoder


def variants() -> list[dict]:
    """Few models in which any two choices occur together: each next one brings most of the pairs still missing."""
    rng, missing, found = random.Random(0), possible(), []
    while missing:
        tried = [{name: rng.choice(values) for name, values in CHOICES.items()} for _ in range(60)]
        tried = [one | (PLAIN if one["kind"] == "encoder-decoder" else {}) for one in tried]
        best = max(tried, key=lambda one: len(missing & set(pairs({k: (v,) for k, v in one.items()}))))
        missing -= set(pairs({k: (v,) for k, v in best.items()}))
        found.append(best)
    return found


def possible() -> set[tuple]:
    """All pairs of choices but those that a ModelConfig refuses."""
    return {pair for pair in pairs(CHOICES) if pair[1] != "encoder-decoder" or PLAIN.get(pair[2], pair[3]) == pair[3]}


def pairs(choices: dict[str, tuple]) -> Iterator[tuple]:
    for (one, values), (other, others) in itertools.combinations(choices.items(), 2):
        yield from ((one, value, other, second) for value in values for second in others)


def untrained(**choices) -> Trace:
    """A run of a small random model of another kind, all its weights away from where they start."""
    torch.manual_seed(0)
    config = ModelConfig(vocab_size=11, n_ctx=7, d_model=6, n_layers=2, n_heads=4, d_head=4, d_mlp=5, **choices)
    twin, ids = build(config).double().eval(), (3, 5, 5, 8)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    arrays, axes = record(twin, ids, source=(2, 7, 1) if config.kind == "encoder-decoder" else None)
    for name, (values, names) in weights(twin).items():
        arrays[name], axes[name] = values.astype(np.float32), names
    words = tuple(f"w{k}" for k in range(11))
    return Trace(arrays, axes, tuple(words[k] for k in ids), ids, (), config, words)


def check_that_every_number_says_how_it_was_made(trace: Trace, count: int) -> None:
    places = np.random.default_rng(0)
    weights = {name for name, _ in build(trace.config).named_parameters()}
    for name in trace.names:
        if given_to(trace, name):
            assert name in weights or name.endswith("tokens") or name == "W_U", name
            continue
        assert name not in weights
        everywhere = list(np.ndindex(*trace[name].shape))
        for place in places.permutation(len(everywhere))[:count]:
            index = everywhere[place]
            made = made_of(trace, name, index)
            assert made is not None, f"{name}{list(index)} does not say how it was made"
            again, recorded = float(made.evaluate(trace)), float(trace[name].values[index])
            assert again == pytest.approx(recorded, rel=2e-5, abs=2e-6), (name, index)
            assert made.source() and name not in made.leaves(), f"{name} made of itself"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_of_a_shipped_model_says_how_it_was_made(name):
    check_that_every_number_says_how_it_was_made(run(name, TEXT), 25)


def test_every_number_of_the_translator_says_how_it_was_made():
    source = "The animal did not cross the street because it was too tired."
    trace = run("translator", "L'animal n'a pas traversé", source=source)
    check_that_every_number_says_how_it_was_made(trace, 25)
    assert {name for name in trace.names if name.startswith("encoder.blocks.1.")}
    made = made_of(trace, "decoder.blocks.0.cross_attn.q", (2, 3, 1)).source()
    assert made.startswith("Σ of 64 products: decoder.blocks.0.resid_self[position=3")
    assert made_of(trace, "memory", (3, 1)).source() == "encoder.blocks.1.resid_post[position=3, d_model=1]"


@pytest.mark.parametrize("choices", variants(), ids=lambda choices: "-".join(map(str, choices.values())))
def test_every_number_of_every_kind_of_model_says_how_it_was_made(choices):
    check_that_every_number_says_how_it_was_made(untrained(**choices), 25)


def test_the_kinds_are_all_there_are():
    """What a ModelConfig can choose between is tried, and any two choices together."""
    assert all(CHOICES[name] == values for name, values in CONFIG_CHOICES.items())
    assert set(CHOICES) == {field.name for field in fields(ModelConfig)} - SIZES
    made = [set(pairs({k: (v,) for k, v in one.items()})) for one in variants()]
    assert set.union(*made) == possible() and len(made) < 40


def test_in_words():
    trace = run("tiny", TEXT)
    attn = "blocks.1.attn."
    assert made_of(trace, attn + "scores_raw", (6, 4, 2)).source() == (
        f"Σ of 8 products: {attn}q[head=6, position=4, d_head=0:8] · {attn}k[head=6, position=2, d_head=0:8]"
    )
    # Seen through pieces, transposes and things put together.
    scores = trace[attn + "scores_raw"]
    told = made_of(trace, attn + "scores_raw", (6, 4, 2)).source()
    assert making(scores[6], (4, 2), [trace]) == making(scores[6].T, (2, 4), [trace]) == told
    assert making(stack([scores[0], scores[6]], "head"), (1, 4, 2), [trace]) == told
    assert making(concatenate([scores[0], scores[6]], 1), (4, 8 + 2), [trace]) == told
    # What is computed on screen tells its own origin; weights are not made of anything; only the traces at hand count.
    assert making(scores[6] * 2, (4, 2), [trace]) is None
    assert making(trace["W_E"], (4, 2), [trace]) is None
    assert making(scores[6], (4, 2), []) is None


def test_where_a_run_departs_from_the_formulas_nothing_is_told():
    whole, without = run("tiny", TEXT), run("tiny", TEXT, ablate=[(1, 6)])
    result = "blocks.1.attn.result"
    assert made_of(whole, result, (6, 4, 2)) is not None
    assert made_of(without, result, (6, 4, 2)) is None and made_of(without, result, (5, 4, 2)) is not None
    off = run("tiny", TEXT, positions=False)
    assert made_of(whole, "pos_embed", (4, 2)) is not None and made_of(off, "pos_embed", (4, 2)) is None


def test_a_masked_score_says_so():
    trace = run("tiny", TEXT)
    made = made_of(trace, "blocks.1.attn.scores_masked", (6, 2, 4))
    assert float(made) == -np.inf and "later" in made.source()


def test_a_score_beyond_the_window_says_so():
    trace, name = untrained(window=2), "blocks.0.attn.scores_masked"
    made = made_of(trace, name, (0, 3, 1))
    assert float(made) == -np.inf and made.source() == "masked: 2 or more words before"
    assert np.isfinite(float(made_of(trace, name, (0, 3, 2))))


def test_parts_of_other_families_in_words():
    gemma = untrained(positions="rotary", score_cap=2.0, logit_cap=3.0, norm_after=True, qk_norm=True, norm="rms")
    attn = "blocks.1.attn."
    assert made_of(gemma, attn + "scores_capped", (0, 2, 1)).source() == (
        f"tanh({attn}scores[head=0, query=2, key=1] ÷ score_cap) × score_cap"
    )
    assert made_of(gemma, "logits", (2, 1)).source() == (
        "tanh(logits_raw[position=2, vocab=1] ÷ logit_cap) × logit_cap"
    )
    assert made_of(gemma, "blocks.1.attn_out", (2, 1)).source() == (
        "blocks.1.ln1_post.normalized[position=2, d_model=1]"
    )
    assert f"{attn}q_norm.w[d_head=3]" in made_of(gemma, attn + "q_norm.normalized", (0, 2, 3)).source()
    llama3 = untrained(positions="rotary", rotary_factor=4.0, rotary_ramp=(1.0, 4.0, 8))
    assert "2π" in made_of(llama3, "rotary_angles", (3, 0)).source()
    assert made_of(llama3, "rotary_angles", (3, 1)).source().endswith("÷ rotary_factor × 3")


def test_a_part_of_a_trace_tells_what_it_can():
    whole = run("tiny", TEXT)
    names = [name for name in whole.names if not name.endswith("attn.q")]
    some = Trace(
        {name: whole.array(name) for name in names},
        whole.axes,
        whole.tokens,
        whole.ids,
        whole.unknown,
        whole.config,
        whole.vocabulary,
    )
    assert made_of(some, "blocks.1.attn.scores_raw", (6, 4, 2)) is None
    assert made_of(some, "blocks.1.attn.z", (6, 4, 2)) is not None
    assert made_of(some, "blocks.1.attn.q", (6, 4, 2)) is None


def test_special_parts_in_words():
    """What the other kinds of model add: turned queries, the gate, the encoder's output."""
    llama = untrained(positions="rotary", activation="swiglu", norm="rms")
    assert made_of(llama, "rotary_angles", (3, 1)).source() == "exp(−2 × 1 ÷ d_head × log(10000)) × 3"
    assert made_of(llama, "blocks.0.mlp.post", (1, 2)).source() == (
        "SiLU(blocks.0.mlp.pre[position=1, d_mlp=2]) × blocks.0.mlp.pre_linear[position=1, d_mlp=2]"
    )
    old = untrained(kind="encoder-decoder", norm_first=False)
    keys = made_of(old, "decoder.blocks.1.cross_attn.k", (0, 2, 1)).source()
    assert keys.startswith("Σ of 6 products: memory[position=2, d_model=0:6]")
    assert made_of(old, "encoder.embed", (1, 2)).source() == "encoder.W_E[vocab=7, d_model=2]"
    assert "GELU(" in made_of(run("tiny", TEXT), "blocks.2.mlp.post", (4, 2)).source()
