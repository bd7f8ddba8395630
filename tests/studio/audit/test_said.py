"""What is said: captions, grey lines, labels and formulas name what a step shows, and claim what is so."""

import pytest
from manim import DOWN, UP, FadeIn

from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.say import holds, say, worked_out
from scenes.kit.ground.text import Formula, Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import Options, TextLesson
from scenes.lesson.claims import count, gains, least, loses, most, ordered, share, within
from studio.audit import audit_lesson
from tests.studio.audit.planted import Entry


def kinds(make, caption, subtitle="", claims=lambda lesson: (), text=None, **fields):
    """The kinds of findings in a lesson of one step that shows make(lesson)."""

    def construct(lesson):
        filled = {name: value(lesson) if callable(value) else value for name, value in fields.items()}
        with lesson.step("Only", caption, subtitle=subtitle, claims=claims(lesson), **filled):
            lesson.play(*[FadeIn(m) for m in make(lesson)], run_time=0.3)

    lesson = type("Saying", (TextLesson,), {"construct": construct})
    return {f.defect.kind for f in audit_lesson(Entry(lesson), Options(text=text)).findings}


def head(lesson, k=1, layer=0, name="pattern"):
    return lesson.trace[f"blocks.{layer}.attn.{name}"][k]


def dots(lesson, **which):
    return [DotPattern(head(lesson, **which), width=4, height=4)]


def bars(lesson, i=3, **which):
    return [ProbabilityBars(head(lesson, **which)[i], lesson.trace.tokens, order=[0, 1, 2, 3], width=5)]


@pytest.mark.parametrize(
    ("subtitle", "right", "wrong"),
    [
        ("layer {l} · head {h} · pattern [query, key]", dict(l=0, h=1), [dict(l=0, h=2), dict(l=1, h=1)]),
        ("blocks.{l}.attn.pattern [head, query, key]", dict(l=0), [dict(l=1)]),
        ("{t}", dict(t="pattern"), [dict(t="scores_raw"), dict(t="blocks.1.attn.pattern")]),
        ("pattern [{axes}]", dict(axes="query, key"), [dict(axes="key, query")]),
        ("{n} heads of {m} layers", dict(n=8, m=4), [dict(n=7, m=4), dict(n=8, m=5)]),
        ("the other {n} heads", dict(n=7), [dict(n=8)]),
        ("position {i} “{w}”", dict(i=1, w="cat"), [dict(i=1, w="sat"), dict(i=2, w="cat")]),
        ("model {m}", dict(m="tiny"), []),
    ],
)
def test_names_in_the_grey_line(subtitle, right, wrong):
    assert kinds(dots, "Where each word looks.", subtitle, **right) == set()
    for fields in wrong:
        assert kinds(dots, "Where each word looks.", subtitle, **fields) == {"false claim"}


def test_a_transposed_pattern():
    turned = lambda lesson: [DotPattern(head(lesson).T, width=4, height=4)]  # noqa: E731
    assert kinds(turned, "Where each word looks.") == {"false claim"}
    assert kinds(turned, "Where each word looks.", "pattern [key, query]") == set()


def test_another_run():
    def make(lesson, **changes):
        other = lesson.run("tiny", "The cat sat on the mat", **changes)
        return [TensorGrid(other["blocks.0.attn.result"][1][:, :4], "delta", width=6, height=3)]

    said = dict(caption="One head is off.", subtitle="without layer {l}, head {h}", l=0, h=1)
    assert kinds(lambda lesson: make(lesson, ablate=((0, 1),)), **said) == set()
    for changes in ({"ablate": ((0, 2),)}, {}):  # which is no label of the grid either
        assert "false claim" in kinds(lambda lesson, changes=changes: make(lesson, **changes), **said)
    model = dict(caption="Rows.", subtitle="model {m}", m="tiny-rotary")

    def of_model(lesson, name):
        lesson.run("tiny-rotary", "The cat sat on the mat")
        return [TensorGrid(lesson.run(name, "The cat sat on the mat")["embed"][:, :4], "data", width=6, height=3)]

    assert kinds(lambda lesson: of_model(lesson, "tiny-rotary"), **model) == set()
    assert kinds(lambda lesson: of_model(lesson, "tiny"), **model) == {"false claim"}


def test_words_belong_to_their_numbers():
    weights = lambda lesson: head(lesson)[3, 1]  # noqa: E731
    caption = "“{a}” gives {w:.0%} to “{b}”, and “{c}” has {v:.0%}."
    fields = dict(a="on", b="cat", c="sat", w=weights, v=lambda lesson: head(lesson)[2, 0])
    assert kinds(bars, caption, **fields) == set()
    for name in "abc":
        assert kinds(bars, caption, **(fields | {name: "mat"})) == {"false claim"}
    assert kinds(bars, caption, **(fields | dict(c="cat"))) == {"false claim"}  # the word of the other clause


def test_an_index_belongs_to_its_number():
    caption = "Entry {c} of the query is {q:+.2f}."
    shown = lambda lesson: [TensorGrid(head(lesson, name="q")[2], "query", width=6)]  # noqa: E731
    assert kinds(shown, caption, c=5, q=lambda lesson: head(lesson, name="q")[2, 5]) == set()
    assert kinds(shown, caption, c=4, q=lambda lesson: head(lesson, name="q")[2, 5]) == {"false claim"}
    ids = dict(caption="“{w}” has id {n}.", w="cat")
    assert kinds(dots, n=lambda lesson: lesson.trace.ids[1], **ids) == set()
    assert kinds(dots, n=lambda lesson: lesson.trace.ids[1] + 1, **ids) == {"false claim"}


def test_a_label_over_bars():
    def make(lesson, word):
        (chart,) = bars(lesson)
        return [chart, Label(say("attention of “{w}”", w=word)).next_to(chart, UP)]

    assert kinds(lambda lesson: make(lesson, "on"), "One row.") == set()
    assert kinds(lambda lesson: make(lesson, "cat"), "One row.") == {"false claim"}


@pytest.mark.parametrize(
    ("name", "found"), [("k", set()), ("v", {"false claim", "wrong label"})]
)  # nor has it the hue of keys
def test_a_formula_names_its_grid(name, found):
    def make(lesson):
        grid = TensorGrid(head(lesson, name=name), "key", width=6, height=3).shift(0.5 * DOWN)
        return [grid, Formula("K = X W_K", 0.5).next_to(grid, UP, buff=0.2)]

    assert kinds(make, "The keys.") == found


def test_words_that_need_a_proof():
    row = lambda lesson: head(lesson)[3]  # noqa: E731
    said = dict(make=bars, caption="“{a}” looks most at one word.", a="on")
    assert kinds(**said) == {"unproved word"}
    best, worst = (lambda lesson: int(row(lesson).values[:4].argmax())), (lambda lesson: 5)
    assert kinds(claims=lambda lesson: [most(row(lesson), best(lesson))], **said) == set()
    assert kinds(claims=lambda lesson: [most(row(lesson), worst(lesson))], **said) == {"false claim"}
    assert kinds(bars, "It differs by at most this.") == set()


def test_facts(lesson_values=None):
    """Each holds of the right numbers and of no others."""
    from model.numbers.tensor import Tensor

    def true(fact, *said):
        return fact.holds(*said, *[tensor.values for tensor in fact.of])

    row, one, none = Tensor.given([0.5, 0.3, 0.2], "row", ("key",)), Tensor.given(1, "one"), Tensor.given(-1, "less")
    assert true(most(row, 0)) and not true(most(row, 1)) and true(most(row, 1, among=[1, 2]))
    assert true(least(row, 2)) and not true(least(row, 0))
    assert true(ordered(row)) and not true(ordered(row[[1, 0]]))
    assert true(share(row)) and not true(share(row[:2]))
    assert true(gains(one)) and not true(gains(none)) and true(loses(none)) and not true(loses(one))
    assert true(within(row[1], row[2], row[0])) and not true(within(row[0], row[2], row[1]))
    high = count("hold", "k", [row], lambda values: int((values > 0.25).sum()))
    assert true(high, 2) and not true(high, 3)


def test_equations_hold_as_displayed():
    assert not holds("0.499 ÷ (0.792 × 0.812) = 0.77") and holds("0.499 ÷ (0.792 × 0.812) = 0.78")
    from model.numbers.tensor import Tensor

    a, b = Tensor.given(0.0055, "a"), Tensor.given(0.0111, "b")
    line = worked_out("{a:%} ÷ {b:%} = {c:.2f}", least=3, a=a, b=b, c=a / b)
    assert holds(line) and line == "0.0055 ÷ 0.0111 = 0.50"
    show = lambda text: lambda lesson: [Label(say(text, a=lesson_part(lesson, 0), b=lesson_part(lesson, 1)))]  # noqa: E731
    assert kinds(show("{a:.3f} + {b:.3f} = {b:.3f}"), "A sum.") == {"wrong sum"}


def lesson_part(lesson, k):
    return head(lesson)[3, k]


def test_a_field_is_found_by_its_place():
    """The 0 of the position, and not that of blocks.0; the example of docs/writing-a-lesson.md, at position 0."""

    def make(lesson):
        return [TensorGrid(lesson.trace["blocks.0.resid_pre"][0], "data", columns=6, width=7)]

    length = lambda lesson: lesson.trace["blocks.0.resid_pre"][0].square().sum(0).sqrt()  # noqa: E731
    fields = dict(word=lambda lesson: lesson.words[0], length=length, i=0)
    caption, subtitle = "The row of “{word}” has length {length:.2f}.", "blocks.0.resid_pre [{i}, :]"
    assert kinds(make, caption, subtitle, text="The cat", **fields) == set()
