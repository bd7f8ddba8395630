"""The translator's training: the paper's schedule, batches, stops, the average at the end, and what is reported."""

import json
import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from model import load
from model.errors import ClearheadError, UsageError
from model.text.parallel.splitting import part_of
from model.training import resumable
from model.training import train as training
from model.training.translator.data import NOTHING, Parallel, training_pairs
from model.training.translator.recipe import NAME, Recipe
from model.training.translator.report import DOCUMENT, tables
from model.training.translator.run import Looks, Run, loss_of

SMALL = dict(sentences=300, batch=8, warmup=10, apart=3, snapshots=5, horizon=24)


@pytest.fixture(scope="module")
def corpus():
    return Parallel(training_pairs(0, 300))


def begun(corpus, work, steps=12, seed=0, resume=True, **more) -> Run:
    torch.manual_seed(seed)
    recipe = replace(Recipe(), **SMALL | {"steps": steps} | more)
    recipe.model.update(n_layers=1, d_mlp=16)
    return Run(NAME, recipe, seed, corpus, corpus.batch(0, 9, 20), work, resume)


def test_the_learning_rate_is_the_papers():
    """d_model^−½ · min(n^−½, n · warmup^−1½): a straight rise, the top at the end of the warm-up, then as 1/√n."""
    recipe = Recipe()
    rates = np.array([recipe.learning_rate(step) for step in range(4 * recipe.warmup)])
    top = recipe.model["d_model"] ** -0.5 * recipe.warmup**-0.5 * recipe.factor
    assert rates.argmax() == recipe.warmup - 1 and rates.max() == pytest.approx(top)
    np.testing.assert_allclose(np.diff(rates[: recipe.warmup]), rates[0], rtol=1e-9)
    assert rates[-1] == pytest.approx(top / 2)


def test_batches_hold_every_sentence_once_an_epoch(corpus):
    batches = [corpus.batch(step, 3, 20) for step in range(15)]
    rows = [tuple(row[row != NOTHING].tolist()) for batch in batches for row in batch.targets]
    assert sorted(rows) == sorted((*ids, corpus.french.end_id) for ids in corpus.targets)
    again, other = corpus.batch(4, 3, 20), corpus.batch(15 + 4, 3, 20)
    assert torch.equal(again.targets, batches[4].targets) and not again.targets.shape == other.targets.shape != ()
    for batch in batches:
        kept = batch.targets != NOTHING
        assert torch.equal(batch.inputs[:, 1:][kept[:, 1:]], batch.targets[:, :-1][kept[:, 1:]])
        assert (batch.inputs[:, 0] == corpus.french.start_id).all()
        sentence, word, says = batch.aligned.unbind(-1)
        assert kept[sentence, word].all() and not batch.source_padding[sentence, says].any()


def test_nothing_that_is_held_out_is_trained_on():
    assert all(part_of(pair.meaning) == "training" for pair in training_pairs(0, 200))
    assert [p.english for p in training_pairs(0, 50)] == [p.english for p in islice(training_pairs(0, 200), 50)]


def test_the_loss_leaves_padding_out(corpus, tmp_path):
    run = begun(corpus, tmp_path)
    batch = corpus.batch(0, 0, 8)
    total = count = 0.0
    for row in range(8):
        one = corpus.side_by_side([(corpus.sources[i], corpus.targets[i], []) for i in corpus._order[0][row : row + 1]])
        words = int((one.targets != NOTHING).sum())
        total, count = total + words * loss_of(run.model, one).item(), count + words
    assert loss_of(run.model, batch).item() == pytest.approx(total / count, rel=1e-5)


def test_guidance_is_nothing_where_all_heads_look_where_they_should():
    looks, aligned = Looks(), torch.tensor([[0, 1, 2], [1, 0, 0]])
    pattern = torch.zeros(2, 4, 3, 3)
    pattern[0, :, 1, 2] = pattern[1, :, 0, 0] = 1.0
    looks.listen("decoder.blocks.0.cross_attn.pattern", pattern, "head query key")
    looks.listen("decoder.blocks.0.attn.pattern", torch.zeros(1), "head query key")
    assert looks.off(aligned).item() == 0
    pattern[0, :, 1, 2] = 0.25
    assert looks.off(aligned).item() == pytest.approx(math.log(4) / 2)


@pytest.mark.slow
def test_a_run_that_was_stopped_ends_as_one_that_was_not(corpus, tmp_path):
    begun(corpus, tmp_path / "a").finish(tmp_path / "whole", quiet=True)
    stopped = begun(corpus, tmp_path / "b")
    for _ in islice(stopped.steps(), 7):
        pass
    stopped.keep()
    gone_on = begun(corpus, tmp_path / "b", seed=5)
    gone_on.seed = 0
    assert gone_on.step == stopped.step > 0
    gone_on.finish(tmp_path / "resumed", quiet=True)
    whole, resumed = load(tmp_path / "whole"), load(tmp_path / "resumed")
    assert whole.hash == resumed.hash and whole.history() == resumed.history()
    assert whole.snapshots() == resumed.snapshots() and len(whole.snapshots()) == 4 and not (tmp_path / "a").exists()
    history = whole.history()
    assert len(history["learning_rate"]) == len(history["step"]) == len(history["loss"]) == 12
    with pytest.raises(ClearheadError, match="has changed since"):
        changed = begun(corpus, tmp_path / "c")
        changed.keep()
        begun(corpus, tmp_path / "c", batch=4)


def test_the_weights_are_the_average_of_the_last_states(corpus, tmp_path):
    run = begun(corpus, tmp_path / "w", averaged=3)
    states = []
    for _ in run.steps():
        states.append({name: value.clone() for name, value in run.model.state_dict().items()})
    run.write(tmp_path / "out")
    kept = load(tmp_path / "out").model.state_dict()
    for name, value in kept.items():
        expected = sum(states[k - 1][name] for k in (6, 9, 12)) / 3
        torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-7)


def test_train_finds_the_translator(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(training, "train_translator", lambda *given: asked.append(given) or tmp_path)
    assert training.train("translator", seed=3, steps=5, out=tmp_path, resume=False, quiet=True) == tmp_path
    assert asked == [(3, 5, tmp_path, training.WORK, False, True)]
    with pytest.raises(UsageError, match="translator"):
        training.train("nobody")
    assert resumable.SAVE_EVERY < 60


# ── what ships ───────────────────────────────────────────────────────────────────────────────────
def test_what_ships():
    translator = load("translator")
    config = translator.config
    assert (config.kind, config.positions, config.norm_first, config.activation) == (
        "encoder-decoder",
        "sinusoidal",
        False,
        "relu",
    )
    assert config.embed_scale and config.d_head == 8 and translator.training["smoothing"] == 0.1
    sizes = {file.name: file.stat().st_size for file in translator.path.rglob("*.safetensors")}
    assert sizes["model.safetensors"] < 4_000_000
    assert sum(size for name, size in sizes.items() if name.startswith("step-")) <= 5_000_000
    steps, history = translator.snapshots(), translator.history()
    assert len(steps) >= 8 and steps[0] == 0
    recipe = Recipe()
    for step, rate in zip(history["step"], history["learning_rate"], strict=True):
        assert rate == pytest.approx(recipe.learning_rate(step))
    assert history["heldout"]["loss"][0] > 6 and history["heldout"]["loss"][-1] < 0.15
    assert translator.at(steps[3]).hash != translator.hash and translator.at(steps[3]).source_tokenizer is not None


def test_the_report_keeps_what_was_promised():
    translator = load("translator")
    report = json.loads((translator.path / "report.json").read_text(encoding="utf-8"))
    assert report["hash"] == translator.hash
    for part in report["heldout"].values():
        assert part["exact"][0] >= 0.97 and part["count"] >= 1000
    told = report["pronouns"]
    assert told["pairs right"][0] >= 0.95 and told["pairs"] >= 200 and told["looks"]
    assert all(side["referent"] >= 0.6 for side in told["weight"].values())
    assert told["flipped"][0] >= 0.3


def test_the_documentation_has_the_tables():
    made = tables(load("translator").report())
    assert made in DOCUMENT.read_text(encoding="utf-8"), "run: python -m model.training.translator.report tables"
