"""Every lesson of the course, audited: no finding on any text, aspect, theme or model that is tried.

The whole matrix is `clearhead audit --all`; here a sample, in which every lesson meets every text and every aspect, and
every text every aspect.
"""

import pytest

from scenes import course
from scenes.lesson import Options
from scenes.lesson.options import ASPECTS
from studio.audit import Report, audit_lesson, everything
from studio.audit.film.drawn import drawn
from studio.audit.matrix import DRAWN, audit_in_themes, small_picture
from studio.play.session import Job

ENTRIES = {entry.id: entry for entry in course()}
MATRIX = everything(list(ENTRIES.values()))
TEXTS, THEMES = MATRIX.texts, MATRIX.themes
QUICK = ("compare", "mlp", "scaling", "unembedding")  # lessons that are audited in a second or two
BY_DEFAULT = [pytest.param(lesson, marks=() if lesson in QUICK else pytest.mark.slow) for lesson in ENTRIES]
PAIRS = [(text, aspect) for text in TEXTS for aspect in ASPECTS]  # the first is what is rendered by default
OTHERS = [  # of the others, of each lesson, every text in another aspect, in both themes
    (lesson, k)
    for place, lesson in enumerate(ENTRIES)
    for k in range(1, len(PAIRS))
    if (k + k // len(ASPECTS) + place) % len(ASPECTS) == 0
]


def options_of(number: int, **others) -> Options:
    """The number-th pair of text and aspect, in one theme and then the other."""
    text, aspect = PAIRS[number % len(PAIRS)]
    return Options(text=text, aspect=aspect, theme=THEMES[(number + number // len(PAIRS)) % 2], **others)


def findings(lesson: str, options: Options) -> list[str]:
    return told(audit_lesson(ENTRIES[lesson], options))


def told(report: Report) -> list[str]:
    return [f"{f.moment.step}, play {f.moment.play}: {f.defect.kind}: {f}" for f in report.findings]


@pytest.mark.parametrize("lesson", BY_DEFAULT)
def test_as_it_is_rendered_by_default(lesson):
    report = audit_lesson(ENTRIES[lesson], Options())
    assert not report.skipped
    assert report.numbers > 0 and report.plays > report.steps > 0
    assert 2 <= report.questions <= 4  # to the viewer
    assert told(report) == []


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ENTRIES)
def test_nothing_flashes_and_no_stage_is_blank(lesson, tmp_path):
    small = Job(ENTRIES[lesson], Options(), small_picture("16:9", DRAWN, 15), segments=tmp_path)
    assert [(step.name, str(defect)) for step, defect in drawn(small)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "number"), OTHERS)
def test_texts_and_aspects(lesson, number):
    reports = audit_in_themes(ENTRIES[lesson], options_of(number), THEMES)
    assert [told(report) for report in reports] == [[], []]


@pytest.mark.slow
@pytest.mark.parametrize(("place", "lesson"), enumerate(ENTRIES))
def test_variants_of_its_model(place, lesson):
    """Every second one: of a lesson the even ones, of the next the odd ones."""
    own = ENTRIES[lesson].model
    variants = [m for m in MATRIX.models if m is not None and m.startswith(f"{own}-")]
    for number, model in list(enumerate(variants))[place % 2 :: 2]:
        assert findings(lesson, options_of(3 * number, model=model)) == [], model


def test_the_texts_are_what_they_are_meant_to_be():
    from model import run

    lengths = [len(run("tiny", text).tokens) for text in TEXTS if text is not None]
    assert lengths[:2] == [3, 20]
    words = run("tiny", TEXTS[3]).tokens
    assert len(set(words)) < len(words) and not any(run("tiny", text).unknown for text in TEXTS[1:])
