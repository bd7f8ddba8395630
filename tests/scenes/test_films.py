"""No film changes unseen: short, usual and long texts, wide and tall, a small frame every two seconds."""

import pytest

from tests.films import FILMS, differences, name_of


@pytest.mark.slow
@pytest.mark.parametrize("film", FILMS, ids=name_of)
def test_films_are_as_they_were(film):
    found = differences(film)
    assert not found, "\n".join([*found, "if this is meant, look at it, then: python -m tests.films --accept"])
