"""A page read back from its file, and held against the lesson that is played again."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.page.columns import from_columns
from studio.page.document import Document
from studio.page.inside import joined_planes

Json = Any
DATA = re.compile(r'(<script type="text/plain" id="(film|about|numbers|table)-data">)([^<]*)<')
STILL = re.compile(r'<article><h2>[^<]*</h2><img src="data:image/webp;base64,([^"]*)"')
KINDS = {"f4": "<f4", "f8": "<f8", "i4": "<i4"}


@dataclass(frozen=True)
class Page:
    """What is in a file: text, all of it; film, an mp4; stills, WebP, one a step; about, numbers and table as Document
    has them."""

    text: str
    film: bytes
    stills: tuple[bytes, ...]
    about: Json
    numbers: Json
    table: bytes


def read(text: str) -> Page:
    """Raises ValueError for what is no page of a lesson."""
    parts = {found[2]: found[3] for found in DATA.finditer(text)}
    try:
        data = {name: base64.b64decode(part, validate=True) for name, part in parts.items()}
        about, numbers, table = (gzip.decompress(data[name]) for name in ("about", "numbers", "table"))
        stills = tuple(base64.b64decode(found, validate=True) for found in STILL.findall(text))
        told = from_columns(json.loads(about))
        return Page(text, data["film"], stills, told, json.loads(numbers), joined_planes(table))
    except (KeyError, TypeError, IndexError, EOFError, OSError, ValueError) as error:
        raise ValueError(f"no page of a lesson: {error!r}") from error


def differences(page: Page, made: Document) -> Iterator[str]:
    """Where a page's captions, questions, places and numbers, its text and scripts are not those made now; its film and
    its stills are compared as pictures elsewhere."""
    found = [
        *_first("of the film", page.about, made.about),
        *_in_numbers(page, made),
        *_first("of its numbers", page.numbers, made.numbers),
    ]
    yield from found
    if not found and _but_for_data(page.text) != _but_for_data(made.html()):
        yield "its text, style or scripts are not those that are made here"


def _but_for_data(text: str) -> str:
    """What stands around the packed data, which another machine may pack otherwise."""
    return DATA.sub(r"\1<", text)


def _in_numbers(page: Page, made: Document) -> Iterator[str]:
    """The first number that is not what was recorded now, and how many there are."""
    wrong: list[str] = []
    seen: set[int] = set()
    for said, now in zip(page.numbers["tensors"], made.numbers["tensors"], strict=False):
        if "table" not in said or "table" not in now or now["table"] in seen:
            continue
        seen.add(now["table"])
        a, b = _values(page.numbers, page.table, said), _values(made.numbers, made.table, now)
        if a.shape != b.shape:
            wrong.append(f"{now['name']} has the shape {a.shape} and not {b.shape}")
        else:
            places = np.argwhere((a != b) & ~(np.isnan(a) & np.isnan(b)))
            wrong += [f"{now['name']}{list(at)} is {a[tuple(at)]:g} and not {b[tuple(at)]:g}" for at in places.tolist()]
    if wrong:
        yield f"{len(wrong)} of its numbers are not those of the run; the first: {wrong[0]}"


def _values(numbers: Json, table: bytes, tensor: Json) -> np.ndarray:
    """The numbers of a tensor that are inside."""
    kind, shape, start, *kept = numbers["tables"][tensor["table"]]
    sizes = [len(places) if places else size for places, size in zip(kept[0], shape, strict=True)] if kept else shape
    return np.frombuffer(table, KINDS[kind], int(np.prod(sizes)), start).reshape(sizes)


def _first(what: str, said: Json, now: Json) -> Iterator[str]:
    """Where two parts of a page first differ."""
    now = json.loads(json.dumps(now))
    where: list[str] = []
    while said != now:
        if isinstance(said, dict) and isinstance(now, dict) and said.keys() == now.keys():
            key = next(key for key in now if said[key] != now[key])
        elif isinstance(said, list) and isinstance(now, list) and len(said) == len(now):
            key = next(key for key, pair in enumerate(zip(said, now, strict=True)) if pair[0] != pair[1])
        else:
            a, b = (json.dumps(one, ensure_ascii=False)[:60] for one in (said, now))
            yield f"{what}, {' '.join(where) or 'all'}: the page has {a}, here it is {b}"
            return
        where.append(str(key))
        said, now = said[key], now[key]
