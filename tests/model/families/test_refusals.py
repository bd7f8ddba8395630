"""What is not supported is refused in one line that names it; nothing is guessed, and no code from a file runs."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import UsageError, load, run
from model.errors import ClearheadError
from tests.model.families.foreign import TEXT, tokenizer, write


def refused(folder, words):
    with pytest.raises(ClearheadError, match=words) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "kind, change, words",
    [
        ("Llama 2", {"model_type": "mamba"}, "family 'mamba' are not supported, only gpt2, llama"),
        ("Llama 2", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope scaling 'yarn'"),
        ("Llama 2", {"rope_parameters": {"rope_theta": 1e4, "wobble": 2}}, "wobble = 2 is not supported"),
        ("Llama 2", {"hidden_act": "relu"}, "hidden_act 'relu' is not supported, only silu"),
        ("Llama 2", {"residual_multiplier": 0.22}, "residual_multiplier = 0.22 is not supported"),
        ("Llama 2", {"quantization_config": {"bits": 4}}, "quantization_config"),
        ("Llama 2", {"auto_map": {"AutoModel": "evil.Model"}}, "code of its own .auto_map.: that is never done"),
        ("Llama 2", {"hidden_size": None}, "has no hidden_size"),
        ("Llama 2", {"num_hidden_layers": 2}, "the tensor model.layers.2.* is not supported"),
        ("Llama 2", {"num_hidden_layers": 4}, "has no tensor model.layers.3"),
        ("Llama 2", {"intermediate_size": "36"}, "intermediate_size is '36', must be a whole number"),
        ("Llama 2", {"vocab_size": 41}, r"embed_tokens.weight is .40, 24., the config says .41, 24."),
        ("Llama 2", {"mlp_bias": True}, "mlp_bias True is not supported"),
        ("Mistral", {"layer_types": ["chunked_attention"] * 3}, "layer_types must name"),
        ("GPT-2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx True"),
        ("GPT-2", {"n_head": 5}, "n_head"),
        ("BERT", {"position_embedding_type": "relative_key"}, "position_embedding_type 'relative_key'"),
        ("BERT", {"is_decoder": True}, "is_decoder = True is not supported"),
        ("Gemma 3", {"use_bidirectional_attention": True}, "use_bidirectional_attention = True"),
    ],
)
def test_a_config_that_says_something_unknown(kind, change, words, tmp_path):
    folder = write(kind, tmp_path / "mine")
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    refused(folder, words)


def test_tensors_that_are_not_known_or_not_numbers(tmp_path):
    folder = write("GPT-2", tmp_path / "mine")
    file, weights = folder / "model.safetensors", load_file(folder / "model.safetensors")
    save_file(weights | {"score.weight": torch.ones(2, 24)}, file)
    refused(folder, "the tensor score.weight is not supported")
    save_file(weights | {"transformer.wpe.weight": torch.ones(32, 24, dtype=torch.int8)}, file)
    refused(folder, "wpe.weight holds torch.int8")
    save_file(weights | {"lm_head.weight": torch.ones(40, 24)}, file)
    refused(folder, "lm_head.weight is not the embedding")
    save_file(weights | {"transformer.wpe.weight": torch.full((32, 24), float("inf"))}, file)
    refused(folder, "not finite")
    save_file(weights | {"transformer.h.0.attn.bias": torch.ones(1, 1, 32, 32)}, file)
    assert load(folder).config.n_layers == 3


def test_files_that_are_missing_or_lead_elsewhere(tmp_path):
    folder = write("GPT-2", tmp_path / "mine")
    (folder / "tokenizer.json").rename(folder / "kept")
    refused(folder, "has no tokenizer.json")
    (folder / "kept").rename(folder / "tokenizer.json")
    (folder / "model.safetensors").rename(tmp_path / "model.safetensors")
    refused(folder, "has no model.safetensors: weights in other formats are not read")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": "../model.safetensors"}}))
    refused(folder, "does not list files of its folder")


def test_a_pickle_in_the_place_of_weights_is_not_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "boom"), "w"))

    folder = write("GPT-2", tmp_path / "mine")
    for name in ("model.safetensors", "pytorch_model.bin"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    refused(folder, "cannot be read as safetensors")
    assert not (tmp_path / "boom").exists()


def test_texts_of_a_foreign_tokenizer(tmp_path):
    made = tokenizer(around=True)
    made.enable_padding(length=30), made.enable_truncation(5)  # as sentence-transformers' files have it
    folder = write("BERT", tmp_path / "bert")
    made.save(str(folder / "tokenizer.json"))
    bert = load(folder)
    trace = run(bert, "the old dinosaur slept")
    assert trace.tokens == ("[CLS]", "the", "old", "dinosaur", "slept", "[SEP]") and trace.unknown == (3,)
    assert len(trace.vocabulary) == bert.config.vocab_size and trace.vocabulary[39] == "<39>"
    bare = run(load(write("BERT without head", tmp_path / "bare")), TEXT)
    with pytest.raises(UsageError, match="has no unembedding"):
        bare["probs"]
    with pytest.raises(UsageError, match="at most 32"):
        run(bert, " ".join([TEXT] * 4))
    with pytest.raises(UsageError, match="empty"):
        run(bert, " \n")
