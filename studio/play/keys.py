"""The name of a play's segment in the cache: made from all that its pixels depend on.

That is what is in play (animations, mobjects, camera: `content.py` reads them to the last byte, or refuses), the code
that they run, and the surroundings: options, runs, what lessons read from files, fonts, versions, encoder. A play in
which something cannot be read is drawn anew each time.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
from manim import Scene
from manim._config.video_encoder import video_encoder_fingerprint

from model.paths import ASSETS, ROOT
from scenes.kit.ground.typesetting import FACES, covers, outline
from studio.play.content import Content, Unreadable, home
from studio.play.files import has_changed, sha256, versions
from studio.play.playback import Playback
from studio.play.protocols import Played
from studio.play.sources import reached

ONCE = "once-"  # what the name of a segment begins with that is for one render only


class Keyed(Playback):
    """Names each play's segment."""

    def key(self, scene: Scene) -> str:
        try:
            return content_key(self, scene)
        except Unreadable:
            return ONCE + secrets.token_hex(16)


def content_key(playback: Playback, scene: Scene) -> str:
    """The name of the segment of what the scene is about to play. Raises Unreadable."""
    content = Content()
    content.add(playback.rate, scene.duration, playback.camera)
    content.add(scene.animations, scene.mobjects, scene.foreground_mobjects, scene.updaters)
    content.add(random.getstate(), np.random.get_state())
    lesson, encoder = cast(Played, scene), scene.session_spec.video_encoder
    content.add(*surroundings(lesson), None if encoder is None else repr(video_encoder_fingerprint(encoder)))
    content.add(code_of(frozenset(content.files)))
    content.add([fallback(text) for text in sorted(content.foreign | foreign_words(lesson))])
    return content.digest


def surroundings(lesson: Played) -> tuple[str, ...]:
    """What is not in play itself: the options, the runs, what they were measured by, the code, fonts and versions."""
    return (
        repr(lesson.options),
        *(run.digest for run in lesson.traces),
        painting_code(type(lesson)),
        digest([*ASSETS.glob("checkpoints/*/report.json"), Path(lesson.options.model or "") / "report.json"]),
        repr(versions()),
    )


@cache
def painting_code(lesson: type) -> str:
    """Digest of the code that a lesson's modules import, of the renderer's, and of what all lessons read.

    The lesson's own file is not in it: of that counts what is in play, and the files that define it."""
    base = {ROOT / f"studio/play/{name}.py" for name in ("content", "keys", "playback", "writer", "picture")}
    code = reached(files_of([lesson])) - files_of([lesson])
    return digest({*base, *code, *ASSETS.glob("themes/*"), *ASSETS.glob("fonts/*")})


@cache
def code_of(files: frozenset[Path]) -> str:
    """Digest of the files that define what is in play, and of what they import."""
    return digest(reached(files))


def files_of(classes: Iterable[type]) -> frozenset[Path]:
    """The files that define the classes and those above them, other than Python's and the libraries'."""
    homes = (home(cls.__module__) for each in classes for cls in each.__mro__)
    return frozenset(file for file in homes if file is not None)


def foreign_words(lesson: Played) -> set[str]:
    """The words of the runs that are not plain letters: what is painted may be put together from them."""
    return {word for run in lesson.traces for word in getattr(run, "tokens", ()) if not word.isascii()}


@cache
def fallback(text: str) -> str:
    """Digest of the outlines of characters that the shipped fonts lack: a font of the system gives them."""
    lacking = {"".join(c for c in text if not covers(c, face) and not covers(c, "math")): face for face in FACES}
    return Content().add([outline(part, face) for part, face in lacking.items() if part]).digest


def digest(files: Iterable[Path]) -> str:
    """Of the names and contents of files. Raises Unreadable for one that has changed since the program was started."""
    return _digest(frozenset(files))


@cache
def _digest(files: frozenset[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            if has_changed(file):
                raise Unreadable(f"{file} has changed: what runs may be what it was before")
            total.update(f"{file.name} {sha256(file)} ".encode())
    return total.hexdigest()
