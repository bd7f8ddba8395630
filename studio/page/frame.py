"""A film, or its page, inside another page: both keep the film's ratio, whatever their width.

Of a film by night and by day the browser shows the one that suits who looks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType

NONE: Mapping[str, str] = MappingProxyType({})
CONTROLS = 180  # pixels that the page has below its film
DARK, STILL = "(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"
BY_THEME = (
    "<style>.film-by-night { display: none } @media " + DARK + " "
    "{ .film-by-night { display: block } .film-by-day { display: none } }</style>"
)


def framed(
    source: str, title: str, size: tuple[int, int], inline: bool = False, about: Mapping[str, str] = NONE
) -> str:
    """HTML of a frame as wide as what it stands in.

    source: the page's address; if `inline`, the page itself, which then can reach nothing outside its frame. title:
    said to those who do not see it. size: of the film, in pixels. about: attributes of the whole (`class`, `id`)."""
    width, height = size
    given = _spelled(about)
    where = f'sandbox="allow-scripts" srcdoc="{escape(source)}"' if inline else f'src="{escape(source)}" loading="lazy"'
    return (
        f'<div{given} style="position: relative; padding-bottom: calc({100 * height / width:.2f}% + {CONTROLS}px)">'
        f'<iframe {where} title="{escape(title)}" allow="fullscreen; clipboard-write" '
        'style="position: absolute; inset: 0; width: 100%; height: 100%; border: 0"></iframe></div>'
    )


def framed_both(
    night: str, day: str, title: str, size: tuple[int, int], inline: bool = False, about: Mapping[str, str] = NONE
) -> str:
    """HTML of the frames of two pages, one of which is seen; the rest as in `framed`."""
    pages = (("film-by-night", night), ("film-by-day", day))
    frames = "".join(framed(source, title, size, inline, {"class": name}) for name, source in pages)
    return f"<div{_spelled(about)}>{BY_THEME}{frames}</div>"


def picture(
    night: str, day: str, title: str, still: tuple[str, str] | None = None, about: Mapping[str, str] = NONE
) -> str:
    """HTML of a picture by night and by day. still: its last frames, for who has asked for less motion."""
    sources = [(DARK, night)]
    if still is not None:
        sources = [(f"{STILL} and {DARK}", still[0]), (STILL, still[1]), *sources]
    lines = [f'  <source media="{media}" srcset="{escape(path)}">' for media, path in sources]
    image = f'  <img src="{escape(day)}"{_spelled(about)} alt="{escape(title)}">'
    return "\n".join(["<picture>", *lines, image, "</picture>", ""])


def video(
    source: str,
    title: str,
    size: tuple[int, int],
    poster: str,
    captions: str = "",
    about: Mapping[str, str] = NONE,
    dark: str = "",
) -> str:
    """HTML of a video with controls. source, poster, captions: addresses; dark: that of the film by night, if there is
    one; the rest as in `framed`."""
    width, height = size
    kind = "webm" if source.partition(";")[0].endswith("webm") else "mp4"
    night = f'<source media="{DARK}" src="{escape(dark)}" type="video/{kind}">' if dark else ""
    track = f'<track kind="captions" srclang="en" label="English" src="{escape(captions)}">' if captions else ""
    return (
        f'<video{_spelled(about)} width="{width}" height="{height}" poster="{escape(poster)}" '
        f'controls playsinline preload="metadata" aria-label="{escape(title)}" style="max-width: 100%; height: auto">'
        f'{night}<source src="{escape(source)}" type="video/{kind}">{track}{escape(title)}</video>\n'
    )


def _spelled(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
