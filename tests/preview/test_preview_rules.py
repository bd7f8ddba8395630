"""The preview without a browser: what is let through, and how frames are kept."""

import asyncio
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest

from studio.preview.sessions.panel import fields
from studio.preview.sessions.place import Place
from studio.preview.sessions.selection import Selection
from studio.preview.sessions.session import FrameJob, Session
from studio.preview.sessions.store import Store, Strip
from studio.preview.web.clients import THINNEST, Client
from studio.preview.web.protocol import FRAME, LONGEST_MESSAGE, LONGEST_TEXT, MESSAGES, Allowance, Refused, parse

PLACE = {"session": 1, "step": 0, "frame": 0}


# ── messages ─────────────────────────────────────────────────────────────────────────────────────
def test_a_change_is_read_with_its_fields():
    message = parse('{"type": "change", "text": " The\\tcat ", "head": 3, "aspect": "9:16"}')
    assert message == {"type": "change", "text": "The cat", "head": 3, "aspect": "9:16"}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "no such"),
        ('{"type": 3}', "no such"),
        ('{"type": "exec"}', "no such"),
        ('{"type": "change", "layer": NaN}', "JSON"),
        (b"\x00\x01", "text"),
        ("[" * 3000, "JSON"),
        ('{"type": "at"}', "needs"),
        ('{"type": "change", "file": "/etc/passwd"}', "no field"),
        (json.dumps({"type": "change", "text": "x" * (LONGEST_TEXT + 1)}), "at most"),
        (json.dumps({"type": "change", "text": 7}), "text"),
        (json.dumps({"type": "change", "text": "\ud800"}), "Unicode"),
        (json.dumps({"type": "change", "layer": -1}), "whole number"),
        (json.dumps({"type": "change", "layer": True}), "whole number"),
        (json.dumps({"type": "change", "layer": 1.5}), "whole number"),
        (json.dumps({"type": "change", "temperature": 1e9}), "number"),
        (json.dumps({"type": "change", "aspect": "4:3"}), "one of"),
        (json.dumps({"type": "place", **PLACE, "step": 10**9}), "whole number"),
        (json.dumps({"type": "drop", "session": 1, "steps": list(range(500))}), "list"),
        (json.dumps({"type": "save", **PLACE, "what": "../../etc"}), "one of"),
        (json.dumps({"type": "remote", "key": "eval"}), "one of"),
        ("x" * (LONGEST_MESSAGE + 1), "bytes"),
    ],
)
def test_everything_else_is_refused(raw, why):
    with pytest.raises(Refused, match=why):
        parse(raw)


def test_no_message_gets_through_by_chance():
    """Random values in every field of every message: either refused or of the right kind."""
    chance = random.Random(1)
    values = [
        None,
        True,
        -1,
        0,
        5,
        2**40,
        0.5,
        float("1e308"),
        "",
        "x",
        "../x",
        "\x00",
        "é" * 300,
        [],
        [1],
        ["a"],
        {},
        {"a": 1},
    ]
    passed = 0
    for _ in range(5000):
        kind = chance.choice(list(MESSAGES))
        names = [*MESSAGES[kind][0], *MESSAGES[kind][1], "unheard_of"]
        message = {"type": kind} | {
            name: chance.choice(values) for name in chance.sample(names, chance.randint(0, min(4, len(names))))
        }
        try:
            checked = parse(json.dumps(message))
        except Refused:
            continue
        passed += 1
        assert all(type(v) in (int, float, str, bool, list, type(None)) for v in checked.values())
        assert "\x00" not in str(checked) and "unheard_of" not in checked
    assert passed > 20


def test_an_allowance_refills_with_time():
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take(0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(0.5) and not allowance.take(0.5)
    assert [allowance.take(100) for _ in range(4)] == [True, True, True, False]


# ── frames ───────────────────────────────────────────────────────────────────────────────────────
def test_a_strip_knows_what_it_lacks(tmp_path):
    strip = Strip(tmp_path)
    assert strip.gap(5) == (5, None)
    strip.length = 20
    strip.add(0, 1, 0, b"zero")
    strip.add(1, 1, 0, b"one")
    strip.add(10, 10, 1, b"ten")
    assert strip.covers(15) and not strip.covers(2)
    assert strip.gap(0) == strip.gap(2) == (2, 10)
    assert strip.gap(12) == strip.gap(99) == (2, 10)
    assert [f.number for f in strip.from_(12)] == [10, 0, 1]
    for number in range(2, 10):
        strip.add(number, 1, 0, b"%d" % number)
    assert strip.gap(0) is None and strip.gap(19) is None
    assert [strip.read(f) for f in strip.from_(0)][:3] == [b"zero", b"one", b"2"]


def test_gaps_agree_with_counting(tmp_path):
    """The search for gaps against the plainest way to find them."""
    chance = random.Random(2)
    for _ in range(200):
        strip, length = Strip(tmp_path), chance.randint(1, 30)
        strip.length, have = length, set()
        for _ in range(chance.randint(0, 6)):
            number = chance.randrange(length)
            repeat = chance.randint(1, length - number)
            if not have & set(range(number, number + repeat)):
                strip.add(number, repeat, 0, b".")
                have |= set(range(number, number + repeat))
        start = chance.randrange(length)
        lacking = [n for n in range(length) if n not in have]
        expected = next((n for n in lacking if n >= start), lacking[0] if lacking else None)
        gap = strip.gap(start)
        assert (gap and gap[0]) == expected
        if gap:
            assert not have & set(range(*gap)) and (gap[1] in have or gap[1] == length)
        strip.clear()


def test_a_store_forgets_what_is_far_away(tmp_path):
    store = Store(tmp_path, limit=500)
    for step in range(10):
        store.strip(step).add(0, 1, 0, b"x" * 100)
    store.make_room(4)
    assert store.size <= 500 and store.strip(4).covers(0) and store.strip(3).covers(0) and not store.strip(0).covers(0)
    assert not list(tmp_path.iterdir()), "the files have no names"
    store.close()


@pytest.mark.parametrize(
    "writes", [lambda *_: 1, lambda *_: (_ for _ in ()).throw(OSError(122, "Disk quota exceeded"))]
)
def test_a_full_disk_is_told_and_not_drawn_on(tmp_path, monkeypatch, writes):
    events = []
    session = Session({}, Store(tmp_path, limit=1 << 20), lambda session, event: events.append(event))
    job = session.jobs[1] = FrameJob(1, 0, 0)
    monkeypatch.setattr("os.pwrite", writes)
    session.hear_job(job, {"frame": 0, "repeat": 1, "kind": 0}, b"image")
    assert job.cancelled and not session.store.strip(0).covers(0)
    assert [event["event"] for event in events] == ["failed"]
    assert events[0]["text"].startswith(("The disk is full", "The disk quota is used up"))


# ── slow lines ───────────────────────────────────────────────────────────────────────────────────
STILL = 50  # every so many frames the picture stands for a while


def sent_over(folder, seconds: float, may_lead: bool) -> list[int]:
    """The frames of a step of 400 that a page gets over a line on which each takes so long."""
    store = Store(folder, limit=1 << 20)
    for number in range(400):
        store.strip(0).add(number, 2 if number % STILL == 0 else 1, 0, b"x")
    session = SimpleNamespace(number=1, store=store, ended=False, about={"fps": 30})
    controller = SimpleNamespace(current=session, place=Place())
    numbers = []

    class Line:
        async def send_bytes(self, data):
            numbers.append(FRAME.unpack(data[: FRAME.size])[3])
            clock[0] += seconds
            await asyncio.sleep(0)

    clock = [0.0]
    client = Client(Line(), controller, "stage", may_lead)

    async def watch():
        sending = asyncio.create_task(client.send())
        while client.next_frame() is not None and not sending.done():
            await asyncio.sleep(0)
        sending.cancel()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.preview.web.clients.time", SimpleNamespace(monotonic=lambda: clock[0]))
        asyncio.run(watch())
    store.close()
    return numbers


def test_a_slow_line_gets_fewer_frames_but_every_still(tmp_path):
    stills = set(range(0, 400, STILL))
    fast = sent_over(tmp_path, 0.001, may_lead=False)
    assert len(fast) == 400
    slow = sent_over(tmp_path, 0.1, may_lead=False)
    assert 400 / THINNEST <= len(slow) < 200 and stills <= set(slow), "a tenth of a second is three frames long"
    assert len(sent_over(tmp_path, 0.1, may_lead=True)) == 400, "who leads gets all"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("token", [None, 3])
def test_every_step_of_every_lesson_can_be_read(token):
    """Each number on screen has a place in the frame, its value and a source."""
    from scenes import course
    from scenes.lesson import Observer, Options
    from studio.play.picture import Picture
    from studio.play.playback import Playback
    from studio.play.session import Job, perform
    from studio.preview.processes.readings import on_screen

    class Reader(Observer):
        def step_ended(self, lesson, step):
            seen[step.name] = on_screen(lesson)

    for entry in course():
        seen = {}
        takes = "token" in entry.load().controls and entry.id != "induction"  # which says what may be followed
        options = Options(text=entry.text, model=entry.model, token=token if takes else None)
        perform(Job(entry, options, Picture.of("l")), Playback, Reader())
        assert sum(map(len, seen.values())) > len(seen), entry.id
        for name, readings in seen.items():
            for reading in readings:
                assert all(-0.2 < x < 1.2 for corner in reading["area"] for x in corner), (entry.id, name, reading)
                assert all(number["source"] and number["value"] for number in reading["numbers"]), (
                    entry.id,
                    name,
                    reading,
                )


def test_a_number_is_told_to_six_digits():
    from model.numbers.tensor import Tensor
    from scenes.kit.ground.readings import Cell, Shown
    from studio.preview.processes.readings import _number

    cell = Cell(Tensor.given(np.array([0.123456789, -2.5]), "a row", ("entry",)), (0,))
    told = {spec: _number(Shown("0.12", cell, spec), cell, lambda _: None)["value"] for spec in ("+.2f", ".2f")}
    assert told == {"+.2f": "+0.123457", ".2f": "0.123457"}


def test_dots_arcs_and_chips_can_be_pointed_at():
    """A shape that shows a number has a place on the picture like a number that is written."""
    from scenes.kit.attention.pattern import AttentionArcs, DotPattern
    from scenes.kit.words.strip import SentenceStrip
    from scenes.kit.words.tokens import TokenRow
    from scenes.lesson import TextLesson
    from scenes.lesson.options import Options
    from studio.preview.processes.readings import on_screen

    lesson = TextLesson(Options(text="The old dog chased the cat"))
    attn = lesson.trace["blocks.0.attn.pattern"]
    row = TokenRow(lesson.trace.tokens).shift((0, -2, 0))
    strip = SentenceStrip(lesson.trace.tokens, width=9)
    strip.add("q", lesson.trace["blocks.0.attn.q"][0], "query")
    for piece, places in (
        (DotPattern(attn[0]), {(0, i, k) for i, k in np.argwhere(attn[0].values > 0.003)}),
        (AttentionArcs(row, attn[1, 5], 5), {(1, 5, k) for k in range(5) if attn[1, 5].values[k] >= 0.005}),
        (strip.show("q"), {(0, i, k) for i in range(6) for k in range(8)}),
    ):
        lesson.mobjects = [piece]
        sources = {number["source"] for reading in on_screen(lesson) for number in reading["numbers"]}
        name = "blocks.0.attn.q" if piece is strip else "blocks.0.attn.pattern"
        head, first, second = ("head", "position", "d_head") if piece is strip else ("head", "query", "key")
        wanted = {f"{name}[{head}={a}, {first}={b}, {second}={c}]" for a, b, c in places}
        assert wanted <= sources, wanted - sources


# ── requests ─────────────────────────────────────────────────────────────────────────────────────
def test_what_depends_on_a_change_goes_back_to_the_lessons_choice():
    selection = Selection("attention", options={"text": "a b", "token": 1, "layer": 2, "head": 3, "theme": "day"})
    assert selection.changed({"text": "c d"}).options == {"text": "c d", "layer": 2, "head": 3, "theme": "day"}
    assert selection.changed({"model": "tiny"}).options == {"text": "a b", "theme": "day", "model": "tiny"}
    assert selection.changed({"lesson": "heads"}).options == {"theme": "day"}
    assert selection.changed({"text": ""}).options == {"layer": 2, "head": 3, "theme": "day"}
    assert selection.changed({"head": None}).options == {"text": "a b", "token": 1, "layer": 2, "theme": "day"}


# ── what can be changed ──────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
def test_every_control_of_every_lesson_has_its_values_and_the_one_that_is_shown():
    """The panel offers what the lesson can show: as many layers and heads as the model has, the text's tokens."""
    from scenes import course
    from scenes.kit.ground.painting import PaintingCamera
    from scenes.lesson.options import OPTIONS, Options
    from studio.play.picture import Picture
    from studio.play.playback import Playback
    from studio.play.session import Job, configured
    from studio.preview.processes.lessons import described

    for entry in course():
        job = Job(entry, Options(text=entry.text, model=entry.model), Picture.of("l"))
        with configured(job):
            about = described(entry.load()(job.options, renderer=Playback(PaintingCamera)))
        assert about["chosen"]["text"] == entry.text and about["chosen"]["model"] == entry.model
        for name in about["controls"]:
            if name in ("layer", "head", "token"):
                assert len(about["values"][name]) > 1, (entry.id, name)
                assert about["chosen"][name] in range(len(about["values"][name])), (entry.id, name)
            else:
                assert OPTIONS[name].kind is str or OPTIONS[name].most is not None, (entry.id, name)


def test_the_panel_has_the_rows_of_the_table_that_fit():
    about = {
        "controls": ["head", "seed", "temperature"],
        "values": {"head": ["0", "1"], "layer": ["0"]},
        "chosen": {"head": 1, "layer": 0, "model": "folder/own", "theme": "day", "aspect": "1:1", "text": "The"},
    }
    entries = [SimpleNamespace(id="small", title="Small"), SimpleNamespace(id="other", title="Other")]
    known = {"model": ["tiny", "folder/own"], "theme": ["day"]}
    found = {f.pop("name"): f for f in fields("small", entries, known, about, {"temperature": 0.5})}
    assert [*found] == ["lesson", "model", "head", "aspect", "seed", "temperature"], "no choice of theme, no layer"
    assert found["lesson"]["values"] == [("small", "Small"), ("other", "Other")] and found["lesson"]["value"] == "small"
    assert found["model"]["values"] == [("tiny", "tiny"), ("folder/own", "own")]
    assert found["head"]["values"] == [(None, "auto (1)"), (0, "0"), (1, "1")] and found["head"]["value"] is None
    assert found["seed"]["whole"] and found["seed"]["value"] == 0 and not found["seed"]["auto"]
    assert found["temperature"]["value"] == 0.5 and found["temperature"]["auto"]


def test_a_second_text_is_typed_and_goes_with_its_lesson():
    about = {
        "controls": ["other"],
        "values": {},
        "chosen": {"other": None, "model": "tiny", "theme": "day", "aspect": "1:1", "text": "The"},
    }
    shown = {f["name"]: f for f in fields("compare", [], {}, about, {"other": "The cat"})}
    assert shown["other"] == {"name": "other", "label": "Second text", "value": "The cat", "typed": True}
    assert (
        "without" not in shown and parse('{"type": "change", "other": "The cat", "without": null}')["without"] is None
    )
    asked = Selection("compare", options={"other": "The cat", "without": "0.1"})
    assert asked.changed({"text": "The dog"}).options == {"other": "The cat", "without": "0.1", "text": "The dog"}
    assert asked.changed({"model": "tiny-none"}).options == {"other": "The cat", "model": "tiny-none"}
    assert asked.changed({"lesson": "heads"}).options == {}


def test_a_second_model_is_one_of_those_there_are_or_none():
    about = {
        "controls": ["other_model"],
        "values": {},
        "chosen": {"other_model": None, "model": "tiny", "theme": "day", "aspect": "1:1", "text": "The"},
    }
    known = {"model": ["tiny", "folder/own"], "other_model": ["tiny", "folder/own"]}
    shown = {f["name"]: f for f in fields("compare", [], known, about, {"other_model": "folder/own"})}
    assert shown["other_model"]["values"] == [(None, "the same"), ("tiny", "tiny"), ("folder/own", "own")]
    assert shown["other_model"]["value"] == "folder/own" and shown["other_model"]["label"] == "Second model"
    assert parse('{"type": "change", "other_model": null}')["other_model"] is None
    asked = Selection("compare", options={"other_model": "tiny-none"})
    assert asked.changed({"model": "tiny-rotary"}).options == {"other_model": "tiny-none", "model": "tiny-rotary"}
    assert asked.changed({"other_model": None}).options == {} == asked.changed({"lesson": "heads"}).options


def test_the_panel_has_the_stack_where_there_are_two():
    about = {
        "controls": ["stack"],
        "values": {"stack": ["encoder", "decoder"]},
        "chosen": {"stack": 1, "model": "translator", "theme": "day", "aspect": "1:1", "text": "The"},
    }
    entries = [SimpleNamespace(id="small", title="Small")]
    shown = {f["name"]: f for f in fields("small", entries, {}, about, {"stack": "decoder"})}
    assert shown["stack"]["values"] == [("encoder", "encoder"), ("decoder", "decoder")]
    assert shown["stack"]["value"] == "decoder"
    asked = Selection("small", options={"model": "translator", "stack": "decoder", "head": 2, "token": 1})
    assert asked.changed({"stack": "encoder"}).options == {"model": "translator", "stack": "encoder"}
    assert asked.changed({"model": "tiny"}).options == {"model": "tiny"}, "one stack: none is asked for"
    assert asked.changed({"lesson": "other"}).options == {"model": "translator"}
    about["controls"] = []
    assert "stack" not in {f["name"] for f in fields("small", entries, {}, about, {})}


def test_who_goes_on_alone_gets_the_frames_of_its_own_place(tmp_path):
    store = Store(tmp_path, limit=1 << 20)
    for step in (0, 1, 2, 5, 6):
        store.strip(step).add(0, 1, 0, b"x")
    session = SimpleNamespace(number=1, store=store, ended=False, about={"fps": 30})
    controller = SimpleNamespace(current=session, place=Place(session=1, step=0))
    client = Client(None, controller, "stage", may_lead=False)
    assert client.next_frame()[1] == 0
    client.go(Place(session=1, step=5))
    assert client.next_frame()[1] == 5
    controller.place = Place(session=1, step=1)
    assert client.next_frame()[1] == 5, "the leader's moves are nothing to it"
    client.go(None)
    assert client.next_frame()[1] == 1, "until it follows"
    store.close()


def test_notes_are_what_was_said_when_the_step_is_over(tmp_path):
    """A step without notes has its question and its answer there; the answer comes last."""
    told = []
    session = Session({}, Store(tmp_path, 1), lambda session, event: told.append(session.steps[0].told()))
    session.hear(
        {
            "event": "step",
            "step": 0,
            "name": "Count",
            "caption": "How many?",
            "notes": "How many?",
            "start": 0,
            "quiz": None,
        }
    )
    said = {"notes": "How many? Three.", "lines": [("How many?", 0), ("Three.", 9)]}
    session.hear({"event": "end", "step": 0, "frames": 20, **said})
    assert [step["notes"] for step in told] == ["How many?", "How many? Three."]


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────
