"""A page of one step of a lesson, and pages in which something is false, for tests."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import scenes
from scenes.lesson.options import Options
from studio.film import render as rendering
from studio.page import again, inside
from studio.play.picture import Picture
from studio.play.session import Job

STEP = "Scores"


def job(tmp: Path, **options) -> Job:
    entry = next(entry for entry in scenes.course() if entry.id == "attention")
    return Job(entry, Options(pace=0.3, questions=False, **options), Picture.of("l"), segments=tmp / "cache")


def rendered(folder: Path) -> SimpleNamespace:
    """One step of a lesson as a page."""
    made = rendering.render(rendering.Request(job(folder), folder / "out", "html", STEP, workers=2))
    return SimpleNamespace(path=made.files[0], files=made.files, film=made.film, trace=made.film.lesson.traces[0])


def with_data(path: Path, to: Path, **parts: bytes) -> Path:
    """The page with other data: film, about, numbers, table, as they stand in it before they are written as text."""
    text = path.read_text(encoding="utf-8")
    for name, data in parts.items():
        text = re.sub(rf'(id="{name}-data">)[^<]*', lambda at, it=data: at[1] + base64.b64encode(it).decode(), text)
    to.write_text(text, encoding="utf-8")
    return to


def wrong_weight(page: again.Page) -> bytes:
    """The page's table with one weight changed."""
    table = bytearray(page.table)
    weight = next(t for t in page.numbers["tensors"] if t["name"] == "blocks.0.attn.W_K")
    kind, shape, start = page.numbers["tables"][weight["table"]]
    values = np.frombuffer(table, "<f4", int(np.prod(shape)), start).reshape(shape)
    values[0, 5, 3] += 0.25
    return bytes(table)


def with_wrong_weight(path: Path, to: Path) -> Path:
    return with_data(path, to, table=inside.packed(wrong_weight(again.read(path.read_text(encoding="utf-8")))))
