"""Questions to the viewer on a page and in the preview: they wait, are answered by keyboard, and are judged."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from manim import FadeIn

from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.tokens import TokenRow
from scenes.lesson import TextLesson
from scenes.lesson.options import Options
from scenes.lesson.steps import reading_time
from studio.film import render as rendering
from studio.film.film import plan
from studio.play.picture import Picture
from studio.play.session import Job
from tests.preview.browsing import SMALL, Page, Preview, wait_for
from tests.preview.proxy import Proxy
from tests.studio.toy import Entry

pytestmark = pytest.mark.slow


class Looks(TextLesson):
    """Three short steps; before the second something is asked."""

    text = "The old dog chased the cat"

    def construct(self):
        last = len(self.words) - 1
        weights = self.trace["blocks.0.attn.pattern"][0, last]
        with self.step("Words", "Here they are."):
            tokens = self.stage.fit(TokenRow(self.trace.tokens, size=0.6, width=self.stage.width))
            self.play(FadeIn(tokens), run_time=0.5)
        quiz = self.quiz("Which word does “{w}” look at most?", weights, self.called, w=self.words[last])
        with self.step("Weights", "There it looks.", keep=(), quiz=quiz):
            self.play(FadeIn(self.stage.fit(TensorGrid(weights, "probability", cell=(1, 1)))), run_time=0.5)
        with self.step("End", "That is all."):
            self.wait(0.5)


def page_of(folder, questions: bool | None = None):
    """The lesson as a page."""
    entry = Entry(Looks, id="looks", scene="Looks", text=Looks.text)
    job = Job(entry, Options(pace=0.3, questions=questions), Picture.of("l", fps=10), segments=folder / "cache")
    request = rendering.Request(job, folder / "out", "html", workers=1)
    made = rendering.render(request)
    asking = made.film.steps[1]
    return SimpleNamespace(path=made.files[0], quiz=asking.quiz, start=asking.start, request=request)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("page"))


@pytest.fixture
def open_film(open_page):
    def open_film(path, **how):
        page = open_page(f"file://{path}", **({"offline": True} | how))
        wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
        page.js("document.addEventListener('answered', ({ detail }) => { window.told = detail; })")
        return page

    return open_film


def is_open(page) -> bool:
    return page.js("clearhead.quiz.open") and page.page.locator("#quiz").is_visible()


def ask(page):
    """Play from the first step: before the second the film waits for an answer."""
    page.press(" ")
    wait_for(lambda: is_open(page), 15, "the question")
    assert page.js("[clearhead.player.step, clearhead.player.frame, clearhead.player.playing]") == [1, 0, False]


def verdict(page) -> str:
    return wait_for(lambda: page.text("verdict"), 15, "the verdict")


def test_the_film_waits_goes_on_and_says_what_was_right(open_film, film):
    page, quiz = open_film(film.path), film.quiz
    ask(page)
    assert page.js("document.activeElement.id") == "quiz" and page.text("quiz-text") == quiz.text
    assert page.js("document.getElementById('spoken').textContent") == f"Step 2, Weights. {quiz.text}"
    page.press(str(quiz.right + 1))
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 20, "the film")
    assert page.js("window.told") == {"step": 1, "choice": quiz.right, "right": True}
    assert not page.text("verdict")  # before it has been seen
    assert verdict(page) == f"✓ Right: {quiz.answers[quiz.right]}"
    assert page.js("clearhead.player.step") == 2  # it has gone on
    page.js("clearhead.player.go(1)")
    assert not is_open(page) and page.js("clearhead.player.playing")  # asked once


def test_by_arrows_and_enter_and_wrong(open_film, film):
    page, quiz = open_film(film.path), film.quiz
    wrong = (quiz.right + 1) % len(quiz.answers)
    page.press("a")  # stops at the end of each step
    page.press("2")
    assert is_open(page)
    for _ in range(wrong + 1):
        page.press("ArrowDown")
    page.press("Enter")
    assert page.js("window.told") == {"step": 1, "choice": wrong, "right": False}
    assert verdict(page) == f"✗ You said {quiz.answers[wrong]}: it is {quiz.answers[quiz.right]}"
    assert page.js("[clearhead.player.step, clearhead.player.atEnd]") == [1, True]


@pytest.mark.parametrize("key", ["ArrowRight", " ", "Escape"])
def test_nobody_has_to_answer(open_film, film, key):
    page = open_film(film.path)
    page.press("2")
    page.press(key)
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 20, "the film")
    page.press("3")
    assert not page.text("verdict") and page.js("[clearhead.player.step, window.told ?? null]") == [2, None]


def test_they_can_be_switched_off(open_film, film):
    page = open_film(film.path)
    page.press("2")
    page.press("q")
    assert not is_open(page) and not page.js("document.getElementById('asking').checked")
    page.js("clearhead.quiz.forget(); clearhead.player.go(1)")
    assert page.js("clearhead.player.playing") and not is_open(page)


def test_a_page_without_questions(open_film, tmp_path):
    without = page_of(tmp_path, questions=False)
    page = open_film(without.path)
    page.press("2")
    wait_for(lambda: page.js("clearhead.player.frame") > 0, 20, "the film")
    assert without.quiz is None and "no-questions" in without.path.name
    assert page.js("document.getElementById('quizzing').hidden") and "ask questions" not in page.js(
        "document.getElementById('keys').textContent"
    )


def test_a_link_is_not_asked_about_and_sheets_have_the_question(open_page, film):
    page = open_page(f"file://{film.path}#step=2&t={film.start + 0.2:.2f}", offline=True)
    wait_for(lambda: page.js("!!window.clearhead"), 15, "the page")
    assert page.js("clearhead.player.frame") > 0
    page.press(" ")
    assert page.js("clearhead.player.playing") and not is_open(page)
    asked, right = film.quiz.text, film.quiz.answers[film.quiz.right]
    told, printed = page.js("['#transcript', '#pages'].map((id) => document.querySelector(`${id} .asked`).textContent)")
    assert told.startswith(asked) and f"({right})" not in told
    assert printed.startswith(asked) and printed.endswith(f"({right})")


def test_less_motion_shows_the_answer_at_once(open_film, film):
    page = open_film(film.path, reduced_motion="reduce")
    page.press("2")
    assert is_open(page)
    page.press(str(film.quiz.right + 1))
    assert "✓" in verdict(page) and page.js("clearhead.player.atEnd")


def test_a_film_has_cards_only_where_it_is_told_to(tmp_path):
    """The card takes as long as it takes to read it, and three seconds more."""
    entry = Entry(Looks, id="looks", scene="Looks", text=Looks.text)
    job = Job(entry, Options(), Picture.of("l", fps=10), segments=tmp_path)
    plain, asks = (plan(replace(job, options=Options(questions=on))) for on in (None, True))
    assert not any(line.kind == "quiz" for step in plain.steps for line in step.lines)
    card = asks.steps[1].lines[0]
    quiz = asks.steps[1].quiz
    assert card.kind == "quiz" and card.text.startswith(quiz.text) and all(a in card.text for a in quiz.answers)
    assert card.end - card.start == pytest.approx(0.6 + reading_time(card.text) + 3.0, abs=0.1)
    assert asks.seconds - plain.seconds == pytest.approx(card.end - card.start, abs=0.1)
    assert card.start == asks.steps[1].start and asks.steps[1].lines[1].start == card.end


# ── in the preview ───────────────────────────────────────────────────────────────────────────────
ASKING = SMALL.replace(
    "l=self.layer, keep=()):",
    'l=self.layer, keep=(), quiz=self.quiz("Which?", self.trace["probs"][-1], self.called_next)):',
)


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A preview of a lesson that asks before its second step, and lets others watch."""
    folder = tmp_path_factory.mktemp("asking")
    preview = Preview(folder, token="watching")
    preview.lesson().write_text(ASKING)
    yield preview
    preview.stop()


def opened(open_page, url: str, **how):
    """A page on which it is known that something is asked."""
    page = open_page(url, **how)
    wait_for(lambda: (p := page.place)["planned"] and (p["steps"][1] or {}).get("quiz"), 40, "the question's step")
    return page


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SHOWN = """() => [...document.querySelectorAll('#vote-answers .choice')].map((row) => ({
    name: row.querySelector('.name span').textContent, right: row.classList.contains('right'),
    mine: row.classList.contains('mine'), said: [...row.querySelectorAll('.bar')].map((bar) => bar.innerText),
    wide: [...row.querySelectorAll('.bar i')].map((bar) => bar.getBoundingClientRect().width) }))"""


def votes_on(page) -> bool:
    """Whether the class is asked on that page, and it alone."""
    return page.page.locator("#vote").is_visible() and not page.page.locator("#quiz").is_visible()


def state(page) -> str:
    return page.text("vote-state")


def vote_for(phone, k: int) -> None:
    phone.page.locator("#vote-answers button").nth(k).tap()
    wait_for(lambda: "Your vote is in" in state(phone), 20, "the vote")


def assert_written(said: list[str], shares: list[float]) -> None:
    """That percentages are those shares, rounded alike, and told apart."""
    decimals = {len(one.rstrip("%").partition(".")[2]) for one in said}
    assert len(set(said)) == len(said) and len(decimals) == 1
    for one, share in zip(said, shares, strict=True):
        assert one.endswith("%") and abs(float(one[:-1]) - 100 * share) <= 0.5 / 10 ** min(decimals) + 1e-9


def test_the_leader_alone_answers_as_ever(open_page, asking):
    leader = opened(open_page, asking.url)
    leader.press("2")
    wait_for(lambda: is_open(leader), 30, "the question")
    quiz = leader.place["steps"][1]["quiz"]
    leader.press(str(quiz["right"] + 1))
    leader.rest(1)
    assert verdict(leader) == f"✓ Right: {quiz['answers'][quiz['right']]}" and not votes_on(leader)


def test_the_class_votes(open_page, asking):
    """A leader and two telephones, one of them behind a hub: from the question to the histogram and the file."""
    leader = opened(open_page, asking.url)
    proxy = Proxy(int(asking.url.split(":")[2].split("/")[0]))
    phones = [opened(open_page, url, **PHONE) for url in (asking.watch_url, f"{proxy.url}?key=watching")]
    leader.press("2")
    for page in (leader, *phones):
        wait_for(lambda page=page: votes_on(page), 30, "the vote")
    quiz = leader.place["steps"][1]["quiz"]
    right, wrong = quiz["right"], (quiz["right"] + 1) % len(quiz["answers"])
    counts = [int(k in (right, wrong)) for k in range(len(quiz["answers"]))]
    wait_for(lambda: state(leader) == "0 of 2 have voted" and state(phones[0]) == "Choose one.", 20, "two voters")
    boxes = [box.bounding_box() for box in phones[0].page.locator("#vote-answers button").all()]
    assert len(boxes) == len(quiz["answers"]) and min(box["height"] for box in boxes) >= 48
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)

    vote_for(phones[0], wrong)
    vote_for(phones[0], right)  # thinks again
    phones[0].page.reload()
    wait_for(lambda: votes_on(phones[0]) and "Your vote is in" in state(phones[0]), 20, "the vote after a reload")
    assert (
        phones[0].js("document.querySelector('#vote [aria-pressed=true] span').textContent") == quiz["answers"][right]
    )
    wait_for(lambda: state(leader) == "1 of 2 has voted" or state(leader) == "1 of 2 have voted", 20, "the count")
    assert leader.js("clearhead.vote.poll.counts") is None  # the class sees that page
    leader.press("1")  # who leads does not answer, nor jump
    assert votes_on(leader) and leader.place["step"] == 1
    vote_for(phones[1], wrong)
    wait_for(lambda: state(leader).startswith("2 of 2"), 20, "the count")

    leader.press("v")
    for page in (leader, *phones):
        wait_for(lambda page=page: page.js(SHOWN), 20, "the histogram")
        shown = page.js(SHOWN)
        assert [row["name"] for row in shown] == quiz["answers"]
        assert [row["right"] for row in shown] == [k == right for k in range(len(shown))]
        assert [row["said"][0].split()[0] for row in shown] == list(map(str, counts))
        assert shown[right]["said"][0].split()[1] == "50%"
        assert_written([row["said"][1] for row in shown], quiz["values"])
    page.page.wait_for_timeout(600)  # the bars have grown
    wide = phones[1].js(SHOWN)
    assert wide[right]["wide"][1] / wide[right]["wide"][0] == pytest.approx(quiz["values"][right] / 0.5, rel=0.03)
    assert wide[wrong]["mine"] and not wide[right]["mine"] and "you said" in state(phones[1])
    assert "you were right" in state(phones[0])
    leader.press("ArrowRight")
    leader.rest(1)
    wait_for(lambda: not any(votes_on(page) for page in (leader, *phones)), 20, "the end of the vote")

    leader.press("s")
    leader.page.locator("[data-save=votes]").click()
    link = leader.page.locator("#saved a")
    wait_for(link.count, 20, "the file")
    told = leader.page.request.get(leader.js("document.querySelector('#saved a').href"))
    (saved,) = json.loads((asking.renders / "votes/votes-1.json").read_text())["questions"]
    assert told.json()["questions"] == [saved]
    assert [choice["votes"] for choice in saved["choices"]] == counts
    assert [choice["model"] for choice in saved["choices"]] == quiz["values"]
    assert saved["right"] == quiz["answers"][right] and (saved["voted"], saved["voters"]) == (2, 2)
    assert (saved["lesson"], saved["text"], saved["checkpoint"]) == ("small", "The cat sat", "tiny")
    proxy.close()


def test_the_class_votes_again(open_page, asking):
    leader, phone = opened(open_page, asking.url), opened(open_page, asking.watch_url, **PHONE)
    leader.press("2")
    wait_for(lambda: votes_on(phone), 30, "the vote")
    assert not leader.page.locator("#vote-again").is_visible()  # nobody has voted
    vote_for(phone, 0)
    wait_for(lambda: leader.page.locator("#vote-again").is_visible(), 20, "the button")
    now = leader.js("clearhead.vote.poll.round")  # others have voted on this preview before
    leader.press("g")
    wait_for(lambda: state(phone) == f"Choose again (round {now + 1}).", 20, "the second round")
    assert phone.page.locator("#vote-answers [aria-pressed=true]").count() == 0
    wait_for(lambda: state(leader) == f"0 of 1 has voted · round {now + 1}", 20, "the second round at the leader's")
    vote_for(phone, 1)
    leader.press("v")
    wait_for(lambda: phone.js(SHOWN), 20, "the histogram")
    assert [row["mine"] for row in phone.js(SHOWN)].index(True) == 1
    wait_for(lambda: f"1 vote · round {now + 1}" in state(leader), 20, "the leader's reveal")
    leader.page.locator("#vote-again").click()
    wait_for(lambda: f"round {now + 2}" in state(phone) and not phone.js(SHOWN), 20, "the third round")
    leader.press("Escape")
    leader.rest(1)
    wait_for(lambda: not votes_on(leader) and not votes_on(phone), 20, "the end of the vote")


def test_two_pages_of_a_browser_vote_once_and_who_goes_alone_does_not(open_page, asking):
    leader, phone = opened(open_page, asking.url), opened(open_page, asking.watch_url, **PHONE)
    second = Page(phone.page.context.new_page(), asking.watch_url)
    second.planned()
    phone.page.locator("#next").tap()  # alone
    leader.press("2")
    wait_for(lambda: votes_on(second), 30, "the vote")
    wait_for(lambda: "press “Follow” to vote" in phone.text("hint"), 20, "the hint")
    assert not votes_on(phone)
    phone.page.locator("#follow").tap()
    wait_for(lambda: votes_on(phone), 20, "the vote")
    vote_for(phone, 0)
    wait_for(lambda: "Your vote is in" in state(second), 20, "the other page's news")
    second.page.locator("#vote-answers button").nth(1).tap()
    wait_for(lambda: phone.js("clearhead.vote.poll.mine") == 1, 20, "the other page's news")
    wait_for(lambda: state(leader).startswith("1 of 1 has voted"), 20, "one vote")
    notes = opened(open_page, f"{asking.url}&view=notes")
    wait_for(lambda: notes.text("polled").split("\n")[1].startswith("1"), 20, "the counts of the speaker's window")
    notes.press("v")
    wait_for(lambda: leader.js("clearhead.vote.poll?.revealed"), 20, "the reveal")
    leader.page.reload()
    wait_for(lambda: votes_on(leader) and leader.js(SHOWN), 20, "the histogram after a reload")
    leader.js("window.bars = document.querySelector('#vote .choice'); 0")
    second.page.close()  # one page less is told, and the bars stay
    leader.page.wait_for_timeout(700)
    assert leader.js("window.bars.isConnected")
    leader.press("ArrowRight")
    leader.rest(1)
    wait_for(lambda: not votes_on(leader) and not votes_on(phone), 20, "the end of the vote")
    assert not second.problems


def test_the_speakers_window_goes_on(open_page, asking):
    leader = opened(open_page, asking.url)
    leader.press("2")
    wait_for(lambda: is_open(leader), 30, "the question")
    notes = opened(open_page, asking.url + ("&" if "?" in asking.url else "?") + "view=notes")
    assert not is_open(notes)
    notes.press("ArrowRight")
    wait_for(lambda: not is_open(leader), 30, "the film")
    leader.rest(1)
    assert not leader.text("verdict")
