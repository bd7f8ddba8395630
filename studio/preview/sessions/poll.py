"""A question to the class: who has voted for what, until the leader reveals it."""

from __future__ import annotations

from typing import Any

from model.errors import UsageError
from studio.preview.wire import Message

MOST_VOTERS = 1000  # of one question: browsers that come and go count as long as it is open


class Poll:
    """The question before a step of a session. Each browser has one vote; the last one counts until it is revealed.

    quiz: as the lesson told it (processes.lessons.asked). votes: what a browser calls itself → place of its choice.
    number: from 1, of the rounds in which the same is asked."""

    def __init__(self, session: int, step: int, quiz: Message, number: int = 1):
        self.session, self.step, self.quiz, self.number = session, step, quiz, number
        self.votes: dict[str, int] = {}
        self.revealed = False

    def vote(self, voter: str, choice: int) -> None:
        """Count a browser's vote, in place of an earlier one. UsageError, in one line, where it does not count."""
        if self.revealed:
            raise UsageError("Your vote is too late: the answer has been revealed.")
        if type(choice) is not int or not 0 <= choice < len(self.quiz["answers"]):
            raise UsageError(f"There is no such choice: vote for one of 1 to {len(self.quiz['answers'])}.")
        if voter not in self.votes and len(self.votes) >= MOST_VOTERS:
            raise UsageError(f"{MOST_VOTERS} have voted: no more votes are counted.")
        self.votes[voter] = choice

    @property
    def where(self) -> dict[str, int]:
        """What messages about it name it by."""
        return {"session": self.session, "step": self.step, "round": self.number}

    @property
    def counts(self) -> list[int]:
        """Votes for each choice."""
        chosen = list(self.votes.values())
        return [chosen.count(k) for k in range(len(self.quiz["answers"]))]

    def told(self, voters: int, voter: str = "", counts: bool = False) -> dict[str, Any]:
        """What a page shows of it. voters: how many there are; voter: whose page it is; counts: also before the reveal.

        What is right, and the model's numbers, are told with the reveal only."""
        quiz = self.quiz
        shown = {name: quiz[name] for name in ("right", "values", "sources", "compares", "shares", "signed")}
        return {
            **self.where,
            "text": quiz["text"],
            "answers": quiz["answers"],
            "revealed": self.revealed,
            "voters": voters,
            "voted": len(self.votes),
            "mine": self.votes.get(voter),
            "counts": self.counts if counts or self.revealed else None,
            **(shown if self.revealed else {}),
        }

    def result(self, lesson: str, voters: int) -> dict[str, Any]:
        """What is kept of it: no names, no addresses. voters: how many there were."""
        quiz = self.quiz
        rows = zip(quiz["answers"], self.counts, quiz["values"], quiz["sources"], strict=True)
        return {
            "lesson": lesson,
            **quiz["run"],
            "step": self.step + 1,
            "question": quiz["text"],
            "round": self.number,
            "revealed": self.revealed,
            "choices": [{"answer": a, "votes": n, "model": value, "source": source} for a, n, value, source in rows],
            "right": quiz["answers"][quiz["right"]],
            "voted": len(self.votes),
            "voters": voters,
        }
