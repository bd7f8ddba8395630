"""What was made last stays at hand, as much of it as there is room for."""

import numpy as np
import pytest

from model.recent import Recent, digest


def test_as_much_stays_at_hand_as_there_is_room_for():
    recent, made = Recent[str](room=100), []

    def ask(name, size=40):
        return recent.get(name, lambda: made.append(name) or name.upper(), lambda thing: size)

    assert [ask("a"), ask("b"), ask("a"), ask("c")] == ["A", "B", "A", "C"]  # b was not asked for longest
    assert made == ["a", "b", "c"]
    ask("a"), ask("c")
    assert made == ["a", "b", "c"]
    ask("b")
    ask("c")
    assert made == ["a", "b", "c", "b"]
    ask("whole", 200), ask("whole", 200)  # more than there is room for: the last one stays all the same
    assert made == ["a", "b", "c", "b", "whole"]


def test_a_digest_is_of_the_numbers():
    one = np.arange(6.0).reshape(2, 3)
    assert digest(one) == digest(one.copy()) != digest(one + 1e-12)
    assert len(digest(np.zeros(10**6))) < 100
    with pytest.raises((BufferError, ValueError)):
        digest(one.T)
