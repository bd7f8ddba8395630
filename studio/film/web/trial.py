"""What a film would weigh, and lose, in a smaller picture: tried out on some of its plays, scaled instead of drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.reformatter import Interpolation

from studio.film import frames
from studio.film.film import Film
from studio.film.verify import alike
from studio.play.picture import Picture

SAMPLE = 240  # frames
LOOKED_AT = 3  # the loss is that of one frame in so many: odd, so that at half the rate kept and lost ones are seen


@dataclass(frozen=True)
class Trial(Film):
    """A film whose segments were drawn as `drawn` and are scaled to the job's picture, which is no larger or faster."""

    drawn: Picture
    whole: int  # frames of the film of which these plays are

    @classmethod
    def of(cls, film: Film) -> Trial:
        """Every so manyth play of a film, the last one among them: about as many frames as a sample has."""
        plays = film.plays[:: -ceil(film.frames / SAMPLE)][::-1]
        return cls(film.job, film.lesson, plays, film.steps, film.job.picture, film.frames)

    def shown_as(self, picture: Picture) -> Trial:
        """The same plays in another picture."""
        return replace(self, job=replace(self.job, picture=picture))

    @property
    def frames(self) -> int:
        return self._place(super().frames - 1) + 1

    def decoded(self) -> Iterator[av.VideoFrame]:
        """The frames at the picture's rate: each is the first one drawn in its time."""
        wanted = 0
        for number, frame in enumerate(super().decoded()):
            if self._place(number) == wanted:
                yield scaled(frame, self.job.picture)
                wanted += 1

    def _place(self, drawn: int) -> int:
        """Which frame stands when a frame that was drawn is due."""
        return int(drawn * self.job.picture.fps / self.drawn.fps + 1e-9)

    def loss_of_size(self) -> float:
        """Mean square error of the picture's size, seen at the size in which it was drawn."""
        whole = enumerate(self.shown_as(self.drawn).decoded())
        small = self.job.picture
        return _mean(_error(scaled(scaled(f, small), self.drawn), f) for number, f in whole if number % LOOKED_AT == 0)

    def loss_of_rate(self) -> float:
        """Mean square error of the frame rate: each frame stands until the next one is due."""
        errors, held, place = [], None, -1
        for number, frame in enumerate(self.shown_as(self.drawn).decoded()):
            if self._place(number) != place:
                held, place = frame, self._place(number)
            if number % LOOKED_AT == 0:
                errors.append(_error(cast(av.VideoFrame, held), frame))
        return _mean(errors)

    def loss_in(self, file: Path) -> tuple[float, bool]:
        """Mean square error of an encoded file, and whether it can be told from the film, as `verify` looks at it."""
        shown, rate = frames.shown(file), self.job.picture.fps
        now, after, errors, same = next(shown), next(shown, None), [], True
        for number, frame in enumerate(self.decoded()):
            while after is not None and round(after[0] * rate) <= number:
                now, after = after, next(shown, None)
            if number == self.frames - 1 or (number and number % LOOKED_AT == 0):  # the first one is the poster
                errors.append(_difference(now[1], frames.rgb(frame)))
                same = same and alike(now[1], frames.rgb(frame))
        return _mean(errors), same


def scaled(frame: av.VideoFrame, picture: Picture) -> av.VideoFrame:
    """A frame in the size of a picture: a mean of pixels where that is smaller, smooth where it is larger."""
    if (frame.width, frame.height) == (picture.width, picture.height):
        return frame
    how = Interpolation.AREA if picture.width < frame.width else Interpolation.BICUBIC
    return frame.reformat(picture.width, picture.height, interpolation=how)


def _error(one: av.VideoFrame, other: av.VideoFrame) -> float:
    return 0.0 if one is other else _difference(frames.rgb(one), frames.rgb(other))


def _difference(one: frames.RGB, other: frames.RGB) -> float:
    return float(np.square(one.astype(np.float32) - other).mean())


def _mean(errors: Iterable[float]) -> float:
    return float(np.mean(list(errors)))
