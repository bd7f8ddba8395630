"""What can be read when: a lesson played once more without drawing, its screen read at sampled frames.

While nothing moves one reading holds for the whole of it; while things move there is one every `EVERY` seconds, and
the page, where it is stopped between two, goes to the nearer one, so that places and picture belong together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import Scene

from scenes.kit.ground.readings import Cell
from scenes.lesson.lesson import Lesson
from studio.page.graph import Graph
from studio.page.places import Seen, seen
from studio.play.playback import Play, Playback
from studio.play.session import Job, perform

EVERY = 0.2  # seconds between two readings of what moves
GRAIN = 5000  # of the frame's width and height: finer than a pixel of 4K
Json = Any


class Shots:
    """frames: [frame, its last frame, numbers of what is seen]. seen: [corners x, y, … in grains, text, cells]."""

    def __init__(self, graph: Graph, first: int, last: int):
        self.graph, self.first, self.last = graph, first, last
        self.frames: list[Json] = []
        self.seen: list[Json] = []
        self._seen: dict[Any, int] = {}

    def take(self, lesson: Lesson, frame: int, until: int) -> None:
        """Read the screen, which is so from `frame` up to and without `until`."""
        found = [self._number(one) for one in seen(lesson)]
        begin, end = max(frame, self.first) - self.first, min(until, self.last) - self.first - 1
        if self.frames and self.frames[-1][2] == found and self.frames[-1][1] == begin - 1:
            self.frames[-1][1] = end
        else:
            self.frames.append([begin, end, found])

    def _number(self, one: Seen) -> int:
        cells = [self.graph.cell(shown.value) for shown in one.numbers if isinstance(shown.value, Cell)]
        area = np.round(np.ravel(one.area) * GRAIN).astype(int).tolist()
        key = tuple(area), one.text, tuple(cells)
        if key not in self._seen:
            self._seen[key] = len(self.seen)
            self.seen.append([area, one.text, cells])
        return self._seen[key]


class Reading(Playback):
    """Reads the plays that are in the film, and draws nothing."""

    def __init__(self, camera_class: Any, shots: Shots, report: Callable[[int], None]):
        super().__init__(camera_class)
        self.shots, self.report = shots, report

    def shoot(self, scene: Scene, play: Play) -> bool:
        shots = self.shots
        if play.end <= shots.first or play.start >= shots.last:
            return False
        assert isinstance(scene, Lesson)
        if scene.is_current_animation_frozen_frame():
            shots.take(scene, play.start, play.end)
        else:
            every = max(1, round(EVERY * self.rate))
            numbers = range(play.start, play.end, every)
            for number in numbers:
                self.time = number / self.rate
                scene.update_to_time((number - play.start) / self.rate)
                shots.take(scene, number, min(number + every, play.end))
        self._end(scene)
        self.report(play.end - shots.first)
        return True


def shots_of(job: Job, graph: Graph, first: int, last: int, report: Callable[[int], None]) -> Shots:
    """The readings of the frames from `first` up to and without `last`."""
    shots = Shots(graph, first, last)
    perform(job, lambda camera: Reading(camera, shots, report))
    return shots
