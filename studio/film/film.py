"""Draws a lesson into segments, one per play, and joins them.

First the lesson is played without drawing: that shows what is wrong with the request within seconds, and gives the
steps, the length, and the key of each play's segment. Then the segments that the cache lacks are drawn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import av
from manim import Camera, Scene

from model.errors import ClearheadError, UsageError
from scenes.lesson.observer import Observer
from scenes.lesson.steps import Step, SteppedScene
from studio.film import captions
from studio.film.crew import CAN_FORK, Crew
from studio.play.keys import ONCE, Keyed
from studio.play.playback import Pixels, Play, Playback
from studio.play.protocols import Played
from studio.play.session import Job, clear, perform
from studio.play.writer import FILM, working

Report = Callable[[int, int], None]  # frames drawn, frames to draw


@dataclass(frozen=True)
class Film:
    """A lesson (or one step of it) as segments. Steps' times are counted from its beginning."""

    job: Job
    lesson: Played
    plays: tuple[Play, ...]
    steps: tuple[Step, ...]

    @property
    def called(self) -> str:
        """What the film's first step is asked for by: its name, its number where an earlier one has the same name."""
        step = self.steps[0]
        return step.name if find_step(self.lesson.steps, step.name).index == step.index else str(step.index + 1)

    @property
    def frames(self) -> int:
        return sum(play.frames for play in self.plays)

    @property
    def seconds(self) -> float:
        return self.frames / self.job.picture.fps

    @property
    def segments(self) -> list[Path]:
        suffix = ".mp4" if self.job.encoder is FILM else ".mov"
        return [self.job.folder / f"{play.key}{suffix}" for play in self.plays]

    def decoded(self) -> Iterator[av.VideoFrame]:
        """All frames in order, as they were encoded."""
        for segment in self.segments:
            with av.open(segment) as container:
                yield from container.decode(video=0)


class StepEnds(Observer):
    """Gives each step and its last frame to `see`. only: the name or number of the one that is wanted."""

    def __init__(self, see: Callable[[Step, Pixels], None], only: str | None = None):
        self.see, self.only, self.seen = see, only, False

    def step_ended(self, lesson: SteppedScene, step: Step) -> None:
        if self.only is None or (not self.seen and is_called(step, self.only)):  # the first one, as in `find_step`
            self.seen = True
            self.see(step, cast(Playback, lesson.renderer).picture(lesson))


def plan(job: Job, step: str | None = None, see: Callable[[Step, Pixels], None] | None = None) -> Film:
    """Play the lesson without drawing.

    step: the name (or number, from 1) of the only step that is wanted. see: gets each wanted step and its last frame,
    RGBA [height, width, 4], which is all that is drawn."""
    lesson = perform(job, Keyed, *([] if see is None else [StepEnds(see, step)]))
    clear(cast(Scene, lesson))  # it is played anew for drawing
    plays, steps = tuple(lesson.renderer.plays), tuple(lesson.steps)
    if not plays:
        raise ClearheadError(f"the lesson {job.entry.id} shows nothing: it has no animation.")
    if step is None:
        return Film(job, lesson, plays, steps)
    chosen = find_step(steps, step)
    plays = plays[chosen.first_play : chosen.last_play + 1]
    return Film(job, lesson, plays, (_earlier(chosen, plays[0].start / job.picture.fps),))


def _earlier(step: Step, seconds: float) -> Step:
    """A step with all its times counted from then on."""
    lines = tuple(replace(line, start=line.start - seconds, end=line.end - seconds) for line in step.lines)
    return replace(step, start=step.start - seconds, end=step.end - seconds, lines=lines)


def is_called(step: Step, name: str) -> bool:
    """Whether a user who says `name` means this step: its name, whatever the capitals, or its number."""
    name = name.strip().casefold()
    return name in (step.name.casefold(), str(step.index + 1))


def find_step(steps: Sequence[Step], name: str) -> Step:
    """The step that a user means; UsageError names the nearest."""
    for step in steps:
        if is_called(step, name):
            return step
    names = {step.name.casefold(): step.name for step in steps}
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.4)
    hint = f"did you mean “{names[near[0]]}”?" if near else "the steps are: " + ", ".join(s.name for s in steps) + "."
    raise UsageError(f"there is no step “{name}” in this lesson; {hint}")


class Drawing(Playback):
    """Draws the plays whose segments are missing, each in a process of the crew (or here, without one)."""

    def __init__(
        self,
        camera_class: type[Camera],
        plays: Sequence[Play],
        missing: set[str],
        crew: Crew | None,
        count: Callable[[int], None],
    ):
        super().__init__(camera_class)
        self.planned, self.missing, self.crew, self.count = plays, set(missing), crew, count

    def key(self, scene: Scene) -> str:
        return self.planned[self.num_plays].key

    def shoot(self, scene: Scene, play: Play) -> bool:
        if play != self.planned[play.index]:
            raise RuntimeError(
                f"play {play.index} is not what it was a moment ago: a lesson must not depend on time or chance"
            )
        if play.key not in self.missing:
            return False
        self.missing.remove(play.key)
        if self.crew is None:
            self.record(scene, play, self.count)
            return True
        self.crew.start(lambda count: self.record(scene, play, count))
        return False

    def record(self, scene: Scene, play: Play, count: Callable[[int], None]) -> None:
        writer = self.file_writer
        writer.begin_animation(True, animation_index=play.index, file_path=writer.output_plan.segment_path(play.key))
        try:
            for pixels, _, repeat in self.frames(scene, play):
                writer.write_frame(pixels, repeat=repeat)
                count(repeat)
        except BaseException:
            writer.abort_encode_jobs()
            raise
        writer.end_animation(True)
        if self.crew is not None:
            writer.finish()

    def scene_finished(self, scene: Scene) -> None:
        self.file_writer.finish()


def draw(film: Film, workers: int, report: Report = lambda done, total: None, fresh: bool = False) -> int:
    """Draw what the cache lacks (everything, if `fresh`); return how many frames that were."""
    with working(film.job.folder):
        return _draw(film, workers, report, fresh)


def _draw(film: Film, workers: int, report: Report, fresh: bool) -> int:
    there = {path for path in film.segments if path.exists() and not fresh}
    for path in there:
        with suppress(PermissionError):  # of another user, in a cache that is shared
            os.utime(path)  # so that it counts as used
    lacking = {play.key: play for play, path in zip(film.plays, film.segments, strict=True) if path not in there}
    total = sum(play.frames for play in lacking.values())
    if not lacking:
        return 0
    every = film.lesson.renderer.plays
    report(0, total)
    if workers == 1 or not CAN_FORK:
        counter = Counter(total, report)
        perform(film.job, lambda camera: Drawing(camera, every, set(lacking), None, counter.add))
    else:
        with Crew(workers, lambda done: report(done, total)) as crew:
            perform(film.job, lambda camera: Drawing(camera, every, set(lacking), crew, lambda n: None))
            crew.join()
    report(total, total)
    return total


def forget(film: Film) -> None:
    """Delete the segments that are for this film only: nobody can say what they depend on."""
    for play, segment in zip(film.plays, film.segments, strict=True):
        if play.key.startswith(ONCE):
            segment.unlink(missing_ok=True)


class Counter:
    """Adds up and reports."""

    def __init__(self, total: int, report: Report):
        self.done, self.total, self.report = 0, total, report

    def add(self, frames: int) -> None:
        self.done += frames
        self.report(self.done, self.total)


def join(film: Film, target: Path) -> None:
    """Put the segments one after the other into a video with chapters; nothing is encoded again."""
    with av.open(target, "w", options={"movflags": "+faststart"}) as output:
        output.metadata["title"] = film.job.entry.title
        output.set_chapters(captions.for_container(film.steps, film.seconds))
        stream, shown = None, 0
        for play, segment in zip(film.plays, film.segments, strict=True):
            with av.open(segment) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(video)
                    stream.time_base = video.time_base
                tick = round(1 / (film.job.picture.fps * (video.time_base or 1)))
                packets = [p for p in source.demux(video) if p.dts is not None]
                if len(packets) != play.frames:
                    raise RuntimeError(f"segment {segment.name} has {len(packets)} frames instead of {play.frames}")
                for packet in packets:
                    packet.pts = packet.dts = shown * tick
                    packet.duration = tick
                    packet.stream = stream
                    output.mux(packet)
                    shown += 1
