"""What a browser may say, checked field by field: type, length, range. Everything else is refused."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any

from scenes.lesson.options import DEFAULTS, OPTIONS, Option
from studio.preview.wire import Message

LONGEST_MESSAGE = 4096  # bytes
LONGEST_TEXT = 400  # characters of a sentence
FRAME = struct.Struct(">IHHII")  # session, step, kind, number, repeat: before each image


class Refused(Exception):
    """A message that breaks the rules; the text says which."""


@dataclass(frozen=True)
class Whole:
    """A whole number in a range."""

    least: int
    most: int

    def check(self, value: Any) -> int:
        if type(value) is not int or not self.least <= value <= self.most:
            raise Refused(f"must be a whole number from {self.least} to {self.most}")
        return value


@dataclass(frozen=True)
class Real:
    """A number in a range."""

    least: float
    most: float

    def check(self, value: Any) -> float:
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            raise Refused(f"must be a number from {self.least} to {self.most}")
        return float(value)


@dataclass(frozen=True)
class Text:
    """A string without control characters."""

    longest: int

    def check(self, value: Any) -> str:
        if type(value) is not str:
            raise Refused("must be a text")
        if len(value) > self.longest:
            raise Refused(f"must have at most {self.longest} characters")
        _encodable(value)
        return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in value).strip()


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: Any) -> str:
        if type(value) is not str or value not in self.words:
            raise Refused("must be one of " + ", ".join(self.words))
        return value


class Flag:
    """true or false."""

    def check(self, value: Any) -> bool:
        if type(value) is not bool:
            raise Refused("must be true or false")
        return value


@dataclass(frozen=True)
class Maybe:
    """null, or something."""

    inner: Check

    def check(self, value: Any) -> Any:
        return None if value is None else self.inner.check(value)


@dataclass(frozen=True)
class Several:
    """A list."""

    inner: Check
    most: int

    def check(self, value: Any) -> list[Any]:
        if type(value) is not list or len(value) > self.most:
            raise Refused(f"must be a list of at most {self.most}")
        return [self.inner.check(item) for item in value]


Check = Whole | Real | Text | OneOf | Flag | Maybe | Several
Fields = dict[str, Check]


def _check_of(option: Option, default: Any) -> Check:
    """What a change may say for an option; null leaves the choice to the lesson, where it has one."""
    check: Check
    if option.choices:
        check = OneOf(option.choices)
    elif option.kind is str:
        check = Text(LONGEST_TEXT)
    elif option.kind is int:
        check = Whole(int(option.least or 0), int(_most(option)))
    else:
        check = Real(option.least or 0, _most(option))
    return Maybe(check) if default is None else check


def _most(option: Option) -> float:
    if option.most is None:
        raise ValueError(f"the option {option.label} needs a greatest value: it comes from outside")
    return option.most


SESSION, STEP, NUMBER = Whole(0, 2**31), Whole(0, 999), Whole(0, 1_000_000)
PLACE: Fields = {"session": SESSION, "step": STEP, "frame": NUMBER}
QUESTION: Fields = {"session": SESSION, "step": STEP}
CHANGE: Fields = {name: _check_of(option, asdict(DEFAULTS)[name]) for name, option in OPTIONS.items() if option.live}

REMOTE = (  # what the keys of the speaker's window do on the stage
    *("go", "next", "back", "play", "home", "end", "replay"),
    *("black", "loop", "auto", "slower", "faster", "vote", "again"),
    *"0123456789",
)

# Every message: its fields (all of them needed), and those that may be left out.
MESSAGES: dict[str, tuple[Fields, Fields]] = {
    "at": (PLACE | {"playing": Flag(), "speed": Real(0.1, 8), "black": Flag()}, {}),  # where the leader is
    "place": (PLACE, {}),  # where a page is that goes on alone
    "follow": ({}, {}),
    "drop": ({"session": SESSION, "steps": Several(STEP, 200)}, {}),
    "remote": ({"key": OneOf(REMOTE)}, {"step": STEP}),  # key "go": to that step
    "read": (PLACE, {}),
    "save": (PLACE | {"what": OneOf(("picture", "gif", "video", "votes"))}, {}),
    "ask": (QUESTION, {}),  # the leader's page stands at a question
    "vote": (QUESTION | {"round": Whole(1, 10_000), "choice": Whole(0, 99)}, {}),
    "reveal": (QUESTION, {}),
    "again": (QUESTION, {}),  # the same is asked in another round
    "lead": ({}, {}),
    "here": ({}, {}),  # the answer to a beat
    "change": ({}, CHANGE | {"lesson": Text(80), "step": STEP}),
    "learn": ({"what": OneOf(("pause", "go", "newest", "show"))}, {"step": Whole(0, 10**9)}),  # of a model in training
}
CONTROLLING = ("at", "remote", "save", "change", "learn", "ask", "reveal", "again")  # for those who lead


def parse(raw: str | bytes) -> Message:
    """A browser's message with all its fields checked; `type` says which it is. Raises Refused."""
    if len(raw) > LONGEST_MESSAGE:
        raise Refused(f"a message may have {LONGEST_MESSAGE} bytes")
    if not isinstance(raw, str):
        raise Refused("messages are text")
    try:
        message = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("not JSON") from None
    if type(message) is not dict or type(message.get("type")) is not str or message["type"] not in MESSAGES:
        raise Refused("no such message")
    needed, optional = MESSAGES[message["type"]]
    fields = {name: value for name, value in message.items() if name != "type"}
    if unknown := fields.keys() - needed.keys() - optional.keys():
        raise Refused(f"{message['type']} has no field {sorted(unknown)[0][:20]!r}")
    if missing := needed.keys() - fields.keys():
        raise Refused(f"{message['type']} needs {sorted(missing)[0]!r}")
    checked: Message = {"type": message["type"]}
    for name, value in fields.items():
        try:
            checked[name] = (needed | optional)[name].check(value)
        except Refused as refused:
            raise Refused(f"{name} {refused}") from None
    return checked


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _encodable(value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("must be valid Unicode") from None


class Allowance:
    """How much a client may ask for: `burst` at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst, self.left = rate, burst, burst
        self.then: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more is allowed now (seconds of any clock that does not go back)."""
        if self.then is not None:
            self.left = min(self.burst, self.left + (now - self.then) * self.rate)
        self.then = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
