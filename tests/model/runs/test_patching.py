"""Rows carried over from another run, against hooks of PyTorch and against what must hold of any model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model import Trace, UsageError, load, run
from model.net.layers import Tape
from model.runs import patching
from model.runs.carried import Carried
from model.runs.patching import patched
from scenes.lesson.runs import run_in_words
from studio.audit.numbers.recorded import check_patched, is_plain

TEXT, OTHER = "The capital of Italy is", "The capital of Russia is"


@pytest.fixture(scope="module")
def tiny():
    return load("tiny")


@pytest.fixture(scope="module")
def both(tiny):
    return run(tiny, TEXT), run(tiny, OTHER)


@pytest.mark.parametrize("layer, position", [(0, 3), (2, 3), (3, 4)])
def test_a_row_of_the_stream_is_what_a_hook_puts_there(tiny, both, layer, position):
    """The hook stands before a block of the model itself; its row comes from the other text's own forward pass."""
    net, rows = tiny.exact, []
    block = net.blocks[layer]
    with torch.no_grad():
        reading = block.register_forward_pre_hook(lambda _, args: rows.append(args[0].clone()))
        net(torch.tensor(both[1].ids))
        reading.remove()

        def put(_, args):
            changed = args[0].clone()
            changed[position] = rows[0][position]
            return changed, *args[1:]

        writing = block.register_forward_pre_hook(put)
        expected = net(torch.tensor(both[0].ids)).softmax(-1).numpy()
        writing.remove()
    trace = run(tiny, TEXT, patch=Carried(both[1], f"blocks.{layer}.resid_pre", position))
    assert np.abs(trace.array("probs") - expected).max() < 1e-6


def test_a_head_is_what_its_output_makes_of_it(tiny, both):
    def listen(name, value, _):
        if name == "blocks.1.attn.z":
            value = value.clone()
            value[3, 4] = torch.tensor(both[1].array(name)[3, 4])
        return value

    with torch.no_grad():
        expected = tiny.exact(torch.tensor(both[0].ids), tape=Tape(listen)).softmax(-1).numpy()
    for name in ("blocks.1.attn.z", "blocks.1.attn.result"):
        trace = run(tiny, TEXT, patch=Carried(both[1], name, 4, 3))
        assert np.abs(trace.array("probs") - expected).max() < 1e-6


def test_the_place_where_the_texts_differ_makes_the_run_the_other_one(tiny, both):
    trace = run(tiny, TEXT, patch=Carried(both[1], "blocks.0.resid_pre", 3))
    np.testing.assert_allclose(trace.array("probs"), both[1].array("probs"), atol=1e-6)
    assert np.abs(trace.array("probs") - both[0].array("probs")).max() > 0.5


def test_its_own_row_changes_nothing_and_so_do_rows_before_the_difference(tiny, both):
    same = [Carried(both[0], f"blocks.{layer}.resid_pre", 3) for layer in range(4)]
    before = [Carried(both[1], f"blocks.{layer}.resid_pre", place) for layer in range(4) for place in range(3)]
    for trace in patched(tiny, both[0], [*same, *before]):
        np.testing.assert_allclose(trace.array("probs"), both[0].array("probs"), atol=1e-6)


def test_the_last_row_after_all_blocks_says_what_the_other_run_says(tiny, both):
    trace = run(tiny, TEXT, patch=Carried(both[1], "blocks.3.resid_post", 4))
    np.testing.assert_allclose(trace.array("probs")[-1], both[1].array("probs")[-1], atol=1e-6)


def test_a_batch_of_them_is_one_after_the_other(tiny, both, monkeypatch):
    places = [Carried(both[1], f"blocks.{k}.resid_pre", p) for k, p in ((0, 3), (1, 4), (3, 3), (2, 0), (3, 4))]
    monkeypatch.setattr(patching, "AT_ONCE", 2 * len(both[0]) * tiny.config.vocab_size)
    runs = patched(tiny, both[0], places)
    assert len({each.run_id for each in (*runs, *both)}) == len(places) + 2
    for place, trace in zip(places, runs, strict=True):
        alone = run(tiny, TEXT, patch=place)
        assert trace.info == alone.info and trace.run_id == alone.run_id
        for name in alone:
            np.testing.assert_allclose(trace.array(name), alone.array(name), atol=1e-6, err_msg=name)


def test_a_trace_tells_what_was_carried_over(tiny, both, tmp_path):
    trace = run(tiny, TEXT, patch=Carried(both[1], "blocks.2.resid_pre", 3))
    told = f"with blocks.2.resid_pre at position 3 from “{OTHER}”"
    assert run_in_words(trace) == f"run of tiny on “{TEXT}”, {told}" and not is_plain(trace)
    kept = Trace.load(trace.save(tmp_path / "t.safetensors"))
    assert kept.run_id == trace.run_id != both[0].run_id


def test_the_audit_finds_a_row_that_was_not_carried_over(tiny, both):
    trace = run(tiny, TEXT, patch=Carried(both[1], "blocks.2.resid_pre", 3))
    assert not list(check_patched(trace, both))
    for wrong in (both[0], both[1], run(tiny, TEXT, patch=Carried(both[1], "blocks.2.resid_pre", 4))):
        lie = replace(trace, arrays=wrong.arrays)
        assert [defect.kind for defect in check_patched(lie, both)] == ["wrong number"]
    assert list(check_patched(trace, both[:1])) and list(check_patched(trace, both[1:]))


def test_what_cannot_be_carried_over_is_refused_in_a_line(tiny, both):
    row = Carried(both[1], "blocks.0.resid_pre", 3)
    for wrong in (("blocks.0.resid_pre", 9), ("blocks.0.resid_pre", 0, 0), ("blocks.0.attn.z", 0), ("W_U", 0)):
        with pytest.raises(UsageError):
            Carried(both[1], *wrong)
    with pytest.raises(UsageError, match="no tensor"):
        Carried(both[1], "blocks.9.resid_pre", 0)
    with pytest.raises(UsageError, match="5 tokens; it needs 2"):
        run(tiny, "The capital", patch=row)
    with pytest.raises(UsageError, match="another model"):
        patched("tiny-rotary", run("tiny-rotary", TEXT), [row])
    with pytest.raises(UsageError, match="not both"):
        run(tiny, TEXT, patch=row, ablate=[(0, 0)])
