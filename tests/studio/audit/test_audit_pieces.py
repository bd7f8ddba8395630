"""Texts in pieces are cut again by another library; what stands over an id is its piece."""

from dataclasses import replace

import numpy as np
import pytest

from model import load
from model.study.pieces import Cut
from model.text.bpe import shipped
from scenes.kit.words.pieces import PieceRow, parts_of
from studio.audit.numbers.pieces import check_cut, check_under

TEXTS = ("The unhappy cat saw the happy cat", "猫 🙂  don't!", "Hi")


def cut(text: str, merges: int | None = None) -> Cut:
    return Cut(shipped(load("tiny").path), text, merges)


class Wrong(Cut):
    """A cut with another table than its text has."""

    def __init__(self, right: Cut, name: str, values: np.ndarray):
        super().__init__(right.pairs, right.text, right.merges)
        object.__setattr__(self, "planted", {name: values})

    def array(self, name: str) -> np.ndarray:
        return self.planted[name] if name in self.planted else super().array(name)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("merges", [0, 7, None])
def test_a_right_cut_is_no_finding(text, merges):
    assert not [*check_cut(cut(text, merges))]


@pytest.mark.parametrize("text", TEXTS)
def test_another_id_another_count_and_another_bit_are_found(text):
    right = cut(text)
    ids, bits = right.array("tokens"), right.array("bits")
    swapped = ids.copy()
    swapped[0] += 1
    for name, values in (("tokens", swapped), ("tokens", ids[:-1]), ("bits", 1 - bits)):
        found = [*check_cut(Wrong(right, name, values))]
        assert [defect.kind for defect in found] == ["wrong number"]


def test_a_cut_by_other_merges_is_found():
    right = cut(TEXTS[0])
    assert [*check_cut(Wrong(right, "tokens", cut(TEXTS[0], 50).array("tokens")))]


def test_letters_over_the_id_of_their_neighbour_are_found():
    made = cut(TEXTS[0])
    parts = parts_of(made)
    row = PieceRow(parts, made["tokens"], width=13.0)
    assert not [*check_under(row.readings())]
    wrong = [replace(part, index=k - 1) if k else part for k, part in enumerate(parts)]
    letters = [reading for reading in row.readings() if not reading.numbers]
    numbers = [r for r in PieceRow(wrong, made["tokens"], width=13.0).readings() if r.numbers]
    found = [*check_under([*letters, *numbers])]
    assert found and {defect.kind for defect in found} == {"wrong label"}
