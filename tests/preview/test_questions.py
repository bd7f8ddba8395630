"""Questions to the viewer on a page and in the preview: they wait, are answered by keyboard, and are judged."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import scenes
from scenes.lesson.options import Options
from studio.film import render as rendering
from studio.play.picture import Picture
from studio.play.session import Job
from tests.preview.browsing import wait_for

STEP = "Without this head"


def page_of(folder, questions: bool | None = None):
    """One step of a lesson, before which something is asked, as a page."""
    entry = next(entry for entry in scenes.course() if entry.id == "attention")
    job = Job(entry, Options(pace=0.1, questions=questions), Picture.of("l"), segments=folder / "cache")
    made = rendering.render(rendering.Request(job, folder / "out", "html", STEP, workers=2))
    return SimpleNamespace(path=made.files[0], quiz=made.film.steps[0].quiz)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("page"))


@pytest.fixture
def open_film(open_page):
    def open_film(path, **how):
        page = open_page(f"file://{path}", **({"offline": True} | how))
        wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
        page.js("addEventListener('answered', ({ detail }) => { window.told = detail; })")
        page.js("document.addEventListener('answered', ({ detail }) => { window.told = detail; })")
        return page

    return open_film


def is_open(page) -> bool:
    return page.js("clearhead.quiz.open") and page.page.locator("#quiz").is_visible()


def ask(page):
    """Play: the film waits for an answer."""
    page.press(" ")
    wait_for(lambda: is_open(page), 5, "the question")
    assert page.js("[clearhead.player.playing, clearhead.player.frame]") == [False, 0]


def verdict(page) -> str:
    return wait_for(lambda: page.text("verdict"), 30, "the verdict")


def test_the_film_waits_goes_on_and_says_what_was_right(open_film, film):
    page, quiz = open_film(film.path), film.quiz
    ask(page)
    assert page.js("document.activeElement.id") == "quiz" and page.text("quiz-text") == quiz.text
    assert quiz.text in page.js("document.getElementById('spoken').textContent")  # not the caption, which may answer
    page.press(str(quiz.right + 1))
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 5, "the film")
    assert page.js("window.told") == {"step": 0, "choice": quiz.right, "right": True}
    assert not page.text("verdict")  # before it has been seen
    assert verdict(page) == f"✓ Right: {quiz.answers[quiz.right]}"
    assert page.js("clearhead.player.atEnd")
    page.press("r")
    assert not is_open(page) and page.js("clearhead.player.playing")  # asked once


def test_by_arrows_and_enter_and_wrong(open_film, film):
    page, quiz = open_film(film.path), film.quiz
    wrong = (quiz.right + 1) % len(quiz.answers)
    ask(page)
    for _ in range(wrong + 1):
        page.press("ArrowDown")
    page.press("Enter")
    assert page.js("window.told") == {"step": 0, "choice": wrong, "right": False}
    page.press("End")
    assert verdict(page) == f"✗ You said {quiz.answers[wrong]}: it is {quiz.answers[quiz.right]}"


def test_nobody_has_to_answer(open_film, film):
    page = open_film(film.path)
    ask(page)
    page.press("ArrowRight")
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 5, "the film")
    page.press("End")
    assert not page.text("verdict") and page.js("window.told") is None


def test_they_can_be_switched_off(open_film, film, tmp_path):
    page = open_film(film.path)
    ask(page)
    page.press("q")
    assert not is_open(page) and not page.js("document.getElementById('asking').checked")
    page.js("clearhead.quiz.forget(); clearhead.player.go(0)")
    assert page.js("clearhead.player.playing") and not is_open(page)
    without = page_of(tmp_path, questions=False)
    page = open_film(without.path)
    page.press(" ")
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 5, "the film")
    assert without.quiz is None and not page.page.locator("#quizzing").is_visible()
    page.press("?")
    assert "ask questions" not in page.text("keys")


def test_a_link_is_not_asked_about_and_sheets_have_questions(open_film, film, open_page):
    page = open_page(f"file://{film.path}#step=1&t=0.50", offline=True)
    wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
    page.press(" ")
    assert not page.js("clearhead.quiz.open")
    asked, right = film.quiz.text, film.quiz.answers[film.quiz.right]
    assert asked in page.js("document.getElementById('transcript').textContent")
    printed = page.js("document.querySelector('#pages .asked').textContent")
    assert printed.startswith(asked) and printed.endswith(f"({right})")


def test_less_motion_shows_the_answer_at_once(open_film, film):
    page = open_film(film.path, reduced_motion="reduce")
    page.js("clearhead.player.go(0)")
    assert is_open(page)
    page.press(str(film.quiz.right + 1))
    assert "✓" in verdict(page) and page.js("clearhead.player.atEnd")
