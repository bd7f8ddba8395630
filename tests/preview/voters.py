"""A class that votes over real sockets, without browsers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import ClientConnection, connect

CLASS = 200


def name(number: int) -> str:
    """What a browser calls itself."""
    return f"{number:024x}"


async def come(url: str, number: int) -> ClientConnection:
    """A page at the address that leads, or at the one to watch."""
    parts = urlsplit(url)
    key = parse_qs(parts.query)["key"][0]
    where = f"ws://{parts.netloc}/ws?key={key}&voter={name(number)}"
    return await connect(where, origin=f"http://{parts.netloc}", ping_interval=None)


async def hear(page: ClientConnection, kind: str, **fields) -> dict:
    """The next message of that kind with these fields; frames and others are passed over."""
    async for raw in page:
        if isinstance(raw, str) and (message := json.loads(raw))["type"] == kind and fields.items() <= message.items():
            return message
    raise AssertionError(f"the line has gone while waiting for {kind}")


async def say(page: ClientConnection, kind: str, **fields) -> None:
    await page.send(json.dumps({"type": kind, **fields}))


async def vote(page: ClientConnection, number: int, question: dict, answers: int, spread: float) -> float:
    """Wait for the question, think, vote; the time at which it was sent."""
    await hear(page, "poll")
    await asyncio.sleep(spread * number / CLASS)
    sent = time.perf_counter()
    await say(page, "vote", **question, round=1, choice=number % answers)
    await hear(page, "voted")
    return sent


async def class_votes(leader: ClientConnection, watch_url: str, question: dict, answers: int, spread: float = 0.0):
    """CLASS pages come, vote within `spread` seconds, and see the result.

    (seconds from the n-th vote until the leader's count is n, the polls as they were revealed: one a page)."""
    pages = [await come(watch_url, number + 1) for number in range(CLASS)]
    await say(leader, "ask", **question)
    casting = [asyncio.create_task(vote(page, n, question, answers, spread)) for n, page in enumerate(pages)]
    counted: list[float] = []
    while len(counted) < CLASS:
        tally = await hear(leader, "tally", **question)
        counted += [time.perf_counter()] * (tally["voted"] - len(counted))
    sent = sorted(await asyncio.gather(*casting))
    await say(leader, "reveal", **question)
    polls = [(await hear(page, "poll"))["poll"] for page in pages]
    await asyncio.gather(*(page.close() for page in pages))
    return [late - early for early, late in zip(sent, counted, strict=True)], polls


def figures(took: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]
