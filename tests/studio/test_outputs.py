"""Files appear all at once or not at all, under names that say what is in them."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file
from toy import Broken, Entry, Toy, job

from model.errors import ClearheadError, UsageError
from model.files import replacing
from model.paths import ASSETS
from studio.cli.options import PATH
from studio.film import manifest
from studio.film import render as renders
from studio.film.images import save_png
from studio.film.naming import basename
from studio.film.render import Request, render
from studio.film.staging import Staging
from studio.film.verify import verify
from studio.play import cache
from studio.play.failures import plainly
from studio.play.files import slug
from studio.play.picture import Picture
from studio.play.writer import LOSSLESS_ALPHA


def test_what_is_staged_appears_when_published(tmp_path):
    (tmp_path / "old.txt").write_text("old")
    with Staging(tmp_path) as stage:
        (stage / "a.txt").write_text("new")
        (stage / "old.txt").write_text("new")
        assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["old.txt"]
        assert [p.name for p in stage.publish(last="a.txt")] == ["old.txt", "a.txt"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "old.txt"]
    assert (tmp_path / "old.txt").read_text() == "new"


def test_what_is_not_published_is_gone(tmp_path):
    with pytest.raises(KeyboardInterrupt), Staging(tmp_path) as stage:
        (stage / "a.txt").write_text("half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["lecture3:attention", "file:x", "100% %d", "ü b'\"", "-dash", "concat:a|b"])
def test_a_folder_may_have_any_name(tmp_path, monkeypatch, name):
    """FFmpeg takes what stands before a colon for a protocol."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEARHEAD_CACHE", f"{name}/cache")
    result = render(Request(job(), Path(name)))
    assert result.files[0] == tmp_path / name / "toy-180p15.mp4"
    assert verify(Path(name, "toy-180p15.mp4"), [Entry()]).findings == []


def test_the_users_home_is_found_where_no_shell_has_said_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLEARHEAD_CACHE", "~/cache")
    assert cache.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CLEARHEAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder() == tmp_path / ".cache/clearhead"
    assert PATH.convert("~/talk", None, None) == tmp_path / "talk"
    with Staging(Path("~/talk")) as files:
        assert files.folder == tmp_path / "talk"


def test_what_cannot_be_written_is_said_before_anything_is_played(tmp_path, own_cache, monkeypatch):
    monkeypatch.setattr(renders, "plan", lambda *_: pytest.fail("it was played"))
    (tmp_path / "file").write_text("")
    for out, store in (
        (tmp_path / "file/x", own_cache),
        (tmp_path / "out", tmp_path / "file/x"),
        (Path("/proc/x"), own_cache),
    ):
        monkeypatch.setenv("CLEARHEAD_CACHE", str(store))
        with pytest.raises((OSError, ClearheadError)) as failure:
            render(Request(job(), out))
        assert plainly(failure.value) is not None


def test_names_say_what_was_chosen():
    assert basename(job()) == "toy-180p15"
    assert basename(job(text="hello")) == "toy-180p15"
    assert basename(job(text="The cat sat")) == "toy-the-cat-sat-180p15"
    assert basename(job(layer=1, head=0, theme="day", pace=1.5)) == "toy-layer1-head0-pace1.5-day-180p15"
    assert basename(job(), "One score") == "toy-one-score-180p15"
    assert basename(job(other_model="tiny-rotary")) == "toy-other-model-tiny-rotary-180p15"
    assert basename(job(model="tiny-rotary", aspect="1:1")) == "toy-tiny-rotary-1x1-180p15"
    assert basename(job(encoder=LOSSLESS_ALPHA)) == "toy-transparent-180p15"
    assert basename(job(width=322)) == "toy-181p15", "181 · 16 / 9 is 322"


def copy_of_tiny(folder, **changes):
    """A checkpoint's folder; with `half`, one whose weights are halved."""
    shutil.copytree(ASSETS / "checkpoints/tiny-none", folder)
    if changes:
        weights = load_file(folder / "model.safetensors")
        save_file({name: value / 2 for name, value in weights.items()}, folder / "model.safetensors")
    return str(folder)


def test_every_request_has_its_own_name(tmp_path):
    texts = [
        "the cat",
        "the-cat",
        "The cat",
        "The  cat",
        "日本",
        "日本語",
        "مرحبا",
        "🙂",
        "x" * 90,
        "x" * 91,
        "the cat!",
    ]
    texts += ["I like C++", "I like C#", "The cat sat.", "The cat sat?", "The cat sat", "3.14", "3 14", "...", "?", "!"]
    texts += ["The cat seed7", "The cat head3", "The cat day", "The cat tiny", "The cat 1x1", "The cat transparent"]
    other = copy_of_tiny(tmp_path / "a/mine"), copy_of_tiny(tmp_path / "b/mine", half=True)
    jobs = [job(text=text) for text in texts]
    jobs += [job(text="The cat", **one) for one in ({"seed": 7}, {"head": 3}, {"theme": "day"}, {"aspect": "1:1"})]
    jobs += [job(text="The cat", model="tiny-none"), job(text="The cat", encoder=LOSSLESS_ALPHA)]
    jobs += [job(model=folder) for folder in other] + [job(seed=seed) for seed in (1234567, 1234568, 2**32 - 1)]
    jobs += [job(temperature=heat) for heat in (0.3, 0.30000001, 1.0, 1e-7)] + [job(pace=2.0)]
    jobs += [replace(job(), picture=Picture.of("l", width=width)) for width in (192, 194, 196, 198)]
    names = [basename(job) for job in jobs]
    assert len(set(map(str.lower, names))) == len(jobs), sorted(names)
    assert all(len(name) < 90 and name.isascii() and "/" not in name for name in names)
    assert slug("../../etc/passwd").startswith("etc-passwd")
    assert len({slug(text) for text in ("The cat", "The cat ", " The cat", "The\ncat", "The  cat")}) == 5


def test_a_render_leaves_a_set_of_files_and_a_manifest_that_vouches_for_them(tmp_path):
    result = render(Request(job(text="hello"), tmp_path))
    names = ["toy-180p15" + suffix for suffix in (".mp4", ".png", ".srt", ".vtt", ".json")]
    assert [p.name for p in result.files] == names
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    about = json.loads((tmp_path / "toy-180p15.json").read_text())
    assert {f["name"]: f["bytes"] for f in about["files"]} == {n: (tmp_path / n).stat().st_size for n in names[:-1]}
    assert about["lesson"] == "toy" and about["seed"] == 0 and about["options"]["text"] == "hello"
    assert about["picture"] == {
        "width": 320,
        "height": 180,
        "fps": 15,
        "frames": result.film.frames,
        "seconds": result.film.seconds,
        "transparent": False,
    }
    assert [s["name"] for s in about["steps"]] == ["Appear", "Turn", "Rest"]
    assert about["versions"]["manim"] == "0.22.0"
    assert Image.open(tmp_path / "toy-180p15.png").size == (320, 180)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert render(Request(job(text="hello"), tmp_path, fresh=True)).drawn == result.film.frames
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_no_list_of_chapters_that_video_sites_would_refuse(tmp_path):
    """3.3 seconds have no three chapters of ten; a list that an earlier version left goes."""
    (tmp_path / "toy-180p15.chapters.txt").write_text("0:00 Appear\n0:01 Turn\n0:02 Rest\n")
    assert render(Request(job(), tmp_path)).lacks_chapters
    assert not (tmp_path / "toy-180p15.chapters.txt").exists()
    assert not render(Request(job(), tmp_path, step="Turn")).lacks_chapters, "nobody expects chapters of one step"


def test_what_is_not_ours_is_never_overwritten(tmp_path):
    """A text that is called like a step; a file that a person put there."""
    name = "toy-turn-180p15"
    one = render(Request(job(text="Turn"), tmp_path))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = render(Request(job(), tmp_path, step="Turn"))
    assert one.files[0].stem == name and re.fullmatch(rf"{name}-[0-9a-f]{{6}}", other.files[0].stem)
    assert before.items() <= {path.name: path.read_bytes() for path in tmp_path.iterdir()}.items()
    assert verify(other.files[0], [Entry()]).findings == verify(one.files[0], [Entry()]).findings == []
    assert render(Request(job(), tmp_path, step="Turn")).files == other.files, "the same request, the same name"
    (tmp_path / "toy-layer1-180p15.json").write_text('{"mine": true}')
    assert render(Request(job(layer=1), tmp_path)).files[0].stem.startswith("toy-layer1-180p15-")
    assert (tmp_path / "toy-layer1-180p15.json").read_text() == '{"mine": true}'
    (tmp_path / f"{other.files[0].stem}.json").write_text("[]")
    with pytest.raises(ClearheadError, match="of another render: choose another folder with -o"):
        render(Request(job(), tmp_path, step="Turn"))


class Twice(Toy):
    """Has two steps of one name."""

    def construct(self):
        super().construct()
        self.step("Turn", "Once more.", lambda: self.wait(1))


def test_the_second_step_of_a_name_is_asked_for_by_its_number(tmp_path):
    first, second = (render(Request(job(lesson=Twice), tmp_path, step=step)) for step in ("Turn", "4"))
    assert [film.film.steps[0].index for film in (first, second)] == [1, 3]
    assert second.files[0].stem == "toy-4-180p15"
    assert verify(second.files[0], [Entry(Twice)]).findings == verify(first.files[0], [Entry(Twice)]).findings == []


def test_a_manifest_keeps_the_other_formats_of_the_same_film_only(tmp_path, monkeypatch):
    def listed():
        return [f["name"] for f in json.loads((tmp_path / "toy-180p10.json").read_text())["files"]]

    render(Request(job(10), tmp_path))
    render(Request(job(10), tmp_path, format="gif"))
    assert "toy-180p10.gif" in listed() and "toy-180p10.mp4" in listed()
    monkeypatch.setattr(manifest, "painting_code", lambda lesson: "other code")
    render(Request(job(10), tmp_path, format="gif"))
    assert "toy-180p10.gif" in listed() and "toy-180p10.mp4" not in listed()


def test_a_failed_render_leaves_the_old_files(tmp_path):
    render(Request(job(), tmp_path))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ZeroDivisionError):
        render(Request(job(lesson=Broken), tmp_path))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_disk_that_fills_while_joining_leaves_the_old_files(tmp_path, monkeypatch):
    render(Request(job(), tmp_path))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(film, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(renders, "join", full)
    with pytest.raises(OSError) as failure:
        render(Request(job(), tmp_path))
    assert "the disk is full" in str(plainly(failure.value))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_only_some_formats_are_transparent(tmp_path):
    with pytest.raises(UsageError, match="webp, webm, png"):
        render(Request(job(), tmp_path, transparent=True))
    result = render(Request(job(), tmp_path, format="png", transparent=True))
    assert [p.name for p in result.files[:3]] == [
        f"toy-transparent-180p15-0{i}-{n}.png" for i, n in ((1, "appear"), (2, "turn"), (3, "rest"))
    ]
    with Image.open(result.files[0]) as image:
        assert image.mode == "RGBA" and image.getextrema()[3][0] == 0 and image.getextrema()[3][1] > 200


def test_pictures_with_alpha_are_stored_straight(tmp_path):
    """Half a red, as Cairo has it: colour times alpha."""
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = (100, 0, 0, 100)
    pixels[1, 1] = (255, 255, 255, 255)
    save_png(pixels, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.getpixel((0, 0)) == (255, 0, 0, 100) and image.getpixel((1, 1)) == (255,) * 4
        assert image.getpixel((1, 0))[3] == 0


def test_the_cache_is_bounded_and_keeps_what_was_used_last(own_cache):
    folder = own_cache / "segments" / "toy"
    folder.mkdir(parents=True)
    for age in range(4):
        (folder / f"{age}.mp4").write_bytes(bytes(100))
        os.utime(folder / f"{age}.mp4", (1_000_000 - age, 1_000_000 - age))
    cache.prune(limit=250)
    assert sorted(p.name for p in folder.iterdir()) == ["0.mp4", "1.mp4"]


def test_a_formula_that_a_killed_process_left_unfinished_is_made_again(own_cache):
    folder = cache.formulas_folder()
    folder.mkdir(parents=True)
    for name, content in (("whole", "<svg></svg>\n"), ("half", "<svg><pa"), ("empty", ""), ("begun", "<svg>")):
        (folder / f"{name}.svg").write_text(content)
        if name != "begun":
            os.utime(folder / f"{name}.svg", (1_000_000, 1_000_000))
    cache.formulas_folder()
    assert sorted(p.stem for p in folder.iterdir()) == ["begun", "whole"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "x"), "the disk is full: free some space"),
        (PermissionError(13, "x", "/out/a.mp4"), "no permission to write (/out/a.mp4): choose another folder with -o"),
        (NotADirectoryError(20, "x", "/out"), "a file stands where a folder is needed (/out)"),
        (MemoryError(), "out of memory"),
        (ImportError("libx265.so: failed to map segment from shared object"), "out of memory"),
        (OSError(27, "x", "/out/a.mp4"), "no file may be that large (/out/a.mp4): see ulimit -f"),
        (OSError(24, "x"), "too many files are open: raise the limit"),
        (BlockingIOError(11, "x"), "no more processes can be started"),
        (OSError(116, "x", "/home/a"), "the network's disk has gone (/home/a)"),
        (DeprecationWarning("audioop is old"), "audioop is old – a warning, which PYTHONWARNINGS"),
    ],
)
def test_failures_of_the_system_are_told_plainly(error, words):
    assert words in str(plainly(error))
    wrapped = RuntimeError("Failed to encode")
    wrapped.__cause__ = error
    assert words in str(plainly(wrapped))


def test_a_full_disk_is_named_where_the_error_does_not(own_cache, tmp_path, monkeypatch):
    full = []
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0 if folder in full else 1 << 30))
    assert "full: free" in str(plainly(OSError(28, "x")))
    full.append(own_cache)
    assert f"full ({own_cache})" in str(plainly(OSError(28, "x")))
    full.append(tmp_path)
    with pytest.raises(OSError) as error, Staging(tmp_path):
        raise OSError(28, "x")
    assert f"full ({tmp_path})" in str(plainly(error.value))


def test_a_file_that_does_not_fit_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(OSError) as error, replacing(tmp_path / "sheet.png") as partial:
        partial.touch()
        raise OSError(28, "x")
    assert f"full ({tmp_path}/sheet.png)" in str(plainly(error.value)) and not list(tmp_path.iterdir())


def test_a_home_that_cannot_be_written_gets_a_cache_of_its_own(own_cache, tmp_path, monkeypatch, capsys):
    """Services and containers have /nonexistent, / or /dev/null for a home."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    found = []
    for _ in range(2):
        monkeypatch.setenv("CLEARHEAD_CACHE", "")
        found += [cache.cache_folder(), cache.cache_folder()]
        assert capsys.readouterr().err.count("note: no cache in /dev/null") == 1
    assert set(found) == {tmp_path / f"clearhead-{os.getuid()}"}, "and the next command finds what was drawn"
    found[0].chmod(0o777)  # as somebody else would have left it for us
    monkeypatch.setenv("CLEARHEAD_CACHE", "")
    assert cache.cache_folder() not in found and cache.cache_folder().stat().st_mode & 0o777 == 0o700


def test_a_cache_that_cannot_be_written_is_told_as_such(own_cache):
    told = str(plainly(PermissionError(13, "x", str(own_cache / "segments"))))
    assert "CLEARHEAD_CACHE" in told and "with -o" not in told
    told = str(plainly(PermissionError(13, "x", str(own_cache.parent))))  # in which it would have to be made
    assert "CLEARHEAD_CACHE" in told and "with -o" not in told


def test_other_errors_are_not_explained_away():
    assert plainly(ZeroDivisionError()) is None
    assert plainly(FileNotFoundError(2, "x")) is None
    error = ClearheadError("say this")
    assert plainly(error) is error
