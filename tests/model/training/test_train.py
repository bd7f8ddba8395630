"""Training: the same seed the same model, a stopped run goes on to the same end; what was learned beats counting."""

import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from model import UsageError, load
from model.text.corpus import documents
from model.text.ngrams import ngram_losses
from model.training.recipes import RECIPES, Recipe
from model.training.report import DOCUMENT, HELDOUT, heldout_loss, tables
from model.training.run import Run, off_centre
from model.training.train import train
from model.training.windows import make_corpus, training_documents

SMALL = Recipe({"n_layers": 1, "n_ctx": 32, "tied": True}, steps=24, words=20_000, batch=8, snapshots=6)


@pytest.fixture(scope="module")
def corpus():
    return make_corpus(SMALL.words, 32)


def fresh(corpus, work, resume=False, seed=0):
    torch.manual_seed(seed)
    return Run("small", SMALL, seed, corpus, work, resume)


@pytest.mark.slow
def test_same_seed_same_model(corpus, tmp_path):
    weights = []
    for seed in (0, 0, 1):
        fresh(corpus, tmp_path / "work", seed=seed).finish(tmp_path / "out", quiet=True)
        weights.append((tmp_path / "out" / "model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_end(corpus, tmp_path):
    fresh(corpus, tmp_path / "a").finish(tmp_path / "whole", quiet=True)
    stopped = fresh(corpus, tmp_path / "b")
    for _ in range(11):
        stopped.advance()
    stopped.keep()
    stopped.advance()  # this step is lost and made again
    again = fresh(corpus, tmp_path / "b", resume=True, seed=99)
    again.seed = 0
    assert again.step == 11
    again.finish(tmp_path / "resumed", quiet=True)
    for file in ("model.safetensors", "tokenizer.json"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "resumed" / file).read_bytes()
    assert load(tmp_path / "resumed").history()["loss"] == load(tmp_path / "whole").history()["loss"]
    assert not (tmp_path / "b").exists()


def test_a_finished_run_is_a_checkpoint_with_snapshots(corpus, tmp_path):
    fresh(corpus, tmp_path / "work").finish(tmp_path / "out", quiet=True)
    checkpoint = load(tmp_path / "out")
    assert checkpoint.snapshots()[0] == 0 and checkpoint.snapshots()[-1] == 24
    assert checkpoint.history()["step"] == list(range(24)) and checkpoint.training["tokens"] == 24 * 8 * 32
    assert checkpoint.history()["heldout"]["loss"][-1] < checkpoint.history()["heldout"]["loss"][0]


@pytest.mark.slow
def test_a_killed_process_leaves_a_state_to_go_on_from(tmp_path):
    code = (
        "import pathlib; from model.training import resumable, train;"
        "from model.training.recipes import Recipe, RECIPES;"
        "RECIPES['tiny'] = Recipe({'n_layers': 1, 'tied': True}, steps=100000, words=20000, batch=2);"
        f"train.WORK = pathlib.Path({str(tmp_path)!r}); resumable.SAVE_EVERY = 0.5;"
        f"train.train('tiny', steps=100000, out={str(tmp_path / 'out')!r}, quiet=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    state = tmp_path / "tiny-0-100000" / "state.pt"
    for _ in range(300):
        time.sleep(0.2)
        if state.exists():
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert torch.load(state, weights_only=True)["step"] > 0
    assert not (tmp_path / "out").exists()


def test_batches_begin_with_sentences_and_hide_words(corpus):
    inputs, targets = corpus.batch(5, 0, 64, 32)
    again, _ = corpus.batch(5, 0, 64, 32)
    assert torch.equal(inputs, again) and not torch.equal(inputs, corpus.batch(6, 0, 64, 32)[0])
    hidden = inputs == corpus.tokenizer.unknown_id
    assert 0.2 < hidden.any(1).float().mean() < 0.8
    assert torch.equal(inputs[:, 1:][~hidden[:, 1:]], targets[:, :-1][~hidden[:, 1:]])
    assert not (targets == corpus.tokenizer.unknown_id).any()


def test_scores_are_centred_where_zero_is_an_even_share():
    later = torch.full((3, 3), -math.inf).triu(1)
    even = torch.zeros(2, 1, 3, 3) + later
    assert off_centre([even, even]).item() == pytest.approx(0, abs=1e-12)
    assert off_centre([even + 2, even]).item() == pytest.approx(2)  # 2² in one of two layers
    tilted = torch.tensor([[0.0, 0.0, 0.0], [math.log(1.5), math.log(0.5), 0.0], [math.log(3), -90.0, -90.0]]) + later
    assert off_centre([tilted[None, None]]).item() == pytest.approx(0, abs=1e-12)


def test_snapshots_and_schedule():
    tiny = RECIPES["tiny"]
    marks = sorted(tiny.snapshot_steps())
    assert len(marks) >= 12 and marks[0] == 0 and marks[-1] == tiny.steps
    rates = [tiny.schedule(step) for step in range(tiny.steps + 1)]
    assert rates[0] < 0.01 and max(rates) == rates[tiny.warmup] == pytest.approx(1) and rates[-1] == 0
    assert np.abs(np.diff(rates)).max() < 0.01  # no jump, not even where the cooldown begins
    plain = Recipe({}, steps=1000)
    assert (
        plain.schedule(1000) == pytest.approx(0.1)
        and sorted(plain.snapshot_steps())[-1] == 1000
        and len(plain.snapshot_steps()) == plain.snapshots
    )


def test_unknown_recipe():
    with pytest.raises(UsageError, match="there are tiny"):
        train("huge")


def test_corpus_is_everyday_english_that_repeats_with_its_seed():
    made = documents(3, 5000)
    assert made == documents(3, 5000) != documents(4, 5000)
    text = " ".join(documents(0, 200_000))
    for wrong in (" a apple", " a animal", " an cat", " a honest", "  ", "some some", "{", "None"):
        assert wrong not in text, wrong
    words = text.lower().split()
    for bad in ("mouses", "childs", "goed", "runned", "sitted", "a.", "wolfs"):
        assert bad not in words


@pytest.mark.slow
def test_heldout_text_was_not_trained_on():
    lines = HELDOUT.read_text(encoding="utf-8").splitlines()
    assert sum(len(line.split()) for line in lines) > 15_000
    tiny = RECIPES["tiny"]
    for lookups in (0.0, tiny.lookups):
        made = documents(0, 600_000, lookups)
        assert set(training_documents(600_000, lookups)) == set(made) - set(lines)


@pytest.mark.slow
def test_tiny_beats_counting_on_heldout_text():
    """Bigram and interpolated 4-gram, counted on a fifth of the training text; the report has the full counts."""
    tiny = load("tiny")
    report = tiny.report()
    assert report["hash"] == tiny.hash, "the report is of other weights: clearhead train tiny"
    loss = heldout_loss(tiny)
    assert loss == pytest.approx(report["heldout"]["model"], abs=2e-3)
    assert loss < report["heldout"]["4-gram"] - 0.3 < report["heldout"]["bigram"]
    index = {word.lower(): i for i, word in enumerate(tiny.tokenizer.vocabulary)}

    def ids(text: list[str]) -> np.ndarray:
        return np.array([index[word] for document in text for word in [*document.lower().split(), "<end>"]])

    counted = ngram_losses(
        ids(documents(0, 600_000)), ids(HELDOUT.read_text(encoding="utf-8").splitlines()), len(tiny.tokenizer)
    ).mean(1)
    assert loss < counted[3] - 0.3 and counted[3] < counted[1] < counted[0]


@pytest.mark.slow
def test_position_variants_are_compared_fairly():
    losses = {}
    for positions in ("learned", "sinusoidal", "rotary", "none"):
        checkpoint = load(f"tiny-{positions}")
        report = checkpoint.report()
        assert report["hash"] == checkpoint.hash and len(report["seeds"]["losses"]) == 3
        assert heldout_loss(checkpoint) == pytest.approx(report["seeds"]["losses"][0], abs=5e-3)
        losses[positions] = report["seeds"]
        assert checkpoint.training == load("tiny-none").training
    assert max(losses, key=lambda name: losses[name]["mean"]) == "none"
    assert all(math.isfinite(entry["mean"]) for entry in losses.values())
    assert Path(load("tiny-none").path / "model.safetensors").stat().st_size < 1_500_000


def test_the_document_tells_the_measured_figures():
    assert tables() in DOCUMENT.read_text(encoding="utf-8"), "run: python -m model.training.report tables"
