"""Colours that carry meaning are told apart by everybody, and by every eye from the background.

About 8 % of men see colours otherwise. How, is simulated for its three kinds by the matrices of Machado, Oliveira &
Fernandes (2009), “A physiologically-based model for simulation of color vision deficiency”, severity 1.0; how far two
colours then lie apart is CIEDE2000 (Sharma, Wu & Dalal 2005, whose notation is used)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from scenes.kit.ground.theme import Theme, contrast
from studio.audit.findings import Defect

PAIRS = (  # roles whose difference says something, on one screen
    ("positive", "negative"),
    ("query", "key"),
    ("query", "value"),
    ("key", "value"),
    ("logit", "probability"),
    ("probability", "prediction"),
    ("position", "prediction"),
    ("truth", "loss"),
    ("target", "ink"),
)
OTHERWISE = {  # pairs that another sign tells apart, so that they need be different to usual eyes only
    ("query", "value"): "every grid of them is named by its letter",
    ("probability", "prediction"): "the word that is drawn is named, and u points at it",
    ("position", "prediction"): "the two sides of a line stand above it and below it, each named at its end",
}
GRAPHICS = tuple(dict.fromkeys(role for pair in PAIRS for role in pair)) + ("delta", "data")
APART = 15.0  # ΔE00 from which two colours are told apart at a glance
CONTRAST = 3.0  # of graphics against the background (WCAG 2.2, SC 1.4.11)
EYES = {
    "usual": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


@cache
def alike(theme: Theme) -> tuple[Defect, ...]:
    """What of a theme cannot be told apart."""
    return (*_pairs(theme), *_graphics(theme))


def _pairs(theme: Theme) -> Iterator[Defect]:
    for one, other in PAIRS:
        eyes = ("usual",) if (one, other) in OTHERWISE else EYES
        far = {eye: apart(seen(theme[one], eye), seen(theme[other], eye)) for eye in eyes}
        eye = min(far, key=lambda each: far[each])
        if far[eye] < APART:
            what = f"in the theme {theme.name}, {one} and {other} look alike to {eye} eyes"
            yield Defect("colours alike", what, expected=f"ΔE00 ≥ {APART:.0f}", shown=f"{far[eye]:.1f}")


def _graphics(theme: Theme) -> Iterator[Defect]:
    for role in GRAPHICS:
        ratio = float(contrast(theme[role], theme["background"]))
        if ratio < CONTRAST:
            what = f"in the theme {theme.name}, {role} is hard to tell from the background"
            yield Defect("colours alike", what, expected=f"{CONTRAST:.0f} : 1", shown=f"{ratio:.1f} : 1")


# ── how colours are seen ─────────────────────────────────────────────────────────────────────────
def seen(rgb: np.ndarray, eye: str) -> np.ndarray:
    """An sRGB colour [3] in 0…1 as linear RGB, as one of EYES sees it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(EYES[eye] @ linear, 0, 1)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """ΔE00 of two linear RGB colours."""
    return ciede2000(lab(one), lab(other))


def lab(linear: np.ndarray) -> np.ndarray:
    """Linear RGB → CIELAB, the white of sRGB (D65)."""
    ratio = TO_XYZ @ linear / TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """ΔE00 of two CIELAB colours [3]."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 1 + 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25**7)))
    c1, c2 = np.hypot(g * a1, b1), np.hypot(g * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, g * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    wave = sum(k * np.cos(np.radians(n * mean_h + off)) for k, n, off in _WAVES)
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * (1 + wave)
    cone = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    r_t = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25**7)) * np.sin(cone)
    squares = (d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2
    return float(np.sqrt(squares + r_t * (d_c / s_c) * (d_h / s_h)))


_WAVES = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))  # T = 1 + these, of the mean hue


__all__ = ["APART", "PAIRS", "alike", "apart", "ciede2000", "seen"]
