"""No film changes unseen: short, usual and long texts, wide and tall, small frames of every step."""

import pytest

from model.paths import ROOT
from scenes import course
from studio.film.golden.changes import changes
from studio.film.golden.reels import kept, takes

GOLDEN = ROOT / "tests" / "golden" / "films"
ACCEPT = "if this is meant, look at it, then: ./clearhead storyboard --all --against tests/golden/films --accept"


@pytest.mark.slow
@pytest.mark.parametrize("take", takes(course()), ids=lambda take: take.name)
def test_films_are_as_they_were(take):
    before = kept(take.name, GOLDEN)
    assert before is not None, f"{take.name} is not kept; {ACCEPT}"
    found = changes(before, take.draw())
    assert not found, "\n".join([*map(str, found), ACCEPT])


def test_what_is_kept_is_small_and_of_lessons_that_there_are():
    names = {take.name for take in takes(course())}
    assert {file.stem for file in GOLDEN.iterdir()} == names
    assert sum(file.stat().st_size for file in GOLDEN.iterdir()) <= 2_000_000
