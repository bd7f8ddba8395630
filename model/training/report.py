"""What a trained model is worth: held-out loss beside counting baselines, what its heads do, what it knows."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from model.files import write_json, write_text
from model.net.transformer import Transformer
from model.paths import ROOT
from model.runs import checkpoints
from model.runs.checkpoints import Checkpoint
from model.study.heads.finding import measure_findings
from model.study.heads.samples import repeated, subject
from model.study.heads.scores import measure_heads
from model.text.corpus import documents
from model.text.lexicon import lexicon
from model.text.ngrams import ngram_losses
from model.text.tokenizer import END, Tokenizer
from model.training.recipes import HELDOUT_SEED, RECIPES
from model.training.windows import HELDOUT, training_documents

NGRAMS = ("unigram", "bigram", "trigram", "4-gram")
DOCUMENT = ROOT / "docs" / "training.md"
START, STOP = "<!-- tables: made by `python -m model.training.report tables` -->", "<!-- end -->"


def write_heldout(words: int = 20_000) -> None:
    """Writes the held-out sample: documents by another seed, none of which occurs in the variants' training text.

    From other training texts its documents are taken out (`training_documents`)."""
    seen = set(documents(0, RECIPES["tiny-learned"].words))
    fresh = [document for document in documents(HELDOUT_SEED, 3 * words) if document not in seen]
    kept, count = [], 0
    for document in dict.fromkeys(fresh):
        if count < words:
            kept.append(document)
            count += len(document.split())
    write_text(HELDOUT, "\n".join(kept) + "\n")


def heldout_ids(tokenizer: Tokenizer) -> list[list[int]]:
    """The held-out documents, each with its end."""
    return [
        [*tokenizer.encode(line).ids, tokenizer.end_id] for line in HELDOUT.read_text(encoding="utf-8").splitlines()
    ]


def heldout_loss(checkpoint: Checkpoint) -> float:
    """Mean −log p in nats of every word of the held-out documents but their first, each read from its start."""
    assert isinstance(checkpoint.model, Transformer)
    return loss_of_texts(checkpoint.model, heldout_ids(checkpoint.tokenizer))


@torch.no_grad()
def loss_of_texts(model: Transformer, texts: Sequence[Sequence[int]], unknown_id: int | None = None) -> float:
    """Mean −log p in nats of every id of the texts but their first, each read from its start as far as the model
    reads. What is `unknown_id` is not asked for."""
    n_ctx, total, count = model.config.n_ctx, 0.0, 0
    texts = sorted((list(ids[: n_ctx + 1]) for ids in texts), key=len)
    for start in range(0, len(texts), 64):
        group = texts[start : start + 64]
        width = max(map(len, group))
        ids = torch.tensor([[*text, *[-100] * (width - len(text))] for text in group])
        logits = model(ids[:, :-1].clamp(min=0))
        asked = ids[:, 1:] if unknown_id is None else ids[:, 1:].masked_fill(ids[:, 1:] == unknown_id, -100)
        total += F.cross_entropy(logits.flatten(0, 1), asked.flatten(), ignore_index=-100, reduction="sum").item()
        count += int((asked >= 0).sum())
    return total / max(1, count)


def baseline_losses(checkpoint: Checkpoint) -> dict[str, float]:
    """The same figure for n-grams counted on its training text. They may look back into the document before."""
    tokenizer, n_ctx = checkpoint.tokenizer, checkpoint.config.n_ctx
    index = {word.lower(): i for i, word in enumerate(tokenizer.vocabulary)}
    made = trained_on(checkpoint)
    training = np.array([index[word] for document in made for word in [*document.lower().split(), END]])
    texts = heldout_ids(tokenizer)
    counted = np.concatenate([[0 < place <= n_ctx for place in range(len(text))] for text in texts])
    losses = ngram_losses(training, np.concatenate(texts), len(tokenizer))
    return {name: round(float(loss[counted].mean()), 4) for name, loss in zip(NGRAMS, losses, strict=True)}


@torch.no_grad()
def skills(checkpoint: Checkpoint, count: int = 300, seed: int = 1) -> dict[str, float]:
    """Shares of right answers where right and wrong are plain: agreement past a phrase, copying, capitals."""
    rng, tokenizer, model = random.Random(seed), checkpoint.tokenizer, checkpoint.model
    index = {word: i for i, word in enumerate(tokenizer.vocabulary)}
    right = []
    for _ in range(count):
        *words, verb = subject(rng)[0]
        logits = model(torch.tensor(tokenizer.encode(" ".join(words)).ids))[-1]
        right.append(bool(logits[index[verb]] > logits[index["is" if verb == "are" else "are"]]))
    copied = []
    for _ in range(count // 5):
        ids = torch.tensor(tokenizer.encode(" ".join(repeated(rng))).ids)
        guesses = model(ids)[len(ids) // 2 : -1].argmax(-1)
        copied.append((guesses == ids[len(ids) // 2 + 1 :]).float().mean().item())
    capitals = [
        tokenizer.vocabulary[
            int(model(torch.tensor(tokenizer.encode(f"the capital of {country} is").ids))[-1].argmax())
        ]
        == capital
        for country, (capital, _) in lexicon()["countries"].items()
    ]
    return {
        "verb agrees with its subject past a phrase": round(float(np.mean(right)), 4),
        "next word of a repeated random sequence": round(float(np.mean(copied)), 4),
        "capital of a country": round(float(np.mean(capitals)), 4),
    }


def trained_on(checkpoint: Checkpoint) -> list[str]:
    """The documents that it was trained on."""
    training = checkpoint.training
    return training_documents(training["words"], training.get("lookups", 0.0))


def training_text(checkpoint: Checkpoint) -> str:
    """All that it was trained on but the random words, in lower case."""
    return " ".join(trained_on(checkpoint)).lower()


def write_report(
    name: str | Path, seeds: list[float] | None = None, baselines: dict[str, float] | None = None
) -> dict[str, Any]:
    """Measures a checkpoint and writes its report.json.

    `seeds`: held-out losses of the same recipe by seeds 0, 1, 2 …; `baselines`: those of the n-grams, if measured."""
    checkpoint = checkpoints.load(name)
    loss = heldout_loss(checkpoint)
    baselines = baselines or baseline_losses(checkpoint)
    report = {
        "hash": checkpoint.hash,
        "parameters": sum(p.numel() for p in checkpoint.model.parameters()),
        "training": checkpoint.training,
        "heldout": {
            "text": HELDOUT.name,
            "unit": "nats per word",
            "model": round(loss, 4),
            "perplexity": round(float(np.exp(loss)), 2),
            **baselines,
        },
        "skills": skills(checkpoint),
        "heads": measure_heads(checkpoint),
        "findings": measure_findings(checkpoint, training_text(checkpoint)),
    }
    if seeds:
        report["seeds"] = {
            "losses": [round(value, 4) for value in seeds],
            "mean": round(float(np.mean(seeds)), 4),
            "spread": round(float(np.ptp(seeds)), 4),
        }
    write_json(checkpoint.path / "report.json", report)
    return report


def tables() -> str:
    """The measured figures of all shipped checkpoints as Markdown tables."""
    reports = {name: checkpoints.load(name).report() for name in checkpoints.names()}
    tiny = reports["tiny"]
    heldout, skill_shares = tiny["heldout"], tiny["skills"].items()
    losses = {**{name: name for name in NGRAMS}, "model": "**tiny**"}
    return "\n\n".join(
        [
            _table(
                "held-out text | nats per word | perplexity",
                [f"{title} | {heldout[name]:.3f} | {np.exp(heldout[name]):.1f}" for name, title in losses.items()],
            ),
            _table("what `tiny` gets right | share", [f"{skill} | {share:.0%}" for skill, share in skill_shares]),
            _table(
                "head of `tiny` | best: layer, head | score | even | measured on",
                [_head_row(name, entry) for name, entry in tiny["heads"].items()],
            ),
            _table(
                "`tiny`: does a head find it? | head: layer, head | weight: even → measured | score "
                "| all scores above 0 | moved without it | right word ahead | cases",
                [row for name, entry in tiny["findings"].items() for row in _finding_rows(name, entry)],
            ),
            _table(
                "positions | parameters | held-out loss by seeds 0, 1, 2 | mean | spread (max − min)",
                [_variant_row(name, report) for name, report in reports.items() if "seeds" in report],
            ),
        ]
    )


def _table(heading: str, rows: list[str]) -> str:
    rule = "|" + "---|" * (heading.count("|") + 1)
    return "\n".join([f"| {heading} |", rule, *(f"| {row} |" for row in rows)])


def _head_row(name: str, entry: dict[str, Any]) -> str:
    scores = np.array(entry["scores"])
    layer, head = np.unravel_index(scores.argmax(), scores.shape)
    return f"{name} | {layer}, {head} | {scores.max():.2f} | {entry['chance']:.2f} | {entry['sample']}"


def _finding_rows(name: str, entry: dict[str, Any]) -> list[str]:
    """A row for each side of a kind of sentence."""
    rows = []
    for side, told in entry["sides"].items():
        kind = f"{name}, {side}" if len(entry["sides"]) > 1 else name
        each = f" ({' + '.join(f'{weight:.2f}' for weight in told['each'])})" if len(told["each"]) > 1 else ""
        rows.append(
            f"{kind}: {'yes' if told['finds'] else 'no'} | {told['head'][0]}, {told['head'][1]} "
            f"| {told['even']:.2f} → {told['weight']:.2f}{each} | {told['score']:+.1f} "
            f"| {_interval(told['above 0'])} | {told['moved']:.0%} | {_interval(told['right'])} | {told['count']}"
        )
    return rows


def _interval(share: list[float] | None) -> str:
    if share is None:
        return "—"
    value, low, high = (f"{100 * part:.0f}" for part in share)
    return f"{value}% ({low}–{high})"


def _variant_row(name: str, report: dict[str, Any]) -> str:
    seeds = report["seeds"]
    losses = ", ".join(f"{loss:.3f}" for loss in seeds["losses"])
    positions = name.removeprefix("tiny-")
    return f"{positions} | {report['parameters']:,} | {losses} | {seeds['mean']:.3f} | {seeds['spread']:.3f}"


def write_tables() -> None:
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(START)
    write_text(DOCUMENT, f"{before}{START}\n{tables()}\n{STOP}{rest.split(STOP)[1]}")


if __name__ == "__main__":
    if sys.argv[1:] != ["tables"]:
        sys.exit("usage: python -m model.training.report tables")
    write_tables()
