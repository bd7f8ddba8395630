"""Checkpoints: what ships, saving and loading, and files that are not what they should be."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from model import UsageError, load, names, run
from model.errors import ClearheadError
from model.runs.checkpoints import SHIPPED, save

MOST = {"tiny": 10_000_000, "translator": 7_000_000}  # bytes of a whole checkpoint with its snapshots


def test_shipped_checkpoints():
    assert names() == ["tiny", "tiny-learned", "tiny-none", "tiny-rotary", "tiny-sinusoidal", "translator"]
    for name in names():
        files = [path for path in (SHIPPED / name).rglob("*") if path.is_file()]
        assert max(path.stat().st_size for path in files) < 4_000_000
        assert sum(path.stat().st_size for path in files) < MOST.get(name, 1_500_000), name
        checkpoint = load(name)
        assert checkpoint.name == name and len(checkpoint.hash) == 64
        positions = {"tiny": "learned", "translator": "sinusoidal"}.get(name, name.removeprefix("tiny-"))
        assert checkpoint.config.positions == positions


def test_history_and_snapshots_tell_the_training_run():
    tiny = load("tiny")
    steps = tiny.snapshots()
    assert len(steps) >= 12 and steps[0] == 0 and steps[-1] == tiny.training["steps"]
    ratios = np.diff(np.log(np.array(steps[1:-1], dtype=float)))
    assert ratios.min() > 0.3 and ratios.max() < 1.2  # evenly spaced in the logarithm, then the end
    history = tiny.history()
    assert history["loss"][0] > 6 and history["loss"][-1] < 2.2 and len(history["step"]) == len(history["loss"]) > 100
    losses = [
        -np.log(float(run(tiny.at(step), "the tired cat slept .").array("probs")[3, tiny.tokenizer.encode(".").ids[0]]))
        for step in (steps[0], steps[-1])
    ]
    assert losses[0] > 5 and losses[1] < 2
    assert tiny.at(steps[0]).hash != tiny.hash and tiny.at(steps[-1]).hash == tiny.hash
    with pytest.raises(UsageError, match="no snapshot at step 7"):
        tiny.at(7)


def test_save_and_load(tmp_path):
    tiny = load("tiny")
    save(tmp_path / "copy", "copy", tiny.model, tiny.tokenizer, {"steps": 1})
    copy = load(tmp_path / "copy")
    assert copy.hash == tiny.hash and copy.name == "copy" and copy.config == tiny.config
    np.testing.assert_array_equal(run(copy, "the cat").array("logits"), run(tiny, "the cat").array("logits"))


def test_loading_warm_is_quick():
    code = (
        "import torch, tokenizers, model.runs.checkpoints, time; from model import load, run;"
        "t = time.perf_counter(); load('tiny'); print(time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(3)]
    taken = min(float(run.stdout) for run in runs)
    assert taken < 0.3
    start = time.perf_counter()
    load("tiny")
    assert time.perf_counter() - start < 0.05


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SHIPPED / "tiny-none", tmp_path / "mine")


def spoil(file, change):
    file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize(
    "file, change, words",
    [
        ("model.safetensors", lambda b: b[: len(b) // 2], "cannot be read as safetensors"),
        ("model.safetensors", lambda b: b"", "cannot be read as safetensors"),
        ("model.safetensors", lambda b: b"\x80\x04\x95pickle" * 20, "cannot be read as safetensors"),
        ("config.json", lambda b: b"{", "cannot be read"),
        ("config.json", lambda b: b"[]", "must hold a JSON object"),
        ("config.json", lambda b: json.dumps({"model": "llama"}).encode(), "of another program"),
        ("config.json", lambda b: json.dumps({"model_type": "mamba"}).encode(), "'mamba' are not supported"),
        ("config.json", lambda b: json.dumps({"model_type": "llama"}).encode(), "has no hidden_size"),
        ("config.json", lambda b: b.replace(b'"d_model": 64', b'"d_model": 32'), "does not fit its config"),
        ("config.json", lambda b: b.replace(b'"norm": "layer"', b'"norm": "batch"'), "norm is 'batch'"),
        ("config.json", lambda b: b.replace(b'"norm": "layer"', b'"norm": 3, "zzz": 1'), "unknown entries zzz"),
        ("config.json", lambda b: b.replace(b'"n_heads": 8', b'"n_heads": "8"'), "n_heads is '8'"),
        ("tokenizer.json", lambda b: b"{}", "not a tokenizer"),
    ],
)
def test_spoiled_files_are_named_in_one_line(folder, file, change, words):
    spoil(folder / file, change)
    with pytest.raises(ClearheadError, match=words) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_numbers(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["W_E"][3, 4] = float("nan")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ClearheadError, match="not finite"):
        load(folder)


def test_what_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no checkpoint 'huge'; there are tiny"):
        load("huge")
    with pytest.raises(ClearheadError, match="has no config.json"):
        load(tmp_path)
    (tmp_path / "file.bin").write_bytes(b"x")
    with pytest.raises(ClearheadError):
        load(tmp_path / "file.bin")


def test_nothing_in_a_checkpoint_is_run(folder, tmp_path):
    """A pickle in the place of the weights must not be opened as one."""
    import pickle

    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "boom"), "w"))

    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ClearheadError):
        load(folder)
    assert not (tmp_path / "boom").exists()


def test_float64_twin_is_the_same_model():
    tiny = load("tiny")
    ids = torch.tensor(tiny.tokenizer.encode("the cat sat on the mat").ids)
    torch.testing.assert_close(tiny.exact(ids).float(), tiny.model(ids), rtol=1e-5, atol=1e-5)


def test_which_heads_were_told_where_to_look():
    tiny = load("tiny")
    told = {(layer, head) for layer in range(4) for head in range(8) if tiny.guided(layer, head)}
    assert told == {(0, 2), (3, 6)} and tiny.guided(0, 2) == tiny.training["guided"] == 1_000
    assert not any(load(name).guided(0, 2) for name in ("tiny-learned", "translator"))
