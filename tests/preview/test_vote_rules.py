"""The class votes, without a browser: who may, what counts, what is refused, and how soon the leader sees it."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.testclient import TestClient

from model.errors import UsageError
from studio.preview.sessions.learning import Learning
from studio.preview.sessions.place import Place
from studio.preview.sessions.poll import MOST_VOTERS, Poll
from studio.preview.sessions.selection import Selection
from studio.preview.web.access import Access
from studio.preview.web.clients import Client
from studio.preview.web.protocol import LONGEST_MESSAGE
from studio.preview.web.running import Quiet, listen
from studio.preview.web.server import Server
from studio.preview.web.voting import voter
from tests.preview.voters import CLASS, class_votes, come, figures, name

QUIZ = {
    "text": "Which word does “sat” look at most?",
    "answers": ["“The”", "“cat”", "“sat”"],
    "right": 1,
    "values": [0.25, 0.5, None],
    "sources": ["pattern[0]", "pattern[1]", "pattern[2]"],
    "compares": True,
    "shares": False,
    "signed": False,
    "run": {"text": "The cat sat", "checkpoint": "tiny", "checkpoint_hash": "abc"},
}
OPEN = {"session": 7, "step": 1}
PATIENCE = 10  # seconds


# ── the tally ────────────────────────────────────────────────────────────────────────────────────
def test_each_browser_has_one_vote_and_the_last_one_counts():
    poll = Poll(7, 1, QUIZ)
    for who, choice in ((1, 0), (2, 1), (1, 2), (1, 2), (3, 1)):
        poll.vote(name(who), choice)
    assert poll.counts == [0, 2, 1] and len(poll.votes) == 3


@pytest.mark.parametrize("choice", [-1, 3, 1.0, True, "1", None])
def test_a_choice_that_does_not_exist_does_not_count(choice):
    poll = Poll(7, 1, QUIZ)
    with pytest.raises(UsageError, match="vote for one of 1 to 3"):
        poll.vote(name(1), choice)
    assert poll.counts == [0, 0, 0]


def test_a_late_vote_changes_nothing():
    poll = Poll(7, 1, QUIZ)
    poll.vote(name(1), 0)
    poll.revealed = True
    for who in (1, 2):
        with pytest.raises(UsageError, match="too late"):
            poll.vote(name(who), 1)
    assert poll.counts == [1, 0, 0]


def test_invented_browsers_fill_no_memory():
    poll = Poll(7, 1, QUIZ)
    for who in range(MOST_VOTERS):
        poll.vote(name(who), 0)
    with pytest.raises(UsageError, match="no more"):
        poll.vote(name(MOST_VOTERS), 0)
    poll.vote(name(0), 1)
    assert poll.counts == [MOST_VOTERS - 1, 1, 0]


def test_nothing_is_given_away_before_the_reveal():
    poll = Poll(7, 1, QUIZ)
    poll.vote(name(1), 2)
    told = poll.told(5, name(1))
    assert (told["mine"], told["voted"], told["voters"], told["counts"]) == (2, 1, 5, None)
    assert not {"right", "values", "sources"} & told.keys()
    assert poll.told(5, name(2))["mine"] is None and poll.told(5, counts=True)["counts"] == [0, 0, 1]
    poll.revealed = True
    assert (told := poll.told(5))["counts"] == [0, 0, 1] and told["right"] == 1 and told["values"] == QUIZ["values"]


@pytest.mark.parametrize("given", ["", "x", name(1)[:-1], name(1) + "0", name(1).replace("0", "G"), name(1) + "\n"])
def test_a_name_that_no_page_of_ours_makes_up_has_no_vote(given):
    assert voter(given) == "" and voter(name(26)) == name(26)


# ── over the socket ──────────────────────────────────────────────────────────────────────────────
def lesson_on(server: Server, session: int = 7) -> None:
    """A lesson of three steps is on, as far as the server knows, and the leader stands before the second."""
    steps = [SimpleNamespace(quiz=quiz, told=lambda: {}) for quiz in (None, QUIZ, QUIZ)]
    drawn = SimpleNamespace(length=1, covers=lambda frame: True)
    server.controller.current = SimpleNamespace(
        number=session,
        steps=steps,
        about={"themes": [], "fps": 30, "controls": [], "values": {}, "chosen": {}, "words": []},
        planned=True,
        failure=None,
        ended=True,
        store=SimpleNamespace(full=True, strip=lambda step: drawn),
        draw=lambda wants, slots: None,
    )
    server.controller.place = Place(session, 1, 0, playing=False)


@pytest.fixture
def server(tmp_path):
    server = Server(Selection("attention"), Access("0.0.0.0", 80, "watchword", "leadword"), tmp_path / "renders")
    server.controller.told = lambda session: {"type": "session", "session": session.number}
    lesson_on(server)
    return server


class Pages:
    """The pages on a server, and what they hear."""

    def __init__(self, server: Server, stack: ExitStack):
        self.client, self.stack = TestClient(server.app), stack

    def open(self, key: str, voter: str = "", view: str = "stage"):
        query = f"key={key}&voter={voter}&view={view}"
        headers = {"origin": "http://192.168.1.5"}
        return self.stack.enter_context(self.client.websocket_connect(f"ws://192.168.1.5/ws?{query}", headers=headers))

    def leader(self, **how):
        return self.open("leadword", **how)

    def viewer(self, number: int):
        return self.open("watchword", name(number))


@pytest.fixture
def pages(server):
    with ExitStack() as stack:
        stack.enter_context(client := TestClient(server.app))
        pages = Pages(server, stack)
        pages.client = client
        yield pages


def hear(page, kind: str, **fields) -> dict:
    """The next message of that kind with these fields; an AssertionError where none comes."""
    heard: queue.Queue[dict] = queue.Queue()

    def listen() -> None:
        while True:
            message = page.receive_json()
            if message["type"] == kind and fields.items() <= message.items():
                return heard.put(message)

    threading.Thread(target=listen, daemon=True).start()
    try:
        return heard.get(timeout=PATIENCE)
    except queue.Empty:
        raise AssertionError(f"waited {PATIENCE} s in vain for “{kind}”") from None


def vote(page, choice, **where) -> None:
    page.send_json({"type": "vote", **OPEN, "round": 1, "choice": choice} | where)


def test_a_vote_from_question_to_result(server, pages):
    leader, notes = pages.leader(), pages.leader(view="notes")
    first, second = pages.viewer(1), pages.viewer(2)
    leader.send_json({"type": "ask", **OPEN})
    assert hear(first, "poll")["poll"]["answers"] == QUIZ["answers"]
    vote(first, 1)
    assert hear(first, "voted")["choice"] == 1
    vote(second, 0)
    tally = hear(leader, "tally", voted=2)
    assert (tally["voted"], tally["voters"]) == (2, 2) and "counts" not in tally
    assert hear(notes, "tally", voted=2)["counts"] == [1, 1, 0]
    leader.send_json({"type": "reveal", **OPEN})
    while not (shown := hear(second, "poll")["poll"])["revealed"]:
        pass
    assert shown["counts"] == [1, 1, 0] and shown["right"] == 1 and shown["mine"] == 0
    vote(second, 1)
    assert "too late" in hear(second, "refused")["text"]
    leader.send_json({"type": "at", **OPEN, "frame": 1, "playing": True, "speed": 1, "black": False})
    assert hear(second, "poll")["poll"] is None
    vote(second, 1)
    assert "not open" in hear(second, "refused")["text"]
    assert [choice["votes"] for choice in server.voting.results[0]["choices"]] == [1, 1, 0]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"choice": 3}, "vote for one of 1 to 3"),
        ({"choice": -1}, "whole number"),
        ({"choice": 1.0}, "whole number"),
        ({"choice": "1"}, "whole number"),
        ({"choice": True}, "whole number"),
        ({"choice": None}, "whole number"),
        ({"choice": [1]}, "whole number"),
        ({"choice": 1, "step": 2}, "not open"),
        ({"choice": 1, "session": 6}, "not open"),
        ({"choice": 1, "round": 2}, "That round of the vote is over."),
        ({"choice": 1, "round": 0}, "whole number"),
        ({"choice": 1, "voter": name(9)}, "no field"),
        ({}, "needs 'choice'"),
        ({"choice": 1, "step": "1" * LONGEST_MESSAGE}, "bytes"),
    ],
)
def test_what_is_no_vote_is_refused_in_a_line_and_the_page_stays(server, pages, message, why):
    leader, viewer = pages.leader(), pages.viewer(1)
    leader.send_json({"type": "ask", **OPEN})
    viewer.send_json({"type": "vote", **OPEN, "round": 1} | message)
    refused = hear(viewer, "refused")["text"]
    assert why in refused and "\n" not in refused
    vote(viewer, 2)
    assert hear(viewer, "voted")["choice"] == 2 and server.voting.poll.counts == [0, 0, 1]


def test_two_pages_of_a_browser_and_one_that_comes_back_have_one_vote(server, pages):
    leader, page, other = pages.leader(), pages.viewer(1), pages.viewer(1)
    leader.send_json({"type": "ask", **OPEN})
    vote(page, 0)
    assert hear(other, "voted")["choice"] == 0
    vote(other, 2)
    assert hear(page, "voted", choice=2)
    page.close()
    back = pages.viewer(1)
    assert hear(back, "poll")["poll"]["mine"] == 2
    assert server.voting.poll.counts == [0, 0, 1] and server.voting.voters == 1


def test_who_may_not_vote(server, pages):
    leader, helper, nameless = pages.leader(voter=name(1)), pages.leader(voter=name(2)), pages.open("watchword")
    leader.send_json({"type": "ask", **OPEN})
    for page, why in ((leader, "do not vote"), (helper, "do not vote"), (nameless, "private mode")):
        vote(page, 1)
        assert why in hear(page, "refused")["text"]
    assert server.voting.poll.counts == [0, 0, 0] and server.voting.voters == 0


def test_only_who_leads_asks_and_reveals(server, pages):
    leader, helper, viewer = pages.leader(), pages.leader(), pages.viewer(1)
    for kind in ("ask", "reveal", "again"):
        viewer.send_json({"type": kind, **OPEN})
        assert hear(viewer, "refused")["text"] == "Only those who lead may do that."
    helper.send_json({"type": "ask", **OPEN})
    helper.send_text("{")
    assert "JSON" in hear(helper, "refused")["text"] and server.voting.poll is None
    leader.send_json({"type": "ask", "session": 7, "step": 0})
    assert "Nothing is asked" in hear(leader, "refused")["text"]
    leader.send_json({"type": "ask", **OPEN})
    hear(helper, "poll")
    for kind in ("reveal", "again"):
        helper.send_json({"type": kind, **OPEN})
        assert "Another window leads" in hear(helper, "refused")["text"] and not server.voting.poll.revealed
    assert server.voting.poll.number == 1


def test_another_lesson_clears_it(server, pages):
    leader, viewer = pages.leader(), pages.viewer(1)
    leader.send_json({"type": "ask", **OPEN})
    vote(viewer, 1)
    hear(viewer, "voted")
    lesson_on(server, session=8)
    assert server.voting.poll is None
    vote(viewer, 1)
    assert "not open" in hear(viewer, "refused")["text"]
    leader.send_json({"type": "reveal", **OPEN})
    assert "not open" in hear(leader, "refused")["text"] and not server.voting.results
    leader.send_json({"type": "ask", **OPEN, "session": 8})
    assert hear(viewer, "poll")["poll"] is not None and server.voting.poll.counts == [0, 0, 0]


def test_asked_again_the_votes_stay_and_a_question_that_is_left_is_forgotten(server, pages):
    leader, viewer = pages.leader(), pages.viewer(1)
    leader.send_json({"type": "ask", **OPEN})
    vote(viewer, 1)
    hear(viewer, "voted")
    leader.send_json({"type": "ask", **OPEN})
    assert [hear(leader, "poll")["poll"]["voted"] for _ in range(2)] == [0, 1]
    assert server.voting.poll.counts == [0, 1, 0]
    leader.send_json({"type": "at", **OPEN, "step": 0, "frame": 0, "playing": False, "speed": 1, "black": False})
    assert hear(leader, "poll")["poll"] is None and server.voting.poll is None


def test_a_class_votes_again(server, pages):
    """Old votes are gone, each browser has one in a round, a late one of the round before is none, and all is kept."""
    leader, first, second = pages.leader(), pages.viewer(1), pages.viewer(2)
    leader.send_json({"type": "again", **OPEN})
    assert "not open" in hear(leader, "refused")["text"]
    leader.send_json({"type": "ask", **OPEN})
    leader.send_json({"type": "again", **OPEN})  # nobody has voted: it stays the first round
    for viewer, choice in ((first, 0), (second, 1)):
        vote(viewer, choice)
        assert hear(viewer, "voted", round=1)["choice"] == choice
    leader.send_json({"type": "again", **OPEN})
    while (poll := hear(first, "poll")["poll"])["round"] == 1:
        pass
    assert (poll["round"], poll["mine"], poll["voted"], poll["revealed"]) == (2, None, 0, False) and "right" not in poll
    vote(second, 1)
    assert "round of the vote is over" in hear(second, "refused")["text"] and server.voting.poll.counts == [0, 0, 0]
    for choice in (2, 1):
        vote(first, choice, round=2)
        hear(first, "voted", round=2, choice=choice)
    assert hear(leader, "tally", round=2, voted=1)["voters"] == 2 and server.voting.poll.counts == [0, 1, 0]
    leader.send_json({"type": "reveal", **OPEN})
    leader.send_json({"type": "again", **OPEN})  # also after the reveal
    while hear(second, "poll")["poll"]["round"] < 3:
        pass
    kept = [(r["round"], r["revealed"], [c["votes"] for c in r["choices"]]) for r in server.voting.results]
    assert kept == [(1, False, [1, 1, 0]), (2, True, [0, 1, 0])]
    leader.send_json({"type": "at", **OPEN, "step": 0, "frame": 0, "playing": False, "speed": 1, "black": False})
    leader.send_json({"type": "ask", **OPEN})  # left, and come back to
    while hear(leader, "poll")["poll"] is not None:
        pass
    assert hear(leader, "poll")["poll"]["round"] == 3


def test_a_model_in_training_waits_until_the_question_is_over(server, pages, monkeypatch):
    """Its next snapshot would clear the votes, and change what is right."""
    swapped, learning = [], Learning({"corpus": "my.txt"}, server.pool, server.controller, lambda message: None)
    monkeypatch.setattr(server.controller, "swap_model", swapped.append)
    learning.snapshots = {10: {"folder": "step-10", "sample": ""}}
    server.learning = learning
    leader, place = pages.leader(), {"frame": 0, "playing": False, "speed": 1, "black": False}
    leader.send_json({"type": "ask", **OPEN})
    assert hear(leader, "poll")["poll"]
    assert not server.controller.held()  # without a class as ever
    pages.viewer(1)
    hear(leader, "tally", voters=1)
    leader.send_json({"type": "at", **OPEN, **place})
    leader.send_text("{")
    hear(leader, "refused")
    assert not swapped
    leader.send_json({"type": "at", **OPEN, **place, "step": 0})
    assert hear(leader, "poll")["poll"] is None
    assert swapped == ["step-10"]


def test_too_many_votes_are_too_many(server, pages):
    leader, viewer = pages.leader(), pages.viewer(1)
    leader.send_json({"type": "ask", **OPEN})
    for _ in range(30):
        vote(viewer, 1)
    assert "Too many requests" in hear(viewer, "refused")["text"] and server.voting.poll.counts == [0, 1, 0]


def test_results_are_saved_without_names_and_can_be_fetched(server, pages):
    leader, viewers = pages.leader(), [pages.viewer(k) for k in range(3)]
    save = {"type": "save", **OPEN, "frame": 0, "what": "votes"}
    leader.send_json(save)
    assert "nothing to save" in hear(leader, "saved")["error"]
    leader.send_json({"type": "ask", **OPEN})
    for k, viewer in enumerate(viewers):
        vote(viewer, k // 2)
        hear(viewer, "voted")
    leader.send_json({"type": "reveal", **OPEN})
    for number in (1, 2):
        leader.send_json(save)
        saved = hear(leader, "saved")
        assert saved["name"] == f"votes/votes-{number}.json"
    answer = pages.client.get(f"http://192.168.1.5/{saved['url']}?key=leadword")
    (found,) = answer.json()["questions"]
    assert found == {
        **{"lesson": "attention", "text": "The cat sat", "checkpoint": "tiny", "checkpoint_hash": "abc"},
        **{"step": 2, "question": QUIZ["text"], "right": "“cat”", "voted": 3, "voters": 3},
        **{"round": 1, "revealed": True},
        "choices": [
            {"answer": a, "votes": n, "model": value, "source": source}
            for a, n, value, source in zip(QUIZ["answers"], [2, 1, 0], QUIZ["values"], QUIZ["sources"], strict=True)
        ],
    }
    assert not any(name(k) in answer.text for k in range(3)) and "192.168" not in answer.text
    (server.renders / "manifest.json").write_text("{}")
    assert pages.client.get("http://192.168.1.5/renders/manifest.json?key=leadword").status_code == 404


# ── two hundred ──────────────────────────────────────────────────────────────────────────────────
def test_a_fast_line_that_takes_frames_keeps_no_vote_waiting():
    frames, sent = iter(range(1000)), []

    async def send(*frame):
        sent.append(frame)

    async def count() -> int:
        client = Client(None, None, "stage", may_lead=False)
        client._send_frame, client.next_frame = send, lambda: next(((k,) for k in frames), None)
        sending = asyncio.create_task(client.send())
        for _ in range(10):
            await asyncio.sleep(0)  # a turn of somebody else
        sending.cancel()
        return len(sent)

    assert 5 <= asyncio.run(count()) <= 10


SOON = 2.0  # seconds: generous, for a machine that does other things as well


async def measured(access: Access) -> tuple[list[float], list[dict]]:
    leader = await come(access.url(lead=True), 0)
    took, polls = await class_votes(leader, access.url(lead=False), OPEN, len(QUIZ["answers"]))
    await leader.close()
    return took, polls


@pytest.mark.slow
def test_two_hundred_vote_at_once(server, capsys):
    sock = listen("127.0.0.1", None)
    server.access = Access("127.0.0.1", sock.getsockname()[1], "watchword", "leadword")
    web = Quiet(uvicorn.Config(server.app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=web.run, args=([sock],), daemon=True)
    thread.start()
    try:
        took, polls = asyncio.run(measured(server.access))
    finally:
        web.should_exit = True
        thread.join(10)
    middle, most = figures(took)
    with capsys.disabled():
        print(f"\n{CLASS} votes at once → the leader's count: {1000 * middle:.0f} ms, 95 %: {1000 * most:.0f} ms")
    assert len(polls) == CLASS and all(poll["counts"] == [67, 67, 66] for poll in polls)
    assert (polls[0]["voted"], polls[0]["voters"]) == (CLASS, CLASS) and most < SOON
