"""Questions to the viewer: what a step is about to show, asked before it is seen.

    with self.step("Softmax", "…", quiz=self.quiz("Which word does {asks} look at most?", weights, self.called)):

The right answer and the wrong ones are numbers of one tensor: its largest, and those that come next. A page and the
preview stop before the step and wait for a choice; a film shows a card (`--questions`). The step itself answers.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import Said, say
from scenes.lesson.claims import Fact, truth

ANSWERS = 4  # at most, the right one among them
ROUNDED = 1e-4  # by so much shares of a whole miss 1 when they are added as float32
CLEAR = 0.02  # by so much of its size the right number is apart from those of wrong answers
Name = Callable[[int], str]


@dataclass(frozen=True)
class Asked:
    """A question in plain words. right: the place of the right answer."""

    text: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True, eq=False)
class Question:
    """A question with its answers, and the number behind each of them (Tensors of one number).

    right: the place of the right answer; fact: that it is right, which the audit computes again. compares: the answers
    are names, whose numbers are compared (else they are numbers). shares: those are parts of one whole, which is 1.
    signed: some numbers of the row are negative."""

    text: Said
    answers: tuple[Said, ...]
    cells: tuple[Tensor, ...]
    right: int
    fact: Fact
    compares: bool = True
    shares: bool = False
    signed: bool = False

    @property
    def asked(self) -> Asked:
        """The same without its numbers."""
        return Asked(str(self.text), tuple(map(str, self.answers)), self.right)


def which(
    text: Said, row: Tensor, name: Name, among: Sequence[int] | None = None, smallest: bool = False
) -> Question | None:
    """Which of a row [n] is largest, or smallest? The runners-up are the wrong answers.

    name: what the answer of a place is called. among: the places that count. None where there is nothing to choose: the
    first is not clearly before another, or all are called the same."""
    places = np.arange(len(row)) if among is None else np.asarray(among, int)
    values = -row.values if smallest else row.values
    order = [int(k) for k in places[np.argsort(-values[places], kind="stable")] if np.isfinite(values[k])]
    if not order:
        return None
    best, *others = order
    clear = [k for k in others if values[best] - values[k] > CLEAR * abs(values[best])]
    kept = list(map(int, places))
    fact = truth(
        f"the {'smallest' if smallest else 'largest'} of {row.source()} is at {best}",
        (row,),
        lambda found: best == kept[int((np.argmin if smallest else np.argmax)(found[kept]))],
    )
    return _made(text, row, {k: _said(name(k)) for k in (best, *clear)}, fact)


def how_much(text: Said, row: Tensor, place: int, spec: str) -> Question | None:
    """What is the number of a row [n] at that place? Others of the row, as they are written, are the wrong answers.

    Those next to it in size come first. None where all are written alike."""
    values = row.values
    others = sorted((k for k in range(len(row)) if k != place), key=lambda k: float(abs(values[k] - values[place])))
    clear = [k for k in others if abs(values[k] - values[place]) > CLEAR * abs(values[place])]
    finite = truth(f"{row.source()} has a number at {place}", (row,), lambda v: bool(np.isfinite(v[place])))
    made = _made(text, row, {k: say("{x:" + spec + "}", x=row[k]) for k in (place, *clear)}, finite)
    return None if made is None else replace(made, compares=False)


def _said(name: str) -> Said:
    return name if isinstance(name, Said) else Said(name)


def _made(text: Said, row: Tensor, names: dict[int, Said], fact: Fact) -> Question | None:
    """The question with the first few answers that are called differently; the first of them is right.

    Their order comes from the run and the words: another for every text, the same whenever it is played."""
    kept: dict[str, int] = {}
    for place, name in names.items():
        kept.setdefault(str(name), place)
    places = list(kept.values())[:ANSWERS]
    if len(places) < 2:
        return None
    right = places[0]
    seed = hashlib.sha256(" ".join([*sorted(row.runs()), row.source(), str(text)]).encode()).digest()
    random.Random(seed).shuffle(places)
    answers, cells = tuple(names[k] for k in places), tuple(row[k] for k in places)
    shares, signed = _whole(row.values), bool(np.any(row.values < 0))
    return Question(text, answers, cells, places.index(right), fact, shares=shares, signed=signed)


def _whole(values: np.ndarray) -> bool:
    """Whether numbers are shares of one whole, as probabilities are: the page draws them as bars beside the votes."""
    return bool(np.all(values >= 0) and abs(values.sum() - 1) < ROUNDED)
