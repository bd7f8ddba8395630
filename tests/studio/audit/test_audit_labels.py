"""Labels: what stands beside a row, a column, a bar, a panel or a word is its name."""

import pytest
from manim import UP, FadeIn

from model.numbers.tensor import stack
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.attention.wall import PatternWall, tiles
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.tokens import TokenNumbers
from tests.studio.audit.planted import kinds, shows


def heads(lesson):
    return lesson.trace["blocks.0.attn.pattern"]


def grid(change):
    def make(lesson):
        words = change(lesson.words)
        return TensorGrid(lesson.A, "probability", width=6, height=4, row_labels=words, column_labels=words)

    return make


def dots(change):
    return lambda lesson: DotPattern(lesson.A, width=4, height=4, column_labels=change(lesson.words))


def bars(change):
    def make(lesson):
        chart = ProbabilityBars(lesson.A[3], lesson.trace.tokens, order=[0, 1, 2, 3], width=5)
        chart.words = change(chart.words[:4]) + chart.words[4:]
        return chart

    return make


def rows_of_heads(change):
    def make(lesson):
        names = change([say("head {k}", k=k) for k in range(4)])
        rows = stack([heads(lesson)[k, 3] for k in range(4)], "row")
        return TensorGrid(rows, "probability", width=6, height=3, row_labels=names)

    return make


@pytest.mark.parametrize("make", [grid, dots, bars, rows_of_heads])
def test_labels_of_a_grid_dots_and_bars(make):
    assert kinds(shows(make(list))) == set()
    assert kinds(shows(make(lambda names: names[1:] + names[:1]))) == {"wrong label"}


@pytest.mark.parametrize(("first", "found"), [(0, set()), (1, {"wrong label"})])
def test_titles_over_panels(first, found):
    def put(lesson):
        wall = PatternWall(lesson.stage, list(heads(lesson)[[0, 1]]), tiles(lesson.stage, 1, 2, above=0.5))
        titles = [
            Label(say("head {k}", k=(k + first) % 2)).next_to((*wall.panel(k).center[:2], 0), UP, buff=2.2)
            for k in range(2)
        ]
        lesson.play(FadeIn(wall), *map(FadeIn, titles))

    assert kinds(put) == found


@pytest.mark.parametrize(("order", "found"), [((0, 1, 2, 3, 4, 5), set()), ((1, 0, 3, 2, 4, 5), {"wrong label"})])
def test_numbers_under_words(order, found):
    """The weights of a text in another order lie under the words of this one, or not."""

    def put(lesson):
        text = "The cat sat on the mat"
        other = lesson.run("tiny", text, order=order)
        tokens = lesson.row(size=0.4)
        lesson.play(FadeIn(tokens), FadeIn(TokenNumbers(tokens, other["blocks.0.attn.pattern"][0, 5], least=0)))

    assert kinds(put) == found


@pytest.mark.parametrize(("name", "found"), [("W_Q", set()), ("W_K", {"wrong label"})])
def test_a_weight_by_its_name(name, found):
    assert kinds(shows(lambda lesson: Label(name, of=lesson.trace["blocks.0.attn.W_Q"][0]))) == found
