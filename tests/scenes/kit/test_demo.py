"""The kit's samples: every piece has one, each draws something in every shape, and docs/kit.md is made of them."""

import re
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from manim import Animation, Mobject
from PIL import Image

import scenes.kit
import scenes.lessons
from scenes.kit.demo.__main__ import main
from scenes.kit.demo.catalogue import PAGE, PICTURES, is_move, page, signature
from scenes.kit.demo.drawing import MOMENTS, draw, is_empty, sheet
from scenes.kit.demo.table import SAMPLES, names_of, piece_of
from scenes.lesson import FRAME


def drawn_with(package) -> list[type]:
    """The mobjects and moves that the modules of a package define."""
    modules = [import_module(each.name) for each in walk_packages(package.__path__, f"{package.__name__}.")]
    own = [(module, piece) for module in modules for piece in vars(module).values() if isinstance(piece, type)]
    return [p for m, p in own if p.__module__ == m.__name__ and issubclass(p, (Mobject, Animation))]


OF_LESSONS = [piece.__name__ for piece in drawn_with(scenes.lessons)]
EVERY = sorted([*dir(scenes.kit), *OF_LESSONS])


def test_every_piece_of_the_kit_and_of_a_lesson_has_a_sample_and_nothing_else_has():
    assert {"Pile", "Pour", "SpreadChart", "FactorCurves", "MoveCursor"} <= set(OF_LESSONS)
    assert len(set(EVERY)) == len(EVERY), "two pieces of one name"
    assert sorted(SAMPLES) == EVERY
    assert {piece_of(name) for name in OF_LESSONS} == set(drawn_with(scenes.lessons))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_draws_something_in_every_shape(name):
    for aspect, frame in FRAME.items():
        pictures = draw(SAMPLES[name], frame, 90)
        assert {picture.height for picture in pictures} == {90}
        assert not any(map(is_empty, pictures[1:] or pictures)), aspect  # a move may start from nothing


@pytest.mark.parametrize("name", [name for name in SAMPLES if is_move(piece_of(name))])
def test_a_move_is_shown_at_start_middle_and_end(name):
    pictures = [np.asarray(each) for each in draw(SAMPLES[name], FRAME["16:9"], 120)]
    start, middle, end = pictures
    assert len(pictures) == len(MOMENTS) and (start != middle).any() and (middle != end).any()


def test_one_colour_is_empty():
    blank = Image.new("RGB", (4, 3), (9, 9, 9))
    assert is_empty(blank)
    blank.putpixel((1, 1), (9, 9, 10))
    assert not is_empty(blank)


def test_a_sheet_has_its_pictures_side_by_side_or_below_each_other():
    red, blue = Image.new("RGB", (4, 2), "red"), Image.new("RGB", (2, 3), "blue")
    across, down = sheet([red, blue], across=True), sheet([red, blue], across=False)
    assert across.size == (12, 3) and across.getpixel((11, 2)) == (0, 0, 255)
    assert down.size == (4, 11) and down.getpixel((3, 1)) == (255, 0, 0) and down.getpixel((1, 10)) == (0, 0, 255)


# ── the command ──────────────────────────────────────────────────────────────────────────────────
def test_the_command_draws_a_sheet_of_three_shapes(tmp_path):
    done = CliRunner().invoke(main, ["symbol", "-o", str(tmp_path / "new")])
    assert done.exit_code == 0 and done.output.strip() == str(tmp_path / "new" / "symbol.png")
    with Image.open(tmp_path / "new" / "symbol.png") as picture:
        assert picture.height == 540 and picture.width == 960 + 304 + 540 + 12


def test_a_module_or_a_room_is_asked_for_by_its_name(tmp_path):
    done = CliRunner().invoke(main, ["charts.bars", "numbers.frames", "-o", str(tmp_path)])
    assert done.exit_code == 0
    assert {path.stem for path in tmp_path.iterdir()} == {"ProbabilityBars", "Frame", "Plate"}
    assert {"ProbabilityBars", "Ranking"} < set(names_of("charts")) and names_of("bars") == ["bars"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("tensorgrid", "The kit has no tensorgrid; did you mean TensorGrid?"),
        ("Bars", "The kit has no Bars; did you mean RowBars?"),
        ("zzz", "The kit has no zzz. --all draws all there are."),
    ],
)
def test_an_unknown_name_is_refused_in_one_line_with_the_nearest(asked, answer, tmp_path):
    done = CliRunner().invoke(main, ["symbol", asked, "-o", str(tmp_path)])
    assert done.exit_code == 1 and done.output.strip() == answer
    assert not list(tmp_path.iterdir())


def test_without_a_name_the_command_says_what_it_needs():
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 2 and "--all" in done.output


# ── docs/kit.md ──────────────────────────────────────────────────────────────────────────────────
def test_the_page_is_what_the_generator_makes():
    assert PAGE.read_text(encoding="utf-8") == page(), "make it again: python -m scenes.kit.demo --docs"


def test_every_piece_is_on_the_page_with_its_picture():
    text = PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### `(\w+)`$", text, re.M)) == EVERY
    shown = re.findall(r"\]\(kit/(\w+)\.webp\)", text)
    assert sorted(shown) == sorted(path.stem for path in PICTURES.iterdir()) == EVERY


def test_the_pictures_are_480_pixels_wide_and_light():
    for path in PICTURES.iterdir():
        with Image.open(path) as picture:
            assert picture.width == 480
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= 1.5e6


def test_a_signature_is_told_as_it_is_written():
    def short(a: "int", *, b: "float" = 0.5, c: "tuple[str, str]" = ("x", "y"), d: "Any" = None, **kwargs: "Any"):
        """Only its signature counts."""

    assert (
        signature("short", short)
        == 'short(a: int, *, b: float = 0.5, c: tuple[str, str] = ("x", "y"), d=None, **kwargs)'
    )


def test_a_long_signature_is_wrapped_between_arguments():
    told = signature("TensorGrid", scenes.kit.TensorGrid)
    first, *lines, last = told.split("\n")
    assert (first, last) == ("TensorGrid(", ")") and len(lines) > 3
    assert max(map(len, lines)) <= 104 and all(line.endswith(",") for line in lines[:-1])
