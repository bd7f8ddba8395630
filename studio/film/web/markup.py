"""What a page needs to show one film by night and by day: the markup that lets the browser choose."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from scenes.lesson.steps import Step
from studio.film.film import Film
from studio.page.frame import DARK, picture
from studio.play.picture import Picture

PICTURES, VIDEOS = ("gif", "webp", "png"), ("mp4", "webm")
LONGEST = 400  # characters of an alternative text: screen readers read it in one go


def markup(fmt: str, film: Film, night: Sequence[Path], day: Sequence[Path]) -> str:
    """HTML that shows the one of two films that suits who looks; empty for a format that is no part of a page.

    film: of the day. night, day: the files of each render, main ones first; names are relative to their folder."""
    shape = film.job.picture
    if fmt == "png":
        every = zip(_pictures(night, film), _pictures(day, film), film.steps, strict=True)
        return "".join(_picture(at[0], at[1], None, shape, alternative(film, [at[2]])) for at in every)
    said = alternative(film, film.steps)
    if fmt in PICTURES:
        dark, light = (next(path for path in files if path.suffix == ".png") for files in (night, day))
        return _picture(night[0], day[0], (dark, light), shape, said)
    return _video(night, day, shape, said) if fmt in VIDEOS else ""


def alternative(film: Film, steps: Sequence[Step]) -> str:
    """What steps show, for who does not see them: the lesson's title, then their last captions, or what it is about."""
    title = film.job.entry.title
    said = list(dict.fromkeys(step.caption.strip() for step in steps if step.caption.strip()))
    text = f"{title}: {' '.join(said)}"
    if len(text) <= LONGEST or len(steps) == 1:
        return text
    return f"{title}: {film.job.entry.summary or ', '.join(step.name for step in steps)}"


def _pictures(files: Sequence[Path], film: Film) -> list[Path]:
    """One picture for each step, in order."""
    return [path for path in files if path.suffix == ".png"][: len(film.steps)]


def _picture(night: Path, day: Path, still: tuple[Path, Path] | None, shape: Picture, said: str) -> str:
    at = None if still is None else (_address(still[0]), _address(still[1]))
    return picture(_address(night), _address(day), said, at, {"width": str(shape.width), "height": str(shape.height)})


def _video(night: Sequence[Path], day: Sequence[Path], picture: Picture, said: str) -> str:
    kind = f"video/{day[0].suffix[1:]}"
    poster = next(path for path in day if path.suffix == ".png")
    tracks = (path for path in day if path.suffix == ".vtt")
    return "\n".join(
        [
            f'<video controls playsinline preload="metadata" poster="{_address(poster)}" width="{picture.width}" '
            f'height="{picture.height}" aria-label="{escape(said)}">',
            f'  <source media="{DARK}" src="{_address(night[0])}" type="{kind}">',
            f'  <source src="{_address(day[0])}" type="{kind}">',
            *(f'  <track kind="captions" srclang="en" label="English" src="{_address(path)}">' for path in tracks),
            "</video>",
            "",
        ]
    )


def _address(path: Path) -> str:
    return quote(path.name)
