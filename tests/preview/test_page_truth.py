"""Whether a page tells the truth: its numbers, captions, places and links against the trace and the lesson themselves.

The page is made without its pictures, in seconds; every lie of tests/lies/paged.py must make a test here fail.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import av
import numpy as np
import pytest
from manim import config

from model.numbers.making import by_formula
from model.numbers.tree import Recorded
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell
from scenes.lesson.observer import Observer
from studio.film.film import plan
from studio.page import making
from studio.page.graph import Graph
from studio.page.making import contents, webp
from studio.page.shots import shots_of
from studio.play.keys import Keyed
from studio.play.session import perform
from tests.preview.browsing import wait_for
from tests.preview.pages import STEP, job

pytestmark = pytest.mark.slow

NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")


class AtEnd(Observer):
    """What stands where at the end of the step: (text, middle in parts of the frame) of texts with numbers."""

    def __init__(self):
        self.texts = []

    def step_ended(self, lesson, step) -> None:
        if step.name != STEP:
            return
        size = np.array([config.frame_width, config.frame_height])
        for member in (m for mobject in lesson.mobjects for m in mobject.get_family() if isinstance(m, Painted)):
            for reading in member.seen(lesson.camera.view)[0]:
                if reading.opacity > 0.5 and any(isinstance(shown.value, Cell) for shown in reading.numbers):
                    self.texts.append((reading.text, reading.corners.mean(axis=0) * (1, -1) / size + 0.5))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth")
    film, watch = plan(job(folder), STEP), AtEnd()
    perform(job(folder), Keyed, watch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "MOST", 5e5)  # room for all that is reached, and not for the rest of the trace: quicker
        document = contents(film)
    document = replace(document, film=black(film.frames), stills=[webp(np.zeros((8, 8, 3), np.uint8))])
    path = folder / "page.html"
    path.write_text(document.html(), encoding="utf-8")
    trace = film.lesson.traces[0]
    return SimpleNamespace(path=path, film=film, trace=trace, document=document, texts=watch.texts)


@pytest.fixture
def page(open_page, made):
    page = open_page(f"file://{made.path}#step=1&t=0.40&cell=blocks.0.attn.q[6,8,1]")
    wait_for(lambda: page.js("!!window.clearhead && !document.getElementById('card').hidden"), 15, "the card")
    return page


def black(frames: int) -> bytes:
    """A film in which nothing is seen."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for _ in range(frames):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((36, 64, 3), np.uint8), "rgb24")))
        output.mux(stream.encode())
    return target.getvalue()


def some(trace, names, count=6):
    chance = np.random.default_rng(3)
    return [(n, [int(chance.integers(size)) for size in trace[n].shape]) for n in names for _ in range(count)]


def test_numbers_are_those_of_the_run(page, made):
    inside = "clearhead.numbers.tensors.filter((t) => !t.run && 'table' in t).map((t) => t.name)"
    trace, names = made.trace, page.js(inside)
    asked = some(trace, names)
    got = page.js(
        """(asked) => {
            const N = clearhead.numbers, of = (name) => N.tensors.findIndex((t) => !t.run && t.name === name);
            return asked.map(([name, index]) => String(N.stored(of(name), index)));
        }""",
        asked,
    )
    recorded = [float(trace[name].values[tuple(index)]) for name, index in asked]
    np.testing.assert_array_equal([float(one.replace("Infinity", "inf")) for one in got], recorded)


def test_each_is_made_of_what_the_formula_says(page, made):
    """The same numbers of the same tensors."""
    asked = [
        (name, index, formula)
        for name, index in some(made.trace, ["blocks.0.attn.scores_raw", "blocks.0.attn.q", "blocks.0.attn.k"])
        if (formula := by_formula(made.trace, name, tuple(index))) is not None
    ]
    got = page.js(
        """(asked) => {
            const N = clearhead.numbers, of = (name) => N.tensors.findIndex((t) => !t.run && t.name === name);
            return asked.map(([name, index]) => {
                const top = N.made({ tensor: of(name), index }), at = N.origin(top, []);
                return [N.value(top, []), N.operands(at).map((part) => N.recorded(N.origin(part.ref, part.index)))
                    .filter(Boolean).map(({ tensor, index }) => `${N.tensors[tensor].name}${index}`)];
            });
        }""",
        [(name, index) for name, index, _ in asked],
    )
    for (value, parts), (name, _, formula) in zip(got, asked, strict=True):
        assert value == pytest.approx(float(formula), rel=1e-9), name
        leaves = [leaf for leaf in formula.expression.leaves() if isinstance(leaf, Recorded)]
        wanted = {
            f"{leaf.name}{','.join(map(str, place))}"
            for leaf in leaves
            for place in np.stack(
                np.meshgrid(*([p] if isinstance(p, int) else list(p) for p in leaf.index), indexing="ij"), -1
            ).reshape(-1, len(leaf.index))
        }
        assert set(parts) == wanted, name


def test_what_is_shown_is_computed_to_what_is_written(page, made):
    seen = made.document.about["seen"]
    got = page.js("clearhead.numbers.cells.map(([ref, index]) => clearhead.numbers.value(ref, index))")
    for _, text, cells in seen:
        written = [float(found.replace("−", "-")) for found in NUMBER.findall(text)]
        for cell in cells:
            assert any(abs(one - got[cell]) <= 0.006 * max(1, abs(got[cell])) for one in written), text
        if len(cells) == 1 and len(written) == 1:
            assert abs(written[0] - got[cells[0]]) <= 0.006 * max(1, abs(got[cells[0]])), text


def test_numbers_stand_where_the_lesson_has_them(made):
    about = made.document.about
    seen = [about["seen"][number] for number in about["shots"][-1][2]]
    assert len(made.texts) > 20
    for text, middle in made.texts:
        boxes = [np.reshape(area, (-1, 2)) / about["grain"] for area, said, _ in seen if said == text]
        assert any((box.min(axis=0) <= middle).all() and (middle <= box.max(axis=0)).all() for box in boxes), text


def test_captions_stand_when_they_are_said(page, made):
    (step,), rate = made.film.steps, made.film.job.picture.fps
    said = [[line.text, round(line.start * rate)] for line in step.lines]
    assert said and made.document.about["steps"][0]["lines"] == said
    for line in step.lines:
        page.js("frame => clearhead.player.go(0, frame, false)", round(line.start * rate) + 1)
        assert page.js("document.getElementById('caption').textContent") == line.text


def test_a_link_leads_to_no_neighbour(page, made):
    card = page.text("card")
    assert (
        "blocks.0.attn.q[head=6, query=8, d_head=1]" in card or "blocks.0.attn.q[head=6, position=8, d_head=1]" in card
    )
    value = float(made.trace["blocks.0.attn.q"].values[6, 8, 1])
    assert f"{value:#.6g}".replace("-", "−") in card
    assert page.js("Math.floor(clearhead.player.frame)") <= 0.4 * 15
    assert "q%5B6%2C8%2C1%5D" in page.js("clearhead.link(clearhead.cards.linkable(clearhead.cards.current))")


@pytest.mark.parametrize(("off", "equal"), [(1e-3, False), (1e-6, True)])
def test_what_is_off_by_a_thousandth_is_wrong(page, off, equal):
    """One number of the table, and so what is said of it against what it is made of."""
    told = page.js(
        """(off) => {
            const N = clearhead.numbers, tensor = N.tensors.findIndex((t) => t.name === "blocks.0.attn.q"),
                { values } = N.arrays[N.tensors[tensor].table], at = values.findIndex((x) => Math.abs(x) > 1),
                { shape } = N.arrays[N.tensors[tensor].table], index = [];
            for (let rest = at, axis = 2; axis >= 0; rest = Math.floor(rest / shape[axis--]))
                index.unshift(rest % shape[axis]);
            values[at] *= 1 + off;
            return N.proof({ ref: ["t", tensor, index], index: [] }).equal;
        }""",
        off,
    )
    assert told is equal


def test_rows_that_are_inside_are_those_that_are_needed(page, made, open_page, tmp_path):
    """With less room: parts of tensors, each where it was."""
    graph, first = Graph(made.film.lesson.traces, 1e5), made.film.plays[0].start
    shots_of(made.film.job, graph, first, first + made.film.frames, lambda done: None)
    graph.complete()
    parts = [t for t in graph.tensors if "table" in t and len(graph.tables[t["table"]]) > 3]
    assert {"blocks.0.attn.W_K", "W_E"} <= {tensor["name"] for tensor in parts}
    small = tmp_path / "small.html"
    small.write_text(replace(made.document, numbers=graph.data(), table=graph.bytes).html(), encoding="utf-8")
    other = open_page(f"file://{small}")
    wait_for(lambda: other.js("!!window.clearhead"), 15, "the page")
    got = other.js("clearhead.numbers.cells.map(([ref, index]) => clearhead.numbers.value(ref, index))")
    np.testing.assert_allclose(got, [cell[2] for cell in graph.cells], rtol=1e-5, atol=1e-6)
    for tensor in parts:
        _, _, _, kept = graph.tables[tensor["table"]]
        index = [places[-1] if places else 0 for places in kept]
        number = graph.tensors.index(tensor)
        got = other.js("([tensor, index]) => clearhead.numbers.stored(tensor, index)", [number, index])
        run = list(made.film.lesson.traces)[tensor["run"]]
        assert got == run.array(tensor["name"])[tuple(index)], tensor["name"]
