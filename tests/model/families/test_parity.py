"""Every family against `transformers`: logits, every pattern and every residual, to 1e-4 of the largest."""

import pytest

from model import load, run
from tests.model.families.foreign import KINDS, TEXT, compute, model, write
from tests.model.families.parity import CLOSE, worst
from tests.model.numbers.test_making import check_that_every_number_says_how_it_was_made

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = write(kind, tmp_path_factory.mktemp("models") / "mine")
        return made[kind]

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_a_family_computes_what_transformers_computes(kind, folder):
    trace = run(load(folder(kind)), TEXT)
    found = worst(trace, compute(model(kind), trace.ids))
    assert max(found.values()) <= CLOSE, found


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_a_family_says_how_it_was_made(kind, folder):
    trace = run(load(folder(kind)), TEXT)
    check_that_every_number_says_how_it_was_made(trace, 6)


@pytest.mark.parametrize("kind", ["GPT-2", "Llama 3", "Gemma 3"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_read_as_it_is(kind, dtype, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM

    whole = write(kind, tmp_path / "whole")
    AutoModelForCausalLM.from_pretrained(whole, dtype=getattr(torch, dtype)).save_pretrained(tmp_path / "half")
    (whole / "tokenizer.json").rename(tmp_path / "half" / "tokenizer.json")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "half", dtype="float32", attn_implementation="eager")
    trace = run(load(tmp_path / "half"), TEXT)
    found = worst(trace, compute(again, trace.ids))
    assert max(found.values()) <= CLOSE, found


def test_shards_are_one_model(tmp_path):
    whole, parts = write("Llama 3", tmp_path / "whole"), write("Llama 3", tmp_path / "parts", max_shard_size="10KB")
    assert len(list(parts.glob("*.safetensors"))) > 1 and not (parts / "model.safetensors").exists()
    assert (run(load(parts), TEXT).array("logits") == run(load(whole), TEXT).array("logits")).all()
