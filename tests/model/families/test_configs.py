"""Configs as older files have them say the same as those that `transformers` writes today."""

import json

import pytest

from model import load
from tests.model.families.foreign import write

RAMP = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
OLD = {
    "GPT-2": {"n_ctx": 32, "_num_labels": 1, "torch_dtype": "float32", "task_specific_params": {"x": 1}},
    "Llama 2": {
        "rope_theta": 10000.0,
        "rope_scaling": None,
        "head_dim": None,
        "pretraining_tp": 1,
        "rope_interleaved": False,
    },
    "Llama 3": {"rope_theta": 500.0, "rope_scaling": {"rope_type": "llama3", **RAMP}, "eos_token_id": [1, 2]},
    "Llama with biases": {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.0}},
    "Mistral": {"rope_theta": 10000.0},
    "Qwen 2": {
        "rope_theta": 10000.0,
        "sliding_window": 131072,
        "max_window_layers": 21,
        "layer_types": None,
        "use_mrope": False,
    },
    "Qwen 2, windows": {"rope_theta": 10000.0, "layer_types": None},
    "Gemma": {"rope_theta": 10000.0, "hidden_act": "gelu", "hidden_activation": "gelu_pytorch_tanh"},
    "Gemma 2": {
        "rope_theta": 10000.0,
        "layer_types": None,
        "hidden_act": "gelu_pytorch_tanh",
        "cache_implementation": "hybrid",
    },
    "Gemma 3": {
        "rope_theta": 10000.0,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0},
        "rope_local_base_freq": 100.0,
        "sliding_window_pattern": 6,
    },
    "BERT": {"position_embedding_type": "absolute", "directionality": "bidi", "pooler_fc_size": 768},
}


@pytest.mark.parametrize("kind", OLD)
def test_an_older_config_is_the_same_model(kind, tmp_path):
    folder = write(kind, tmp_path / "mine")
    new, file = load(folder), folder / "config.json"
    about = {name: value for name, value in json.loads(file.read_text()).items() if name != "rope_parameters"}
    file.write_text(json.dumps({name: value for name, value in (about | OLD[kind]).items() if value is not None}))
    old = load(folder)
    assert old.config == new.config and old is not new
    assert old.tokenizer.end_id == (1 if kind == "Llama 3" else new.tokenizer.end_id)


def test_layers_of_gemma_3_by_their_pattern(tmp_path):
    folder = write("Gemma 3", tmp_path / "mine")
    file = folder / "config.json"
    about = {name: value for name, value in json.loads(file.read_text()).items() if name != "layer_types"}
    file.write_text(json.dumps(about | {"sliding_window_pattern": 2}))
    assert load(folder).config.full_layers == (1, 3)
