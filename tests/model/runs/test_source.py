"""Runs of an encoder–decoder: `run` takes the text that the encoder reads, and records what `record` does."""

import dataclasses

import numpy as np
import pytest
import torch

from model import Trace, UsageError, load, run
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.checkpoints import save
from model.runs.recorder import run_tokens
from model.runs.recording import record
from model.text.tokenizer import Encoding

SOURCE, TEXT = "the old dog chased the young cat", "a tired wolf slept"


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    """A small encoder–decoder with random weights and the words of `tiny`, saved and loaded."""
    tokenizer = load("tiny").tokenizer
    torch.manual_seed(1)
    sizes = dict(n_ctx=12, d_model=16, n_layers=2, n_heads=2, d_head=8, d_mlp=24)
    config = ModelConfig(len(tokenizer), kind="encoder-decoder", positions="sinusoidal", **sizes)
    folder = tmp_path_factory.mktemp("translator")
    save(folder, "translator", build(config), tokenizer, {})
    return load(folder)


def test_a_run_reads_both_texts(translator):
    trace = run(translator, TEXT, source=SOURCE)
    ids, source = (translator.tokenizer.encode(text).ids for text in (TEXT, SOURCE))
    arrays, _ = record(translator.exact, ids, source)
    for name, values in arrays.items():
        np.testing.assert_array_equal(trace.array(name), values)
    assert trace.array("decoder.blocks.1.cross_attn.pattern").shape == (2, 4, 7)
    assert trace["encoder.tokens"].shape == (7,) and trace.ids == ids and len(trace) == 4
    assert trace.info["source"]["tokens"] == SOURCE.split() and trace.info["source"]["ids"] == list(source)
    with torch.no_grad():
        logits = translator.exact(torch.tensor(ids), torch.tensor(source)).numpy()
    np.testing.assert_allclose(trace.array("logits"), logits, rtol=1e-6)


def test_the_source_tells_runs_apart(translator, tmp_path):
    one, two = (run(translator, TEXT, source=text) for text in (SOURCE, "the cat"))
    assert one.run_id != two.run_id
    assert np.abs(one.array("logits") - two.array("logits")).max() > 1e-4
    assert Trace.load(one.save(tmp_path / "one.safetensors")).run_id == one.run_id


def test_a_head_that_is_off_is_the_decoders(translator):
    trace = run(translator, TEXT, source=SOURCE, ablate=[(1, 0)])
    assert not trace.array("decoder.blocks.1.attn.result")[0].any()
    assert trace.array("decoder.blocks.1.attn.result")[1].any() and trace.array("encoder.blocks.1.attn.result")[0].any()


def test_tokens_instead_of_texts(translator):
    encode = translator.tokenizer.encode
    trace = run_tokens(translator, encode(TEXT), source=encode(SOURCE))
    assert trace.digest == run(translator, TEXT, source=SOURCE).digest and trace.info["text"] == TEXT


def test_a_source_that_is_missing_or_not_read(translator):
    with pytest.raises(UsageError, match="its encoder reads"):
        run(translator, TEXT)
    with pytest.raises(UsageError, match="is for an encoder–decoder"):
        run("tiny", TEXT, source=SOURCE)
    with pytest.raises(UsageError, match="at most 12"):
        run(translator, TEXT, source="cat " * 13)
    few = dataclasses.replace(translator, config=dataclasses.replace(translator.config, source_vocab_size=3))
    with pytest.raises(UsageError, match="knows 3 words"):
        run_tokens(few, Encoding((1, 2), ("a", "b"), ()), source=Encoding((1, 9), ("a", "c"), ()))
