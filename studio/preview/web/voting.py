"""The class votes: pages that watch choose an answer, the leader reveals how many chose which, beside the model's."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from model.errors import UsageError
from studio.preview.sessions.controller import Controller
from studio.preview.sessions.poll import Poll
from studio.preview.web.clients import Client, Clients
from studio.preview.wire import Message

VOTER = re.compile(r"[0-9a-f]{24}")  # what a browser calls itself: made up at random, the same in all its pages
FOLDER = "votes"  # of the saved results, in renders/


def voter(given: str) -> str:
    """What a browser calls itself; empty where that is nothing of ours."""
    return given if VOTER.fullmatch(given) else ""


class Voting:
    """The question that is open, and the results of all rounds that are over: revealed, or followed by another.

    `handlers`: what pages may say of it."""

    def __init__(self, controller: Controller, clients: Clients):
        self.controller, self.clients = controller, clients
        self.asked: Poll | None = None
        controller.held = lambda: self.poll is not None and self.voters > 0  # what is asked is about this model
        self.results: list[Message] = []
        self.rounds: Counter[tuple[int, int]] = Counter()  # that are among the results, of each session and step
        self.handlers: dict[str, Callable[[Client, Message], None]] = {
            "ask": self.on_ask,
            "vote": self.on_vote,
            "reveal": self.on_reveal,
            "again": self.on_again,
        }

    @property
    def poll(self) -> Poll | None:
        """The question that stands on screen; None where the session that it belongs to is over."""
        session, poll = self.controller.current, self.asked
        return poll if poll is not None and session is not None and poll.session == session.number else None

    @property
    def present(self) -> set[str]:
        """The browsers that may vote."""
        return {client.voter for client in self.clients.clients if client.votes}

    @property
    def voters(self) -> int:
        """How many there are, those with it who have voted and gone."""
        return len(self.present | (set() if self.poll is None else self.poll.votes.keys()))

    # ── what pages say ───────────────────────────────────────────────────────────────────────────
    def on_ask(self, client: Client, message: Message) -> None:
        """The leader's page stands at a question: the class may vote. The same question stays as it is."""
        session = self.controller.current
        if not client.leads or session is None or session.number != message["session"]:
            return
        step = message["step"]
        quiz = session.steps[step].quiz if step < len(session.steps) else None
        if quiz is None:
            return client.refuse("Nothing is asked before that step.")
        if self.poll is None or self.poll.step != step:
            self.asked = self.next_round(session.number, step, quiz)
        self.tell()

    def on_vote(self, client: Client, message: Message) -> None:
        """One vote a browser: its other pages hear of it, the leader hears how many there are."""
        try:
            poll = self._open(message)
            if message["round"] != poll.number:
                raise UsageError("That round of the vote is over.")
            if not client.votes:
                raise UsageError(_why_not(client))
            poll.vote(client.voter, message["choice"])
        except UsageError as error:
            return client.refuse(str(error))
        told = {"type": "voted", **poll.where, "choice": message["choice"]}
        self.clients.tell(told, to=lambda other: other.votes and other.voter == client.voter)
        self.tally()

    def on_reveal(self, client: Client, message: Message) -> None:
        """The leader closes the vote: all see it, and what is right."""
        if (poll := self._led(client, message)) is not None and not poll.revealed:
            poll.revealed = True
            self._keep(poll)
            self.tell()

    def on_again(self, client: Client, message: Message) -> None:
        """The leader opens the same question once more: the votes so far are kept as a round of their own."""
        if (poll := self._led(client, message)) is None:
            return
        if not poll.revealed and poll.votes:
            self._keep(poll)
        self.asked = self.next_round(poll.session, poll.step, poll.quiz)
        self.tell()

    def next_round(self, session: int, step: int, quiz: Message) -> Poll:
        return Poll(session, step, quiz, self.rounds[session, step] + 1)

    def _keep(self, poll: Poll) -> None:
        self.rounds[poll.session, poll.step] += 1
        self.results.append(poll.result(self.controller.selection.lesson, self.voters))

    def _led(self, client: Client, message: Message) -> Poll | None:
        """The question that a message of the leader speaks of; None where it is refused."""
        try:
            if not (client.leads or client.view == "notes"):
                raise UsageError("Another window leads: press “Lead” first.")
            return self._open(message)
        except UsageError as error:
            client.refuse(str(error))
            return None

    def _open(self, message: Message) -> Poll:
        """The question that a message speaks of. UsageError if it is not the one on screen."""
        poll = self.poll
        if poll is None or (message["session"], message["step"]) != (poll.session, poll.step):
            raise UsageError("That question is not open any more.")
        return poll

    # ── what happens ─────────────────────────────────────────────────────────────────────────────
    def moved(self) -> None:
        """The leader is at another place: a question that is left is over."""
        place, poll = self.controller.place, self.poll
        if poll is not None and (place.step != poll.step or place.playing or place.frame > 0):
            self.asked = None
            self.tell()

    def enter(self, client: Client) -> None:
        """A page that comes, or comes back, hears what is asked, and whether its browser has voted."""
        if self.poll is not None:
            self.tell_to(client)
            self.tally()

    def tell(self) -> None:
        """All pages hear what is asked, each what concerns it."""
        voters = self.voters
        for client in self.clients.clients:
            self.tell_to(client, voters)

    def tell_to(self, client: Client, voters: int | None = None) -> None:
        """A page hears what is asked; that nothing is, too."""
        poll = self.poll
        told = None
        if poll is not None:
            told = poll.told(self.voters if voters is None else voters, client.voter, _sees_counts(client))
        client.tell({"type": "poll", "poll": told})

    def tally(self) -> None:
        """Those who may lead hear how many have voted; the speaker’s window, which the class does not see, for what."""
        poll = self.poll
        if poll is None:
            return
        told = {"type": "tally", **poll.where}
        told |= {"voted": len(poll.votes), "voters": self.voters}
        counts = {"counts": poll.counts}
        for client in self.clients.clients:
            if client.may_lead:
                client.tell(told | counts if _sees_counts(client) or poll.revealed else told)

    # ── saving ───────────────────────────────────────────────────────────────────────────────────
    def save(self, renders: Path) -> Path:
        """Write the results of all rounds that are over; an existing file is not overwritten.

        UsageError while there are none."""
        if not self.results:
            raise UsageError("No vote has been revealed yet: there is nothing to save.")
        text = json.dumps({"questions": self.results}, ensure_ascii=False, indent=2) + "\n"
        folder = renders / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            try:
                with (folder / f"votes-{number}.json").open("x", encoding="utf-8") as file:
                    file.write(text)
                return Path(file.name)
            except FileExistsError:
                continue
        raise UsageError(f"{folder} is full: move the old files away.")


def _sees_counts(client: Client) -> bool:
    return client.may_lead and client.view == "notes"


def _why_not(client: Client) -> str:
    """Why a page's vote does not count."""
    if client.may_lead:
        return "Those who may lead do not vote."
    return "This browser keeps nothing for this page, so it cannot vote: leave private mode, then load the page again."
