"""Kept films: what the audit cannot see is seen to have changed; what an eye cannot see is not."""

import cairo
import numpy as np
import pytest
from manim import RIGHT, FadeIn
from PIL import Image

from model.errors import ClearheadError
from scenes.kit.ground.painting import Painted
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import Options, TextLesson
from studio.audit import audit_lesson
from studio.cli.main import main
from studio.film.golden import changes, reels
from studio.film.golden.reels import Take
from tests.studio.audit.planted import Entry


class Rows(TextLesson):
    """A grid in two steps; `kind` is its colour, `off` how far it stands to the right."""

    kind, off, extra = "query", 0.0, False
    tokens = (3, 24)

    def construct(self):
        grid = TensorGrid(self.trace["blocks.0.attn.q"][0, :3], self.kind, width=6, height=2)
        with self.step("Rows", "Three rows of numbers."):
            self.play(FadeIn(grid.shift(self.off * RIGHT)))
        with self.step("They stay", "They stay for a while, so that there is something to look at."):
            self.wait(1)
        if self.extra:
            with self.step("More", "More words."):
                pass


def entry(**how):
    return Entry(type("Rows", (Rows,), how), id="rows")


def take(**how):
    return Take(entry(**how), "short", "16:9")


def compared(tmp_path, before, now):
    """What is said of a film that was kept as one lesson and is another now."""
    reels.accept([before], tmp_path / "kept")
    return changes.compare([now], tmp_path / "kept", tmp_path / "sheets")


@pytest.mark.parametrize("defect", [dict(kind="data"), dict(off=0.3)], ids=["a colour role swapped", "a grid moved"])
def test_what_the_audit_cannot_see(tmp_path, defect):
    assert audit_lesson(entry(**defect), Options()).findings == []
    ((name, told, sheet),) = compared(tmp_path, take(), take(**defect))
    assert name == "rows-short-16x9" and told.startswith("“Rows”") and "levels" in told
    with Image.open(sheet) as page:
        assert page.width == 3 * (changes.LARGE + changes.GAP) + changes.GAP


def test_nothing_has_changed(tmp_path):
    assert compared(tmp_path, take(), take()) == []


@pytest.mark.parametrize("off", [0.0, 0.01])
def test_what_an_eye_cannot_see(tmp_path, monkeypatch, off):
    kept, paint = take().draw(), Painted.paint

    def coarsely(self, *sheets):
        for sheet in sheets:
            sheet.ctx.set_antialias(cairo.ANTIALIAS_FAST)
        paint(self, *sheets)

    monkeypatch.setattr(Painted, "paint", coarsely)
    now = take(off=off).draw()
    assert any((a != b).any() for a, b in zip(kept.frames, now.frames, strict=True))
    assert changes.changes(kept, now) == []


def test_steps_that_come_and_go():
    short, long = take().draw(), take(extra=True).draw()
    assert [str(change) for change in changes.changes(short, long)] == ["“More”, end: is new"]
    assert [str(change) for change in changes.changes(long, short)] == ["“More”, end: is gone"]
    assert changes.sheet("More", changes.changes(long, short)).height > changes.LARGE / 2


def test_a_step_that_takes_longer_changes_no_other():
    class Longer(Rows):
        def wait(self, duration=1.0, *args, **kwargs):
            super().wait(duration + 0.5, *args, **kwargs)

    slow = Take(Entry(Longer, id="rows"), "short", "16:9").draw()
    found = changes.changes(take().draw(), slow)
    assert all(change.before is None for change in found)  # there is more of it, and nothing looks otherwise


def test_a_film_is_kept_as_it_is(tmp_path):
    reel = take().draw()
    reels.keep(reel, tmp_path)
    again = reels.kept(reel.name, tmp_path)
    assert again.shots == reel.shots and np.array_equal(again.frames, reel.frames)
    assert reel.shots[0][0] == "Rows" and ("They stay", reels.END) in reel.shots
    assert reels.kept("nothing", tmp_path) is None
    (tmp_path / f"{reel.name}.json").write_text("{")
    with pytest.raises(ClearheadError, match="accept it anew"):
        reels.kept(reel.name, tmp_path)


def test_the_first_text_that_a_lesson_can_show(monkeypatch):
    assert len(take().texts) > 1  # this lesson needs three words
    assert take().draw().frames


@pytest.mark.parametrize("arguments", [("--all",), ("heads", "--accept"), ("heads", "--all", "--against", "x")])
def test_wrong_usage(arguments, capsys):
    assert main(["storyboard", *arguments]) == 2
    assert capsys.readouterr().err


@pytest.mark.slow
def test_the_command(tmp_path, capsys, monkeypatch):
    kept, command = tmp_path / "kept", ["storyboard", "heads", "--against", str(tmp_path / "kept")]
    assert main(command) == 2 and "there is no folder" in capsys.readouterr().err
    kept.mkdir()
    assert main([*command, "-o", str(tmp_path / "sheets")]) == 1
    assert "heads-short-16x9: is not kept" in capsys.readouterr().out
    assert main([*command, "--accept"]) == 0 and len(list(kept.glob("*.webp"))) == 6
    assert main(command) == 0
    assert "nothing has changed" in capsys.readouterr().out
    monkeypatch.setattr(reels, "small", lambda pixels, draw=reels.small: draw(pixels[:, ::-1]))
    assert main([*command, "-o", str(tmp_path / "sheets")]) == 1
    assert "6 of 6 films have changed" in capsys.readouterr().out
    assert len(list((tmp_path / "sheets").glob("*.png"))) == 6
