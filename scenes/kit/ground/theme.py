"""Colours by meaning. A theme is a file in assets/themes; no lesson names a hex colour.

A colour has three channels, in `Themes` three for each of them, one after the other."""

from __future__ import annotations

import tomllib
from functools import cache, reduce
from typing import Any

import numpy as np

from model.errors import ClearheadError, UsageError
from model.paths import ASSETS

FOLDER = ASSETS / "themes"


class Theme:
    """Role → RGB triple in 0…1: `theme["query"]`. each: itself, or those that it has together."""

    def __init__(self, name: str, colors: dict[str, str]):
        self._name = name
        self.each: tuple[Theme, ...] = (self,)
        self._rgb = {role: np.array(bytearray.fromhex(c.lstrip("#"))) / 255 for role, c in colors.items()}
        self._hex = dict(colors)

    @property
    def name(self) -> str:
        """That of its file."""
        return self._name

    @property
    def hex(self) -> dict[str, str]:
        """Role → “#RRGGBB”, for what is not of the kit."""
        return self._hex

    def __getitem__(self, role: str) -> np.ndarray:
        """RGB of a role. UsageError for anything else: colours mean something, and every theme has its own."""
        if role not in self._rgb:
            raise UsageError(f"“{role}” is no colour of the theme “{self._name}”; its roles: {', '.join(self._rgb)}.")
        return self._rgb[role]

    def __contains__(self, role: str) -> bool:
        return role in self._rgb

    def of(self, rgb: np.ndarray) -> np.ndarray:
        """A colour that is no role, with all channels."""
        return rgb

    def __deepcopy__(self, memo: dict[int, Any]) -> Theme:
        return self  # nothing changes it


class Themes(Theme):
    """Several themes at once: what is made with them can be painted and read in each (`by_theme`).

    ClearheadError where it is asked for what only one theme has: what is decided by that cannot be made at once."""

    def __init__(self, *themes: Theme):
        super().__init__(" and ".join(theme.name for theme in themes), {})
        self.each = themes
        shared = set.intersection(*(set(theme._rgb) for theme in themes))
        self._rgb = {
            role: np.concatenate([theme[role] for theme in themes]) for role in themes[0]._rgb if role in shared
        }

    @property
    def name(self) -> str:
        raise ClearheadError(f"{self._name} at once have no name: ask each.")

    @property
    def hex(self) -> dict[str, str]:
        raise ClearheadError(f"{self._name} at once have no hex colours: ask each.")

    def of(self, rgb: np.ndarray) -> np.ndarray:
        return rgb if rgb.shape[-1] != 3 else np.concatenate([rgb] * len(self.each), axis=-1)


def by_theme(rgb: np.ndarray) -> np.ndarray:
    """Colours [..., 3 · n] of n themes as [..., n, 3]."""
    return rgb.reshape(*rgb.shape[:-1], -1, 3)


def largest(colours: np.ndarray) -> np.ndarray:
    """Of the channels of each [..., channels]: `max` along so short an axis takes many times as long."""
    return np.asarray(reduce(np.maximum, np.moveaxis(colours, -1, 0)))


@cache
def load(name: str) -> Theme:
    """The theme of that name; UsageError lists those there are."""
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise UsageError(f"There is no theme “{name}”; choose one of: {names}.")
    return Theme(name, tomllib.loads(path.read_text(encoding="utf-8")))


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours [..., 3], 0…1 or bytes (WCAG 2.2, “relative luminance”)."""
    rgb = np.asarray(rgb)
    return (LINEAR[rgb] if rgb.dtype == np.uint8 else _linear(rgb)) @ WEIGHTS


def _linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
LINEAR = _linear(np.arange(256) / 255)  # of every byte


def contrast(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Contrast ratio 1…21 of two colours (WCAG 2.2)."""
    la, lb = luminance(a), luminance(b)
    return (np.maximum(la, lb) + 0.05) / (np.minimum(la, lb) + 0.05)


def legible_on(background: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """For each background [..., 3]: the ink if its contrast is ≥ 4.5, else white or black, whichever is told apart
    better. In each theme, if there are several."""
    shape, background, ink = background.shape, by_theme(background), by_theme(ink)
    white, black = np.ones(3), np.zeros(3)
    better = np.where((contrast(background, white) >= contrast(background, black))[..., None], white, black)
    return np.where((contrast(background, ink) >= 4.6)[..., None], ink, better).reshape(shape)
