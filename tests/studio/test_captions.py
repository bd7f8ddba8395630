"""Captions and chapters, read back by other readers than ours."""

from types import SimpleNamespace

import srt

from studio.film import captions

STEPS = [
    SimpleNamespace(name="Scores", caption="The query of “roamed” meets every key: −5.03.", start=0.0, end=2.5),
    SimpleNamespace(name="Softmax", caption="a < b & c " + "and so on " * 9, start=2.5, end=62.04),
    SimpleNamespace(name="Silent", caption="  ", start=62.04, end=3725.0),
]


def test_srt():
    first, second = srt.parse(captions.to_srt(STEPS))
    assert (first.start.total_seconds(), first.end.total_seconds()) == (0, 2.5)
    assert first.content == STEPS[0].caption
    assert second.end.total_seconds() == 62.04
    assert second.content.count("\n") == 1 and " ".join(second.content.split()) == STEPS[1].caption.strip()


def test_vtt():
    text = captions.to_vtt(STEPS)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nThe query")
    assert "00:00:02.500 --> 00:01:02.040\na &lt; b &amp; c" in text
    assert text.count("-->") == 2
    assert "\n\n\n" not in text and text.endswith("\n")


def test_chapters_begin_at_zero_and_leave_no_gap():
    assert captions.to_chapters(STEPS) == "0:00 Scores\n0:02 Softmax\n1:02 Silent\n"
    marks = captions.for_container([STEPS[0], STEPS[2]], 3725.0)
    assert [(m["start"], m["end"]) for m in marks] == [(0, 62040), (62040, 3725000)]


def test_lines_are_of_like_length():
    assert captions.lines("short") == "short"
    assert captions.lines("") == ""
    two = captions.lines("a caption of more than sixty characters, which is as much as one line may have").split("\n")
    assert len(two) == 2 and abs(len(two[0]) - len(two[1])) < 15
    assert captions.lines("x" * 90 + " y").split() == ["x" * 90, "y"]
