"""Texts for which nothing is painted, words in two fonts: whatever typesetting does, the audit sees it."""

import pytest

from scenes.kit.ground import typesetting
from scenes.kit.ground.text import Caption, Label
from tests.studio.audit.planted import Planted, found, kinds, shows


@pytest.fixture(autouse=True)
def fresh_outlines():
    typesetting.outline.cache_clear()
    yield
    typesetting.outline.cache_clear()


def a_cat(lesson):
    return Label("one 🐱 sat", 0.5)


def test_a_character_without_ink(monkeypatch):
    assert kinds(shows(a_cat)) == set()
    typesetting.outline.cache_clear()
    monkeypatch.setattr(
        typesetting, "_shape", lambda text, face: typesetting._shape_in(face, text) if face else typesetting.NOTHING
    )
    (finding,) = found(shows(a_cat))
    assert finding.defect.kind == "no ink" and finding.defect.what == "nothing is painted for “🐱” in “one 🐱 sat”"


def test_a_caption_without_ink(monkeypatch):
    class Silent(Planted):
        caption_text = "What is a кот?"

    monkeypatch.setattr(
        typesetting, "_shape", lambda text, face: typesetting._shape_in(face, text) if face else typesetting.NOTHING
    )
    assert {f.defect.what for f in found(lesson=Silent)} == {"nothing is painted for “кот?” in “What is a кот?”"}


def test_a_word_cut_between_two_fonts(monkeypatch):
    words = shows(lambda lesson: Label("an angle θx", 0.5))
    assert kinds(words) == set()
    typesetting.outline.cache_clear()

    def by_letter(text, face):
        return [(letter, face if typesetting.covers(letter, face) else "math") for letter in text]

    monkeypatch.setattr(typesetting, "_runs", by_letter)
    (finding,) = found(words)
    assert finding.defect.kind == "two fonts" and finding.defect.what == "a word of “θx” is set in two fonts"
    assert finding.defect.shown == "math and roman"


def test_words_in_two_fonts_are_apart():
    assert kinds(shows(lambda lesson: Label("θ x", 0.5, parts={"x": "query"}))) == set()
    assert kinds(shows(lambda lesson: Label("θx", 0.5, parts={"x": "query"}))) == {"two fonts"}
    assert kinds(shows(lambda lesson: Label("θx", 0.5, parts={"x": "query"}).rotate(1.0))) == {"two fonts"}


def test_the_caption_is_read_as_it_was_set():
    reading, *_ = Caption("a naïve кот", 9.0).readings()
    assert [run.face for run in reading.runs] == ["roman", ""]
