"""Film: what is seen between the steps."""

import numpy as np
import pytest
from manim import DOWN, RIGHT, UP, FadeIn, FadeOut, LaggedStart, Transform, VGroup, linear, smooth
from manim.utils.rate_functions import squish_rate_func

from model import run
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.text import Label, Number
from scenes.kit.moves.flight import Fly
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import steps
from studio.audit.film.canvas import share_below
from studio.audit.film.places import Homes, numbers_in
from tests.studio.audit.planted import Planted, found, kinds


class Steps(Planted):
    """Two steps; `first` and `second` are what a test shows in them, `keep` what stays."""

    keep = None

    def construct(self):
        with self.step("First", "The first step."):
            kept = self.first()
        with self.step("Second", "The second step.", keep=None if self.keep is None else ()):
            self.second(kept)

    def first(self):
        grid = TensorGrid(self.Q[:2], "query", width=6, height=1).shift(UP)
        self.play(FadeIn(grid))
        return grid

    def second(self, kept):
        pass


def two(second, first=Steps.first, keep=None):
    """The kinds of findings in a lesson of two steps."""
    return kinds(lesson=type("Two", (Steps,), {"first": first, "second": second, "keep": keep}))


def word(text="one", at=0.0, **look):
    return Label(text, **look).shift(at * UP)


# ── the stage ────────────────────────────────────────────────────────────────────────────────────
def test_what_a_step_does_not_keep_leaves_as_the_next_thing_comes():
    def second(lesson, kept):
        assert kept in lesson.mobjects
        lesson.play(FadeIn(word()))
        assert kept not in lesson.mobjects

    assert two(second, keep=()) == set()
    assert two(lambda lesson, kept: lesson.play(FadeIn(word())), keep=()) == set()


def test_a_step_that_keeps_nothing_and_shows_nothing():
    def second(lesson, kept):
        lesson.wait(2)
        assert kept not in lesson.mobjects
        lesson.play(FadeIn(word()))

    assert two(second, keep=()) == {"blank stage"}


def test_a_stage_that_is_empty_in_between_two_plays():
    def second(lesson, kept):
        lesson.play(FadeOut(kept))
        lesson.play(FadeIn(word()))

    assert two(second) == {"blank stage"}


@pytest.mark.parametrize(("seconds", "expected"), [(0.05, set()), (0.4, {"blank stage"})])
def test_how_long_it_may_be_empty(seconds, expected):
    def second(lesson, kept):
        lesson.remove(kept)
        lesson.wait(seconds)
        lesson.add(word())
        lesson.wait(0.2)

    assert two(second) == expected


@pytest.mark.parametrize(("opacity", "expected"), [(0.3, set()), (0.12, {"blank stage"})])
def test_what_is_dimmed_is_there_while_it_can_be_made_out(opacity, expected):
    def second(lesson, kept):
        lesson.play(kept.animate.set_opacity(opacity))
        lesson.play(kept.animate.set_opacity(1))

    assert two(second) == expected


def test_an_empty_stage_before_the_first_thing_is_a_beginning():
    def first(lesson):
        lesson.wait(2)
        return Steps.first(lesson)

    assert two(lambda lesson, kept: None, first) == set()


@pytest.mark.parametrize(("ends", "share"), [((0, 0), 1.0), ((1, 1), 0.0), ((0, 1), 0.5), ((1, 0.25), 1 / 3)])
def test_share_below(ends, share):
    assert share_below(0.5, *ends) == pytest.approx(share)


# ── vanish and return ────────────────────────────────────────────────────────────────────────────
def back_as(make):
    """A second step in which the first one's grid goes, and something else comes."""

    def second(lesson, kept):
        lesson.play(FadeIn(word(at=-2)), FadeOut(kept))
        lesson.play(FadeIn(make(lesson)))

    return second


@pytest.mark.parametrize(
    "make",
    [
        lambda lesson: TensorGrid(lesson.Q[:2], "query", width=6, height=1),
        lambda lesson: TensorGrid(lesson.Q[1], "query", width=6, height=1),
        lambda lesson: TensorGrid(lesson.Q[:2].T, "query", width=6, height=3),
        lambda lesson: TensorGrid(lesson.Q[:2], "query", width=6, height=1, digits=False),
        lambda lesson: Number(lesson.trace["blocks.0.attn.q"][0, 0, 3]),
    ],
)
def test_numbers_that_vanish_and_return(make):
    assert two(back_as(make)) == {"vanish and return"}


@pytest.mark.parametrize(
    "make",
    [
        lambda lesson: TensorGrid(lesson.Q[2], "query", width=6, height=1),
        lambda lesson: TensorGrid(2 * lesson.Q[:2], "query", width=6, height=1),
        lambda lesson: TensorGrid(lesson.trace["blocks.0.attn.k"][0][:2], "key", width=6, height=1),
    ],
)
def test_other_numbers_may_come(make):
    assert two(back_as(make)) == set()


def test_numbers_that_stay_somewhere_may_come_anew():
    def first(lesson):
        grids = [TensorGrid(lesson.Q[:2], "query", width=6, height=1).shift(at * DOWN) for at in (-1, 1)]
        lesson.play(*map(FadeIn, grids))
        return grids

    def second(lesson, kept):
        lesson.play(kept[1].animate.shift(0.5 * DOWN), FadeOut(kept[0]))
        lesson.play(FadeIn(kept[0]))

    assert two(second, first) == set()


def test_numbers_may_be_shown_in_another_way_meanwhile():
    def first(lesson):
        grid = TensorGrid(lesson.A[2, :3], "probability", width=6, height=1).shift(UP)
        lesson.play(FadeIn(grid))
        return grid

    def second(lesson, kept):
        bars = ProbabilityBars(lesson.A[2, :3], lesson.trace.tokens[:3], order=[0, 1, 2], width=5, height=1.5)
        lesson.play(FadeIn(bars.shift(DOWN)))
        lesson.play(FadeOut(kept))
        lesson.play(FadeIn(kept))

    assert two(second, first) == set()


@pytest.mark.parametrize("digits", [True, False])
def test_numbers_that_fly_are_there(digits):
    def first(lesson):
        grid = TensorGrid(lesson.Q[0], "query", width=6, height=1, digits=digits).shift(UP)
        lesson.play(FadeIn(grid))
        return grid

    def second(lesson, kept):
        lesson.play(Fly(kept, TensorGrid(lesson.Q[0], "query", upright=True, height=3, digits=digits)), run_time=2)

    assert two(second, first) == set()


def test_a_number_is_told_by_its_place_and_not_by_the_slice():
    q, homes = run("tiny", "The cat sat")["blocks.0.attn.q"], Homes()

    def numbers(tensor):
        readings, marks = TensorGrid(tensor, "query").seen()
        return numbers_in(readings, marks, homes)

    def same(one, other):
        one, other = numbers(one), numbers(other)
        return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)

    assert same(q[0, 1], q[0].T[:, 1]) and same(q[0][[1]], q[0, 1:2]) and same(q[0] * 2, q[0] * 2)
    assert not same(q[0, 1], q[0, 2]) and not same(q[0, 1], q[1, 1]) and not same(q[0] * 2, q[0] * 3)


# ── on the way ───────────────────────────────────────────────────────────────────────────────────
def test_text_that_is_stretched_on_the_way():
    def put(lesson):
        label = word()
        lesson.play(FadeIn(label))
        lesson.play(label.animate.stretch(1.3, 0))

    (finding,) = [f for f in found(put) if f.defect.kind == "stretched text"]
    assert "“one” is stretched" in str(finding)


@pytest.mark.parametrize("move", [lambda m: m.scale(2), lambda m: m.rotate(1.0), lambda m: m.shift(2 * RIGHT)])
def test_text_may_be_moved_turned_and_scaled(move):
    def put(lesson):
        label = word()
        lesson.play(FadeIn(label))
        lesson.play(Transform(label, move(label.copy())))

    assert kinds(put) == set()


def test_words_that_become_other_words_are_not_stretched():
    def put(lesson):
        label = word("a short word")
        lesson.play(FadeIn(label))
        lesson.play(Transform(label, word("a word that is much longer", 1.0)))

    assert kinds(put) == set()


def crossing(one, other, **how):
    def put(lesson):
        before, after = one(lesson), other(lesson)
        lesson.play(FadeIn(before))
        lesson.play(FadeOut(before), FadeIn(after), **how)

    return put


def digits(place):
    return lambda lesson: Number(lesson.trace["blocks.0.attn.q"][0, 0, place], size=0.8)


def test_what_was_never_shown_does_not_leave():
    def put(lesson, shown=slice(0, 1)):
        words = VGroup(word("one"), word("two").shift(2 * RIGHT))
        lesson.play(FadeIn(words[shown]))
        lesson.play(FadeOut(words))

    (finding,) = [f for f in found(put) if f.defect.kind == "pops up"]
    assert "Label comes all at once" in str(finding)
    assert kinds(lambda lesson: put(lesson, slice(0, 2))) == set()


def test_a_copy_that_takes_the_place_of_its_original_may_leave():
    def put(lesson):
        one = word("one")
        lesson.play(FadeIn(one))
        lesson.remove(one)
        lesson.play(FadeOut(one.copy(), shift=RIGHT))

    assert kinds(put) == set()


def in_a_group(leaving, *coming, run_time=2.0):
    """Early in a play, before its first moment, and all at once: a group’s animations wait for nobody."""
    early = squish_rate_func(smooth, 0, 0.2)
    return LaggedStart(*[FadeOut(m, rate_func=early) for m in leaving], *[FadeIn(m, rate_func=early) for m in coming],
                       lag_ratio=0, run_time=run_time)  # fmt: skip


@pytest.mark.parametrize("apart, expected", ((0.0, {"double exposure"}), (4.0, set())))
def test_a_word_that_can_be_read_over_one_that_leaves(apart, expected):
    def put(lesson):
        before, after = word("before"), word("after").shift(apart * RIGHT)
        lesson.play(FadeIn(before))
        lesson.play(in_a_group([before], after), run_time=2)

    assert kinds(put) == expected


def test_digits_that_are_seen_through_each_other(monkeypatch):
    assert kinds(crossing(digits(0), digits(1), rate_func=linear)) == set()  # the one waits for the other
    monkeypatch.setattr(steps, "hand_over", lambda animations, there: animations)
    assert kinds(crossing(digits(0), digits(1), rate_func=linear)) == {"double exposure"}
    assert kinds(crossing(digits(0), lambda lesson: digits(1)(lesson).shift(2 * RIGHT))) == set()


def test_a_word_that_flies_across_another():
    def put(lesson):
        here, there = word("here"), word("there", 1.5)
        lesson.play(FadeIn(here), FadeIn(there))
        lesson.play(
            there.animate.shift(3 * DOWN), rate_func=lambda t: t * 0.5 / 0.57 if t < 0.57 else (t - 1) * 0.5 / 0.43 + 1
        )

    assert kinds(put) == set()


def test_a_copy_that_leaves_its_original():
    def put(lesson):
        label = word()
        lesson.play(FadeIn(label))
        twin = label.copy()
        lesson.add(twin)
        lesson.play(twin.animate.shift(0.9 * UP), run_time=2)

    assert kinds(put) == set()


# ── question, motion, answer ─────────────────────────────────────────────────────────────────────
class Asked(Planted):
    """A question, and its answer."""

    shown_before = named = False

    def construct(self):
        grid = TensorGrid(self.A[2, :3], "probability", width=6, height=1)
        with self.step("Words", "Some words."):
            self.play(FadeIn(grid if self.shown_before else word()))
        ask = "What is {w:.2f}, and what is it with these words?" if self.named else "How large is the first weight?"
        with self.step("How large?", ask=ask, w=self.A[2, 0]):
            if not self.shown_before:
                self.play(FadeIn(grid.shift(DOWN)))
            self.answer("It is {w:.2f}.")


@pytest.mark.parametrize(
    ("before", "named", "expected"),
    [(False, False, set()), (True, False, {"result before cause"}), (True, True, set())],
)
def test_an_answer_that_stands_there_before(before, named, expected):
    assert kinds(lesson=type("Asked", (Asked,), dict(shown_before=before, named=named))) == expected


@pytest.mark.parametrize(
    ("waits", "expected"), [((50, 50), set()), ((95, 1), {"no question"}), ((1, 95), {"no question"})]
)
@pytest.mark.parametrize("pace", [1.0, 2.0])
def test_for_how_long_nothing_may_be_asked(waits, expected, pace):
    class Long(Planted):
        def construct(self):
            with self.step("First", "Words."):
                self.play(FadeIn(word()))
                self.wait(waits[0])
            with self.step("Second", ask="Which word?"):
                self.wait(waits[1])

    assert kinds(lesson=Long, pace=pace) == expected
