"""A lesson is the same in every theme but for its colours: the audit, which plays it in all at once, relies on that."""

import re
from dataclasses import replace
from hashlib import sha1
from pathlib import Path

import numpy as np
import pytest

from model.paths import ROOT
from scenes import course
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.theme import Themes, load
from scenes.lesson import Observer, Options
from studio.audit.matrix import THEMES, small_picture
from studio.audit.rehearsal import Rehearsal
from studio.audit.screen import fingerprint, on_screen, view_of
from studio.play.session import Job, perform

ENTRIES = {entry.id: entry for entry in course()}


class Kept(Observer):
    """What a lesson shows at all moments that the audit looks at, and how that looks at the end of every play, in each
    of the themes that it is played in."""

    def __init__(self, *themes: str):
        self.themes = themes
        self.moments: list[tuple[list, list]] = []  # [time, play, caption], and how all mobjects look
        self.pictures: list[list[np.ndarray]] = []
        self.last: dict[int, tuple] = {}  # by a mobject's id: what it looked like when it was looked at last

    def began(self, lesson):
        if len(self.themes) > 1:
            lesson.style = replace(lesson.style, theme=Themes(*map(load, self.themes)))

    def passing(self, lesson):
        when = [lesson.time, lesson.renderer.num_plays, str(getattr(lesson.caption, "text", ""))]
        self.moments.append((when, [self.look(m, view_of(lesson)) for m in on_screen(lesson)]))

    def look(self, m, view) -> tuple:
        """A mobject without its colours, and these [n, 3 for each theme]."""
        state, channels = (fingerprint(m), view), 3 * len(self.themes)
        if self.last.get(id(m), (None,))[0] != state:
            shown = [one for part in m.seen(view) for one in part] if isinstance(m, Painted) else []
            colours = [np.empty((0, channels)), *(np.reshape(one.rgb, (-1, channels)) for one in shown)]
            look = (type(m), bytes_of(m.points), [without_colour(one) for one in shown])
            self.last[id(m)] = state, (look, np.concatenate(colours)), m
        return self.last[id(m)][1]

    def played(self, lesson):
        self.passing(lesson)
        with lesson.renderer.camera.drawing_on(
            lesson.theme, *((True, k) for k in range(1, len(self.themes)))
        ) as others:
            self.pictures.append([lesson.renderer.picture(lesson), *others])


def bytes_of(array: np.ndarray) -> tuple:
    return array.shape, sha1(np.ascontiguousarray(array)).digest()


def without_colour(shown) -> list:
    """All that a reading or a mark says but its colours; of the numbers in it, how they are written."""
    said = {k: v for k, v in vars(shown).items() if k not in ("rgb", "shows", "numbers", "of")}
    plain = [(k, bytes_of(v) if isinstance(v, np.ndarray) else v) for k, v in said.items()]
    names = [type(shows) for shows in getattr(shown, "shows", ())]
    return [
        type(shown),
        np.shape(shown.rgb)[:-1],
        plain,
        names,
        [(n.text, n.spec) for n in getattr(shown, "numbers", ())],
    ]


def kept(lesson: str, folder: Path, *themes: str) -> Kept:
    watching = Kept(*themes)
    perform(Job(ENTRIES[lesson], Options(theme=themes[0]), small_picture("16:9"), segments=folder), Rehearsal, watching)
    return watching


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ENTRIES)
def test_a_lesson_in_both_themes_at_once_is_that_lesson_in_each(lesson, tmp_path):
    both = kept(lesson, tmp_path, *THEMES)
    assert len(both.moments) > 50
    for k, theme in enumerate(THEMES):
        alone = kept(lesson, tmp_path, theme)
        assert len(alone.moments) == len(both.moments)
        compared = set()  # what does not change is one object at many moments
        for (when, looks), (when_alone, looks_alone) in zip(both.moments, alone.moments, strict=True):
            assert when == when_alone
            for pair in zip(looks, looks_alone, strict=True):
                if tuple(map(id, pair)) not in compared:
                    (look, colours), (expected, colours_alone) = pair
                    assert look == expected, when
                    here = colours[:, 3 * k : 3 * k + 3]
                    np.testing.assert_allclose(here, colours_alone, rtol=0, atol=1e-12, err_msg=str(when))
                    compared.add(tuple(map(id, pair)))
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
