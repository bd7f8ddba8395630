"""Runs of large models, of which little is kept: what is computed again is what was computed, in every kind."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from model import Trace, run
from model.errors import ClearheadError
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs import checkpoints, recomputed, recorder
from model.runs.carried import Carried
from model.runs.changes import ALL_ON, Off
from model.runs.recomputed import Recomputed, part_of
from model.runs.recording import record, record_sparingly
from model.runs.sampling import generate
from tests.model.numbers.test_making import variants
from tests.untrained import untrained_checkpoint

IDS = (3, 5, 5, 8)
KINDS = [kind for kind in variants() if kind["kind"] != "encoder-decoder"]
TEXT, OTHER = "The capital of Italy is", "The capital of Russia is"


@pytest.fixture
def forgetful(monkeypatch):
    """Nothing stays at hand: all that is not kept is computed again each time."""
    monkeypatch.setattr(recomputed.RECENT, "room", 0)


@pytest.fixture
def large(monkeypatch, tmp_path):
    """A small model that is taken for a large one."""
    monkeypatch.setattr(checkpoints, "EXACT_BELOW", 0)
    return checkpoints.load(untrained_checkpoint(tmp_path / "m", positions="rotary", norm="rms", n_layers=5))


def model_of(choices):
    torch.manual_seed(0)
    config = ModelConfig(vocab_size=11, n_ctx=7, d_model=6, n_layers=5, n_heads=4, d_head=4, d_mlp=5, **choices)
    return build(config).eval()


def check_the_same(model, **changes):
    (every, axes), (sparing, same) = record(model, IDS, **changes), record_sparingly(model, IDS, **changes)
    assert list(sparing) == list(every) and same == axes and len(sparing) == len(every)
    for name in reversed(list(every)):
        np.testing.assert_array_equal(sparing[name], every[name], err_msg=name)
        assert not sparing[name].flags.writeable and sparing.shapes.get(name, every[name].shape) == every[name].shape


@pytest.mark.parametrize("choices", KINDS, ids=lambda choices: "-".join(map(str, choices.values())))
def test_what_is_computed_again_is_what_was_computed(choices, forgetful):
    check_the_same(model_of(choices))


@pytest.mark.parametrize("change", [Off(heads=((0, 1), (1, 2))), Off(neurons=((1, 3),)), ALL_ON], ids=str)
@pytest.mark.parametrize("positions", [True, False])
@pytest.mark.parametrize("kind", KINDS[:2], ids=("one", "other"))
def test_a_run_that_was_changed_is_changed_again(change, positions, kind, forgetful):
    check_the_same(model_of(kind), change=change, positions=positions, scaled=positions)


def test_a_row_that_was_carried_over_is_there_again(large, forgetful):
    donor = run(large, OTHER)
    for name in ("blocks.1.resid_pre", "blocks.1.resid_mid", "blocks.4.resid_post"):
        trace = run(large, TEXT, patch=Carried(donor, name, 3))
        np.testing.assert_array_equal(trace.array(name)[3], donor.array(name)[3])
        again = record(large.model, trace.ids, change=Carried(donor, name, 3))[0]
        for each in again:
            np.testing.assert_array_equal(trace.array(each), again[each], err_msg=f"{name}: {each}")


def test_of_each_two_of_five_blocks_only_the_stream_before_them_is_kept(large):
    trace = run(large, TEXT)
    kept = set(trace.arrays.kept)
    assert {n for n in kept if n.startswith("blocks.")} == {f"blocks.{layer}.resid_pre" for layer in (0, 2, 4)}
    assert not kept & {"logits", "probs"} and {"logits", "probs", "W_E", "blocks.2.attn.W_Q"} < set(trace)
    with pytest.raises(KeyError):
        trace.arrays["nothing"]


def test_a_piece_of_a_table_does_not_keep_the_table():
    trace = run("tiny", TEXT)
    table = np.zeros((1024, 512), dtype=np.float32)
    wide = replace(trace, arrays={**trace.arrays, "logits": table})
    assert wide["logits"][3].values.base is None and wide["logits"].values.base is table
    assert wide["logits"][:512].values.base is table


@pytest.mark.parametrize("choices", KINDS[:2], ids=("one", "other"))
def test_no_more_than_a_part_is_held_while_a_run_is_recorded(choices, monkeypatch):
    """Each part is handed over whole, before the next one begins."""
    handed = []
    monkeypatch.setattr(
        Recomputed, "remember", lambda run, part, arrays: handed.append((part, list(arrays), list(run)))
    )
    model = model_of(choices)
    every, axes = record(model, IDS)
    record_sparingly(model, IDS)
    names = {}
    for name in every:
        if (part := part_of(model.config, name, axes[name])) is not None:
            names.setdefault(part, []).append(name)
    assert {part: own for part, own, _ in handed} == names and len(handed) == len(names) > 2
    heard = [len(so_far) for *_, so_far in handed]
    assert heard == sorted(set(heard)) and heard[-1] == len(every), "a part was handed over late"


def test_runs_do_not_answer_for_each_other():
    one, other = (
        Recomputed({}, {"x": "end"}, {}, lambda part, value=value: {"x": np.full(3, value)}) for value in (1.0, 2.0)
    )
    assert one["x"][0] == 1.0 and other["x"][0] == 2.0 and one["x"][0] == 1.0


def test_a_text_that_is_run_again_is_not_computed_again(large, monkeypatch):
    """As the loop does, that goes on from a text; a run that is changed is one of its own."""
    passes = []
    monkeypatch.setattr(recorder, "record_sparingly", lambda *a, **k: passes.append(k) or record_sparingly(*a, **k))
    recorder._unchanged.cache_clear()
    whole = run(large, TEXT)
    turn = next(generate(large, TEXT, 1, seed=3))
    assert len(passes) == 1 and turn.trace.info["seed"] == 3 and whole.info["seed"] is None
    np.testing.assert_array_equal(turn.trace.array("logits"), whole.array("logits"))
    off, bare, other = run(large, TEXT, ablate=[(0, 1)]), run(large, TEXT, scaled=False), run(large, OTHER)
    assert len(passes) == 4
    assert all(np.abs(each.array("logits") - whole.array("logits")).max() > 1e-4 for each in (off, bare, other))


def test_equal_digests_are_of_equal_runs(large):
    one, same, other = run(large, TEXT), run(large, TEXT), run(large, OTHER)
    assert one.digest == same.digest != other.digest
    assert one.digest != run(large, TEXT, ablate=[(0, 1)]).digest


def test_a_run_that_is_saved_and_read_has_its_digest(large, tmp_path):
    whole = run(large, TEXT)
    again = Trace.load(whole.save(tmp_path / "t.safetensors"))
    assert again.digest == whole.digest and len(again.names) == len(whole.names) > 20
    changed = replace(again, arrays=dict(again.arrays) | {whole.basis[-1]: again.array(whole.basis[-1]) + 1})
    assert changed.digest != whole.digest


@pytest.mark.parametrize("basis", [["nothing.of.it"], 3, [{}]])
def test_a_file_whose_digest_would_be_of_nothing_is_refused(large, tmp_path, basis):
    path = run(large, "The dog").save(tmp_path / "t.safetensors")
    with safe_open(path, "numpy") as file:
        about = json.loads(file.metadata()["clearhead"])
    save_file(load_file(path), path, {"clearhead": json.dumps(about | {"basis": basis})})
    with pytest.raises(ClearheadError, match="is not a trace that can be read"):
        Trace.load(path)
