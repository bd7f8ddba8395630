"""A lesson is the same in every theme but for its colours: the audit, which plays it in all at once, relies on that."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.paths import ROOT
from scenes import course
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.theme import Themes, by_theme, load
from scenes.lesson import Observer, Options
from studio.audit.matrix import THEMES, small_picture
from studio.audit.rehearsal import Rehearsal
from studio.audit.screen import on_screen, view_of
from studio.play.session import Job, perform

ENTRIES = {entry.id: entry for entry in course()}


class Kept(Observer):
    """What a lesson shows at all moments that the audit looks at, and how that looks at the end of every play, in each
    of the themes that it is played in."""

    def __init__(self, *themes: str):
        self.themes = themes
        self.moments: list[tuple] = []  # (time, play, caption, [(mobject's type, its points, texts, marks)])
        self.pictures: list[list[np.ndarray]] = []

    def began(self, lesson):
        if len(self.themes) > 1:
            lesson.style = replace(lesson.style, theme=Themes(*map(load, self.themes)))

    def passing(self, lesson):
        view = view_of(lesson)
        looks = [
            (type(m), np.array(m.points), *(m.seen(view) if isinstance(m, Painted) else ((), ())))
            for m in on_screen(lesson)
        ]
        self.moments.append((lesson.time, lesson.renderer.num_plays, str(getattr(lesson.caption, "text", "")), looks))

    def played(self, lesson):
        self.passing(lesson)
        with lesson.renderer.camera.drawing_on(
            lesson.theme, *((True, k) for k in range(1, len(self.themes)))
        ) as others:
            self.pictures.append([lesson.renderer.picture(lesson), *others])


def kept(lesson: str, folder: Path, *themes: str) -> Kept:
    watching = Kept(*themes)
    perform(Job(ENTRIES[lesson], Options(theme=themes[0]), small_picture("16:9"), segments=folder), Rehearsal, watching)
    return watching


def same(one, other, colours: int | None = None) -> bool:
    """Whether two readings or marks are alike in everything, the first one's colours in the theme of a number."""
    rgb = by_theme(one.rgb)[..., colours, :]
    rest = [
        {k: v for k, v in vars(each).items() if k not in ("rgb", "shows", "numbers", "of")} for each in (one, other)
    ]
    names = [[type(shows) for shows in getattr(each, "shows", ())] for each in (one, other)]
    texts = [[(n.text, n.spec) for n in getattr(each, "numbers", ())] for each in (one, other)]
    return (
        rgb.shape == other.rgb.shape
        and np.allclose(rgb, other.rgb, rtol=0, atol=1e-12)
        and names[0] == names[1]
        and texts[0] == texts[1]
        and rest[0].keys() == rest[1].keys()
        and all(
            np.array_equal(rest[0][k], rest[1][k]) if is_array(rest[0][k]) else rest[0][k] == rest[1][k]
            for k in rest[0]
        )
    )


def is_array(value) -> bool:
    return isinstance(value, np.ndarray)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ENTRIES)
def test_a_lesson_in_both_themes_at_once_is_that_lesson_in_each(lesson, tmp_path):
    both = kept(lesson, tmp_path, *THEMES)
    assert len(both.moments) > 50
    for k, theme in enumerate(THEMES):
        alone = kept(lesson, tmp_path, theme)
        assert len(alone.moments) == len(both.moments)
        for (*when, looks), (*when_alone, looks_alone) in zip(both.moments, alone.moments, strict=True):
            assert when == when_alone
            assert [kind for kind, *_ in looks] == [kind for kind, *_ in looks_alone]
            for (kind, points, *shown), (_, points_alone, *shown_alone) in zip(looks, looks_alone, strict=True):
                assert np.array_equal(points, points_alone), (kind, when)
                for here, there in zip(shown, shown_alone, strict=True):
                    assert len(here) == len(there), (kind, when)
                    assert all(same(a, b, k) for a, b in zip(here, there, strict=True)), (kind, when)
        assert all(np.array_equal(pair[k], one) for pair, (one,) in zip(both.pictures, alone.pictures, strict=True))


def test_nothing_asks_the_options_for_the_theme_but_the_stage():
    """What it decided by that would be decided once for all themes."""
    asked = [
        str(file.relative_to(ROOT))
        for room in ("scenes", "model")
        for file in sorted((ROOT / room).rglob("*.py"))
        if re.search(r"options\.theme|\[.theme.\]|asdict\(.*options", file.read_text(encoding="utf-8"))
    ]
    assert asked == ["scenes/lesson/stage.py"]
