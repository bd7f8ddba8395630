"""Whether a page is what the lesson makes: what is false in one is found."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

import av
import pytest

import scenes
from studio.film.frames import rgb
from studio.film.verify import in_pictures, verify
from studio.page import again, making
from studio.play.files import sha256
from tests.preview.pages import with_wrong_weight, wrong_weight

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made_now(film):
    """What is in the page but its pictures, made once more."""
    page = again.read(film.path.read_text(encoding="utf-8"))
    return page, replace(making.contents(film.film), film=page.film, stills=page.stills)


def test_a_page_is_what_is_made_now(made_now):
    assert list(again.differences(*made_now)) == []


def test_the_whole_trace_is_inside(made_now, film):
    """Also what no click reaches: every number of the run, whole."""
    page, _ = made_now
    inside = {tensor["name"]: tensor for tensor in page.numbers["tensors"] if tensor["run"] == 0 and "table" in tensor}
    assert set(inside) == set(film.trace.names)
    assert all(len(page.numbers["tables"][tensor["table"]]) == 3 for tensor in inside.values())


def asked(about) -> None:
    about["steps"][0]["quiz"] = {"text": "Which word?", "answers": ["The", "is"], "right": 0}


def otherwise_made(numbers) -> None:
    next(tensor for tensor in numbers["tensors"] if tensor.get("made"))["made"][0][1] = "subtract"


# part of the page, what is done to it, and what the finding names
FALSE = {
    "a number on the screen": ("numbers", lambda it: it["cells"][3].__setitem__(2, 0.5), "cells 3 2"),
    "of what a number is made": ("numbers", otherwise_made, "made"),
    "which number it is": ("numbers", lambda it: it["cells"][3][1].__setitem__(0, 7), "cells 3 1"),
    "a caption": ("about", lambda it: it["steps"][0]["lines"][0].__setitem__(0, "All is well."), "lines 0 0"),
    "when it is said": ("about", lambda it: it["steps"][0]["lines"][-1].__setitem__(1, 2), "lines"),
    "a question": ("about", asked, "quiz"),
    "where a number stands": ("about", lambda it: it["seen"][0][0].__setitem__(0, 1), "seen 0 0 0"),
}


@pytest.mark.parametrize("what", FALSE)
def test_what_is_false_in_a_page_is_found(made_now, what):
    (page, now), (part, change, told) = made_now, FALSE[what]
    change(data := deepcopy(getattr(page, part)))
    (found,) = again.differences(replace(page, **{part: data}), now)
    assert told in found


def test_a_wrong_weight_is_found(made_now):
    page, now = made_now
    (found,) = again.differences(replace(page, table=wrong_weight(page)), now)
    assert found.startswith("1 of its numbers are not those of the run; the first: blocks.0.attn.W_K[0, 5, 3]")


@pytest.mark.parametrize("change", [("RELATIVE = 1e-4", "RELATIVE = 1e4"), ("<li><h3>", "<li><h3>Not ")])
def test_another_script_or_transcript_is_found(made_now, change):
    page, now = made_now
    assert page.text.count(change[0]) == 1
    (found,) = again.differences(replace(page, text=page.text.replace(*change)), now)
    assert "text, style or scripts" in found


def test_a_film_that_was_changed_is_found(film, tmp_path):
    """A patch as large as a number is drawn over in its last third; a still is of another moment."""
    page, frames = again.read(film.path.read_text(encoding="utf-8")), list(film.film.decoded())
    ends = [(film.film.steps[0], rgb(frames[-1]))]
    assert list(in_pictures(page, film.film, ends, tmp_path)) == []
    with av.open(str(tmp_path / "false.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=15, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for number, frame in enumerate(frames):
            pixels = rgb(frame)
            if number >= 20:
                pixels[200:220, 300:340] = 255 - pixels[200:220, 300:340]
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        output.mux(stream.encode())
    false = replace(page, film=(tmp_path / "false.mp4").read_bytes())
    (found,) = in_pictures(false, film.film, ends, tmp_path)
    assert "of 30 frames are not what is drawn; the first at 1.33 s" in found
    (found,) = in_pictures(replace(page, stills=(making.webp(rgb(frames[0])),)), film.film, ends, tmp_path)
    assert "its picture of “Scores” is not what the lesson shows" in found


@pytest.mark.slow
def test_all_of_it_is_held_against_the_lesson(film, tmp_path):
    """What the manifest lists truly: only the lesson, played again, tells that a weight is another."""
    for file in film.files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / film.path.name
    assert verify(path, scenes.course(), deep=True).findings == []
    with_wrong_weight(path, path)
    listed = tmp_path / film.files[-1].name
    about = json.loads(listed.read_text())
    about["files"] = [{"name": one["name"], "bytes": (tmp_path / one["name"]).stat().st_size,
                       "sha256": sha256(tmp_path / one["name"])} for one in about["files"]]  # fmt: skip
    listed.write_text(json.dumps(about))
    assert verify(path, scenes.course()).findings == []
    (found,) = verify(path, scenes.course(), deep=True).findings
    assert "1 of its numbers are not those of the run; the first: blocks.0.attn.W_K[0, 5, 3]" in found
