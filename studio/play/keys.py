"""The name of a play's segment in the cache: made from its content, and from all else that its pixels depend on."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

from manim import Scene
from manim._config.video_encoder import video_encoder_fingerprint
from manim.utils.hashing import get_hash_from_play_call

from model.paths import ASSETS, ROOT
from studio.play.files import sha256
from studio.play.playback import Playback
from studio.play.protocols import Played
from studio.play.sources import reached


class Keyed(Playback):
    """Names each play's segment."""

    def key(self, scene: Scene) -> str:
        key: str = get_hash_from_play_call(
            scene,
            self.camera,
            scene.animations or (),
            scene.mobjects,
            backend="cairo",
            encoder_fingerprint=video_encoder_fingerprint(scene.session_spec.video_encoder),
            renderer_state=(surroundings(cast(Played, scene)), painters(scene)),
        )
        return key


def surroundings(lesson: Played) -> tuple[str, ...]:
    """What Manim's hash does not see: the options, the runs behind the mobjects, the code that paints."""
    return (repr(lesson.options), *(run.digest for run in lesson.traces), painting_code(type(lesson)))


@cache
def painting_code(lesson: type) -> str:
    """Digest of the code that a lesson's modules import, of the renderer's, and of what all lessons read."""
    base = {ROOT / f"studio/play/{name}.py" for name in ("playback", "writer", "picture")}
    code = reached(files_of([lesson])) - files_of([lesson])
    return digest({*base, *code, *ASSETS.glob("themes/*"), *ASSETS.glob("fonts/*")})


def painters(scene: Scene) -> str:
    """Digest of the files that define the classes in play: a lesson's own animations and mobjects."""
    return digest(files_of({type(thing) for thing in (*(scene.animations or ()), *scene.get_mobject_family_members())}))


def files_of(classes: Iterable[type]) -> frozenset[Path]:
    """The files that define the classes and those above them, other than Manim's."""
    above = {cls for each in classes for cls in each.__mro__}
    return frozenset(
        Path(inspect.getfile(cls)) for cls in above if not cls.__module__.startswith(("manim.", "builtins", "typing"))
    )


def digest(files: Iterable[Path]) -> str:
    """Of the names and contents of files."""
    return _digest(frozenset(files))


@cache
def _digest(files: frozenset[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            total.update(f"{file.name} {sha256(file)} ".encode())
    return total.hexdigest()
