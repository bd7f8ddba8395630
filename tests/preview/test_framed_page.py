"""A film's page inside another page: what it is asked, what it tells, and what it does not hear."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from model.paths import ROOT
from studio.cli.commands.render import _render_one
from studio.page.frame import framed
from tests.preview.browsing import wait_for
from tests.preview.test_questions import page_of

pytestmark = pytest.mark.slow

AROUND = """<!doctype html><meta charset="utf-8"><title>Around</title><body style="margin: 0; width: 700px">FRAME
<iframe id="other" srcdoc="<script>
  const film = parent.document.querySelector('iframe').contentWindow;
  addEventListener('message', ({ data }) => film.postMessage(data, '*'));
</script>"></iframe>
<script>
  const frame = document.querySelector("iframe");
  const heard = [];
  addEventListener("message", ({ source, data }) => source === frame.contentWindow && heard.push(data));
  const ask = (clearhead, about) => frame.contentWindow.postMessage({ clearhead, ...about }, "*");
</script>"""


class Around:
    """The page around, and its frame."""

    def __init__(self, page):
        self.page, self.js = page, page.js

    def ask(self, name, **about):
        self.js(f"ask({json.dumps(name)}, {json.dumps(about)})")

    def heard(self, name):
        return [message for message in self.js("heard") if message["clearhead"] == name]

    def stands(self, **wanted):
        """Wait for a last word about where the film stands."""

        def there():
            now = {k: v for name in ("step", "time") for m in self.heard(name) for k, v in m.items()}
            return all(now.get(k) == v for k, v in wanted.items())

        wait_for(there, 15, wanted)

    def inside(self, code):
        return self.page.page.frames[1].evaluate(code)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("page"))


@pytest.fixture
def around(request, open_page, film, tmp_path):
    """The film's page in a frame: by its address, or, as in notebooks, in the page itself."""
    inline = getattr(request, "param", "") == "inline"
    source = film.path.read_text(encoding="utf-8") if inline else film.path.as_uri()
    frame = framed(source, "Looks", (854, 480), inline)
    (tmp_path / "around.html").write_text(AROUND.replace("FRAME", frame), encoding="utf-8")
    around = Around(open_page(f"file://{tmp_path}/around.html", offline=True))
    wait_for(lambda: around.heard("ready"), 20, "the film")
    return around


@pytest.mark.parametrize(("width", "height"), [(500, 461), (640, 400), (854, 300)])
def test_in_a_low_frame_the_film_has_most_of_the_height(open_page, film, width, height):
    page = open_page(film.path.as_uri(), offline=True, viewport={"width": width, "height": height})
    wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
    shown, bar = page.js("""["picture", "bar"].map((id) => {
        const { height, bottom } = document.getElementById(id).getBoundingClientRect();
        return { height, bottom };
    })""")
    assert shown["height"] >= min(0.8 * height, width * 9 / 16 - 1) and bar["bottom"] <= height
    buttons = page.js("""[...document.querySelectorAll(".row button")].filter((b) => b.offsetParent)
        .map((b) => { const r = b.getBoundingClientRect(); return [r.left, r.right, r.bottom]; })""")
    assert all(left >= 0 and right <= width and bottom <= height for left, right, bottom in buttons)


@pytest.mark.parametrize("around", ["address", "inline"], indirect=True)
def test_the_film_says_what_it_is_and_goes_where_it_is_told(around):
    (ready,) = around.heard("ready")
    assert ready["title"] == "A toy" and [s["name"] for s in ready["steps"]] == ["Words", "Weights", "End"]
    assert ready["steps"][-1]["end"] == ready["seconds"] > ready["steps"][1]["start"] > 0
    around.stands(step=1, time=0, playing=False)
    around.ask("seek", step="weights")
    around.stands(step=2, time=ready["steps"][1]["start"], playing=False)
    around.ask("seek", step=3)
    around.stands(step=3, name="End")
    around.ask("seek", time=ready["steps"][1]["start"] + 0.3)
    around.stands(step=2, time=pytest.approx(ready["steps"][1]["start"] + 0.3, abs=0.1))
    around.ask("seek", time=1e9)
    around.stands(step=3, time=pytest.approx(ready["seconds"] - 0.1))
    around.ask("hello")
    wait_for(lambda: len(around.heard("ready")) == 2, 5, "an answer")


def test_it_plays_waits_for_an_answer_and_tells_it(around, film):
    around.ask("seek", step=1)
    around.ask("play")
    around.stands(playing=True)
    wait_for(lambda: around.inside("clearhead.quiz.open"), 20, "the question")
    around.stands(step=2, playing=False)
    around.inside(f"document.querySelectorAll('#quiz-answers button')[{film.quiz.right}].click()")
    assert wait_for(lambda: around.heard("answered"), 5, "the answer") == [
        {"clearhead": "answered", "step": 2, "choice": film.quiz.right + 1, "right": True}
    ]
    around.stands(playing=True)
    around.ask("pause")
    around.stands(playing=False)


def test_a_number_is_opened(around):
    cell = around.inside(
        "clearhead.link('CELL') && (() => { const [at] = clearhead.numbers.cells.keys(); return `~${at}`; })()"
    )
    around.ask("seek", step="Weights", cell=cell)
    wait_for(lambda: around.inside("document.querySelector('#card').innerText.length > 20"), 10, "the card")


STRANGE = (
    {"clearhead": "jump", "step": 3},
    {"clearhead": "constructor"},
    {"clearhead": "seek", "step": "Nowhere"},
    {"clearhead": "seek", "step": {"toString": "x"}},
    {"clearhead": "seek", "time": "2"},
    {"clearhead": "seek", "cell": "<img src=x onerror=alert(1)>"},
    {"clearhead": "seek", "cell": "a" * 10_000},
    {"seek": 3},
    ["seek"],
    "seek",
    None,
    7,
)


def test_what_is_not_asked_so_is_not_heard(around):
    for message in STRANGE:
        around.js(f"frame.contentWindow.postMessage({json.dumps(message)}, '*')")
    around.ask("hello")  # is read after them
    wait_for(lambda: len(around.heard("ready")) == 2, 5, "an answer")
    assert {message["step"] for message in around.heard("step")} == {1}
    assert {message["time"] for message in around.heard("time")} == {0}


def test_others_than_the_page_around_are_not_heard(around):
    around.js("document.getElementById('other').contentWindow.postMessage({ clearhead: 'seek', step: 3 }, '*')")
    around.js("new Promise((done) => setTimeout(done, 300))")
    around.stands(step=1, time=0)
    assert len(around.heard("step")) == 1


# ── in slides ────────────────────────────────────────────────────────────────────────────────────
SLIDES = """<!doctype html><html><head><meta charset="utf-8"><title>Slides</title>
<link rel="stylesheet" href="package/dist/reveal.css"></head><body>
<div class="reveal"><div class="slides">
  <section><h1>Before</h1></section>
  <section data-film="Weights">FRAME</section>
</div></div>
<script src="package/dist/reveal.js"></script>
<script>
  const frame = document.querySelector("iframe"), heard = [];
  addEventListener("message", ({ source, data }) => source === frame.contentWindow && heard.push(data));
  Reveal.initialize({ transition: "none" });
</script>SCRIPT</body></html>"""


def test_a_slide_of_reveal_js_plays_its_step(open_page, film, tmp_path):
    npm = shutil.which("npm") or pytest.skip("needs npm")
    packed = subprocess.run([npm, "pack", "--silent", "reveal.js"], cwd=tmp_path, capture_output=True, timeout=120)
    if packed.returncode:
        pytest.skip("needs reveal.js, which npm does not get here")
    with tarfile.open(next(tmp_path.glob("reveal.js-*.tgz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    frame = framed(film.path.as_uri(), "Looks", (854, 480))
    script = re.findall(r"<script>.*?</script>", (ROOT / "docs/embed.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    (tmp_path / "slides.html").write_text(SLIDES.replace("FRAME", frame).replace("SCRIPT", script), encoding="utf-8")
    deck = Around(open_page(f"file://{tmp_path}/slides.html", offline=True))
    wait_for(lambda: deck.heard("ready"), 20, "the film")
    deck.stands(step=1, playing=False)
    deck.js("Reveal.next()")
    wait_for(lambda: deck.inside("clearhead.quiz.open"), 10, "the question of the slide's step")
    deck.inside("document.querySelector('#quiz-answers button').click()")
    deck.stands(step=2, playing=True)
    box = deck.js("(({ width, height }) => [width, height])(frame.getBoundingClientRect())")
    assert box[0] > 300 and box[1] > box[0] * 480 / 854
    deck.js("Reveal.prev()")
    deck.stands(playing=False)


def test_the_command_prints_the_frame(film, capsys):
    _render_one(film.request, "Looks")
    path, said = capsys.readouterr()
    assert framed(Path(path.strip()).name, "A toy", (854, 480)) in said
