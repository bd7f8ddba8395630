"""Rows of pieces: every byte once, in the lines that were asked for; from one cut to another nothing is lost."""

import numpy as np
import pytest
from manim import Scene, tempconfig

from model import load
from model.numbers.tensor import Tensor
from model.study.pieces import Cut
from model.text.bpe import as_bytes, shipped
from scenes.kit.ground.style import smallest
from scenes.kit.words.pieces import PieceRow, parts_of, units_of, words_of
from scenes.kit.words.regroup import Regroup, Regrouping, atoms_of
from scenes.lesson.runs import trace_of

TEXT = "The unhappy cat saw the happy cat 🙂"
TEXTS = (TEXT, "Hi", "猫はとても小さい犬を見た", "a" * 80 + " bc", "Ω  two   blanks, and: marks!")


def cut(text: str, merges: int | None = None) -> Cut:
    return Cut(shipped(load("tiny").path), text, merges)


def row(cut: Cut, **room) -> PieceRow:
    return PieceRow(parts_of(cut), cut["tokens"], bits=cut["bits"], **{"width": 13.0, "height": 5.0} | room)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("merges", [0, 40, None])
def test_parts_are_the_whole_text_in_order(text, merges):
    made = cut(text, merges)
    parts = parts_of(made)
    assert b"".join(part.data for part in parts) == as_bytes(text)
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert [part.index for part in parts] == list(range(len(made)))
    assert all(a.unit <= b.unit for a, b in zip(parts, parts[1:], strict=False))


def test_words_and_blanks_are_the_whole_text():
    trace = trace_of("tiny", TEXT)
    parts = words_of(TEXT, trace.tokens)
    assert b"".join(part.data for part in parts).decode() == TEXT
    assert [part.letters for part in parts if part.index is not None] == list(trace.tokens)
    assert {part.letters for part in parts if part.index is None} == {" "}
    assert all(part.index is None for part in words_of(TEXT, trace.tokens, numbered=False))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [4.0, 13.0])
def test_boxes_keep_apart_and_in_their_room(text, width):
    made = row(cut(text, 0), width=width)
    boxes = np.array([made.box(k) for k in range(made.shown)])
    assert made.size >= smallest() and (boxes[:, 0] >= -1e-6).all()
    assert (boxes[:, 0] + boxes[:, 2] <= made.natural[0] + 1e-6).all() and made.natural[0] <= width + 1e-6
    for a, b in zip(boxes, boxes[1:], strict=False):
        assert b[0] >= a[0] + a[2] - 1e-6 or b[1] > a[1]


@pytest.mark.slow
def test_what_has_no_room_is_left_out_after_dots():
    made = row(cut(TEXT * 40, 0), height=1.0)
    assert made.shown < len(made.parts) and any(reading.text == "⋯" for reading in made.readings())
    assert not any(reading.text == "⋯" for reading in row(cut(TEXT, 0)).readings())


def test_letters_ids_and_bits_are_those_of_the_cut():
    made = cut(TEXT)
    readings = row(made).readings()
    ids = [reading.text for reading in readings if reading.numbers]
    assert ids == [f"{i:,}" for i in made.ids]
    assert [r.text for r in readings if r.of is not None] == [
        t.strip() for t in made.tokens if t.strip() and "�" not in t
    ]
    assert [r.of.index for r in readings if r.of is not None] == [
        (k,) for k, token in enumerate(made.tokens) if "�" not in token and token.strip()
    ]
    shades = [e for mark in row(made).marks() for e in mark.shows]
    assert [e.cell.value() for e in shades] == [float(b) for byte in "🙂".encode() for b in f"{byte:08b}"]


def test_other_cuts_take_the_lines_of_the_first():
    first = row(cut(TEXT, 0), width=6.0)
    assert len(first.line_starts) > 1
    second = row(cut(TEXT), width=6.0, breaks=first.line_starts)
    assert second.line_starts == first.line_starts


def test_lines_may_begin_at_blanks_and_within_what_has_none():
    assert units_of("The cat sat") == [0, 3, 7]
    assert units_of("猫" * 8) == [0, 3, 6, 9, 12, 15, 18, 21]


def test_atoms_are_what_both_cuts_have_in_common():
    before, after = row(cut(TEXT, 0)), row(cut(TEXT))
    for rows in ((before, after), (after, before)):
        atoms = atoms_of(*rows)
        assert b"".join(atom.part.data for atom in atoms).decode() == TEXT and len(atoms) == len(before.parts)
        flock = Regrouping(*rows)
        for t, which in ((0.0, rows[0]), (1.0, rows[1])):
            flock.progress = np.full(len(atoms), t)
            shown = [reading.text for reading in flock.readings() if reading.numbers]
            assert shown == [f"{int(i):,}" for i in which.ids.values]


def test_letters_are_whole_and_where_they_belong_at_both_ends():
    before, after = row(cut(TEXT, 0)), row(cut(TEXT), width=7.0)
    flock = Regrouping(before, after)
    for t, which in ((0.0, before), (1.0, after)):
        flock.progress = np.full(len(flock.atoms), t)
        letters = [r for r in flock.readings() if not r.numbers]
        assert "".join(r.text for r in letters) == TEXT.replace(" ", "").replace("🙂", "")
        boxes = [which.corners(k) for k in range(which.shown)]
        low, high = (np.array(boxes)[..., :2].min(axis=(0, 1)), np.array(boxes)[..., :2].max(axis=(0, 1)))
        points = np.concatenate([r.corners for r in letters])
        assert (points >= low - 0.05).all() and (points <= high + 0.05).all()


@pytest.mark.parametrize("keep", [False, True])
def test_regroup_leaves_the_row_after_and_if_asked_the_one_before(keep):
    before, after = row(cut(TEXT, 0)), row(cut(TEXT))
    with tempconfig({"dry_run": True, "frame_rate": 15, "verbosity": "ERROR"}):
        scene = Scene()
        scene.add(before)
        scene.play(Regroup(before, after, keep=keep, run_time=0.3))
    assert after in scene.mobjects and (before in scene.mobjects) == keep
    assert after.opacity == before.opacity == 1.0 and not any(isinstance(m, Regrouping) for m in scene.mobjects)


def test_a_number_that_stays_is_seen_all_the_way():
    before, after = row(cut("cat at", 0)), row(cut("cat at"))
    flock = Regrouping(before, after)
    flock.progress = np.full(len(flock.atoms), 0.4)
    seen = {reading.text: reading.opacity for reading in flock.readings() if reading.numbers}
    same = {i for i in cut("cat at").ids if i < 256}
    assert same and all(seen[str(i)] == 1.0 for i in same)
    assert isinstance(before.ids, Tensor)
