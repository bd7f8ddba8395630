"""Every character of any text is seen: in one font a word, as an outline, else as its code."""

import os
import subprocess
import sys

import cairo
import numpy as np
import pytest
from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from model.paths import ROOT
from scenes.kit.ground import typesetting
from studio.cli.fonts import advice, package_for

SEEN = ("🐱", "🛋️", "👩🏽‍🏫", "🇮🇳", "❤️", "1️⃣", "кот", "नमस्ते", "\u200b", "\ue123", "a🐱b", "θ₁", "⃝")


@pytest.mark.parametrize("text", SEEN)
def test_what_is_no_space_has_ink(text):
    left, top, right, bottom = typesetting.outline(text).ink
    assert right - left > 50 and bottom - top > 50


def test_a_word_is_set_in_one_font():
    for text in (*SEEN, "a naïve кот θ₁ x√8 end"):
        for word in text.split(" "):
            assert len(typesetting._runs(word, "roman")) == 1, word


def test_the_space_between_two_fonts_stays():
    def wide(text):
        return typesetting.outline(text).advance

    space = wide("b b") - wide("bb")
    for word in ("🐱", "кот", "√"):
        assert wide(f"b {word} b") == pytest.approx(wide("b") + space + wide(word) + space + wide("b"), abs=1), word


def test_a_keycap_is_more_than_its_digit():
    assert typesetting.outline("1️⃣").ink[2] > 1.5 * typesetting.outline("1").ink[2]


def test_nothing_visible_is_shown_as_its_code():
    assert typesetting.outline("\u200b").advance > typesetting.outline("200B", "mono").advance * 0.5
    assert not typesetting.outline("  ").ink[2], "a space stays a space"


def picture_font(folder):
    """A font of pictures for the cat: its glyph is a layer of colour."""
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "cat", "layer"])
    font.setupCharacterMap({0x1F431: "cat"})
    pen = TTGlyphPen(None)
    for point, move in (((0, 0), pen.moveTo), ((500, 0), pen.lineTo), ((500, 500), pen.lineTo)):
        move(point)
    pen.closePath()
    glyph, empty = pen.glyph(), TTGlyphPen(None).glyph()
    font.setupGlyf({".notdef": empty, "cat": empty, "layer": glyph})
    font.setupHorizontalMetrics(dict.fromkeys((".notdef", "cat", "layer"), (600, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Pictures", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.font["COLR"] = buildCOLR({"cat": [("layer", 0)]})
    font.font["CPAL"] = buildCPAL([[(1.0, 0.0, 0.0, 1.0)]])
    folder.mkdir(parents=True)
    font.save(folder / "pictures.ttf")


def test_fonts_of_pictures_are_not_taken(tmp_path):
    picture_font(tmp_path / ".local/share/fonts")
    code = "from scenes.kit.ground import typesetting as t; print(t.outline('🐱').ink[2])"
    home = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    for name in ("XDG_DATA_HOME", "FONTCONFIG_FILE"):
        home.pop(name, None)
    listed = subprocess.run(["fc-list", ":color=true"], env=home, capture_output=True, text=True)
    assert "Pictures" in listed.stdout, "the font is there for others"
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, cwd=ROOT)
    assert float(done.stdout.split()[-1]) > 50, done.stderr


def test_what_lacks_a_font_is_said_with_the_package_that_has_it():
    assert typesetting.lacking("The cat sat, naïve кот √8 \ue123") == "\ue123"
    assert advice("The cat sat") is None
    assert advice("x \ue123") == "no font for \ue123 (shown as their codes)"
    assert [package_for(c) for c in "中한🐱न\ue123"] == [
        "fonts-noto-cjk", "fonts-noto-cjk", "fonts-symbola", "fonts-noto-core", None,
    ]  # fmt: skip


def test_a_blank_that_stands_alone_is_no_hairline():
    """Its strokes as a share of the em: the area of a frame without its top, by its length."""
    shape = typesetting.outline("␣")
    surface = cairo.ImageSurface(cairo.FORMAT_A8, 1200, 1200)
    context = cairo.Context(surface)
    context.translate(100, 800)
    context.append_path(shape.path)
    context.fill()
    ink = np.frombuffer(surface.get_data(), np.uint8).reshape(1200, -1) > 127
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    wide, high = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    assert 0.035 < ink.sum() / (wide + 2 * high) / typesetting.EM < 0.06
    assert typesetting.width("␣", 1.0) == pytest.approx(shape.advance / typesetting.EM)
