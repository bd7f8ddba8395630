"""What the preview does when the drawing hangs or crashes, without a browser."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from studio.preview.sessions.selection import Selection

PLACE = {"session": 1, "step": 0, "frame": 0}


@pytest.fixture
def controller(monkeypatch):
    """A controller with sessions that do nothing; `told` is what the pages hear, `clock` the time."""
    from studio.preview.sessions import controller as module

    numbers = iter(range(1, 100))
    told, clock = [], [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def open_session(order, on_event):
        return SimpleNamespace(
            number=next(numbers), planned=False, failure=None, steps=[], store=None, draw=lambda wants, slots: None
        )

    pool = SimpleNamespace(
        patience=30.0,
        models=["tiny"],
        open=open_session,
        close=lambda session: None,
        warm_up=lambda order: None,
        go_on=lambda: None,
        refresh=lambda: None,
    )
    made = module.Controller(pool, Selection("attention"), told.append, lambda: None, lambda: iter(()))
    made.clock = clock
    return made


LOST = {"event": "lost", "hung": False}


def test_a_lesson_that_hangs_every_time_is_given_up(controller):
    """Each hang takes as long to notice as the patience lasts."""
    controller.begin()
    for _ in range(3):
        assert controller.next is not None and controller.banner is None
        controller.clock[0] += 31
        controller.on_event(controller.next.session, {"event": "lost", "hung": True})
    assert controller.next is None and "does not move" in controller.banner["text"]


def test_what_crashes_while_it_is_reloaded_is_reloaded_again(controller):
    controller.begin()
    controller.next = replace(controller.next, target=replace(controller.next.target, reload=True))
    controller.on_event(controller.next.session, LOST)
    assert controller.next.target.reload, "it is entered only when all of it has been played through"


def test_a_loss_is_counted_once_and_only_where_it_matters(controller):
    controller.begin()
    first = controller.next.session
    controller.on_event(first, LOST)
    second = controller.next.session
    assert second is not first and len(controller.crashes) == 1
    controller.on_event(first, LOST)  # nobody's any more
    assert controller.next.session is second and len(controller.crashes) == 1
