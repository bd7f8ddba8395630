"""Sentences of several lengths in one batch, and who sees whom: padding, causal and cross masks."""

import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model import load
from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import EncoderDecoder
from model.runs.translation import filled
from tests.model.net.test_reference import as_torch_decoder_layer, as_torch_encoder_layer, future, randomize

CLOSE = {"rtol": 0, "atol": 1e-5}
SOURCES, TARGETS = [[3, 5, 1, 8], [2, 2], [9, 4, 7, 6, 1, 10, 12]], [[1, 4, 2], [5, 5, 3, 2, 9], [7]]


@pytest.fixture(autouse=True)
def _no_gradients():
    torch.manual_seed(3)
    with torch.no_grad():
        yield


@pytest.fixture
def model():
    sizes = dict(n_ctx=16, d_model=24, n_heads=6, d_head=4, d_mlp=40, n_layers=3, source_vocab_size=13)
    more = dict(kind="encoder-decoder", positions="sinusoidal", norm_first=False, activation="relu", embed_scale=True)
    return randomize(EncoderDecoder(ModelConfig(11, **sizes, **more, tied=True)))


def as_torch_transformer(ours: EncoderDecoder) -> nn.Transformer:
    """torch's own Transformer with our weights. It has no norm after its post-norm layers, as in the paper."""
    c = ours.config
    theirs = nn.Transformer(c.d_model, c.n_heads, c.n_layers, c.n_layers, c.d_mlp, 0.0, "relu", batch_first=True)
    theirs.encoder.layers = nn.ModuleList(as_torch_encoder_layer(block, c) for block in ours.encoder.blocks)
    theirs.decoder.layers = nn.ModuleList(as_torch_decoder_layer(block, c) for block in ours.decoder.blocks)
    theirs.encoder.norm = theirs.decoder.norm = None
    theirs.encoder.use_nested_tensor = False  # keeps the rows of padding, too
    return theirs.eval().to(ours.encoder.W_E.dtype)


def logits_of_torch(ours: EncoderDecoder, sources, targets):
    (source, padding), (tokens, after) = filled(sources), filled(targets)
    root = math.sqrt(ours.config.d_model)
    read = F.embedding(source, ours.encoder.W_E) * root + ours.encoder.W_pos[: source.shape[1]]
    write = F.embedding(tokens, ours.decoder.W_E) * root + ours.decoder.W_pos[: tokens.shape[1]]
    out = as_torch_transformer(ours)(
        read,
        write,
        tgt_mask=future(tokens.shape[1]),
        src_key_padding_mask=padding,
        tgt_key_padding_mask=after,
        memory_key_padding_mask=padding,
    )
    return out @ ours.unembedding, (source, padding, tokens, after)


def test_a_padded_batch_against_torch_transformer(model):
    expected, (source, padding, tokens, after) = logits_of_torch(model, SOURCES, TARGETS)
    ours = model(tokens, source, padding=after, source_padding=padding)
    torch.testing.assert_close(ours[~after], expected[~after], **CLOSE)


def test_the_shipped_translator_against_torch_transformer():
    """With attention and MLP without biases in attention, as it is trained: torch gets zeros there."""
    translator = load("translator")
    english = ["the cat sleeps .", "the animal did not cross the street because it was too tired .", "who sings ?"]
    french = ["le chat", "l'animal n'a pas traversé la rue parce qu'", "qui"]
    start = translator.tokenizer.start_id
    sources = [translator.reads.encode(one).ids for one in english]
    targets = [(start, *translator.tokenizer.encode(one).ids) for one in french]
    expected, (source, padding, tokens, after) = logits_of_torch(translator.exact, sources, targets)
    ours = translator.exact(tokens, source, padding=after, source_padding=padding)
    assert float((ours - expected)[~after].abs().max()) < 1e-9
    single = translator.model(tokens, source, padding=after, source_padding=padding)
    assert float((single - expected)[~after].abs().max()) < 1e-5 * float(expected.abs().max())


def test_a_sentence_in_a_batch_is_as_alone(model):
    (source, padding), (tokens, after) = filled(SOURCES), filled(TARGETS)
    batch = model(tokens, source, padding=after, source_padding=padding)
    for row, (one, other) in enumerate(zip(TARGETS, SOURCES, strict=True)):
        alone = model(torch.tensor(one), torch.tensor(other))
        torch.testing.assert_close(batch[row, : len(one)], alone, **CLOSE)


def test_nobody_sees_what_fills_up(model):
    (source, padding), (tokens, after) = filled(SOURCES), filled(TARGETS)
    other, later = source.masked_fill(padding, 11), tokens.masked_fill(after, 7)
    patterns = {}
    one = model(tokens, source, Tape(lambda name, value, axes: patterns.setdefault(name, value)), True, after, padding)
    two = model(later, other, padding=after, source_padding=padding)
    torch.testing.assert_close(one[~after], two[~after], rtol=0, atol=0)
    for layer, (stack, hidden) in itertools.product(range(3), (("encoder", padding), ("decoder", after))):
        weights = patterns[f"{stack}.blocks.{layer}.attn.pattern"]
        assert not weights.transpose(1, 3)[hidden].any(), "no weight goes to padding"
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
    cross = patterns["decoder.blocks.0.cross_attn.pattern"]
    assert not cross.transpose(1, 3)[padding].any() and cross.transpose(1, 3)[~padding].all()


def test_the_decoder_sees_no_later_word_and_the_encoder_sees_all(model):
    source, tokens = torch.tensor(SOURCES[2]), torch.tensor(TARGETS[1])
    before = model(tokens, source)
    changed = tokens.clone()
    changed[3] = 10
    after = model(changed, source)
    torch.testing.assert_close(after[:3], before[:3], rtol=0, atol=0)
    assert ((after - before)[3:].abs().amax(-1) > 1e-4).all()
    for place in range(len(source)):
        other = source.clone()
        other[place] = 0
        moved = (model.read(other) - model.read(source)).abs().amax(-1)
        assert (moved > 1e-5).all(), "every row of the encoder sees every word"
        assert ((model(tokens, other) - before).abs().amax(-1) > 1e-5).all(), "and every row of the decoder all of it"


def test_reading_and_writing_apart(model):
    source, tokens = torch.tensor(SOURCES[0]), torch.tensor(TARGETS[0])
    torch.testing.assert_close(model.write(tokens, model.read(source)), model(tokens, source), rtol=0, atol=0)
