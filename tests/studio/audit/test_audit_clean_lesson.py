"""Nothing is found where nothing is wrong."""

import pytest

from scenes.lesson import Options
from studio.audit import audit_lesson
from tests.studio.audit.planted import Clean, Entry


@pytest.mark.parametrize("theme", ["night", "day"])
@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_a_clean_lesson_has_no_findings(aspect, theme):
    report = audit_lesson(Entry(Clean), Options(aspect=aspect, theme=theme))
    assert report.findings == [] and not report.skipped
    assert (
        report.steps == 1 and report.plays >= 9 and report.readings > 100 and report.numbers > 50 and report.sums >= 3
    )
