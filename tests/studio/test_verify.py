"""A good film proves itself; one in which a single thing is planted does not, whatever else was made to fit."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from toy import Entry as ToyEntry
from toy import job as toy

from model.errors import ClearheadError
from model.paths import ROOT
from scenes import course
from scenes.lesson import Options
from studio.cli.main import main
from studio.film import captions, frames
from studio.film import render as renders
from studio.film.render import Request, render
from studio.film.verify import steps_of, verify
from studio.play.files import sha256
from studio.play.picture import Picture
from studio.play.session import Job

pytestmark = pytest.mark.slow(seconds=50)

TEXT, OTHER = "The dog ran", "The cat sat"
NAME = "attention-the-dog-ran-seed7-180p4"


def rendered(folder: Path, text: str = TEXT, **kwargs) -> Path:
    entry = next(entry for entry in course() if entry.id == "attention")
    job = Job(entry, Options(text=text, seed=7), Picture.of("l", fps=4, width=320))
    return render(Request(job, folder, **kwargs)).files[0]


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films of one lesson: of a sentence, and of another one."""
    folder = tmp_path_factory.mktemp("films")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEARHEAD_CACHE", str(folder / "cache"))
        film = rendered(folder / "this")
        assert film.stem == NAME
        rendered(folder / "that", OTHER)
    return folder


class Set:
    """The files of a film, to be tampered with."""

    def __init__(self, folder: Path, films: Path):
        self.folder, self.films = folder, films
        self.about = json.loads(self["json"].read_text())

    def __getitem__(self, suffix: str) -> Path:
        return self.folder / f"{NAME}.{suffix}"

    def sign(self) -> None:
        """Make the manifest fit the files: nobody finds what is wrong by hashes."""
        for listed in self.about["files"]:
            path = self.folder / listed["name"]
            listed |= {"bytes": path.stat().st_size, "sha256": sha256(path)}
        self.write()

    def write(self) -> None:
        self["json"].write_text(json.dumps(self.about))


@pytest.fixture
def files(films, tmp_path):
    shutil.copytree(films / "this", tmp_path / "film")
    return Set(tmp_path / "film", films)


def findings(files: Set, deep: bool = False) -> list[str]:
    return verify(files["mp4"], course(), deep).findings


def without_minus(files):
    assert "−" in files["srt"].read_text()
    files["srt"].write_text(files["srt"].read_text().replace("−", ""))
    files.sign()


def first_poster(files):
    end = round(files.about["steps"][0]["end"] * files.about["picture"]["fps"]) - 1
    Image.fromarray([pixels for _, pixels in frames.shown(files["mp4"])][end]).save(files["png"])
    files.sign()


def default_text(files):
    own = next(entry for entry in course() if entry.id == "attention").text
    files.about["text"] = files.about["options"]["text"] = own
    files.sign()


def foreign_digest(files):
    other = json.loads(next((files.films / "that").glob("*.json")).read_text())
    files.about["traces"] = other["traces"]
    files.sign()


def one_hash(files):
    for listed in files.about["files"]:
        listed["sha256"] = files.about["files"][0]["sha256"]
    files.write()


def seed_zero(files):
    files.about["seed"] = 0
    files.sign()


def foreign_model(files):
    files.about["model"]["hash"] = "0" * 64
    files.sign()


def encoded(files: Set, change: Callable[[int, np.ndarray], None] = lambda number, pixels: None, steps=None) -> None:
    """The film encoded anew, with a change in its frames or its chapters."""
    shown, about = [pixels.copy() for _, pixels in frames.shown(files["mp4"])], files.about
    steps = [type("Step", (), step) for step in steps or about["steps"]]
    with av.open(files["mp4"], "w") as output:
        output.set_chapters(captions.for_container(steps, about["picture"]["seconds"]))
        stream = output.add_stream("libx264", rate=about["picture"]["fps"], options={"crf": "4", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = about["picture"]["width"], about["picture"]["height"], "yuv420p"
        for number, pixels in enumerate(shown):
            change(number, pixels)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    files.sign()


def renamed_chapter(files):
    steps = json.loads(json.dumps(files.about["steps"]))
    steps[2]["name"] = "Something else"
    encoded(files, steps=steps)


def moved_chapter(files):
    lines = files["chapters.txt"].read_text().replace("0:1", "0:2", 1)
    assert "0:2" in lines
    files["chapters.txt"].write_text(lines)
    files.sign()


def other_sentence(files):
    shutil.copy(next((files.films / "that").glob("*.mp4")), files["mp4"])
    files.sign()


def other_sentence_with_all_its_files(files):
    for path in (files.films / "that").iterdir():
        shutil.copy(path, files.folder / (NAME + path.name[path.name.index("180p4") + 5 :]))
    files.about = json.loads(files["json"].read_text())
    for listed in files.about["files"]:
        listed["name"] = NAME + listed["name"][listed["name"].index("180p4") + 5 :]
    files.sign()


def a_step_is_told_otherwise(files):
    files.about["steps"][3]["caption"] += " Or so."
    files.about["steps"][3]["lines"][-1]["text"] += " Or so."
    for suffix, text in (("srt", captions.to_srt), ("vtt", captions.to_vtt)):
        files[suffix].write_text(text(steps_of(files.about)))
    files.sign()


def gone(files):
    files["vtt"].unlink()


PLANTED = {
    without_minus: r"\.srt: “.*” where the steps say “.*−",
    first_poster: "it is not the last frame",
    default_text: "its options would give it the name attention-seed7",
    foreign_digest: r"traces \d: the manifest says",
    one_hash: "SHA-256 is not the one in the manifest",
    seed_zero: "seed 0 and, among the options, seed 7",
    foreign_model: "model hash: the manifest says “0000",
    renamed_chapter: r"mp4: its chapters are not the steps",
    moved_chapter: r"chapters\.txt: “0:2",
    other_sentence: r"\.mp4: |it is not the last frame",
    other_sentence_with_all_its_files: "its options would give it the name attention-the-cat-sat",
    a_step_is_told_otherwise: "steps 4 caption: the manifest says",
    gone: r"\.vtt: it is not there",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(files, plant):
    plant(files)
    found = findings(files)
    assert any(re.search(PLANTED[plant], line) for line in found), found


@pytest.mark.parametrize("suffix", ["mp4", "json", "png", "srt"])
def test_a_good_film_proves_itself_whichever_file_is_named(files, suffix, capsys):
    assert main(["verify", str(files[suffix])]) == 0
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and f"{NAME}.{suffix} is what the model computed: " in told and TEXT in told


def test_a_line_for_each_finding(files, capsys):
    seed_zero(files)
    gone(files)
    assert main(["verify", str(files["mp4"]), str(files["srt"])]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 6  # twice: the vtt, and the seed beside options and lesson


def test_one_frame_that_was_painted_over_is_found_by_drawing_again(files):
    encoded(files)
    assert findings(files, deep=True) == [], "encoding alone changes nothing that could be seen"

    def paint(number: int, pixels: np.ndarray) -> None:
        if number == 100:
            pixels[80:88, 100:106] = 255 - pixels[80:88, 100:106]

    encoded(files, paint)
    assert findings(files) == []
    (line,) = findings(files, deep=True)
    assert "1 of" in line and "frames are not what is drawn; the first at 25.00 s" in line


@pytest.mark.parametrize("kind", ["gif", "webp", "webm", "png"])
def test_films_of_every_kind_prove_themselves(tmp_path, kind):
    entry = next(entry for entry in course() if entry.id == "attention")
    picture = Picture.of("l", fps=10, width=320)
    film, other = (
        render(Request(Job(entry, Options(text=text), picture), tmp_path, kind, step="2")).files[0]
        for text in (TEXT, OTHER)
    )
    assert verify(film, course(), deep=True).findings == []
    shutil.copy(other, film)
    path = next(path for path in tmp_path.glob("*the-dog*.json"))
    about = json.loads(path.read_text())
    for listed in about["files"]:
        listed |= {"bytes": (tmp_path / listed["name"]).stat().st_size, "sha256": sha256(tmp_path / listed["name"])}
    path.write_text(json.dumps(about))
    assert any(re.match(f"{film.name}: .* not what ", line) for line in verify(film, course(), deep=True).findings)


def test_a_render_that_writes_what_was_not_drawn_is_refused(tmp_path, monkeypatch):
    render(Request(toy(), tmp_path))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(renders, "TEXTS", renders.TEXTS | {".srt": lambda steps: "1\n"})
    monkeypatch.setattr(renders, "save_png", lambda pixels, path: Image.new("RGB", (320, 180), "red").save(path))
    with pytest.raises(ClearheadError, match=r"srt.*png: it is not the last frame"):
        render(Request(toy(), tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_version_is_told(tmp_path):
    film = render(Request(toy(), tmp_path)).files[0]
    path = film.with_suffix(".json")
    about = json.loads(path.read_text())
    about["versions"]["manim"] = "0.18.0"
    path.write_text(json.dumps(about))
    found = verify(film, [ToyEntry()]).findings
    assert found == ["versions manim: the manifest says “0.18.0”, here it is “0.22.0”"]
    assert "there is no lesson “toy” here" in verify(film, course()).findings[0]


def test_a_film_without_manifest_proves_nothing(tmp_path, capsys):
    lonely = tmp_path / "film.mp4"
    lonely.write_bytes(b"")
    assert main(["verify", str(lonely), str(tmp_path / "none.mp4"), str(ROOT / "README.md")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3 and "no manifest beside film.mp4 lists it" in told[0] and "there is no file" in told[1]


def test_blocks_tell_a_digit_where_frames_do_not():
    """One digit of 6 × 9 pixels in a frame of 480p."""
    frame = np.zeros((480, 854, 3), np.uint8)
    painted = frame.copy()
    painted[100:109, 200:206] = 255
    assert frames.likeness(frame, frame) == (pytest.approx(108, abs=1), 0.0)
    assert frames.likeness(frame, painted)[0] < 12
    assert frames.likeness(frame, frame[:240]) == (0.0, 255.0)
