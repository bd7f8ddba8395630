"""Films in notebooks, through IPython's own shell: what a cell gives is read back from the notebook's output."""

import io
import re
from base64 import b64decode
from html import unescape

import av
import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from clearhead import making
from clearhead.notebook import NotebookError, show
from tests.writing.conftest import LESSON

pytestmark = pytest.mark.slow

SMALL = {"width": 160, "quality": "l", "pace": 0.1}


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        shell = InteractiveShell()
        shell.run_line_magic("load_ext", "clearhead.notebook")
        yield shell
        shell.history_manager.end_session()


@pytest.fixture
def cell(shell):
    """cell(source) → what the notebook keeps of its result: MIME type → text; the error that it raised."""

    def cell(source: str):
        done = shell.run_cell(source)
        return shell.display_formatter.format(done.result)[0], done.error_in_exec

    return cell


@pytest.fixture
def never(monkeypatch):
    """Nothing is drawn in this test."""
    monkeypatch.setattr(making, "_render", lambda *_: pytest.fail("drawn again"))


def inside(html: str, kind: str) -> io.BytesIO:
    return io.BytesIO(b64decode(re.search(rf'"data:{kind};base64,([^"]*)"', html)[1]))


def frames(video: io.BytesIO) -> int:
    with av.open(video) as container:
        return sum(1 for _ in container.decode(video=0))


# ── show ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_gif_in_a_notebook(folder):
    shown = show(str(folder / "brief.py"), "The cat sat", step="Move", format="gif", fps=10, **SMALL)
    bundle = shown._repr_mimebundle_()
    with Image.open(inside(bundle["text/html"], "image/gif")) as gif:
        assert gif.n_frames > 3 and gif.width == 160
    with Image.open(io.BytesIO(b64decode(bundle["image/png"]))) as poster:
        assert poster.size == (160, 90)
    alt = "Brief, for “The cat sat”: Move. Where do they go? They go to the left."
    assert bundle["text/plain"] == repr(shown) == alt and f'alt="{alt}"' in bundle["text/html"]
    assert shown.paths[0].name.endswith(".gif") and shown.about["text"] == "The cat sat"


def test_a_page_in_a_notebook_can_reach_nothing_outside(folder):
    html = show(str(folder / "brief.py"), step="Move", format="html", alt="Mine & <yours>", **SMALL)._repr_html_()
    (attributes,) = re.findall(r"<iframe ([^>]*)>", html)
    assert 'sandbox="allow-scripts"' in attributes and 'title="Mine &amp; &lt;yours&gt;"' in attributes
    page = unescape(re.search(r'srcdoc="([^"]*)"', attributes)[1])
    assert page.startswith("<!doctype html>") and 'id="film-data"' in page and "calc(56.25% + " in html


def test_what_is_too_large_is_refused(folder, monkeypatch):
    asked = dict(step="Move", format="gif", fps=10, text="The cat sat", **SMALL)
    with pytest.raises(NotebookError, match=r"the gif has 0\.0 MB, and a notebook takes 0\.001: .*brief.*\.gif$"):
        show(str(folder / "brief.py"), limit=0.001, **asked)


@pytest.mark.parametrize("fmt", ["gif", "html"])  # videos and pictures of both stand in pages of Sphinx
def test_by_night_and_by_day(folder, fmt):
    """The browser chooses; what stands by day is the same as without the other."""
    asked = dict(step="Move", format=fmt, fps=10, **SMALL)
    both = show(str(folder / "brief.py"), theme="both", **asked)
    night, day = (show(str(folder / "brief.py"), theme=theme, **asked) for theme in ("night", "day"))
    html, found = both._repr_html_(), [n for n in ("night", "day") if f"film-by-{n}" in both._repr_html_()]
    assert both.paths == (*night.paths, *day.paths) and both.about["options"]["theme"] == "day"
    assert "prefers-color-scheme: dark" in html and night.paths[0].read_bytes() != day.paths[0].read_bytes()
    if fmt == "html":
        pages = [unescape(page) for page in re.findall(r'srcdoc="([^"]*)"', html)]
        assert pages == [one.paths[0].read_text(encoding="utf-8") for one in (night, day)] and found == ["night", "day"]
        return
    kind = {"gif": "image/gif", "mp4": "video/mp4", "png": "image/png"}[fmt]
    inside = [b64decode(data) for data in re.findall(rf'"data:{kind};base64,([^"]*)"', html)]
    assert inside == [one.paths[0].read_bytes() for one in (night, day)]
    assert ("prefers-reduced-motion" in html) is (fmt == "gif") and html.count("<img") == (fmt != "mp4")


@pytest.mark.parametrize(
    ("lesson", "asked", "message"),
    [
        ("attentin", {}, "did you mean “attention”"),
        ("attention", {"colour": "red"}, "there is no option “colour”; "),
        ("attention", {"theme_": 1}, "did you mean “theme”"),
        ("attention", {"format": "avi"}, "Invalid value for “format”"),
        ("attention", {"layer": "two"}, "Invalid value for “layer”"),
        ("missing.py", {}, "there is no file missing.py"),
    ],
)
def test_mistakes_are_one_line(never, lesson, asked, message):
    with pytest.raises(NotebookError, match=message) as told:
        show(lesson, **asked)
    assert told.value._render_traceback_() == [f"error: {told.value}"] and "\n" not in str(told.value)


# ── %%clearhead ──────────────────────────────────────────────────────────────────────────────────
def test_a_lesson_in_a_cell(cell, never, monkeypatch):
    monkeypatch.undo()
    source = f'%%clearhead -q l --width 160 --pace=0.1 --step Move --text "Two words"\n{LESSON}'
    bundle, error = cell(source)
    assert error is None
    html = bundle["text/html"]
    assert frames(inside(html, "video/mp4")) > 3 and "WEBVTT" in inside(html, "text/vtt").read().decode()
    assert bundle["text/plain"].startswith("Brief, for “Two words”: Move.")
    monkeypatch.setattr(making, "_render", lambda *_: pytest.fail("drawn again"))
    assert cell(source)[0] == bundle


def test_a_mistake_in_a_cell_is_told_with_the_cells_line(cell):
    wrong = LESSON.replace("n=len(self.words)", "n=len(self.wrds)")
    line = f"%%clearhead\n{wrong}".splitlines().index(next(row for row in wrong.splitlines() if "wrds" in row)) + 1
    _, error = cell(f"%%clearhead -q l\n{wrong}")
    assert isinstance(error, NotebookError)
    assert re.match(rf"line {line} of the cell: AttributeError: .*no attribute 'wrds'", str(error)), error


@pytest.mark.parametrize(
    ("line", "source", "message"),
    [
        ("", "class A(:", r"line 2 of the cell: invalid syntax; mend that line\."),
        ("", "x = 1", "In the cell there is none: a lesson is a class"),
        ("", LESSON + LESSON.replace("Brief", "Other"), "there are: Brief, Other; say %%clearhead CLASS"),
        ("Third", LESSON, "the cell has no lesson Third; there are: Brief"),
        ("A B", LESSON, "name one class of the cell, or none"),
        ("--stepp Move", LESSON, "No such option.*stepp"),
        ("-o here", LESSON, "-o is for the command line"),
        ('--text "The', LESSON, "No closing quotation"),
    ],
)
def test_mistakes_above_a_cell(cell, never, line, source, message):
    _, error = cell(f"%%clearhead {line}\n{source}")
    assert isinstance(error, NotebookError) and re.search(message, str(error)), error
    assert "\n" not in str(error)


def test_a_lesson_of_the_course_in_a_line(cell, never):
    _, error = cell("%clearhead attentin --step Softmax")
    assert isinstance(error, NotebookError) and "did you mean “attention”" in str(error)
