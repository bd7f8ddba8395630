"""What training runs left behind: read as it was written, and measured a second way."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from model import ClearheadError, UsageError, load, run
from model.learning import record, step
from model.learning.record import Counterfactuals
from model.learning.wall import slopes
from model.numbers.tensor import Tensor
from model.training import agreement, counterfactuals
from model.training.recipes import RECIPES
from model.training.report import training_text
from model.training.windows import training_documents
from studio.audit.numbers.given import again

TEXT = "The capital of Italy is Rome"


@pytest.fixture(scope="module")
def tiny():
    return load("tiny")


def test_losses_are_those_of_the_file(tiny):
    told, log = record.history(tiny), json.loads((tiny.path / "history.json").read_text())
    assert told.training.losses.values.tolist() == log["loss"]
    assert told.heldout.steps.values.tolist() == log["heldout"]["step"]
    assert float(told.heldout.at(379)) == log["heldout"]["loss"][log["heldout"]["step"].index(379)]
    for leaf in told.heldout.losses.expression.leaves():
        assert np.array_equal(again(leaf, ()), leaf.table)
    changed = Tensor.given(told.heldout.losses.values + 0.1, "held-out loss", ("step",), leaf.origin)
    assert not np.array_equal(again(changed.expression, ()), changed.values)


def test_snapshots_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match="without its history and snapshots"):
        record.snapshots(load("tiny-rotary"))


def test_a_history_that_cannot_be_read(tmp_path, tiny):
    broken = replace(tiny, path=tmp_path)
    (tmp_path / "history.json").write_text('{"step": [0]}')
    with pytest.raises(ClearheadError, match="history.json"):
        record.history(broken)


def test_runs_at_the_snapshots_are_of_the_weights_of_then(tiny):
    runs = record.along(tiny, TEXT)
    assert [trace.info["step"] for trace in runs] == tiny.snapshots()
    assert len({trace.run_id for trace in runs}) == len(runs)
    middle = tiny.at(tiny.snapshots()[5])
    assert np.array_equal(runs[5].array("W_E"), middle.model.W_E.numpy())
    assert runs[-1].run_id == run(tiny, TEXT).run_id


@pytest.mark.slow
def test_induction_is_measured_twice(tiny):
    scores = record.induction(tiny)
    assert scores.shape == (12, 4, 8) and 0 <= scores.values.min() and scores.values.max() <= 1
    (leaf,) = scores.expression.leaves()
    assert np.allclose(again(leaf, ()), scores.values, atol=1e-6)
    ids = record.sequences(50, 64)
    assert (ids[:, : ids.shape[1] // 2] == ids[:, ids.shape[1] // 2 :]).all() and ids.min() >= 2
    layer, head = np.unravel_index(scores.values[-1].argmax(), scores.values[-1].shape)
    ours = scores[:, int(layer), int(head)]
    at = record.jump(ours)
    assert float(ours[at]) - float(ours[at - 1]) == np.diff(ours.values).max() > 0.5


# ── agreement ────────────────────────────────────────────────────────────────────────────────────
def test_agreement_is_of_these_snapshots(tiny):
    told, found = json.loads(record.AGREEMENT.read_text()), record.agreement(tiny)
    assert told["hash"] == [tiny.at(step).hash for step in tiny.snapshots()] and told["step"] == tiny.snapshots()
    assert found.count == 200 and found.apart.values.tolist() == told["right"]["apart"]
    assert abs(found.apart.values[:10] - 0.5).max() < 0.05 and found.apart.values[-1] > 0.95
    for one in (found.steps, found.alike, found.apart):
        assert all(np.array_equal(again(leaf, ()), leaf.table) for leaf in one.expression.leaves())
    assert record.agreement(replace(tiny, hash="another")) is None


def test_agreement_is_measured_again_one_sentence_after_the_other(tiny):
    """At the snapshot at which it has just come."""
    told = json.loads(record.AGREEMENT.read_text())
    checkpoint = tiny.at(told["step"][10])
    for kind, group in told["sentences"].items():
        assert len(set(group)) == 200 and {agreement.kind_of(one.split()) for one in group} == {kind}
        right = 0
        for one in group:
            *words, verb = one.split()
            logits = checkpoint.model(torch.tensor(tiny.tokenizer.encode(" ".join(words)).ids))[-1]
            one_is, they_are = (float(logits[tiny.tokenizer.vocabulary.index(be)]) for be in ("is", "are"))
            right += (they_are > one_is) == (verb == "are")
        assert right / len(group) == told["right"][kind][10]


@pytest.mark.slow
def test_agreement_is_asked_about_what_was_never_read(tiny):
    text, told = training_text(tiny), json.loads(record.AGREEMENT.read_text())
    assert agreement.sentences(text) == told["sentences"]
    assert not [one for group in told["sentences"].values() for one in group if f"{one.rsplit(' ', 1)[0]} " in text]
    assert agreement.measure(tiny, told["sentences"]) == told


def test_the_wall_holds_every_slope_once(tiny):
    trace = step(tiny.at(0), TEXT)
    for pieces in (1, 3):
        shown = np.concatenate([tensor.values.ravel() for _, parts in slopes(trace, pieces) for _, tensor in parts])
        grads = [trace.array(f"grad.{name}").ravel() for name, _ in tiny.model.named_parameters()]
        np.testing.assert_array_equal(np.sort(shown), np.sort(np.concatenate(grads)))


# ── runs with one thing changed ──────────────────────────────────────────────────────────────────
def test_what_the_shipped_runs_show():
    found = Counterfactuals()
    read, other = (found.losses("memorising", which).losses.values for which in ("loss", "heldout"))
    usual = found.losses("yardstick", "heldout").losses.values
    assert read[-1] < 0.1 and other[-1] > other.min() + 3 and usual[-1] < 2.3
    rows, blocks = (found.losses(run, "heldout").losses.values[-1] for run in ("random decoder", "random embedding"))
    assert abs(rows - float(found.number("pairs", "heldout", "pairs"))) < 0.1 and blocks > rows + 1
    told = found.about
    assert told["runs"]["memorising"]["recites"] == told["recited"]["goes on"] != told["runs"]["yardstick"]["recites"]


def test_the_shipped_runs_are_of_this_recipe():
    told, recipe = Counterfactuals().about, RECIPES[counterfactuals.RECIPE]
    assert told["steps"] == recipe.steps and told["recipe"] == counterfactuals.RECIPE
    assert list(told["runs"]) == list(counterfactuals.CHANGES)
    few = training_documents(20_000, recipe.lookups)[: counterfactuals.FEW]
    assert told["runs"]["memorising"]["corpus"] == counterfactuals.hash_of(few)


@pytest.mark.slow
def test_the_shipped_runs_are_of_this_text():
    recipe = RECIPES[counterfactuals.RECIPE]
    whole = counterfactuals.hash_of(training_documents(recipe.words, recipe.lookups))
    runs = Counterfactuals().about["runs"]
    assert {run["corpus"] for name, run in runs.items() if name != "memorising"} == {whole}


@pytest.mark.parametrize("name", ["random decoder", "random embedding", "memorising"])
def test_only_what_is_said_changes(name):
    change = counterfactuals.CHANGES[name]
    trial = counterfactuals.Trial(change, training_documents(20_000))
    before = {key: value.clone() for key, value in trial.model.state_dict().items()}
    trial.advance(50)
    moved = {key for key, value in trial.model.state_dict().items() if not torch.equal(value, before[key])}
    assert moved == {key for key in before if not (change.frozen and key.startswith(change.frozen))}
    assert len(trial.read) == change.few or change.few is None
