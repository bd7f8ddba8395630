"""Captions and chapters, read back by other readers than ours."""

import random
import re
import subprocess
from types import SimpleNamespace

import av
import pytest
import srt

from studio.film import captions


def line(text: str, start: float, end: float) -> SimpleNamespace:
    return SimpleNamespace(text=text, start=start, end=end)


def step(name: str, start: float, end: float, *lines: SimpleNamespace, caption: str = "") -> SimpleNamespace:
    return SimpleNamespace(name=name, caption=caption, start=start, end=end, lines=lines)


STEPS = [
    step("Scores", 0.0, 2.5, caption="The query of “roamed” meets every key: −5.03."),
    step("Softmax", 2.5, 62.04, caption="a < b & c " + "and so on " * 9),
    step("Silent", 62.04, 3725.0, caption="  "),
]
ASKED = step(
    "Ask",
    10.0,
    19.0,
    line("Which word does “it” mean?", 10.0, 14.5),
    line("The animal: 0.61 of the weight goes to it, and 0.12 to the street behind it.", 14.5, 19.0),
)


def read(text: str, suffix: str, folder) -> str:
    """The words that FFmpeg's reader hands to a player, joiners aside."""
    file = folder / f"captions{suffix}"
    file.write_text(text, encoding="utf-8")
    with av.open(file) as container:
        said = [subtitle.ass.decode() for packet in container.demux(subtitles=0) for subtitle in packet.decode()]
    plain = " ".join(each.split(",", 8)[8].replace(r"\N", " ") for each in said)
    plain = plain.replace(r"\{{}", "{")  # how ASS spells a brace
    assert not re.search(r"\{\\", plain), "a code of ASS"
    return plain.replace(captions.JOINER, "")


def test_an_event_for_the_question_and_one_for_the_answer():
    first, *answer = srt.parse(captions.to_srt([ASKED]))
    assert (first.content, first.start.total_seconds(), first.end.total_seconds()) == (
        "Which word does “it” mean?",
        10.0,
        14.5,
    )
    assert answer[0].start.total_seconds() == 14.5 and answer[-1].end.total_seconds() == 19.0
    assert " ".join(" ".join(e.content.split()) for e in answer) == ASKED.lines[1].text


def test_nobody_has_to_hurry_and_no_word_is_lost():
    """Texts of any length and any duration: at most two lines of 42 characters and 7 seconds an event, in order."""
    chance = random.Random(3)
    for _ in range(300):
        words = [
            "x" * chance.choice([1, 2, 3, 5, 8, 13, 41, 60]) + chance.choice(["", "", ",", "."])
            for _ in range(chance.randint(1, 40))
        ]
        seconds = chance.choice([0.5, 3.0, 7.0, 7.1, 30.0])
        found = captions.events([step("s", 1.0, 1.0 + seconds, line(" ".join(words), 1.0, 1.0 + seconds))])
        assert " ".join(" ".join(event.text.split()) for event in found) == " ".join(words)
        for event in found:
            rows = event.text.split("\n")
            assert len(rows) <= 2 and all(len(row) <= 42 or " " not in row for row in rows)
            assert 0 < event.end - event.start <= 7.0 + 1e-9
        assert all(a.end <= b.start + 1e-9 for a, b in zip(found, found[1:], strict=False))
        assert found[0].start == 1.0 and found[-1].end <= 1.0 + seconds + 1e-9


def test_a_cut_is_where_a_sentence_ends():
    text = "The weights are what softmax makes of scores. Each of them says how much of a value is taken over by it."
    first, second = captions.events([step("s", 0.0, 8.0, line(text, 0.0, 8.0))])
    assert first.text.replace("\n", " ") == "The weights are what softmax makes of scores."
    assert second.text.count("\n") == 1


@pytest.mark.parametrize("write, suffix", [(captions.to_srt, ".srt"), (captions.to_vtt, ".vtt")])
def test_every_word_comes_through_ffmpegs_reader(tmp_path, write, suffix):
    texts = [
        "“zyzzyva” is read as <unk>.",
        "a < b & c > d, a<b and c>d",
        "<b>bold</b> <i> </i> <font color=red> <br/> <!-- no --> <?x?>",
        r"C:\Nice \never \hidden \{an8} \\ &amp; &lt;unk&gt; &#60;",
        "1 --> 2",
        "00:00:01,000 --> 00:00:02,000",
        "NOTE well",
        "a|b ♪ # 7 _x_ *y*",
    ]
    steps = [step("s", float(i), i + 1.0, line(text, float(i), i + 1.0)) for i, text in enumerate(texts)]
    said = read(write(steps), suffix, tmp_path)
    expected = " ".join(texts) if suffix == ".vtt" else " ".join(texts).translate(captions.BRACES)
    assert said.split() == expected.split()


def test_braces_are_not_hidden_by_players_of_srt(tmp_path):
    said = captions.to_srt([step("s", 0.0, 1.0, line(r"{x} {\an8} {y:i}", 0.0, 1.0))])
    assert read(said, ".srt", tmp_path) == r"｛x｝ ｛\an8｝ ｛y:i｝"


def test_the_ffmpeg_of_the_system_reads_the_word_too(tmp_path):
    (tmp_path / "a.srt").write_text(captions.to_srt([step("s", 0.0, 1.0, line("read as <unk>.", 0.0, 1.0))]))
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.srt"), "-f", "webvtt", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "read as <unk>." in said.replace(captions.JOINER, "")


def test_steps_without_lines_say_their_caption():
    first, *others = srt.parse(captions.to_srt(STEPS))
    assert (first.start.total_seconds(), first.end.total_seconds()) == (0, 2.5)
    assert " ".join(first.content.split()) == STEPS[0].caption
    assert {" ".join(e.content.split())[:2] for e in others} <= {"a ", "an", "so", "on"}
    assert len(others) == 3, "a silent step has no event, and 99 characters in a minute have three"


def test_vtt():
    text = captions.to_vtt(STEPS)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nThe query")
    assert "00:00:02.500 --> 00:00:09.500\na &lt; b &amp; c" in text
    assert "\n\n\n" not in text and text.endswith("\n")


# ── chapters ─────────────────────────────────────────────────────────────────────────────────────
def seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = 60 * total + int(part)
    return total


def of_lengths(*lengths: float) -> list[SimpleNamespace]:
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    return [step(f"Step {i}", end - length, end) for i, (end, length) in enumerate(zip(ends, lengths, strict=True))]


def test_chapters_are_as_youtube_takes_them():
    """At least three, the first at 0:00, none shorter than ten seconds, whatever the steps last."""
    chance, lists = random.Random(4), 0
    for _ in range(300):
        steps = of_lengths(*(chance.uniform(1, 25) for _ in range(chance.randint(1, 12))))
        marks = [row.split(" ", 1) for row in captions.to_chapters(steps).splitlines()]
        if not marks:
            assert len(captions.chapters(steps)) < 3
            continue
        lists += 1
        times = [seconds(mark[0]) for mark in marks] + [int(steps[-1].end)]
        assert times[0] == 0 and len(marks) >= 3 and all(b - a >= 10 for a, b in zip(times, times[1:], strict=False))
        assert " · ".join(mark[1] for mark in marks) == " · ".join(s.name for s in steps)
    assert lists > 100


def test_short_steps_share_a_chapter():
    steps = of_lengths(4.0, 7.0, 12.0, 3.0, 15.0, 4.0)
    assert captions.to_chapters(steps) == "0:00 Step 0 · Step 1\n0:11 Step 2\n0:23 Step 3 · Step 4 · Step 5\n"
    assert captions.to_chapters(of_lengths(9.0, 9.0, 9.0)) == "", "no list of three is possible"
    names = [step("A <b> very long name of a step " * 3, 30.0 * i, 30.0 * (i + 1)) for i in range(3)]
    assert all(len(row) <= 105 and "<" not in row for row in captions.to_chapters(names).splitlines())


def test_chapters_in_the_film_are_all_steps_and_leave_no_gap():
    marks = captions.for_container([STEPS[0], STEPS[2]], 3725.0)
    assert [(m["start"], m["end"]) for m in marks] == [(0, 62040), (62040, 3725000)]
