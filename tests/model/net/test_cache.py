"""Reading on with a cache, against reading everything again: to 1e-5, for every kind of decoder."""

import pytest
import torch

from model.errors import UsageError
from model.net.cache import Cache
from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import build

SIZES = {"vocab_size": 13, "n_ctx": 16, "d_model": 24, "n_heads": 6, "d_head": 4, "d_mlp": 40, "n_layers": 3}
KINDS = {
    "learned": {},
    "sinusoidal, post-norm": {"positions": "sinusoidal", "norm_first": False, "embed_scale": True},
    "none, ReLU": {"positions": "none", "activation": "relu"},
    "rotary": {"positions": "rotary"},
    "grouped heads": {"n_kv_heads": 2},
    "one key for all heads": {"n_kv_heads": 1, "attention_bias": True},
    "RMSNorm, SwiGLU": {"norm": "rms", "activation": "swiglu", "mlp_bias": False, "tied": True},
    "Llama": {"positions": "rotary", "n_kv_heads": 3, "norm": "rms", "activation": "swiglu", "mlp_bias": False},
    "Qwen 3": {"positions": "rotary", "n_kv_heads": 2, "norm": "rms", "qk_norm": True},
    "normed keys": {"positions": "learned", "qk_norm": True},
    "Gemma": {"positions": "rotary", "window": 3, "full_layers": (1,), "window_base": 100.0, "score_cap": 2.0},
    "normed embedding": {"embed_norm": True, "activation": "gelu_tanh"},
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def model(request):
    torch.manual_seed(3)
    made = build(ModelConfig(**SIZES, **request.param)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


@pytest.mark.parametrize("parts", [[1] * 9, [4, 1, 1, 3], [8, 1]])
def test_reading_on_gives_the_logits_of_reading_all(model, parts):
    tokens = torch.randint(13, (9,))
    with torch.no_grad():
        whole = model(tokens)
    cache = Cache(model)
    pieces = [cache.read(piece) for piece in tokens.split(parts)]
    assert (torch.cat(pieces) - whole).abs().max() < 1e-5 * whole.abs().max()
    assert cache.length == 9


def test_what_is_kept_is_one_key_and_value_for_each_head_that_has_its_own(model):
    config, cache = model.config, Cache(model)
    cache.read(torch.arange(7))
    assert cache.size == 7 * 2 * config.n_layers * config.kv_heads * config.d_head


def test_only_the_new_tokens_are_computed(model):
    cache, heard = Cache(model), {}
    cache.read(torch.arange(6))
    cache.read(torch.tensor([7]), Tape(lambda name, value, axes: heard.setdefault(name, value)))
    assert heard["blocks.0.attn.k"].shape[-2] == heard["blocks.2.mlp.pre"].shape[-2] == 1
    assert heard["blocks.1.attn.pattern"].shape[-2:] == (1, 7)


def test_batches_read_alike(model):
    tokens, cache = torch.randint(13, (2, 6)), Cache(model)
    cache.read(tokens[:, :4])
    with torch.no_grad():
        assert torch.allclose(cache.read(tokens[:, 4:]), model(tokens)[:, 4:], atol=1e-4, rtol=1e-5)


def test_a_model_that_looks_ahead_has_no_cache():
    with pytest.raises(UsageError, match="look back"):
        Cache(build(ModelConfig(**SIZES, kind="encoder")))
