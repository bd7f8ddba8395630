"""A model of somebody's own: trained on a text file, for some minutes or steps, into a folder that every lesson takes.

How fast this machine is decides the number of steps once, before the first; from then on they stand in the plan, and
the same text, seed and number of steps give the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.errors import UsageError
from model.files import write_json
from model.net.transformer import Transformer
from model.runs import checkpoints
from model.study.heads.scores import measure_heads
from model.text import bpe, reading
from model.text.ngrams import ngram_losses
from model.text.tokenizer import Tokenizer
from model.training import fused
from model.training.recipes import Recipe
from model.training.report import NGRAMS, loss_of_texts
from model.training.run import Run
from model.training.windows import Corpus

PLAN = "plan.json"
TOKENIZERS = ("words", "bpe")
D_HEAD, N_CTX = 8, 64
LEAST = 300  # tokens to train on: a text that is shorter cannot be learned from
MOST_WORDS = 3000  # that are kept apart; the rarer ones are read as <unk>
SMALL = 20_000  # tokens: from here on four layers, and words that stand only once in the text are <unk>
PASSES = 40  # over the text: with more, a small model learns it by heart
TENTH = 10  # one document of so many is held out
LONGEST_MEASURE = 128  # documents of which the held-out loss is measured while training
TRIED = 12  # steps by which the speed is measured, after some that warm up


@dataclass(frozen=True)
class Wish:
    """What is asked for. minutes: how long it may take, if `steps` does not say how many steps to make."""

    corpus: Path
    tokenizer: str = "words"
    minutes: float = 10.0
    steps: int | None = None
    seed: int = 0
    layers: int | None = None
    heads: int | None = None
    d_model: int = 64


@dataclass(frozen=True)
class Prepared:
    """A text, ready for training. texts: the documents held out, as ids, each with its end."""

    corpus: Corpus
    texts: list[list[int]]
    about: dict[str, Any]  # what the checkpoint says of the text
    notes: tuple[str, ...]  # what its user should know
    pairs: bpe.BytePairs


def prepare(wish: Wish) -> Prepared:
    """Reads the text and learns its words and pieces. Raises UsageError for a text that cannot be trained on."""
    text = reading.read(wish.corpus)
    training, heldout = split(text.documents, wish.corpus)
    pairs = bpe.learn_as_written(training)
    tokenizer = bpe.tokenizer_of(pairs) if wish.tokenizer == "bpe" else words_of(training)
    rows = [tokenizer.encode(document).ids for document in training]
    count = sum(map(len, rows))
    if count < LEAST:
        raise UsageError(f"{wish.corpus} is too short: {count} {_unit(tokenizer)} to train on, {LEAST} are the least")
    if len({index for row in rows for index in row}) < 2 + (tokenizer.unknown_id is not None):
        raise UsageError(f"{wish.corpus} says one word over and over: there is nothing to learn")
    notes = () if text.encoding.startswith("utf-8") else (f"the text was read as {text.encoding}",)
    about = {
        "text": wish.corpus.name,
        "sha256": hashlib.sha256("\n".join(text.documents).encode("utf-8", "surrogatepass")).hexdigest(),
        "tokenizer": wish.tokenizer,
    }
    texts = [[*tokenizer.encode(document).ids, tokenizer.end_id] for document in heldout]
    return Prepared(corpus_of(rows, tokenizer), texts, about, notes, pairs)


def split(documents: Sequence[str], file: Path) -> tuple[list[str], list[str]]:
    """What is trained on, and every tenth document, which is not: nor is another one that says the same."""
    if len(documents) < 2:
        raise UsageError(f"{file} is one single sentence: training needs some to learn from and some to be asked about")
    heldout = list(dict.fromkeys(documents[min(TENTH, len(documents)) // 2 :: TENTH]))
    asked = set(heldout)
    training = [document for document in documents if document not in asked]
    if not training:
        raise UsageError(f"{file} says one thing over and over: there is nothing to learn")
    return training, heldout


def words_of(documents: Sequence[str]) -> Tokenizer:
    """The words of the documents, the most frequent first; with the capital with which they mostly stand inside
    sentences."""
    blank = Tokenizer.from_words(())
    inside: dict[str, Counter[str]] = {}
    times: Counter[str] = Counter()
    for document in documents:
        before = "."
        for word in blank.encode(document).tokens:
            lower = word.lower().replace("’", "'")
            times[lower] += 1
            if before not in (".", "!", "?", ":", '"', "“", "'", "‘"):
                inside.setdefault(lower, Counter())[word] += 1
            before = word
    least = 2 if times.total() >= SMALL else 1
    kept = sorted((word for word in times if times[word] >= least), key=lambda word: (-times[word], word))[:MOST_WORDS]
    return Tokenizer.from_words(_as_written(word, inside.get(word)) for word in kept)


def _as_written(word: str, forms: Counter[str] | None) -> str:
    """A word as it mostly stands inside sentences; of forms that do so equally often, the first by its letters."""
    if forms is None:
        return word
    form = min(forms, key=lambda form: (-forms[form], form))
    return form.replace("’", "'") if form.lower().replace("’", "'") == word else word


def corpus_of(rows: Sequence[Sequence[int]], tokenizer: Tokenizer) -> Corpus:
    """Documents as ids → the training text, in which windows begin with documents and their sentences."""
    ids: list[int] = []
    starts, first = [], []
    stops = {index for index, word in enumerate(tokenizer.vocabulary) if word.strip() in (".", "!", "?")}
    bare = _bare(tokenizer)
    for row in rows:
        for place, index in enumerate(row):
            begins = place == 0 or row[place - 1] in stops and (not tokenizer.in_pieces or index in bare)
            if begins:
                starts.append(len(ids) + place)
                first.append(index if place == 0 else bare.get(index, index))
        ids += [*row, tokenizer.end_id]
    ids += ids[: N_CTX + 1]  # so that a window can begin anywhere; it begins anew after the end
    return Corpus(np.array(ids, dtype=np.int32), np.array(starts), tokenizer, np.array(first, dtype=np.int32))


def _bare(tokenizer: Tokenizer) -> dict[int, int]:
    """Pieces that begin with a blank → the same without it, where there is such a piece."""
    ids = {word: index for index, word in enumerate(tokenizer.vocabulary)}
    return {ids[word]: ids[word[1:]] for word in ids if word[:1] == " " and word[1:] in ids}


def _unit(tokenizer: Tokenizer) -> str:
    return "pieces" if tokenizer.in_pieces else "words"


def recipe_of(wish: Wish, prepared: Prepared, steps: int) -> Recipe:
    """Sizes that suit the text: two layers for a short one, four from 20,000 tokens on; heads of 8 numbers."""
    tokens = len(prepared.corpus.ids)
    heads = wish.heads or max(1, wish.d_model // D_HEAD)
    return Recipe(
        {
            "n_ctx": N_CTX,
            "n_layers": wish.layers or (2 if tokens < SMALL else 4),
            "n_heads": heads,
            "d_head": D_HEAD,
            "d_model": wish.d_model,
            "d_mlp": 4 * wish.d_model,
            "tied": True,
        },
        steps=steps,
        words=tokens,
        warmup=max(1, min(200, steps // 10)),
        cooldown=0.2,
        repeats=0.1 if len(prepared.corpus.tokenizer.word_ids) >= 64 else 0.0,
    )


class OwnRun(Run):
    """A run on a text of one's own."""

    def __init__(self, name: str, recipe: Recipe, seed: int, prepared: Prepared, work: Path, resume: bool):
        self.prepared = prepared
        self.measure_every = max(1, recipe.steps // 40)
        torch.manual_seed(seed)
        torch.set_num_threads(1)  # two halves of a batch at once take both cores (fused.py)
        super().__init__(name, recipe, seed, prepared.corpus, work, resume)
        fused.check(self.model.config)

    def backward(self, inputs: torch.Tensor, targets: torch.Tensor) -> float:
        """What is unknown is read, but not learned: no model should ever say <unk>."""
        return fused.gradients(self.model, inputs, known(targets, self.corpus.tokenizer))

    def heldout_loss(self) -> float:
        return loss_of_texts(self.model, self.prepared.texts[:LONGEST_MEASURE], self.corpus.tokenizer.unknown_id)

    def training(self) -> dict[str, Any]:
        return super().training() | self.prepared.about

    def plan(self) -> str:
        """What is going to be done, in a line."""
        config, steps, tokens = self.model.config, self.recipe.steps, self.recipe.words
        size = f"{config.n_layers} layers × {config.n_heads} heads, d_model {config.d_model}"
        passes = self.recipe.steps * self.recipe.batch * N_CTX / tokens
        left = f", {steps - self.step:,} of them left" if self.step else ""
        return (
            f"{tokens:,} {_unit(self.corpus.tokenizer)}, {config.vocab_size:,} different ones; {size}; "
            f"{steps:,} steps{left}: {passes:.1f} times over the text; every tenth part of it is held out"
        )

    def summary(self, out: Path) -> str:
        """What came out of it, in a line."""
        told = checkpoints.load(out).report()["heldout"]
        return (
            f"held-out loss {told['model']:.3f} {told['unit']} (perplexity {told['perplexity']:.1f}); "
            f"counting alone: bigram {told['bigram']:.3f}, 4-gram {told['4-gram']:.3f}"
        )

    def publish(self, place: Path) -> None:
        """The model as it is now as a checkpoint, with the snapshots so far: there whole, or not at all."""
        partial = place.with_name(f".{place.name}")
        shutil.rmtree(partial, ignore_errors=True)
        training = self.training() | {"steps": self.step}
        checkpoints.save(partial, f"{self.name}, step {self.step:,}", self.model, self.corpus.tokenizer, training, True)
        write_json(partial / "history.json", self.history)
        self.prepared.pairs.save(partial / bpe.FILE)
        (partial / "snapshots").mkdir()
        for file in (self.work / "snapshots").glob("step-*.safetensors"):
            if int(file.stem.removeprefix("step-")) < self.step:
                (partial / "snapshots" / file.name).hardlink_to(file)
        partial.replace(place)

    def write(self, out: Path) -> None:
        """The merges and the report, too."""
        super().write(out)
        self.prepared.pairs.save(out / bpe.FILE)
        write_report(out, self.prepared)


def known(targets: torch.Tensor, tokenizer: Tokenizer) -> torch.Tensor:
    """Targets of which the unknown words are not learned."""
    return (
        targets if tokenizer.unknown_id is None else targets.masked_fill(targets == tokenizer.unknown_id, fused.IGNORED)
    )


def steps_in(minutes: float, recipe: Recipe, seed: int, prepared: Prepared, work: Path) -> int:
    """How many steps this machine makes in so many minutes, tried out on a model that is thrown away; not more than
    read the text 40 times."""
    trial = OwnRun("trial", replace(recipe, steps=10**9), seed, prepared, work, resume=False)
    trial.heldout_loss()
    for _ in range(3):
        trial.advance()
    begun = time.perf_counter()
    for _ in range(TRIED):
        trial.advance()
    each = (time.perf_counter() - begun) / TRIED
    enough = -(-PASSES * recipe.words // (recipe.batch * N_CTX))
    return max(50, min(int(0.93 * minutes * 60 / each), max(enough, 200)))


def planned(wish: Wish, prepared: Prepared, out: Path, restart: bool) -> Recipe:
    """The recipe of the run that goes on in `out`, else of a new one, whose plan is written there.

    Raises UsageError where another run is going on there."""
    plan = out / "training" / PLAN
    asked = prepared.about | {"seed": wish.seed, "minutes": None if wish.steps else wish.minutes}
    if restart:
        shutil.rmtree(plan.parent, ignore_errors=True)
    if plan.exists():
        kept = json.loads(plan.read_text(encoding="utf-8"))
        recipe = Recipe(**kept.pop("recipe"))
        same = replace(recipe_of(wish, prepared, recipe.steps)) == recipe and wish.steps in (None, recipe.steps)
        if kept | {"minutes": None} != asked | {"minutes": None} or not same:
            raise UsageError(
                f"{out} holds a training that was not finished, of {kept['text']} with other settings: "
                "--restart gives it up, -o DIR puts the new one elsewhere"
            )
        return recipe
    recipe = recipe_of(wish, prepared, wish.steps or 1)
    if not wish.steps:
        steps = steps_in(wish.minutes, recipe, wish.seed, prepared, out / "training")
        recipe = recipe_of(wish, prepared, steps)
    write_json(plan, asked | {"recipe": asdict(recipe)})
    return recipe


def run_of(wish: Wish, prepared: Prepared, out: Path, restart: bool = False) -> OwnRun:
    """The run, where it was stopped or at its beginning; what it keeps on its way lies in `out`/training."""
    recipe = planned(wish, prepared, out, restart)
    return OwnRun(out.resolve().name, recipe, wish.seed, prepared, out / "training", resume=True)


def train_own(wish: Wish, out: Path, restart: bool = False, quiet: bool = False) -> Path:
    """Trains a model on a text into the folder `out`, measures it (report.json), returns the folder."""
    prepared = prepare(wish)
    run_of(wish, prepared, out, restart).finish(out, quiet)
    return out


# ── what it is worth ─────────────────────────────────────────────────────────────────────────────
def write_report(out: Path, prepared: Prepared) -> dict[str, Any]:
    """Measures a checkpoint and writes its report.json: held-out loss beside counting baselines, its heads' scores."""
    checkpoint = checkpoints.load(out)
    tokenizer = checkpoint.tokenizer
    assert isinstance(checkpoint.model, Transformer)
    loss = loss_of_texts(checkpoint.model, prepared.texts, tokenizer.unknown_id)
    unknown = np.mean([index == tokenizer.unknown_id for text in prepared.texts for index in text])
    report = {
        "hash": checkpoint.hash,
        "parameters": sum(p.numel() for p in checkpoint.model.parameters()),
        "training": checkpoint.training,
        "heldout": {
            "text": f"every tenth document of {prepared.about['text']}",
            "unit": f"nats per {_unit(tokenizer)[:-1]}",
            "model": round(loss, 4),
            "perplexity": round(float(np.exp(loss)), 2),
            **baselines(prepared),
            "unknown": round(float(unknown), 4),
        },
        "heads": measure_heads(checkpoint),
    }
    write_json(checkpoint.path / "report.json", report)
    return report


def baselines(prepared: Prepared) -> dict[str, float]:
    """Losses of n-grams counted on the same training text, over the same words."""
    tokenizer = prepared.corpus.tokenizer
    asked = np.concatenate(prepared.texts)
    counted = np.concatenate([[0 < place <= N_CTX for place in range(len(text))] for text in prepared.texts])
    counted &= asked != (-1 if tokenizer.unknown_id is None else tokenizer.unknown_id)
    losses = ngram_losses(prepared.corpus.ids, asked, len(tokenizer))
    return {name: round(float(loss[counted].mean()), 4) for name, loss in zip(NGRAMS, losses, strict=True)}


__all__ = ["OwnRun", "Prepared", "Wish", "prepare", "run_of", "train_own"]
