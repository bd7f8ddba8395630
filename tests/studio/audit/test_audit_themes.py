"""One play for several themes: what is found, and whose it is, is what audits of each theme alone find."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from manim import FadeIn, Line, Transform

from scenes.kit.ground import theme as themes
from scenes.kit.ground.style import color, current, theme
from scenes.kit.ground.text import Label, Number
from scenes.kit.ground.theme import Theme, Themes, by_theme, legible_on
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import Options
from studio.audit import audit, audit_lesson, cases, matrix
from studio.audit.matrix import audit_in_themes
from tests.studio.audit.planted import Clean, Entry, Planted, shows

THEMES = ("night", "day")


def in_each(put, lesson=Planted):
    """What is found in each theme. Where the play in both had found nothing, this would be nothing."""
    entry = Entry(type("Planted", (lesson,), {"put": put} if put else {}))
    return [
        {finding.defect.kind for finding in report.findings} for report in audit_in_themes(entry, Options(), THEMES)
    ]


def only_in(name: str) -> np.ndarray:
    """1 in the channels of a theme, as what knows nothing of themes has it that looks how light its ground is."""
    light = np.repeat(by_theme(color("background")).mean(axis=-1) > 0.5, 3)
    return (light if name == "day" else ~light).astype(float)


# ── defects of one theme ─────────────────────────────────────────────────────────────────────────
def mixed(name: str, wrong: str, right: str) -> np.ndarray:
    """One colour in that theme, and another in all others."""
    part = only_in(name)
    return part * color(wrong) + (1 - part) * color(right)


def pale(name):
    """A text that can hardly be told from its ground."""
    return shows(lambda lesson: Label("hardly seen", fill=mixed(name, "faint", "ink")))


def red(name):
    """A number above zero in the colour of those below."""

    def put(lesson):
        column = int(np.argmax(lesson.Q.values[1]))
        lesson.play(FadeIn(Number(lesson.Q[1, column], fill=mixed(name, "negative", "positive"))), run_time=0.3)

    return put


class Tinted(TensorGrid):
    """A grid whose cells are the wrong ones in a theme."""

    where = "day"

    def fills(self):
        fills = super().fills()
        return fills + 0.1 * only_in(self.where) * (1 - 2 * fills)


def shade(name):
    """Cells in the wrong colour."""
    kind = type("Tinted", (Tinted,), {"where": name})
    return shows(lambda lesson: kind(lesson.Q, "query"))


def yellow(name):
    """A word that is marked and not spoken of."""

    def put(lesson):
        row = lesson.row()
        lesson.play(FadeIn(row), run_time=0.3)
        marked = row.copy()
        marked.tint[2] = mixed(name, "target", "ink")
        lesson.play(Transform(row, marked), run_time=0.3)

    return put


def blank(name):
    """Nothing is on the stage for a while, and before and after it something."""

    def put(lesson):
        word = Label("seen")
        lesson.play(FadeIn(word), run_time=0.3)
        lesson.play(word.animate.set_color(mixed(name, "background", "ink")), run_time=0.6)
        lesson.wait(0.5)
        lesson.play(word.animate.set_color("ink"), run_time=0.3)

    return put


def named(name):
    """Decided by what the theme is called."""

    def put(lesson):
        fill = "faint" if current().theme.name == name else "ink"
        lesson.play(FadeIn(Label("hardly seen", fill=fill)), run_time=0.3)

    return put


def line(name):
    """Behind a text, what is not of the kit and has its colour from the theme."""

    def put(lesson):
        wall = Line((-3, 0, 0), (3, 0, 0), stroke_width=60, color=theme().hex["ink" if name == "night" else "faint"])
        lesson.play(FadeIn(wall), FadeIn(Label("hardly seen")), run_time=0.3)

    return put


DEFECTS = [(pale, "contrast"), (red, "wrong shape"), (shade, "wrong shape"), (yellow, "wrong label")]
DEFECTS += [(blank, "blank stage"), (named, "contrast")]


@pytest.mark.parametrize(("defect", "kind"), DEFECTS)
@pytest.mark.parametrize("name", THEMES)
def test_a_defect_of_one_theme_is_found_in_that(defect, kind, name):
    found = dict(zip(THEMES, in_each(defect(name)), strict=True))
    assert kind in found.pop(name) and not any(found.values())


def test_what_is_not_of_the_kit_is_looked_at_in_each_theme():
    night, day = in_each(line("night"))
    assert "contrast" in night | day or "covered" in night | day


@pytest.fixture
def changed_themes(tmp_path, monkeypatch):
    """changed_themes("day", secondary="#E0E0E0"): the theme's file says so."""
    folder = Path(shutil.copytree(themes.FOLDER, tmp_path / "themes"))
    monkeypatch.setattr(themes, "FOLDER", folder)

    def change(name: str, **roles: str) -> None:
        hexes = themes.load(name).hex | roles
        (folder / f"{name}.toml").write_text("".join(f'{role} = "{value}"\n' for role, value in hexes.items()))
        themes.load.cache_clear()

    yield change
    themes.load.cache_clear()


@pytest.mark.parametrize("name", THEMES)
def test_a_role_that_is_too_pale_in_one_theme(changed_themes, name):
    changed_themes(name, secondary={"night": "#303030", "day": "#D0D0D0"}[name])
    found = dict(zip(THEMES, in_each(None, Clean), strict=True))
    assert "contrast" in found.pop(name) and not any(found.values())


def test_colours_that_look_alike_in_one_theme(changed_themes):
    changed_themes("day", negative="#266BBF")
    night, day = in_each(None, Clean)
    assert night == set() and "colours alike" in day


# ── how many plays ───────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def played(monkeypatch):
    """The themes that lessons are played in."""
    performed, rows = matrix.perform, []
    monkeypatch.setattr(matrix, "perform", lambda job, *more: rows.append(job.options.theme) or performed(job, *more))
    return rows


def told(report):
    return {name: value for name, value in report.to_dict().items() if name != "seconds"}


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_clean_is_played_once_whatever_theme_is_asked_for(played, theme):
    night, day = audit_in_themes(Entry(Clean), Options(theme=theme), THEMES)
    assert len(played) == 1 and not night.findings + day.findings
    assert told(day) == told(audit_lesson(Entry(Clean), Options(theme="day"))) != told(night)
    assert night.findings is not day.findings and night.seconds == day.seconds > 0


def test_what_breaks_down_breaks_down_in_each(played):
    def put(lesson):
        raise RuntimeError("no")

    assert in_each(put) == [{"crash"}, {"crash"}] and len(played) == 3


def test_what_is_skipped_is_skipped_in_each():
    assert all(
        "2 to 24 tokens" in report.skipped for report in audit_in_themes(Entry(Planted), Options(text="a"), THEMES)
    )


def test_a_lesson_of_ones_own_is_played_in_each(played):
    entry = Entry(Clean)
    entry.own = Path("own.py")
    assert len(audit_in_themes(entry, Options(), THEMES)) == len(played) == 2


def test_cases_that_differ_in_nothing_else_are_audited_together(played):
    todo = cases([Entry(Clean, id="one"), Entry(Clean, id="other")], [None], ["16:9", "1:1"], THEMES, [None])
    mixed_up = [todo[k] for k in (3, 0, 6, 1, 5, 2, 4)]  # and one without its like
    done: list[int] = []
    reports = audit(mixed_up, on_done=done.append)
    assert [report.case for report in reports] == mixed_up
    assert len(played) == 4 and done == [*range(8)]


# ── colours of several themes ────────────────────────────────────────────────────────────────────
def test_colours_of_several_themes_stand_one_after_the_other():
    night, day = map(themes.load, THEMES)
    both = Themes(night, day)
    assert both["query"].tolist() == [*night["query"], *day["query"]]
    assert by_theme(both["query"])[1].tolist() == day["query"].tolist()
    assert both.of(np.array([0.1, 0.2, 0.3])).tolist() == 2 * [0.1, 0.2, 0.3]
    ground = np.stack([both["background"], both["ink"]])
    for k, one in enumerate((night, day)):
        alone = legible_on(np.stack([one["background"], one["ink"]]), one["ink"])
        assert np.array_equal(by_theme(legible_on(ground, both["ink"]))[:, k], alone)


@pytest.mark.parametrize("what", ["name", "hex"])
def test_what_only_one_theme_has_is_not_told_of_several(what):
    with pytest.raises(Exception, match="night and day at once have no"):
        getattr(Themes(*map(themes.load, THEMES)), what)


def test_a_role_that_one_of_them_lacks_is_none():
    few = Theme("few", {"ink": "#FFFFFF"})
    assert "ink" in Themes(themes.load("night"), few) and "cell" not in Themes(themes.load("night"), few)
