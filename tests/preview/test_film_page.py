"""A lesson as one page: opened from disk by a real browser without a network, and asked down to the weights."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest

import scenes
from model.numbers.making import by_formula
from model.numbers.operations import OPERATIONS
from model.numbers.tensor import Tensor, concatenate, stack
from model.numbers.trace import Trace
from model.paths import ROOT
from scenes.kit.ground.readings import Cell
from scenes.lesson.runs import first_step
from studio.film import render as rendering
from studio.film.verify import verify
from studio.page import again, document, inside, making
from studio.page.graph import Graph
from studio.page.shots import shots_of
from tests.preview.browsing import Page, wait_for
from tests.preview.firefox import Firefox, program
from tests.preview.pages import STEP, job, with_wrong_weight

pytestmark = pytest.mark.slow


@pytest.fixture
def open_film(open_page):
    """open_film(path, fragment, **context options) → Page without a network."""

    def open_film(path: Path, fragment: str = "", **how) -> Page:
        page = open_page(f"file://{path}{fragment}", **({"offline": True} | how))
        wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
        return page

    return open_film


@pytest.fixture
def page(open_film, film):
    return open_film(film.path)


def at_end(page: Page) -> None:
    """Stop at the step's end, with what can be read there."""
    page.js("clearhead.player.go(0, Infinity, false)")
    wait_for(lambda: page.js("(clearhead.reader.readings || []).length > 0"), 10, "the readings")


def card(page: Page) -> str:
    return page.page.locator("#card").inner_text()


# ── the file ─────────────────────────────────────────────────────────────────────────────────────
def test_the_file_needs_no_other(film):
    text = film.path.read_text(encoding="utf-8")
    outside = r"(?:src|href)=\"(?!data:|#)[^\"]*\"|url\((?!\"data:)[^)]*\)|@import|import\s*\(|\bfetch\([^)]"
    assert re.findall(outside, text) == []
    addresses = re.findall(r"(?:https?|wss?|file)://[^\s\"'<]*", re.sub(r"[A-Za-z0-9+/=]{200,}", "", text))
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}
    assert film.path.stat().st_size < 12e6
    assert film.path.name in {listed["name"] for listed in json.loads(film.files[-1].read_text())["files"]}


def test_the_film_keeps_safaris_rules_for_inline_video(film):
    """Inline on a phone, started by a script without a press, from a file without a stream's tricks."""
    page = again.read(film.path.read_text(encoding="utf-8"))
    (tag,) = re.findall(r"<video [^>]*>", page.text)
    assert {"playsinline", "muted"} < set(tag.split()) and "autoplay" not in tag
    assert 'new Blob([bytes("film-data")], { type: "video/mp4" })' in page.text and "MediaSource" not in page.text
    assert page.film[4:8] == b"ftyp" and page.film.index(b"moov") < page.film.index(b"mdat")
    with av.open(io.BytesIO(page.film)) as video:
        (stream,) = video.streams.video
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.codec_tag) == ("h264", "yuv420p", "avc1")
        assert context.profile in ("Baseline", "Constrained Baseline", "Main", "High")
        assert not video.streams.audio
        first = next(video.decode(stream))
        assert first.key_frame and first.pts == 0


def test_what_was_changed_is_found(film, tmp_path):
    for file in film.files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    changed = tmp_path / film.path.name
    assert not verify(changed, scenes.course()).findings
    changed.write_text(changed.read_text(encoding="utf-8").replace("Transcript<", "transcript<"), encoding="utf-8")
    assert any("SHA-256" in finding for finding in verify(changed, scenes.course()).findings)


def test_a_film_gives_way_where_a_page_would_be_too_large(tmp_path, monkeypatch, film):
    most = film.path.stat().st_size - 20_000
    monkeypatch.setattr(making, "LARGEST", most)
    request = rendering.Request(job(tmp_path), tmp_path / "out", "html", STEP, workers=2)
    assert 0.8 * most < rendering.render(request).files[0].stat().st_size <= most


def test_every_module_is_bundled_once():
    text = document.bundle()
    names = re.findall(r"^const (\w+)_js = ", text, re.MULTILINE)
    assert len(names) == len(set(names)) and {"film", "reader", "numbers", "player"} <= set(names)


# ── watching ─────────────────────────────────────────────────────────────────────────────────────
def test_it_plays_and_obeys_the_keys(page):
    frame = "document.getElementById('picture').currentTime"
    page.press(" ")
    wait_for(lambda: page.js(frame) > 0.3, 10, "the film")
    page.press(" ")
    wait_for(lambda: page.js("document.getElementById('picture').paused"), 5, "the pause")
    page.press("End")
    length = page.js("clearhead.player.length()")
    assert page.js("Math.floor(clearhead.player.frame)") == length - 1
    page.press("Home")
    wait_for(lambda: page.js(frame) < 0.5, 5, "the beginning")
    page.press("c")
    assert page.text("caption")
    page.press("?")
    assert page.js("document.getElementById('help-dialog').open")
    assert "notes window" not in page.text("keys")
    page.press("?")
    page.press("m")
    assert STEP in page.text("steps-list")


def test_less_motion_means_stills(open_film, film):
    page = open_film(film.path, reduced_motion="reduce")
    page.press("1")
    assert page.js("[clearhead.player.playing, clearhead.player.atEnd]") == [False, True]


def test_a_page_a_step_is_printed(page, film):
    printed = page.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == len(film.film.steps)
    assert page.page.locator("#pages img").count() == len(film.film.steps)


def test_all_that_is_said_can_be_read(page, film):
    page.page.locator("#transcript summary").click()
    told = page.text("transcript")
    assert all(line.text in told for step in film.film.steps for line in step.lines)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────
def test_ten_numbers_are_asked_down_to_weights_and_words(page):
    at_end(page)
    chosen = page.js(
        "[...clearhead.reader.readings.keys()].filter((k) => clearhead.reader.readings[k].cells.length < 2)"
    )
    ends = set()
    for turn, number in enumerate(chosen[:: max(1, len(chosen) // 10)][:10]):
        page.js("number => clearhead.reader.show(number)", number)
        for _ in range(40):
            assert "✗" not in card(page) and page.page.locator("#card .wrong").count() == 0
            numbers = page.page.locator("#card button.number")
            if not numbers.count():
                break
            numbers.nth(turn % numbers.count()).click()
        assert re.search("learned in training|a setting of the model|as ids", card(page)) or "−2" in card(page), card(
            page
        )
        ends.add(page.page.locator("#card .source").inner_text())
    assert len(ends) > 3


def test_by_keyboard_alone(page):
    at_end(page)
    page.press("i")
    first = card(page)
    page.press("ArrowDown")
    assert card(page) != first
    page.press("Enter")
    deeper = card(page)
    page.press("Enter")
    assert card(page) != deeper and "Back" in card(page)
    page.press("Escape")
    assert page.page.locator("#card").is_hidden()


def test_what_can_be_read_and_where_is_what_the_file_says(page, film):
    about = again.read(film.path.read_text(encoding="utf-8")).about
    assert len(about["shots"]) > 5 and len(about["seen"]) > 100
    for shot, (_, _, numbers) in enumerate(about["shots"]):
        assert page.js("shot => clearhead.places.at(shot)", shot) == [about["seen"][number] for number in numbers]


PLACE = """(() => {
    const box = document.getElementById('picture').getBoundingClientRect();
    const one = (clearhead.reader.readings || []).find(({ area, cells }) => cells.length === 1 && area.length === 4);
    const mean = (k) => one.area.reduce((sum, p) => sum + p[k], 0) / one.area.length;
    return one && [box.x + mean(0) * box.width, box.y + mean(1) * box.height];
})()"""


def check_formulas(page: Page, trace: Trace, cells: Iterable[tuple[str, tuple[int, ...]]], least: int, **close) -> None:
    """Numbers of a run, by the page's patterns and by the formulas of Python, where there are some."""
    graph, asked, wanted = Graph([trace], 1 << 26), [], []
    for name, index in cells:
        number = graph.tensor(trace.run_id, name)
        if (made := by_formula(trace, name, index)) is not None:
            asked.append({"tensor": number, "index": index})
            wanted.append(float(made))
    graph.complete()
    got = computed(page, graph, f"{json.dumps(asked)}.map((cell) => N.value(N.made(cell), []))")
    assert len(wanted) > least
    np.testing.assert_allclose([float(one.replace("Infinity", "inf")) for one in got], wanted, rtol=1e-9, **close)


def computed(page: Page, graph: Graph, expression: str):
    """What the page makes of a graph's numbers: `expression` of N."""
    return page.js(
        f"""([data, table]) => {{
            const bytes = Uint8Array.from(atob(table), (c) => c.charCodeAt(0)).buffer;
            const N = new clearhead.numbers.constructor(data, bytes);
            return ({expression}).map(String);
        }}""",
        [graph.data(), base64.b64encode(graph.bytes).decode()],
    )


def test_every_recorded_number_is_computed_as_python_does(page, film):
    """Of every tensor of a run ten numbers, by the page's patterns and by the formulas."""
    chance, trace = np.random.default_rng(7), film.trace
    cells = [
        (name, tuple(map(int, (chance.integers(size) for size in trace[name].shape))))
        for name in trace.names
        for _ in range(10)
    ]
    check_formulas(page, trace, cells, 800, atol=1e-9)


def test_all_that_is_on_the_screen_is_so(page):
    equal = "([ref, index, said]) => clearhead.numbers.proof({ ref, index }, said).equal"
    assert page.js("clearhead.numbers.cells.length") > 100
    assert page.js(f"clearhead.numbers.cells.every({equal})")


DOWN = """(() => {
    let [ends, deep, wrong] = [0, 0, 0];
    const seen = new Set();
    const down = (at) => {
        const proof = N.proof(at, at.said ?? null);
        wrong += !proof.equal || Number.isNaN(proof.value);
        if (proof.ends) return void ends++;
        const found = N.origin(at.ref, at.index), cell = N.recorded(found), key = JSON.stringify(cell ?? found);
        if (seen.has(key)) return;
        seen.add(key);
        const made = cell ? N.made(cell) : N.node(found.ref)[0] === "o" ? found.ref : null;
        if (made === null) return void deep++;
        const top = cell ? N.origin(made, []) : found;
        (N.node(top.ref)[0] === "o" ? N.operands(top).slice(0, 3) : [top]).forEach(down);
    };
    N.cells.slice(0, 40).forEach(([ref, index, said]) => down({ ref, index, said }));
    return [ends, deep, wrong];
})()"""


def test_where_not_all_has_room_the_page_says_where_it_ends(page, film):
    """All; the rows that are needed; fewer: there clicks end earlier, and of what is not inside nothing is shown."""
    found, first = [], film.film.plays[0].start
    for most in (1e6, 1e5, 1e4):
        graph = Graph(film.film.lesson.traces, most)
        shots_of(film.film.job, graph, first, first + film.film.frames, lambda done: None)
        graph.complete()
        ends, deep, wrong = map(int, computed(page, graph, DOWN))
        assert wrong == 0 and deep > 0 and len(inside.packed(graph.bytes)) < most * 1.1
        table = next(tensor for tensor in graph.tensors if tensor["name"] == "blocks.0.attn.W_K")["table"]
        found.append((ends > 0, len(graph.tables[table]) == 3))
    assert found == [(False, True), (False, False), (True, False)]


def test_every_operation_is_computed_as_python_does(page):
    x = Tensor.given(np.array([[0.5, -1.25, 2.0], [3.5, 0.75, -0.125]]), "x", ("row", "column"))
    y = Tensor.given(np.array([[1.5, 2.0, -4.0]]), "y", ("row", "column"))
    ones = {name: getattr(x, name)() for name in "exp sin cos tanh relu gelu gelu_tanh silu square".split()}
    made = ones | {
        "add": x + y, "subtract": x - y, "multiply": x * y, "divide": x / y, "negative": -x, "absolute": abs(x),
        "sqrt": abs(x).sqrt(), "log": abs(x).log(), "matmul": x @ y.T, "transpose": x.T, "softmax": x.softmax(0),
        "sum": x.sum(), "mean": x.mean(1), "max": x.max(0), "min": x.min(), "cumsum": x.cumsum(1),
        "stack": stack([x, x], "again"), "concatenate": concatenate([x, y]),
    }  # fmt: skip
    assert set(made) == set(OPERATIONS)
    more = [made["stack"][1, :, [2, 0]].sum(0), stack([x, -x], "b") @ stack([x.T, x.T], "b"), x.softmax()[1][::2]]
    graph, wanted = Graph([], 1 << 20), []
    for tensor in [*made.values(), *more]:
        for index in np.ndindex(tensor.shape):
            graph.cell(Cell(tensor, index))
            wanted.append(float(tensor.values[index]))
    got = computed(page, graph, "N.cells.map(([ref, index]) => N.value(ref, index))")
    np.testing.assert_allclose(list(map(float, got)), wanted, rtol=1e-12, atol=1e-12)


def test_a_wrong_weight_shows_red(open_film, film, tmp_path):
    """One weight of the file is changed: what was made of it is not what the page computes."""
    for path, marked in ((film.path, False), (with_wrong_weight(film.path, tmp_path / "wrong.html"), True)):
        page = open_film(path, "#step=1&cell=blocks.0.attn.k[0,2,3]")
        wait_for(lambda page=page: page.page.locator("#card").is_visible(), 10, "the card")
        assert ("✗" in card(page)) == marked
        assert page.page.locator("#card .value.wrong").count() == marked


def test_a_link_leads_to_its_number(open_film, film):
    page = open_film(film.path, f"#step={STEP}&t=1.00&cell=blocks.0.attn.scores_raw[6,8,1]")
    wait_for(lambda: page.page.locator("#card").is_visible(), 10, "the card")
    assert "blocks.0.attn.scores_raw[head=6, query=8, key=1]" in card(page)
    assert page.js("clearhead.player.playing") is False
    link = page.js("clearhead.link(clearhead.cards.linkable(clearhead.cards.current))")
    assert "cell=blocks.0.attn.scores_raw%5B6%2C8%2C1%5D" in link and f"step={STEP}" in link
    page.js("location.hash = 'step=1&cell=nothing[1]'")
    wait_for(lambda: "no such number" in page.text("hint"), 5, "the answer")


def test_what_is_so_at_few_places_is_not_overlooked(page):
    """The true next words, one a row, and the rows of the text's own words in the gradient of the embedding."""
    trace = first_step("tiny", "The capital of Italy is Rome")
    cells = []
    for name in ("truth", "losses", "grad.W_E", "grad.W_U", "grad.embed", "update.W_E"):
        axes = [trace.ids if size == len(trace.vocabulary) else range(0, size, 7) for size in trace[name].shape]
        cells += [(name, index) for index in product(*axes)]
    check_formulas(page, trace, cells, 150, atol=1e-12)


def test_the_gallerys_page_opens_and_is_clicked_down_to_the_end(open_film):
    """As it lies in the repository, a whole lesson: each step's end, and a click there on a number."""
    page = open_film(ROOT / "renders/gallery/unembedding.html")
    assert page.js(
        "clearhead.numbers.cells.every(([ref, index, said]) => clearhead.numbers.proof({ ref, index }, said).equal)"
    )
    for step in range(page.js("clearhead.player.steps.length")):
        page.js("step => clearhead.player.go(step, Infinity, false)", step)
        place = wait_for(lambda: page.js(PLACE), 10, "a number to click")
        page.page.mouse.click(*place)
        wait_for(lambda: page.page.locator("#card").is_visible(), 5, "the card")
        while (operands := page.page.locator("#card button.number")).count():
            assert "✗" not in card(page) and page.page.locator("#card .wrong").count() == 0
            operands.last.click()
        page.press("Escape")


# ── in another browser ───────────────────────────────────────────────────────────────────────────
@pytest.fixture
def firefox(tmp_path):
    if program() is None:
        pytest.skip("needs Firefox (Debian package firefox-esr)")
    firefox = Firefox(tmp_path / "firefox")
    yield firefox
    firefox.close()


def middle(of: str) -> str:
    """Where in the window an element's middle is, as JavaScript."""
    return f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])(({of}).getBoundingClientRect())"


@pytest.mark.slow
def test_all_of_it_in_firefox(firefox, film, tmp_path):
    video, player = "document.getElementById('picture')", "clearhead.player"
    firefox.open(f"file://{film.path}")
    wait_for(lambda: firefox.js("!!window.clearhead"), 15, "the page")
    firefox.press(" ")
    wait_for(lambda: firefox.js(f"{video}.currentTime") > 0.3, 10, "the film")
    wait_for(lambda: firefox.js(f"{video}.paused && !{player}.playing"), 10, "the end")
    firefox.press("Home")
    wait_for(lambda: firefox.js(f"{video}.currentTime") < 0.5, 5, "the beginning")
    firefox.press("ArrowRight")  # the last step: its end
    read = f"{player}.frame > {player}.length() / 2 && (clearhead.reader.readings || []).length > 0"
    wait_for(lambda: firefox.js(read), 10, "what can be read there")
    equal = "([ref, index, said]) => clearhead.numbers.proof({ ref, index }, said).equal"
    assert firefox.js(f"clearhead.numbers.cells.every({equal})")
    firefox.click(*firefox.js(PLACE))
    number, deep = "document.querySelector('#card button.number:last-of-type')", 0
    while firefox.js(f"!!{number}"):
        assert "✓ computed here: equal" in firefox.text("card")
        firefox.js(f"{number}.scrollIntoView({{ block: 'nearest' }})")
        firefox.click(*firefox.js(middle(number)))
        deep += 1
    assert deep > 1 and re.search("learned in training|a setting of the model|as ids", firefox.text("card"))
    firefox.open(f"file://{with_wrong_weight(film.path, tmp_path / 'wrong.html')}#step=1&cell=blocks.0.attn.k[0,2,3]")
    wait_for(lambda: firefox.js("!!window.clearhead && !document.getElementById('card').hidden"), 10, "the card")
    assert "✗" in firefox.text("card") and firefox.js("document.querySelectorAll('#card .value.wrong').length") == 1
    assert firefox.problems == []
