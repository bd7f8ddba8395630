"""A film, or its page, inside another page: both keep the film's ratio, whatever their width."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType

NONE: Mapping[str, str] = MappingProxyType({})
CONTROLS = 180  # pixels that the page has below its film


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


def video(
    source: str, title: str, size: tuple[int, int], poster: str, captions: str = "", about: Mapping[str, str] = NONE
) -> str:
    """HTML of a video with controls. source, poster, captions: addresses; the rest as in `framed`."""
    width, height = size
    kind = "webm" if source.partition(";")[0].endswith("webm") else "mp4"
    track = f'<track kind="captions" srclang="en" label="English" src="{escape(captions)}">' if captions else ""
    return (
        f'<video{_spelled(about)} width="{width}" height="{height}" poster="{escape(poster)}" '
        f'controls playsinline preload="metadata" aria-label="{escape(title)}" style="max-width: 100%; height: auto">'
        f'<source src="{escape(source)}" type="video/{kind}">{track}{escape(title)}</video>\n'
    )


def _spelled(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
