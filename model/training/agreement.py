"""When does a verb agree with its subject? Asked of every snapshot of `tiny`, about sentences that it never read.

`python -m model.training.agreement` writes assets/training/agreement.json (minutes, most of them to make the training
text once more). Between the subject and its verb stands another noun, of the same number (*alike*: the keys on the
tables) or of the other one (*apart*: the keys on the table): whoever lets the verb agree with the nearer noun is right
in the first kind and wrong in the second."""

from __future__ import annotations

import random
import sys
from typing import Any

import torch

from model.files import write_json
from model.learning.record import AGREEMENT, snapshots
from model.runs import checkpoints
from model.runs.checkpoints import Checkpoint
from model.study.heads.samples import subject
from model.text.lexicon import lexicon
from model.training.report import training_text

COUNT = 200  # sentences of each kind
VERBS = ("is", "are")


def kind_of(words: list[str]) -> str:
    """alike or apart: whether subject and nearer noun of `the keys on the table are` have the same number."""
    near_one = words[4] in lexicon()["things"]["furniture"]
    return "alike" if near_one == (words[-1] == "is") else "apart"


def sentences(text: str, seed: int = 0) -> dict[str, list[str]]:
    """Different ones of each kind, of which the beginning up to the verb stands nowhere in the training text."""
    rng, found = random.Random(seed), dict[str, list[str]](alike=[], apart=[])
    while min(map(len, found.values())) < COUNT:
        words, _, _ = subject(rng)
        said, group = " ".join(words), found[kind_of(words)]
        if len(group) < COUNT and said not in group and f"{' '.join(words[:-1])} " not in text:
            group.append(said)
    return found


@torch.no_grad()
def agrees(checkpoint: Checkpoint, said: list[str]) -> float:
    """The share of sentences after whose beginning the right one of “is” and “are” is likelier."""
    tokenizer = checkpoint.tokenizer
    verbs = [tokenizer.vocabulary.index(verb) for verb in VERBS]
    ids = torch.tensor([tokenizer.encode(one).ids for one in said])
    logits = checkpoint.model(ids[:, :-1])[:, -1][:, verbs]
    return float((logits.argmax(-1) == (ids[:, -1] == verbs[1]).long()).double().mean())


def measure(checkpoint: Checkpoint, said: dict[str, list[str]]) -> dict[str, Any]:
    """The shares at each snapshot, and the hash of the weights that each is of."""
    steps = snapshots(checkpoint)
    at = [checkpoint.at(step) for step in steps]
    return {
        "checkpoint": checkpoint.name,
        "step": steps,
        "hash": [one.hash for one in at],
        "right": {kind: [round(agrees(one, group), 4) for one in at] for kind, group in said.items()},
        "sentences": said,
    }


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit("usage: python -m model.training.agreement")
    tiny = checkpoints.load("tiny")
    write_json(AGREEMENT, measure(tiny, sentences(training_text(tiny))))


__all__ = ["agrees", "kind_of", "measure", "sentences"]
