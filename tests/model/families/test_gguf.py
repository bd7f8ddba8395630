"""GGUF files of the Llama family against `transformers`: plain and quantised, rows put back, and the tokenizer."""

import gguf
import numpy as np
import pytest
import torch
import transformers
from gguf.quants import dequantize, quantize

from model import load, run
from model.errors import ClearheadError
from model.families.gguf import convert
from tests.model.families.foreign import compute
from tests.model.families.parity import CLOSE, worst
from tests.model.numbers.test_making import check_that_every_number_says_how_it_was_made

PIECES = ["<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz", "Ġ", "t", "h", "th", "the", "Ġd", "Ġdo", "Ġdog", "Ġo", "Ġol"]
PIECES = [*dict.fromkeys([*PIECES, "Ġold", "1", "2"])]
MERGES = ["t h", "th e", "Ġ d", "Ġd o", "Ġdo g", "Ġ o", "Ġo l", "Ġol d"]
TEXT = "the old dog 12"
SIZES = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
LARGE = dict(hidden_size=256, intermediate_size=256, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2)
Q = gguf.GGMLQuantizationType


def llama(tied=False, **sizes):
    torch.manual_seed(5)
    config = transformers.LlamaConfig(
        **sizes, vocab_size=len(PIECES), max_position_embeddings=64, tie_word_embeddings=tied
    )
    made = transformers.LlamaForCausalLM(config).eval()
    made.set_attn_implementation("eager")
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


def permuted(weight, n):
    """The rows of queries and keys as llama.cpp has them."""
    rows, columns = weight.shape
    return weight.reshape(n, 2, rows // n // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def packed(values, kind):
    """A matrix in blocks of a type. For the types that the package only reads, blocks of random numbers."""
    if kind.name not in ("Q4_K", "Q6_K"):
        return quantize(values, kind)
    block, size = gguf.GGML_QUANT_SIZES[kind]
    rng, rows = np.random.default_rng(1), values.shape[0] * values.shape[1] // block
    made = rng.integers(0, 256, (rows, size), dtype=np.uint8)
    scales = np.frombuffer(np.full(rows, 5e-5, np.float16).tobytes(), np.uint8).reshape(rows, 2)
    places = [slice(0, 2), slice(2, 4)] if kind.name == "Q4_K" else [slice(size - 2, size)]
    for place in places:
        made[:, place] = scales
    return made.reshape(values.shape[0], -1)


def write(file, theirs, kind=Q.F32, **metadata):
    """The file, and the weights that it holds put into `theirs`."""
    config, writer = theirs.config, gguf.GGUFWriter(file, metadata.get("architecture", "llama"))
    writer.add_block_count(config.num_hidden_layers), writer.add_context_length(64)
    writer.add_embedding_length(config.hidden_size), writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads), writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps), writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(PIECES))
    writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre(metadata.get("pre", "smollm"))
    writer.add_token_list(PIECES), writer.add_token_merges(MERGES)
    writer.add_token_types([3] + [1] * (len(PIECES) - 1)), writer.add_eos_token_id(0), writer.add_add_bos_token(False)
    parts = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    whole = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for name, value in theirs.named_parameters():
        bare = name.removesuffix(".weight")
        layer = bare.split(".")[2] if bare.startswith("model.layers.") else None
        part = whole[bare] if layer is None else parts[bare.split(".", 3)[3]]
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
        values = value.detach().numpy()
        values = permuted(values, heads) if heads else values
        raw = packed(values, kind) if values.ndim == 2 else values.copy()
        writer.add_tensor(
            f"blk.{layer}.{part}.weight" if layer else f"{part}.weight",
            raw,
            raw_dtype=kind if values.ndim == 2 else Q.F32,
        )
        if values.ndim == 2:
            held = dequantize(raw, kind)
            if heads:
                held = held.reshape(heads, -1, 2, held.shape[1]).swapaxes(1, 2).reshape(held.shape)
            with torch.no_grad():
                value.copy_(torch.from_numpy(held.copy()))
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    return file


@pytest.mark.parametrize("kind", ["F32", "F16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K"])
def test_types(kind, tmp_path):
    theirs = llama(tied=kind == "F16", **(LARGE if kind.endswith("K") else SIZES))
    checkpoint = load(write(tmp_path / "mine.gguf", theirs, Q[kind]))
    trace = run(checkpoint, TEXT)
    assert trace.tokens == ("the", " old", " dog", " ", "1", "2")
    found = worst(trace, compute(theirs, trace.ids))
    assert max(found.values()) <= CLOSE, found
    if kind == "F32":
        check_that_every_number_says_how_it_was_made(trace, 6)
        assert load(tmp_path).hash == checkpoint.hash and checkpoint.tokenizer.end_id == 0


@pytest.mark.parametrize("tied", [True, False])
def test_converted_it_is_the_same_model(tied, tmp_path):
    file, folder = write(tmp_path / "mine.gguf", llama(tied, **SIZES), Q.Q4_1), tmp_path / "folder"
    folder.mkdir()
    convert(file, folder)
    one, other = load(file), load(folder)
    assert one.config == other.config and one.tokenizer.vocabulary == other.tokenizer.vocabulary
    assert other.tokenizer.end_id == 0 and run(one, TEXT).tokens == run(other, TEXT).tokens
    np.testing.assert_array_equal(run(one, TEXT).array("logits"), run(other, TEXT).array("logits"))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"architecture": "falcon"}, "GGUF of 'falcon' is not supported"),
        ({"pre": "tekken"}, "pre 'tekken' is not supported, only gpt-2, smollm"),
        ({"kind": Q.Q5_0}, "of type Q5_0; supported are F16"),
    ],
)
def test_what_is_not_supported_is_named(change, words, tmp_path):
    file = write(tmp_path / "mine.gguf", llama(**SIZES), **change)
    with pytest.raises(ClearheadError, match=words) as caught:
        load(file)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "mine.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ClearheadError, match="cannot be read as GGUF"):
        load(tmp_path)


def test_without_the_package(tmp_path, monkeypatch):
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    with pytest.raises(ClearheadError, match="pip install gguf"):
        load(tmp_path / "mine.gguf")
