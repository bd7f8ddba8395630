"""The best picture under a size: width, frame rate and what the encoder loses are searched for.

A few trials say how size and error change along each of the three alone. Sizes are taken to multiply and errors to
add: that orders all combinations, and those that a smaller one excels go. What is left is a ladder, on which whole
films are made, a few of them, until one is found that fits and whose next better one does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model.errors import UsageError
from studio.film import export
from studio.film.film import Film, Report, draw, forget, plan
from studio.film.web.squeeze import available
from studio.film.web.trial import Trial
from studio.play.picture import Picture
from studio.play.session import Job

PARTS = tuple(map(Fraction, ("5/6", "2/3", "1/2", "1/3")))  # of the width
LEAST_SIDE, LEAST_RATE = 90, 10  # pixels; frames a second
APART = 0.97  # a rung weighs at most so much of the one above it
SURE = 1.1  # how many times the budget is expected of a rung that is not even tried
UNREADABLE = inf
Loss = dict[str, Any]  # fields of a Picture


@dataclass(frozen=True)
class Kind:
    """A format that can be made to fit. losses: what of a picture may be lost, nothing first; squeezed: what
    instead where gifsicle is there, which does better."""

    name: str
    encode: Callable[[Film, Path, Report], None]
    losses: tuple[Loss, ...]
    squeezed: tuple[Loss, ...] = ()

    @property
    def tried(self) -> tuple[Loss, ...]:
        return self.losses[:1] + self.squeezed if self.squeezed and available() else self.losses


# Colours, levels by which pixels are held, gifsicle's loss. With more than 15 levels `verify` may find other frames.
LOST = (
    *((None, 4), (None, 8), (None, 15), (255, 15), (192, None), (192, 15)),
    *((128, None), (128, 15), (64, None), (64, 15), (48, 15), (32, 15)),
)
SQUEEZED = (
    *((None, None, 20), (None, 4, 20), (None, 8, 20), (None, 15, 20), (None, 15, 60)),
    *((255, 15, 40), (128, None, 40), (128, 8, 40), (128, 15, 40), (128, 15, 80), (64, None, 80)),
    *((64, 15, 40), (64, 15, 80), (64, 15, 150), (48, 15, 150), (32, 15, 300)),
)
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "gif",
            export.to_gif,
            ({}, *({"colours": colours, "held": held} for colours, held in LOST)),
            tuple({"colours": colours, "held": held, "lossy": lossy} for colours, held, lossy in SQUEEZED),
        ),
        Kind("webp", export.to_webp, ({}, *({"quality": quality} for quality in (90, 75, 60, 45, 30)))),
    )
}


@dataclass(frozen=True)
class Budget:
    """most: bytes that a film may have. fixed: what of the picture stays as it is: "width", "fps"."""

    most: int
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rung:
    """A picture, and what a film is expected to weigh (bytes) and to lose (mean square error) in it."""

    picture: Picture
    size: float
    loss: float


@dataclass
class Maker:
    """Makes films of a job, to weigh them. drawn: how many frames had to be drawn for that."""

    job: Job
    step: str | None
    kind: Kind
    workers: int = 1
    fresh: bool = False
    report: Report = lambda done, total: None
    drawn: int = 0

    def trial(self) -> Trial:
        """Some plays of the film, drawn."""
        trial = Trial.of(plan(self.job, self.step))
        self.drawn += draw(trial, self.workers, self.report, self.fresh)
        return trial

    def weigh(self, picture: Picture) -> int:
        """Bytes of the whole film in a picture."""
        film = plan(replace(self.job, picture=picture), self.step)
        self.drawn += draw(film, self.workers, self.report, self.fresh)
        with self.encoded(film) as file:
            forget(film)
            return file.stat().st_size

    @contextmanager
    def encoded(self, film: Film) -> Iterator[Path]:
        """The file of a film whose segments are there."""
        with TemporaryDirectory() as folder:
            file = Path(folder, f"film.{self.kind.name}")
            self.kind.encode(film, file, self.report)
            yield file


def fit(maker: Maker, budget: Budget) -> tuple[Picture, int]:
    """The best picture in which the maker's film has no more bytes than the budget allows, and those it has.

    Raises UsageError, which says what is possible, where there is none."""
    trial = maker.trial()
    try:
        rungs = ladder(maker, trial, budget)
    finally:
        forget(trial)
    return climb(rungs, budget, maker)


# ── what is expected ─────────────────────────────────────────────────────────────────────────────
def ladder(maker: Maker, trial: Trial, budget: Budget) -> list[Rung]:
    """The pictures that are worth a try, best first; each is lighter than all before it."""
    top, kind = trial.drawn, maker.kind
    best = _tried(maker, trial, top, lambda tried, file: tried.loss_in(file)[0])
    widths, rates, values = [replace(best, loss=0.0)], [replace(best, loss=0.0)], [best]
    if "width" not in budget.fixed:
        widths += [_tried(maker, trial, smaller, lambda tried, file: tried.loss_of_size()) for smaller in narrower(top)]
    if "fps" not in budget.fixed:
        rates += [_tried(maker, trial, slow, lambda tried, file: tried.loss_of_rate()) for slow in slower(top, kind)]
    for loss in kind.tried[1:]:
        rung = _tried(maker, trial, replace(top, **loss), _loss_if_it_can_be_read)
        if rung.loss < UNREADABLE:
            values.append(rung)
    share = trial.whole / trial.frames / best.size**2
    return thinned(
        Rung(
            replace(value.picture, width=w.picture.width, height=w.picture.height, fps=rate.picture.fps),
            w.size * rate.size * value.size * share,
            w.loss + rate.loss + value.loss,
        )
        for w, rate, value in product(widths, rates, values)
    )


def _tried(maker: Maker, trial: Trial, picture: Picture, loss: Callable[[Trial, Path], float]) -> Rung:
    tried = trial.shown_as(picture)
    with maker.encoded(tried) as file:
        return Rung(picture, file.stat().st_size, loss(tried, file))


def _loss_if_it_can_be_read(trial: Trial, file: Path) -> float:
    """So few colours that a word gets another one's would say what is not true."""
    loss, same = trial.loss_in(file)
    return loss if same else UNREADABLE


def narrower(top: Picture) -> Iterator[Picture]:
    """Smaller pictures of the same shape, as `--width` makes them."""
    for part in PARTS:
        width = 2 * int(top.width * part / 2)
        height = 2 * round(width * top.height / top.width / 2)
        if min(width, height) >= LEAST_SIDE:
            yield replace(top, width=width, height=height)


def slower(top: Picture, kind: Kind) -> Iterator[Picture]:
    """Pictures of lower frame rates that the format keeps exactly."""
    for rate in [top.fps / 2, top.fps / 3] if kind.name != "gif" else reversed(export.GIF_RATES):
        if LEAST_RATE <= rate < top.fps:
            yield replace(top, fps=int(rate) if rate == int(rate) else rate)


def thinned(rungs: Iterable[Rung]) -> list[Rung]:
    """Best first, each at least so much lighter than the one before; the lightest of all is the last."""
    every = sorted(rungs, key=lambda rung: (rung.loss, rung.size))
    kept = every[:1]
    for rung in every:
        if rung.size <= APART * kept[-1].size:
            kept.append(rung)
    lightest = min(every, key=lambda rung: rung.size)
    return kept if lightest is kept[-1] else [*kept, lightest]


# ── what is ──────────────────────────────────────────────────────────────────────────────────────
def climb(rungs: Sequence[Rung], budget: Budget, maker: Maker) -> tuple[Picture, int]:
    """The first rung that fits, and its bytes. What is weighed says how much more all others weigh than expected."""
    above, below, found, scale = -1, len(rungs), 0, 1.0
    while below - above > 1:
        expected = {i: rungs[i].size * scale for i in range(above + 1, below)}
        if found and expected[below - 1] > SURE * budget.most:
            break
        tried = next((i for i, size in expected.items() if size <= budget.most), below - 1)
        size = maker.weigh(rungs[tried].picture)
        scale = size / rungs[tried].size
        if size <= budget.most:
            below, found = tried, size
        else:
            above = tried
    if not found:
        raise UsageError(_too_small(maker.kind, budget, rungs[-1].picture, size))
    return rungs[below].picture, found


def _too_small(kind: Kind, budget: Budget, least: Picture, size: int) -> str:
    freed = " and ".join(f"--{name}" for name in ("width", "fps") if name in budget.fixed)
    ways = [f"give --max-size {ceil(size / 1000)}kB", *([f"leave out {freed}"] if freed else [])]
    return (
        f"no {kind.name} of this fits {said(budget.most)}: the smallest has {said(size)} ({described(least)}); "
        f"{', '.join(ways)}, or show less of it with --step."
    )


def fitted(picture: Picture, size: int, budget: Budget) -> str:
    """What was chosen, in a line."""
    return f"the best in {said(budget.most)} is {described(picture)}: {said(size)}."


def described(picture: Picture) -> str:
    """A picture in words: 640 × 360, 10 frames a second, 64 colours."""
    lost = [f"{picture.colours} colours"] if picture.colours else []
    lost += [f"pixels held within {picture.held} levels"] if picture.held else []
    lost += [f"lossy {picture.lossy}"] if picture.lossy else []
    lost += [f"quality {picture.quality}"] if picture.quality else []
    return ", ".join([f"{picture.width} × {picture.height}", f"{picture.fps:g} frames a second", *lost])


def said(size: int) -> str:
    """Bytes as people say them: 480 kB, 1.93 MB."""
    return f"{size} bytes" if size < 1000 else f"{size / 1e3:.3g} kB" if size < 999_500 else f"{size / 1e6:.3g} MB"
