"""`--like transformer-lens` is what TransformerLens caches: by runs of it that are kept, by new ones where it is."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from model import UsageError, run
from model.numbers import transformer_lens
from tests.model.numbers import hooked
from tests.untrained import untrained

CLOSE = 1e-4
OF_ONE_BLOCK = """resid_pre ln1.scale ln1.normalized attn.q attn.k attn.v attn.attn_scores attn.pattern attn.z attn_out
    resid_mid ln2.scale ln2.normalized mlp.pre mlp.post mlp_out resid_post"""


def installed() -> bool:
    try:
        from transformer_lens import HookedTransformer  # noqa: F401
    except ImportError:
        return False
    return True


needs_it = pytest.mark.skipif(not installed(), reason='needs TransformerLens: pip install "transformer_lens<4"')


def same(trace, theirs: dict[str, np.ndarray]) -> None:
    """The same names with the same shapes and values."""
    ours = transformer_lens.cache(trace)
    assert set(ours) == set(theirs)
    for name, (axes, values) in ours.items():
        assert values.shape == theirs[name].shape and values.dtype == np.float32 and len(axes) == values.ndim, name
        np.testing.assert_allclose(values, theirs[name], rtol=CLOSE, atol=CLOSE, err_msg=name)


@pytest.mark.parametrize("kind", hooked.MODELS)
def test_a_run_of_transformer_lens_that_is_kept(kind):
    same(hooked.random_model(kind), load_file(hooked.KEPT / f"{kind}.safetensors"))


@needs_it
@pytest.mark.parametrize("kind", hooked.MODELS)
def test_a_run_of_transformer_lens(kind):
    trace = hooked.random_model(kind)
    theirs = hooked.run_with_cache(trace)
    same(trace, theirs)
    assert list(transformer_lens.cache(trace)) == list(theirs), "in the order in which the hooks are passed"


@needs_it
def test_the_shipped_model_in_transformer_lens():
    trace = run("tiny", "The capital of Italy is")
    same(trace, hooked.run_with_cache(trace))


@needs_it
def test_transformer_lens_takes_the_file_as_its_cache(tmp_path):
    """What stands in the documentation: what every layer adds, and the logits from it."""
    import torch
    from safetensors.torch import load_file as load
    from transformer_lens import ActivationCache

    trace = run("tiny", "The capital of Italy is")
    file = transformer_lens.save(trace, tmp_path / "italy.safetensors")
    theirs = hooked.hooked(trace)
    cache = ActivationCache(load(file), theirs)
    parts, labels = cache.decompose_resid(layer=-1, return_labels=True)
    assert labels[0] == "embed" and labels[-1] == f"{trace.config.n_layers - 1}_mlp_out"
    assert torch.allclose(parts.sum(0), cache["resid_post", -1], atol=CLOSE)
    with torch.no_grad():
        logits = theirs.unembed(theirs.ln_final(parts.sum(0)))
    assert torch.allclose(logits[0], torch.tensor(trace.array("logits")), atol=CLOSE, rtol=CLOSE)


def test_the_published_names():
    """Of a GPT, as TransformerLens documents them: hook_ before the last part."""

    def hook(name: str) -> str:
        before, dot, last = name.rpartition(".")
        return f"{before}{dot}hook_{last}"

    blocks = [hook(f"blocks.{layer}.{name}") for layer in range(2) for name in OF_ONE_BLOCK.split()]
    around = ["hook_embed", "hook_pos_embed"], ["ln_final.scale", "ln_final.normalized", "unembed.in", "unembed.out"]
    assert list(transformer_lens.cache(untrained())) == [*around[0], *blocks, *map(hook, around[1])]


def test_a_file_says_what_it_is_of(tmp_path):
    trace = run("tiny", "The cat sat")
    with safe_open(transformer_lens.save(trace, tmp_path / "cat.safetensors"), "numpy") as file:
        about = file.metadata()
        pattern = file.get_tensor("blocks.1.attn.hook_pattern")
    assert about["format"] == "transformer-lens-cache" and json.loads(about["tokens"]) == ["The", "cat", "sat"]
    assert json.loads(about["ids"]) == list(trace.ids) and json.loads(about["info"])["checkpoint"] == "tiny"
    assert json.loads(about["config"])["n_layers"] == 4
    assert np.array_equal(pattern[0], trace.array("blocks.1.attn.pattern"))


@pytest.mark.parametrize(
    "choices, has",
    [
        (dict(kind="encoder"), "an encoder"),
        (dict(norm_first=False), "norms after the sums"),
        (dict(embed_norm=True), "a norm of its embeddings"),
    ],
)
def test_models_that_it_cannot_have_are_refused(choices, has):
    with pytest.raises(UsageError, match=f"this model has {has}, which"):
        transformer_lens.cache(untrained(**choices))
