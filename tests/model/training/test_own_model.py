"""A model of one's own: from any text file; the same bytes for the same plan, also when it is stopped in between."""

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from model import load, run
from model.errors import UsageError
from model.paths import ASSETS
from model.text import bpe, reading
from model.text.tokenizer import Tokenizer
from model.training import fused, own
from model.training.own import Wish, prepare, run_of, train_own
from model.training.report import loss_of_texts

WEIGHTS = ("model.safetensors", "tokenizer.json", "config.json", "history.json", "report.json", "bpe.json")


def sentences(count: int, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    who, does, where = "Anna Ben the_cat the_dog".split(), "sees hears likes".split(), "house garden river".split()
    made = (f"{rng.choice(who)} {rng.choice(does)} the {rng.choice(where)} and Zoë waits." for _ in range(count))
    return [line.replace("_", " ") for line in made]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    file = tmp_path_factory.mktemp("text") / "own.txt"
    file.write_text("\n".join(dict.fromkeys(f"{k} {line}" for k, line in enumerate(sentences(150)))), encoding="utf-8")
    return file


@pytest.fixture(scope="module", params=["words", "bpe"])
def wish(request, text):
    return Wish(text, request.param, steps=12, layers=1, d_model=16)


@pytest.fixture(scope="module")
def trained(wish, tmp_path_factory):
    return train_own(wish, tmp_path_factory.mktemp("own") / "mine", quiet=True)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_a_text_is_read_whatever_its_encoding(tmp_path, encoding):
    lines = sentences(40)
    (tmp_path / "a.txt").write_text("\r\n".join(lines), encoding=encoding, newline="")
    assert list(reading.read(tmp_path / "a.txt").documents) == lines


def test_documents_are_paragraphs_else_lines_else_sentences():
    parts = [f"Line {k} of it." for k in range(30)]
    assert reading.documents_of("\n\n".join(parts)) == reading.documents_of("\n".join(parts)) == parts
    assert reading.documents_of(" ".join(parts)) == parts
    assert reading.documents_of("\n\n".join(f"two\nlines {k}" for k in range(30)))[0] == "two lines 0"


def test_nothing_that_is_held_out_is_trained_on(text):
    documents = reading.read(text).documents
    training, heldout = own.split([*documents, *documents[:30]], text)
    assert heldout and not set(training) & set(heldout) and set(training) | set(heldout) == set(documents)
    with pytest.raises(UsageError, match="over and over"):
        own.split(["the same"] * 50, text)


def test_words_keep_the_capital_that_they_have_inside_sentences():
    words = own.words_of(["The king saw Anna.", "Then the queen saw Anna.", "Anna saw them. Queen and king."])
    assert {"Anna", "the", "king", "queen", "then"} < set(words.vocabulary)


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────
SAID = ["The cat sat on the mat, because it's 42!", "naïve café 😀 ½² x_y", "a  b   c", "日本語 text", "<end> <unk>"]


@pytest.mark.parametrize("said", SAID)
def test_a_model_in_pieces_reads_what_the_lesson_on_tokens_cuts(said, tmp_path):
    pairs = bpe.shipped(ASSETS / "checkpoints/tiny")
    bpe.tokenizer_of(pairs).save(tmp_path / "tokenizer.json")
    tokenizer = Tokenizer.load(tmp_path / "tokenizer.json", {})
    encoding = tokenizer.encode(said)
    assert list(encoding.ids) == pairs.encode(said) and not encoding.unknown and tokenizer.decode(encoding.ids) == said
    assert tokenizer.vocabulary[tokenizer.end_id] == "<end>" and len(set(tokenizer.vocabulary)) == len(tokenizer)


# ── training ─────────────────────────────────────────────────────────────────────────────────────
def test_fewer_operations_give_the_same_loss_and_gradients(wish):
    prepared = prepare(wish)
    torch.manual_seed(1)
    model = own.OwnRun(
        "x", own.recipe_of(replace(wish, layers=2), prepared, 5), 1, prepared, wish.corpus.parent / "no", True
    ).model
    inputs, targets = prepared.corpus.batch(3, 0, 9, own.N_CTX, 0.2)
    targets = own.known(targets, prepared.corpus.tokenizer)
    torch.testing.assert_close(fused.logits(model, inputs), model(inputs), rtol=1e-4, atol=1e-5)
    loss = torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=-100)
    loss.backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters()}
    assert fused.gradients(model, inputs, targets) == pytest.approx(loss.item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-3, atol=1e-6, msg=name)
    with pytest.raises(ValueError, match="pre-norm"):
        fused.check(load("tiny-rotary").config)


def test_windows_begin_as_a_sentence_of_a_user_does(wish):
    corpus = prepare(wish).corpus
    inputs, targets = corpus.batch(0, 0, 64, own.N_CTX)
    first = {corpus.tokenizer.vocabulary[int(i)] for i in inputs[:, 0]} - {"<unk>"}
    assert first and not any(word.startswith(" ") for word in first)
    assert int(targets.max()) < len(corpus.tokenizer)


def test_the_same_plan_gives_the_same_bytes_also_when_it_is_stopped(wish, trained, tmp_path):
    out = tmp_path / "mine"
    stopped = run_of(wish, prepare(wish), out)
    for _, _ in zip(range(7), stopped.steps(), strict=False):
        pass
    stopped.keep()
    stopped.advance()  # lost, and made again
    again = run_of(wish, prepare(wish), out)
    assert again.step == 7
    again.finish(out, quiet=True)
    assert all((out / file).read_bytes() == (trained / file).read_bytes() for file in WEIGHTS)
    assert load(out).snapshots() == load(trained).snapshots() and not (out / "training").exists()


def test_minutes_become_steps_once(wish, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "TRIED", 2)
    timed = replace(wish, steps=None, minutes=0.05)
    first = run_of(timed, prepare(timed), tmp_path / "mine")
    monkeypatch.setattr(own, "steps_in", None)  # is not asked again
    assert run_of(timed, prepare(timed), tmp_path / "mine").recipe == first.recipe
    exact = replace(timed, steps=first.recipe.steps)
    assert run_of(exact, prepare(exact), tmp_path / "mine").recipe == first.recipe
    for other in (replace(timed, seed=3), replace(timed, layers=2), replace(timed, steps=7)):
        with pytest.raises(UsageError, match="--restart"):
            run_of(other, prepare(other), tmp_path / "mine")
    assert run_of(replace(timed, steps=7), prepare(timed), tmp_path / "mine", restart=True).recipe.steps == 7


def test_a_model_of_ones_own_is_a_checkpoint_with_all_that_lessons_ask_for(wish, trained):
    mine = load(trained)
    report, history = mine.report(), mine.history()
    assert report["hash"] == mine.hash and mine.training["text"] == wish.corpus.name and mine.snapshots()[-1] == 12
    assert history["step"] == list(range(12)) and history["heldout"]["step"][-1] == 12
    assert bpe.shipped(trained).merges and mine.tokenizer.in_pieces == (wish.tokenizer == "bpe")
    assert set(report["heads"]) >= {"previous-token", "first-token"}
    prepared = prepare(wish)
    alone = []
    for ids in prepared.texts:
        logits = mine.model(torch.tensor(ids[: own.N_CTX + 1][:-1])).double().log_softmax(-1).numpy()
        asked = ids[1 : own.N_CTX + 1]
        alone += [-logits[k, i] for k, i in enumerate(asked) if i != mine.tokenizer.unknown_id]
    assert report["heldout"]["model"] == pytest.approx(np.mean(alone), abs=1e-3)
    assert loss_of_texts(mine.model, prepared.texts) > 0
    trace = run(str(trained), "Anna sees the garden")
    assert "".join(trace.tokens).replace(" ", "") == "Annaseesthegarden" and trace["probs"].shape[-1] == len(
        mine.tokenizer
    )


def test_what_is_held_out_is_learned_and_unknown_words_are_never_said(text, tmp_path):
    out = train_own(Wish(text, steps=60, layers=1, d_model=32), tmp_path / "mine", quiet=True)
    mine = load(out)
    losses = mine.history()["heldout"]["loss"]
    assert losses[-1] < losses[0] - 1
    assert "<unk>" not in own.run_of(Wish(text, steps=2, layers=1), prepare(Wish(text)), tmp_path / "b").sample()


@pytest.mark.slow
def test_a_kill_loses_less_than_a_minute(text, tmp_path):
    code = (
        "from model.training import own, resumable; resumable.SAVE_EVERY = 0.3; from pathlib import Path;"
        f"wish = own.Wish(Path({str(text)!r}), steps=10**6, layers=1);"
        f"own.train_own(wish, Path({str(tmp_path / 'mine')!r}), quiet=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    state = tmp_path / "mine/training/state.pt"
    end = time.monotonic() + 60
    while not state.exists() and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wish = Wish(text, steps=10**6, layers=1)
    assert run_of(wish, prepare(wish), tmp_path / "mine").step > 0
    assert json.loads((tmp_path / "mine/training/plan.json").read_text())["recipe"]["steps"] == 10**6
