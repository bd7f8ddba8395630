"""What a text says of shapes: sizes, laws, sides and owners, against what is shown."""

import pytest
from manim import FadeIn

from scenes.kit.attention.pattern import DotPattern
from scenes.kit.ground.text import Formula
from scenes.kit.moves.flight import Fly
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.tokens import TokenRow
from tests.studio.audit.planted import Planted, found, kinds

RIGHT, WRONG = set(), {"false claim"}


def said(caption, put, **fields):
    """What the audit finds in a step that says this."""

    class Saying(Planted):
        def construct(self):
            with self.step("Only", caption, **fields):
                put(self)

    return kinds(lesson=Saying)


def dots(lesson):
    lesson.play(FadeIn(DotPattern(lesson.A, width=5, height=4)))


def queries(lesson):
    lesson.play(FadeIn(TensorGrid(lesson.Q[2], "query", width=6, height=1)))


@pytest.mark.parametrize(
    ("caption", "fields", "expected"),
    [
        ("A query has {n} numbers.", {"n": 8}, RIGHT),
        ("A query has {n} numbers.", {"n": 9}, WRONG),
        ("{n} words are known.", {"n": 1646}, RIGHT),
        ("{n} words are known.", {"n": 1645}, WRONG),
        ("Divided by √{d}.", {"d": 8}, RIGHT),
        ("Divided by √{d}.", {"d": 7}, WRONG),
        ("It is q{i}.", {"i": 2}, RIGHT),
        ("It is q{i}.", {"i": 3}, WRONG),
        ("It is q of “{w}”.", {"w": "sat"}, RIGHT),
        ("It is q of “{w}”.", {"w": "cat"}, WRONG),
    ],
)
def test_sizes_and_owners(caption, fields, expected):
    assert said(caption, queries, **fields) & WRONG == expected


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("The dot area ∝ weight.", RIGHT),
        ("The dot width ∝ weight.", WRONG),
        ("The line width ∝ weight.", WRONG),
        ("Here rows are queries, columns are keys.", RIGHT),
        ("Here rows are keys.", WRONG),
        ("Here columns ask.", WRONG),
        ("Here blue + and red −.", RIGHT),
        ("Here blue − and red +.", WRONG),
    ],
)
def test_laws_and_sides(caption, expected):
    assert said(caption, dots) & WRONG == expected


@pytest.mark.parametrize(("hidden", "expected"), [(2, RIGHT), (3, WRONG), (0, WRONG)])
def test_how_many_words_are_left_out(hidden, expected):
    def put(lesson):
        shown = [0, None, *range(3, lesson.Q.shape[0])]
        lesson.play(FadeIn(TensorGrid(lesson.Q, "query", rows=shown, digits=False, width=6, height=3)))

    assert said("Of {n} words behind ⋯ nothing is seen.", put, n=hidden) & WRONG == expected


@pytest.mark.parametrize(("hidden", "expected"), [(2, RIGHT), (1, WRONG)])
def test_how_many_words_of_a_sentence_are_left_out(hidden, expected):
    def put(lesson):
        tokens = lesson.trace.tokens
        lesson.play(FadeIn(TokenRow(tokens, width=9, shown=[0, *range(3, len(tokens))])))

    assert said("Of {n} words behind ⋯ nothing is seen.", put, n=hidden) & WRONG == expected


@pytest.mark.parametrize(("source", "expected"), [("K = X W_K", RIGHT), ("K = X W_V", WRONG)])
def test_weights_in_a_formula(source, expected):
    def put(lesson):
        grid = TensorGrid(lesson.trace["blocks.0.attn.k"][0], "key", width=6, height=3)
        lesson.play(FadeIn(grid), FadeIn(Formula(source, 0.4).next_to(grid, (0, 1, 0), buff=0.15)))

    assert kinds(put) & WRONG == expected


@pytest.mark.parametrize(("row", "expected"), [(2, False), (1, True)])
def test_what_is_framed_at_once_belongs_together(row, expected):
    def put(lesson):
        grids = [TensorGrid(lesson.Q, "query", width=5, height=3), TensorGrid(lesson.Q[2], "query", width=5, height=1)]
        grids[1].next_to(grids[0], (0, -1, 0))
        frames = [Frame(grids[0].row_corners(row)), Frame(grids[1].row_corners(0))]
        lesson.play(*map(FadeIn, (*grids, *frames)))

    assert any("marked at once" in finding.defect.what for finding in found(put)) is expected


@pytest.mark.parametrize(("change", "expected"), [("", set()), ("order", {"wrong number"}), ("size", {"wrong shape"})])
def test_what_flies_is_what_it_leaves(change, expected):
    def put(lesson):
        grid, row = (
            TensorGrid(lesson.Q, "query", width=5, height=3),
            TensorGrid(lesson.Q[2], "query", width=5, height=1),
        )
        row.next_to(grid, (0, -1, 0))
        lesson.play(FadeIn(grid))
        pairs = {(2, k): (7 - k if change == "order" else k,) for k in range(8)}
        fly = Fly(grid.strip(2), row, pairs={key[1:]: to for key, to in pairs.items()}, keep=True)
        if change == "size":
            fly.flock.ends[:] = [type(bit)(**{**vars(bit), "width": 2 * bit.width}) for bit in fly.flock.ends]
        lesson.play(fly, run_time=1)

    assert {f.defect.kind for f in found(put)} & {"wrong number", "wrong shape"} == expected
