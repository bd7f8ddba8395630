"""Colours by meaning. A theme is a file in assets/themes; no lesson names a hex colour."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import numpy as np

from model.errors import UsageError
from model.paths import ASSETS

FOLDER = ASSETS / "themes"


class Theme:
    """Role → RGB triple in 0…1: `theme["query"]`."""

    def __init__(self, name: str, colors: dict[str, str]):
        self.name = name
        self._rgb = {role: np.array(bytearray.fromhex(c.lstrip("#"))) / 255 for role, c in colors.items()}
        self.hex = dict(colors)

    def __getitem__(self, role: str) -> np.ndarray:
        """RGB of a role. UsageError for anything else: colours mean something, and every theme has its own."""
        if role not in self._rgb:
            raise UsageError(f"“{role}” is no colour of the theme “{self.name}”; its roles: {', '.join(self._rgb)}.")
        return self._rgb[role]

    def __contains__(self, role: str) -> bool:
        return role in self._rgb

    def __deepcopy__(self, memo: dict[int, Any]) -> Theme:
        return self  # nothing changes it


@cache
def load(name: str) -> Theme:
    """The theme of that name; UsageError lists those there are."""
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise UsageError(f"There is no theme “{name}”; choose one of: {names}.")
    return Theme(name, tomllib.loads(path.read_text(encoding="utf-8")))


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours [..., 3] (WCAG 2.2, “relative luminance”)."""
    rgb = np.asarray(rgb, dtype=float)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Contrast ratio 1…21 of two colours (WCAG 2.2)."""
    la, lb = luminance(a), luminance(b)
    return (np.maximum(la, lb) + 0.05) / (np.minimum(la, lb) + 0.05)


def legible_on(background: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """For each background [..., 3]: the ink if its contrast is ≥ 4.5, else white or black, whichever is told apart
    better."""
    background = np.asarray(background, dtype=float)
    white, black = np.ones(3), np.zeros(3)
    better = np.where((contrast(background, white) >= contrast(background, black))[..., None], white, black)
    return np.where((contrast(background, ink) >= 4.6)[..., None], ink, better)
