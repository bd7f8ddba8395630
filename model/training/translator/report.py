"""What the translator is worth: held-out sentences, pronouns, and the head that finds what they stand for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model.files import write_json, write_text
from model.paths import ROOT
from model.runs import checkpoints
from model.runs.checkpoints import Checkpoint
from model.runs.translation import beam, translations
from model.study.heads.finding import share
from model.study.heads.pronouns import measure_pronouns
from model.text.parallel.checking import check
from model.text.parallel.grammar import Pair
from model.text.parallel.splitting import PARTS, draw
from model.training.translator.beyond import beyond

SEED, COUNT = 77, 1000  # of the held-out sentences of a part
BEYOND, BEAMS = 200, 200  # sentences of a kind that the grammar does not draw; those searched with a beam of 4
TOLD = 20  # wrong translations that the report keeps
DOCUMENT = ROOT / "docs" / "training.md"
START, STOP = (
    "<!-- translator: made by `python -m model.training.translator.report tables` -->",
    "<!-- translator end -->",
)
CALLED = {"pairs": "nouns never seen together", "structures": "structure never seen", "both": "both"}


def write_report(name: str | Path) -> dict[str, Any]:
    """Measures a checkpoint and writes its report.json."""
    checkpoint = checkpoints.load(name)
    report = {
        "hash": checkpoint.hash,
        "parameters": sum(p.numel() for p in checkpoint.model.parameters()),
        "training": checkpoint.training,
        "heldout": {part: measure_part(checkpoint, draw(part, SEED, COUNT)) for part in PARTS[1:]},
        "beyond": {kind: measure_part(checkpoint, made) for kind, made in beyond(SEED, BEYOND).items()},
        "pronouns": measure_pronouns(checkpoint),
        "beam": measure_beam(checkpoint, draw("both", SEED, BEAMS)),
    }
    write_json(checkpoint.path / "report.json", report)
    return report


def measure_part(checkpoint: Checkpoint, made: list[Pair]) -> dict[str, Any]:
    """Exact matches, right French and where it goes wrong, of held-out sentences translated greedily."""
    said = list(_said(checkpoint, made))
    right = np.array([one == pair.french for one, pair in zip(said, made, strict=True)])
    kinds = np.array([kind_of(pair) for pair in made])
    wrong = [(pair, one) for pair, one in zip(made, said, strict=True) if one != pair.french]
    return {
        "count": len(made),
        "exact": share(right),
        "french": share(np.array([check(one) is None for one in said])),
        "kinds": {kind: share(right[kinds == kind]) for kind in sorted(map(str, set(kinds)))},
        "wrong": [
            {"english": pair.english, "french": pair.french, "said": one, "rule": check(one)}
            for pair, one in wrong[:TOLD]
        ],
    }


def kind_of(pair: Pair) -> str:
    """The kind of a sentence, as a table names it."""
    meaning = pair.meaning
    if meaning.because:
        return "because"
    if meaning.more:
        return "and, but"
    return (
        "questions"
        if pair.english.endswith("?")
        else {"says": "statements", "there": "there is"}.get(meaning.kind, "age")
    )


def _said(checkpoint: Checkpoint, made: list[Pair], at_once: int = 100) -> Iterator[str]:
    """What it says, written like the corpus, words and marks set apart by blanks."""
    sources = [checkpoint.reads.encode(pair.english).ids for pair in made]
    order = sorted(range(len(made)), key=lambda place: len(sources[place]))
    found: dict[int, str] = {}
    for first in range(0, len(made), at_once):
        group = order[first : first + at_once]
        for place, ids in zip(group, translations(checkpoint, [sources[k] for k in group]), strict=True):
            found[place] = plain(checkpoint, ids)
    return (found[place] for place in range(len(made)))


def plain(checkpoint: Checkpoint, ids: tuple[int, ...]) -> str:
    """The ids as the corpus writes them: lower case, a blank between any two, hyphens inside words."""
    return " ".join(checkpoint.tokenizer.vocabulary[word].lower() for word in ids).replace(" - ", "-")


def measure_beam(checkpoint: Checkpoint, made: list[Pair], width: int = 4, alpha: float = 0.6) -> dict[str, Any]:
    """Exact matches by a beam, and greedily, on the same sentences."""
    greedy = [one == pair.french for one, pair in zip(_said(checkpoint, made), made, strict=True)]
    found = [
        plain(checkpoint, beam(checkpoint, checkpoint.reads.encode(p.english), width, alpha).best.ids) == p.french
        for p in made
    ]
    return {
        "count": len(made),
        "width": width,
        "alpha": alpha,
        "exact": share(np.array(found)),
        "greedy": share(np.array(greedy)),
    }


# ── tables ───────────────────────────────────────────────────────────────────────────────────────
def tables(report: dict[str, Any]) -> str:
    """The measured figures as Markdown tables."""
    heldout, told, searched = report["heldout"], report["pronouns"], report["beam"]
    kinds = sorted({kind for part in heldout.values() for kind in part["kinds"]})
    weights = told["weight"]
    layer, head = told["head"]
    return "\n\n".join(
        [
            _table(
                ["held-out sentences", "count", "word for word right", "right French", *kinds],
                [
                    [CALLED[part], one["count"], _interval(one["exact"]), _interval(one["french"])]
                    + [_interval(one["kinds"][kind]) if kind in one["kinds"] else "—" for kind in kinds]
                    for part, one in heldout.items()
                ],
            ),
            _table(
                ["sentences of a kind that the grammar never makes", "count", "word for word right", "right French"],
                [
                    [kind, one["count"], _interval(one["exact"]), _interval(one["french"])]
                    for kind, one in report["beyond"].items()
                ],
            ),
            _table(
                ["il or elle", "measured"],
                [
                    ["right, of single sentences", _interval(told["right"])],
                    [f"right on both sides, of {told['pairs']} pairs", _interval(told["pairs right"])],
                    ["head of the encoder that looks: layer, head", f"{layer}, {head}"],
                    ["*it* → the animal, where the animal is tired", f"{weights['animal']['referent']:.0%}"],
                    ["*it* → the place, where the place is wide", f"{weights['place']['referent']:.0%}"],
                    ["other pronoun without the head, of sentences", _interval(told["flipped"])],
                    ["other pronoun without it on a side, of pairs", _interval(told["pairs flipped"])],
                ],
            ),
            _table(
                ["search", f"word for word right, of {searched['count']} sentences"],
                [
                    ["greedy", _interval(searched["greedy"])],
                    [f"beam of {searched['width']}, α = {searched['alpha']}", _interval(searched["exact"])],
                ],
            ),
        ]
    )


def _table(heading: list[str], rows: list[list[Any]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heading, ["---"] * len(heading), *rows))


def _interval(share: list[float]) -> str:
    value, low, high = (f"{100 * part:.1f}" for part in share)
    return f"{value}% ({low}–{high})"


def write_tables() -> None:
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(START)
    made = tables(checkpoints.load("translator").report())
    write_text(DOCUMENT, f"{before}{START}\n{made}\n{STOP}{rest.split(STOP)[1]}")


if __name__ == "__main__":
    if sys.argv[1:] != ["tables"]:
        sys.exit("usage: python -m model.training.translator.report tables")
    write_tables()
