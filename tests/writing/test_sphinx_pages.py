"""Films in pages of Sphinx and MyST, by builds as their authors start them."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import av
import pytest
from PIL import Image
from sphinx.cmd.build import build_main

from clearhead import making
from model.errors import ClearheadError
from model.paths import ROOT

pytestmark = pytest.mark.slow(seconds=55)

CONF = """
project = "Pages"
extensions = ["clearhead.sphinx", "myst_parser"]
clearhead_options = {"quality": "l", "pace": 0.1, "width": 160}
"""
THEMES = """
Themes
======

.. clearhead:: brief.py
   :step: Move
   :format: gif
   :fps: 10
   :theme: both
   :name: two
   :align: center

.. clearhead:: brief.py
   :step: Move
   :format: mp4
   :theme: both

.. clearhead:: brief.py
   :step: Move
   :format: html
   :theme: both
   :class: wide

.. clearhead:: brief.py
   :step: Move
   :format: png
   :theme: both
"""
INDEX = """
Pages
=====

.. clearhead:: brief.py
   :step: Move
   :format: gif
   :fps: 10
   :name: moving
   :class: wide

.. clearhead:: brief.py
   :step: Words
   :format: mp4
   :align: center

   *Words* in a film.

.. toctree::

   other
   themes
"""
OTHER = """
# Other

```{clearhead} brief.py
:step: Move
:format: html
```

```{clearhead} brief.py
:format: png
:alt: A picture of mine
```

```{clearhead} brief.py
:step: Move
:format: gif
:fps: 10
:text: The cat sat
```
"""


class Tags(HTMLParser):
    """The tags of a page that show something, with their attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def all(self, tag):
        return [about for kind, about in self.found if kind == tag]


@pytest.fixture(scope="module")
def pages(folder):
    for name, text in {"conf.py": CONF, "index.rst": INDEX, "themes.rst": THEMES, "other.md": OTHER}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(pages, tmp_path_factory):
    """The pages, built by two processes. Their films are drawn here, and by no test again."""
    out = tmp_path_factory.mktemp("html")
    path = os.pathsep.join([str(ROOT), str(ROOT / "writing")])
    run = subprocess.run([sys.executable, "-m", "sphinx", "-q", "-b", "html", "-W", "-j", "2", pages, out],
                         cwd=pages, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stderr
    return SimpleNamespace(
        source=pages,
        out=out,
        index=Tags((out / "index.html").read_text()),
        other=Tags((out / "other.html").read_text()),
        themes=Tags((out / "themes.html").read_text()),
    )


@pytest.fixture
def build(pages, tmp_path, capfd):
    """build(builder, {file: text}) → exit code, folder, warnings."""

    def build(builder="html", changed=None, *more):
        source = tmp_path / "source"
        shutil.copytree(pages, source, dirs_exist_ok=True)
        for name, text in (changed or {}).items():
            (source / name).write_text(text, encoding="utf-8")
        capfd.readouterr()
        code = build_main(["-q", "-b", builder, "-W", *more, str(source), str(tmp_path / builder)])
        return code, tmp_path / builder, re.sub(r"\x1b\[[\d;]*m", "", capfd.readouterr().err)

    return build


def frames(file) -> int:
    with av.open(str(file)) as container:
        return sum(1 for _ in container.decode(video=0))


# ── what a reader gets ───────────────────────────────────────────────────────────────────────────
def test_a_gif_moves_and_says_what_it_shows(site):
    image = site.index.all("img")[0]
    assert image["alt"] == ("Brief, for “A fluffy blue creature roamed the verdant forest”: Move. "
                            "Where do they go? They go to the left.")  # fmt: skip
    assert image["id"] == "moving" and image["class"].split() == ["clearhead", "wide"]
    with Image.open(site.out / image["src"]) as gif:
        assert gif.format == "GIF" and gif.n_frames > 3 and gif.width == 160


def test_a_video_plays_with_its_captions(site):
    (video,), (source,), (track,) = (site.index.all(tag) for tag in ("video", "source", "track"))
    assert "Here are 8 words." in video["aria-label"] and source["type"] == "video/mp4"
    assert "align-center" in video["class"] and "controls" in video
    assert frames(site.out / source["src"]) > 1
    assert "Here are 8 words." in (site.out / track["src"]).read_text(encoding="utf-8")
    with Image.open(site.out / video["poster"]) as poster:
        assert poster.width == 160
    assert "film" in (site.out / "index.html").read_text().split("<figcaption")[1]


def test_a_page_stands_in_a_frame_that_keeps_its_ratio(site):
    (frame,) = site.other.all("iframe")
    assert "film-data" in (site.out / frame["src"]).read_text(encoding="utf-8")
    around = next(about for tag, about in site.other.found if "padding-bottom" in about.get("style", ""))
    assert "calc(56.25% + " in around["style"] and "They go to the left." in frame["title"]


def test_pictures_of_all_steps_and_an_alt_of_ones_own(site):
    first, second, gif = site.other.all("img")
    assert first["alt"] == second["alt"] == "A picture of mine" and "for “The cat sat”" in gif["alt"]
    sizes = []
    for shown in (first, second):
        with Image.open(site.out / shown["src"]) as picture:
            sizes.append((picture.format, picture.size))
    assert sizes == [("PNG", (160, 90))] * 2


def test_by_night_and_by_day(site):
    """The browser chooses among files that are all there; by day stands what other builders get."""
    themes, dark = site.themes, "(prefers-color-scheme: dark)"
    sources = [(about.get("media"), about.get("srcset") or about["src"]) for about in themes.all("source")]
    still = "(prefers-reduced-motion: reduce)"
    assert [media for media, _ in sources] == [f"{still} and {dark}", still, dark, dark, None, dark]
    frames, images = themes.all("iframe"), themes.all("img")
    files = [*(file for _, file in sources), *(each["src"] for each in (*frames, *images))]
    assert all((site.out / file).is_file() for file in files)
    assert ["-day" in file for file in files] == [False, True, False, False, True, False, False, True, True, True]
    assert (images[0]["id"], images[0]["class"].split()) == ("two", ["clearhead", "align-center"])
    around = [about["class"] for tag, about in themes.found if tag == "div" and "film-by" in about.get("class", "")]
    assert around == ["film-by-night", "film-by-day"]


# ── the cache ────────────────────────────────────────────────────────────────────────────────────
def test_a_second_build_draws_nothing_and_a_changed_text_draws_again(build, site, monkeypatch):
    def never(asked, *_):
        raise ClearheadError(f"asked for {asked.arguments}")

    monkeypatch.setattr(making, "_render", never)
    monkeypatch.setattr(making, "_key", lambda asked, key=making._key: key(at_home(asked)))

    def at_home(asked):  # the pages were copied, their lesson is the same
        return making.Asked(str(site.source / "brief.py"), asked.format, asked.arguments)

    code, out, said = build()
    assert (
        code == 0 and not said and len(list((out / "_images").iterdir())) == len(list((site.out / "_images").iterdir()))
    )
    code, _, said = build("html", {"other.md": OTHER.replace("The cat sat", "The cat ran")}, "-E")
    assert code == 1 and said.count("asked for") == 1 and "--text=The cat ran" in said and "other.md:14" in said
    monkeypatch.setattr(making, "program", lambda: "1" * 64)
    monkeypatch.setattr("clearhead.sphinx.program", making.program)
    code, _, said = build()  # what another Clearhead has drawn is drawn again
    assert code == 1 and said.count("asked for") == 9


def test_a_lesson_or_a_program_that_changes_makes_another_film(folder, tmp_path, monkeypatch):
    file = tmp_path / "brief.py"
    shutil.copy(folder / "brief.py", file)
    asked = making.Asked(str(file), "gif", ("--step=Move",))
    keys = {making._key(asked), making._key(making.Asked(str(file), "gif", ("--step=Words",)))}
    file.write_text(file.read_text().replace("to the left", "to the west"))
    keys.add(making._key(asked))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/brief.yaml").write_text("Move: They move.")
    keys.add(making._key(asked))
    monkeypatch.setattr(making, "program", lambda: "another version")
    keys.add(making._key(asked))
    assert len(keys) == 5


def test_what_is_half_there_is_no_film(site, own_cache, tmp_path):
    film = next((own_cache / "written").glob("*/film/*.gif"))
    folder = shutil.copytree(film.parent, tmp_path / "film")
    assert making._read(folder, "gif").shown[0].name == film.name
    (folder / film.name).write_bytes(film.read_bytes()[:-1])
    assert making._read(folder, "gif") is None


def test_the_films_that_were_not_used_for_longest_go(own_cache, monkeypatch):
    monkeypatch.setattr(making, "kept_folder", lambda: own_cache / "pruned")
    for name, days in {"old": 3, "older": 4, "new": 0}.items():
        film = own_cache / "pruned" / name / "film"
        film.mkdir(parents=True)
        (film / "a.gif").write_bytes(bytes(100))
        used = film.stat().st_mtime - 86400 * days
        os.utime(film, (used, used))
    making.prune(250)
    assert {path.name for path in (own_cache / "pruned").iterdir()} == {"old", "new"}
    making.prune(0)
    assert {path.name for path in (own_cache / "pruned").iterdir()} == {"new"}  # of today: a build may need it


# ── other builders ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("builder", ["latex", "epub", "text"])
def test_what_cannot_play_gets_the_last_picture(site, tmp_path, capfd, builder):
    out = tmp_path / builder
    names = ["-D", "copyright=ours", "-D", "version=1", "-d", str(tmp_path / "trees")]
    assert build_main(["-q", "-b", builder, "-W", *names, str(site.source), str(out)]) == 0, capfd.readouterr().err
    if builder == "text":
        assert "They go to the left." in " ".join((out / "index.txt").read_text().split())
        return
    pictures = {file.name for file in out.rglob("*brief*") if file.suffix not in (".tex", ".xhtml")}
    assert len(pictures) == 10 and {name.rpartition(".")[2] for name in pictures} == {"png"}
    text = "".join(file.read_text() for file in [*out.glob("*.tex"), *out.glob("*.xhtml")])
    assert text.count("sphinxincludegraphics" if builder == "latex" else "<img") >= 10


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────
MISTAKES = {
    ".. clearhead:: attentin": "there is no lesson “attentin”: did you mean “attention”?",
    ".. clearhead:: brief.py\n   :step: Mov": "there is no step “Mov” in this lesson; did you mean “Move”?",
    ".. clearhead:: attention\n   :text:": "the text is empty: give at least one word",
    ".. clearhead:: attention\n   :stepp: Move": "there is no option “stepp”; did you mean “step”?",
    ".. clearhead:: attention\n   :quality: z": "Invalid value for “quality”: 'z' is not one of",
    ".. clearhead:: attention\n   :align: middle": "“align” is left, center or right, not “middle”.",
    ".. clearhead:: attention\n   :class: 1 2": "“class”: cannot make",
    ".. clearhead:: attention\n   :transparent: maybe": "transparent takes yes, or is left out, not “maybe”.",
    ".. clearhead:: missing.py": "there is no file",
    ".. clearhead::": "which lesson? There are: overview, ",
}


def test_every_mistake_is_one_line_with_its_place(build):
    text = "Pages\n=====\n\n" + "\n\n".join(MISTAKES) + "\n"
    myst = "# Other\n\n```{clearhead} attention\n:them: day\n```\n"
    changed = {"index.rst": text, "other.md": myst, "themes.rst": "Themes\n======\n"}
    code, _, said = build("html", changed | {"conf.py": CONF + 'exclude_patterns = ["x"]'})
    lines = said.strip().splitlines()
    assert (code, len(lines)) == (1, len(MISTAKES) + 3), said  # and that two other files are in no toctree
    for directive, message in MISTAKES.items():
        number = text[: text.index(directive + "\n")].count("\n") + 1
        assert any(f"index.rst:{number}: WARNING: {message}" in line for line in lines), f"{message}\n{said}"
    assert any("other.md:3: WARNING: there is no option “them”; did you mean “theme”?" in line for line in lines)
