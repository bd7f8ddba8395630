"""What has changed in a film since it was kept: shot by shot, and on a sheet before / now / difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from studio.film.golden.reels import Frame, Reel, Shot, Take, kept
from studio.film.images import write
from studio.film.storyboard import GAP, GREY, INK, NAME, PAPER, TEXT, TITLE

WORST, MEAN = 18.0, 1.0  # levels of 255 by which a blurred frame may differ: in one pixel, on the average
BLUR = 1  # pixels around each that are mixed with it, so that an edge drawn a little otherwise is the same
MOST = 24  # changes on a sheet: the largest
LARGE = 432  # pixels of a frame's long side on it
BRIGHTER = 3  # by what factor differences are shown
COLUMNS = ("before", "now", "difference")


@dataclass(frozen=True)
class Change:
    """A shot that is not as it was; before, now: None where there was, or is, no such frame. by: levels, at most."""

    shot: Shot
    before: Frame | None
    now: Frame | None
    by: float

    def __str__(self) -> str:
        step, when = self.shot
        if self.before is None or self.now is None:
            return f"“{step}”, {when}: {'is new' if self.before is None else 'is gone'}"
        return f"“{step}”, {when}: differs by up to {self.by:.0f} levels"


def changes(before: Reel, now: Reel) -> list[Change]:
    """All shots that differ, in the order of the film; those that are gone at the end."""
    was, found = before.by_shot(), []
    for shot, frame in zip(now.shots, now.frames, strict=True):
        old = was.pop(shot, None)
        worst, mean = (255.0, 255.0) if old is None or old.shape != frame.shape else apart(old, frame)
        if worst > WORST or mean > MEAN:
            found.append(Change(shot, old, frame, worst))
    return found + [Change(shot, frame, None, 255.0) for shot, frame in was.items()]


def apart(one: Frame, other: Frame) -> tuple[float, float]:
    """How far two frames of one size differ after a blur: (in the worst pixel, on the average)."""
    off = np.abs(blurred(one) - blurred(other))
    return float(off.max()), float(off.mean())


def blurred(frame: Frame) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).filter(ImageFilter.BoxBlur(BLUR))).astype(float)


def compare(
    todo: Sequence[Take], folder: Path, sheets: Path, on_done: Callable[[int], None] = lambda done: None
) -> list[tuple[str, str, Path | None]]:
    """Draw films and compare them with those kept in a folder; of each that has changed: its name, what is said of it,
    and the sheet (in the folder `sheets`) that shows it."""
    told: list[tuple[str, str, Path | None]] = []
    for done, take in enumerate(todo, 1):
        before = kept(take.name, folder)
        found = [] if before is None else changes(before, take.draw())
        if before is None:
            told.append((take.name, "is not kept", None))
        elif found:
            path = sheets / f"{take.name}.png"
            sheets.mkdir(parents=True, exist_ok=True)
            sheet(take.name, found).save(path)
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            told.append((take.name, f"{found[0]}{more}", path))
        on_done(done)
    return told


# ── the sheet ────────────────────────────────────────────────────────────────────────────────────
def sheet(title: str, found: list[Change]) -> Image.Image:
    """The largest changes in the film's order: before, now, and how they differ."""
    largest = sorted(found, key=lambda change: -change.by)[:MOST]
    shown = [change for change in found if change in largest]
    size = max(size_of(change) for change in shown)
    across, down = size[0] + GAP, size[1] + GAP + 30
    page = Image.new("RGB", (3 * across + GAP, len(shown) * down + 100), PAPER)
    more = f": {len(shown)} of {len(found)} changes" if len(shown) < len(found) else ""
    room = page.width - 2 * GAP
    write(page, title + more, (GAP, 14), TITLE, INK, face="bold", room=room)
    for k, column in enumerate(COLUMNS):
        write(page, column, (GAP + k * across, 62), TEXT, GREY)
    for row, change in enumerate(shown):
        y = 96 + row * down
        write(page, str(change), (GAP, y), NAME, INK, face="bold", room=room)
        for k, frame in enumerate((change.before, change.now, difference(change))):
            if frame is not None:
                page.paste(enlarged(frame), (GAP + k * across, y + 30))
    return page


def size_of(change: Change) -> tuple[int, int]:
    """Width and height of its frames on the sheet."""
    frame = change.now if change.now is not None else change.before
    assert frame is not None
    return enlarged(frame).size


def enlarged(frame: Frame) -> Image.Image:
    scale = LARGE / max(frame.shape[:2])
    size = round(frame.shape[1] * scale), round(frame.shape[0] * scale)
    return Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)


def difference(change: Change) -> Frame | None:
    """How far the two frames differ, made brighter; None where there is only one, or their sizes differ."""
    if change.before is None or change.now is None or change.before.shape != change.now.shape:
        return None
    off = np.abs(change.now.astype(int) - change.before)
    return np.minimum(BRIGHTER * off, 255).astype(np.uint8)


__all__ = ["Change", "apart", "changes", "compare", "sheet"]
