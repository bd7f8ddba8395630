"""One film by night and by day, and the HTML that shows the one that suits."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image
from toy import Entry

from model.errors import ClearheadError
from studio.film.verify import verify

SMALL = ["--width", "192", "--fps", "10", "--theme", "both", "--workers", "1"]


class Elements(HTMLParser):
    """Every element with its attributes; fails where one is not closed."""

    def __init__(self, text: str):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("source", "img", "track"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag):
        return [attrs for name, attrs in self.found if name == tag]

    def files(self):
        names = [a[key] for _, a in self.found for key in ("src", "srcset", "poster") if key in a]
        return [unquote(name) for name in names]


@pytest.fixture
def toy(monkeypatch):
    """The command line renders the toy, whatever it is asked for; it looks the same by night and by day."""
    monkeypatch.setattr("studio.cli.commands.render.entries", lambda *asked: [Entry()])


def made(run, folder: Path, *args: str) -> Elements:
    code, out, err = run("render", "toy", *SMALL, "-o", folder, *args)
    assert code == 0, err
    markup = out[out.index("<") :]
    (file,) = folder.glob("*.markup.html")
    assert file.read_text(encoding="utf-8") == markup and str(file.name) in out
    elements = Elements(markup)
    assert elements.files() and all((folder / name).is_file() for name in elements.files())
    return elements


def test_a_real_step_by_night_and_by_day(run, tmp_path):
    """Two pictures that differ, one dark, one light; the caption is the text for who sees none."""
    code, out, err = run("render", "unembedding", *SMALL, "--step", "2", "-f", "png", "-o", tmp_path)
    assert code == 0, err
    elements = Elements(out[out.index("<") :])
    (dark,), (light,) = elements.of("source"), elements.of("img")
    assert dark["media"] == "(prefers-color-scheme: dark)"
    corners = []
    for name in (dark["srcset"], light["src"]):
        with Image.open(tmp_path / name) as image:
            corners.append(image.convert("L").getpixel((2, 2)))
    assert corners[0] < 15 and corners[1] > 240
    about = json.loads(next(tmp_path.glob("*day*.json")).read_text())
    assert light["alt"] == f"The unembedding: {about['steps'][0]['caption']}"


@pytest.mark.slow
def test_a_gif_stands_still_for_who_has_asked_for_less_motion(toy, run, tmp_path):
    elements = made(run, tmp_path, "-f", "gif", "--max-size", "25kB")
    assert [(s["media"], Path(s["srcset"]).suffix) for s in elements.of("source")] == [
        ("(prefers-reduced-motion: reduce) and (prefers-color-scheme: dark)", ".png"),
        ("(prefers-reduced-motion: reduce)", ".png"),
        ("(prefers-color-scheme: dark)", ".gif"),
    ]
    (image,) = elements.of("img")
    with Image.open(tmp_path / image["src"]) as picture:
        assert picture.size == (int(image["width"]), int(image["height"]))
    assert image["alt"] == ("A toy: Nine squares & one < text. They turn and move. Nothing moves any more."), (
        "what is markup in a caption is none in the text"
    )
    for name in (image["src"], elements.of("source")[2]["srcset"]):
        assert (tmp_path / name).stat().st_size <= 25_000 and verify(tmp_path / name, [Entry()]).findings == []


def test_every_picture_of_a_png_has_its_own(toy, run, tmp_path):
    elements = made(run, tmp_path, "-f", "png")
    assert [image["alt"] for image in elements.of("img")] == [
        "A toy: Nine squares & one < text.",
        "A toy: They turn and move.",
        "A toy: Nothing moves any more.",
    ]
    assert len(elements.of("picture")) == 3


def test_a_video_has_captions_a_poster_and_a_text(toy, run, tmp_path):
    elements = made(run, tmp_path)
    dark, light = elements.of("source")
    assert dark["media"] == "(prefers-color-scheme: dark)" and "media" not in light
    assert dark["type"] == light["type"] == "video/mp4" and "day" in light["src"] and "day" not in dark["src"]
    (video,), (track,) = elements.of("video"), elements.of("track")
    assert (
        video["poster"].endswith(".png") and track["src"].endswith(".vtt") and video["aria-label"].startswith("A toy:")
    )


def test_one_theme_has_no_markup(toy, run, tmp_path):
    code, out, _ = run("render", "toy", *SMALL[:4], "-f", "png", "-o", tmp_path)
    assert code == 0 and "<" not in out and not list(tmp_path.glob("*.markup.html"))


def test_a_theme_that_fails_takes_nothing_with_it(toy, run, tmp_path, monkeypatch):
    from studio.film import render as renders

    plan = renders.plan

    def by_night_only(job, *args):
        if job.options.theme == "day":
            raise ClearheadError("the sun is out")
        return plan(job, *args)

    monkeypatch.setattr(renders, "plan", by_night_only)
    code, out, err = run("render", "toy", *SMALL, "-f", "gif", "-o", tmp_path)
    assert code == 1 and err.count("error: ") == 1 and "error: toy by day: the sun is out\n" in err
    assert out == f"{next(tmp_path.glob('*.gif'))}\n" and verify(Path(out.strip()), [Entry()]).findings == []


def test_what_is_wrong_with_both_is_said_once(toy, run, tmp_path):
    code, out, err = run("render", "toy", *SMALL, "--step", "nonsense", "-o", tmp_path)
    assert (code, out) == (2, "") and err.startswith("error: there is no step “nonsense”") and err.count("\n") == 1


def test_the_preview_shows_one_theme(run):
    code, out, err = run("preview", "attention", "--theme", "both")
    assert (
        (code, out) == (2, "")
        and err.startswith("error: the preview shows one theme at a time")
        and err.count("\n") == 1
    )


def test_storyboards_of_both(run, tmp_path):
    args = ["unembedding", "--step", "2", "--theme", "both", "--width", "192", "--frames", tmp_path / "f"]
    code, out, err = run("storyboard", *args, "-o", tmp_path)
    assert code == 0, err
    sheets = [Path(line) for line in out.splitlines()]
    assert len(sheets) == 4 and all(file.is_file() for file in sheets)
    night, day = (tmp_path / "f" / theme / "02-one-words-logit-363473.png" for theme in ("night", "day"))
    assert night in sheets and day in sheets and night.read_bytes() != day.read_bytes()
