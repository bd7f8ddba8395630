"""What is marked, and what labels say of runs, seeds and temperatures."""

import pytest
from manim import FadeIn

from model import run
from model.numbers.origins import CHOSEN, Drawn
from model.numbers.tensor import Tensor, stack
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.words.links import Links
from scenes.lesson import Lesson, Options
from studio.audit import audit_lesson
from tests.studio.audit.planted import Entry, kinds, shows


def wrong(put, **options) -> bool:
    found = kinds(put, **options)
    assert found <= {"wrong label"}
    return bool(found)


@pytest.mark.parametrize("place", [1, 2])  # the caption speaks of word 1
def test_a_word_is_marked(place):
    assert wrong(shows(lambda lesson: lesson.row(size=0.4, target=place))) == (place != 1)
    named = dict(width=6, height=4)
    assert wrong(
        shows(lambda lesson: TensorGrid(lesson.Q, "query", row_labels=lesson.words, target_row=place, **named))
    ) == (place != 1)


@pytest.mark.parametrize("place", [1, 2])
def test_a_row_is_framed(place):
    def put(lesson):
        grid = TensorGrid(lesson.Q, "query", width=6, height=4)
        lesson.play(FadeIn(grid), FadeIn(Frame(grid.row_corners(place))))

    assert wrong(put) == (place != 1)


@pytest.mark.parametrize("place", [1, 2])
def test_a_bar_is_marked(place):
    def put(lesson):
        shown = ProbabilityBars(lesson.A[3], lesson.trace.tokens, order=[0, 1, 2, 3], fill="key", target=place, width=5)
        lesson.play(FadeIn(shown))

    assert wrong(put) == (place != 1)


@pytest.mark.parametrize("part", [0, 1])
def test_the_part_that_works_is_lit(part):
    def put(lesson):
        blocks = BlockDiagram(4, width=10, height=2)
        lesson.play(FadeIn(blocks.light(blocks.part(0, part))))
        lesson.play(FadeIn(Label("+ attention", of=lesson.trace["blocks.0.attn_out"]).shift((0, -2, 0))))

    assert wrong(put) == (part != 0)


def label(text, of):
    return shows(lambda lesson: Label(text, of=of(lesson)))


@pytest.mark.parametrize(
    ("right", "wrong_one", "of"),
    [
        (say("head {k}", k=2), say("head {k}", k=3), lambda lesson: lesson.trace["blocks.0.attn.pattern"][2]),
        (say("layer {k}", k=1), say("layer {k}", k=0), lambda lesson: lesson.trace["blocks.1.attn.q"]),
        (say("entry {k}", k=5), say("entry {k}", k=4), lambda lesson: lesson.trace["embed"][:, 5]),
        (say("{w}", w="cat"), say("{w}", w="The"), lambda lesson: lesson.trace["embed"][1]),
        (say("{w}", w="cat"), say("{w}", w="sat"), lambda lesson: lesson.A[1] * 2),
        (say("seed {s}", s=3), say("seed {s}", s=0), lambda lesson: Tensor.given(0.5, "u", origin=Drawn(3, 1))),
        (say("+ MLP"), say("+ attention"), lambda lesson: lesson.trace["blocks.0.mlp_out"]),
        (say("block {l}", l=0), say("block {l}", l=1), lambda lesson: Index("layer", 0)),
        (say("as written"), say("shuffled"), lambda lesson: lesson.A),
        (say("learned"), say("no positions"), lambda lesson: lesson.run("tiny-learned", "The cat")["embed"]),
    ],
)
def test_a_label_names_what_it_says(right, wrong_one, of):
    assert not wrong(label(right, of))
    assert wrong(label(wrong_one, of))


@pytest.mark.parametrize("heat", [0.5, 2.0])
def test_a_temperature(heat):
    def probs(lesson):
        return (lesson.trace["logits"][-1] / Tensor.given(0.5, "temperature", origin=CHOSEN)).softmax()

    text = say("T = {t:.2g}", t=Tensor.given(heat, "temperature", origin=CHOSEN))
    assert wrong(label(text, probs)) == (heat != 0.5)


@pytest.mark.parametrize("off", [1, 2])
def test_the_head_that_is_off_names_effects(off):
    def put(lesson):
        off_run = lesson.keep_run(run("tiny", "The cat sat", ablate=[(0, off)]))
        effect = abs(lesson.run("tiny", "The cat sat")["probs"][-1] - off_run["probs"][-1]).sum() / 2
        names = [say("head {k}", k=1)]
        lesson.play(FadeIn(TensorGrid(stack([effect], "head"), "delta", row_labels=names, upright=True)))

    assert wrong(put) == (off != 1)


@pytest.mark.parametrize("shift", [0, 1])
def test_arcs_and_links_lead_to_their_words(shift):
    def arcs(lesson):
        row = lesson.row(size=0.4)
        chart = AttentionArcs(row, lesson.A[4], 4, height=2)
        chart.ends = chart.ends + shift * (chart.ends[1] - chart.ends[0])
        lesson.play(FadeIn(row), FadeIn(chart))

    def links(lesson):
        first, second = lesson.row(size=0.4), lesson.row(size=0.4)
        first.shift((0, 1.5, 0))
        order = [(k + shift) % 6 for k in range(6)]
        lesson.play(FadeIn(first), FadeIn(second), FadeIn(Links(first, second, order)))

    assert wrong(arcs) == wrong(links) == bool(shift)


@pytest.mark.parametrize("twice", [False, True])
def test_what_is_added_up_on_stage_adds_up(twice):
    def put(lesson):
        before, change = lesson.trace["blocks.0.resid_pre"][1], lesson.trace["blocks.0.attn_out"][1]
        after = lesson.trace["blocks.0.resid_mid"][1]
        parts = [before, change * 2 if twice else change, after]
        specs = ("+.4f", "+.4f", "+.1f")
        grids = [TensorGrid(part, "data", columns=5, spec=spec) for part, spec in zip(parts, specs, strict=True)]
        for k, grid in enumerate(grids):
            grid.shift((0, 1 - k, 0))
        lesson.play(FadeIn(grids[0]), FadeIn(grids[1]), ResidualAdd(*grids))

    assert kinds(put) == ({"wrong sum"} if twice else set())


TWICE = "The cat saw the dog and the cat sat"  # “cat” is at 1 and at 7, “the” at 3 and at 6


@pytest.mark.parametrize("marked", [1, 7])
def test_of_words_that_come_twice_the_one_is_marked_that_is_followed(marked):
    def put(lesson):
        row = lesson.row(size=0.4, target=marked)
        lesson.play(FadeIn(row), FadeIn(AttentionArcs(row, lesson.A[7], 7, height=2)))

    assert wrong(put, text=TWICE) == (marked != 7)


@pytest.mark.parametrize("shift", [0, 3])
def test_arcs_lead_to_the_word_that_is_meant_and_not_to_the_same_one_elsewhere(shift):
    def put(lesson):
        row = lesson.row(size=0.4)
        chart = AttentionArcs(row, lesson.A[8], 8, height=2, least=0)
        chart.ends[3] = chart.ends[3 + shift]
        lesson.play(FadeIn(row), FadeIn(chart))

    assert wrong(put, text=TWICE) == bool(shift)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2, 3, 4, 5, 3, 7, 8]])
def test_no_two_lines_come_from_one_word(order):
    def put(lesson):
        first, second = lesson.row(size=0.3), lesson.row(size=0.3)
        first.shift((0, 1.5, 0))
        lesson.play(FadeIn(first), FadeIn(second), FadeIn(Links(first, second, order)))

    assert wrong(put, text=TWICE) == (len(set(order)) < 9)


@pytest.mark.parametrize(("scale", "found"), [(0.5, set()), (1.0, {"wrong shape"})])
def test_a_scale_for_what_strips_hold(scale, found):
    """“full from 0.5 (weights), 2.0 (rows)”: strips of weights keep to the first number."""

    class Scales(Lesson):
        def prepare(self):
            self.trace = self.run("tiny", "The cat sat")

        def construct(self):
            half, two = (Tensor.given(n, "scale", origin=CHOSEN) for n in (0.5, 2.0))
            told = "full from {m:.1f} (weights), {r:.1f} (rows)"
            with self.step("Only", ask="What is learned?", subtitle=told, m=half, r=two):
                look = dict(width=6, height=3, scale=scale)
                self.play(FadeIn(HeatStrips(self.trace["blocks.0.mlp.W_in"][:3], "weight", **look)))

    found_here = {finding.defect.kind for finding in audit_lesson(Entry(Scales), Options()).findings}
    assert found_here == found
