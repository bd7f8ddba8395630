"""Characters for which this machine has no font, and what to install."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from scenes.kit.ground.typesetting import lacking

ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
SAMPLES = {  # of what people write: what doctor tries
    "Greek and Cyrillic": "Ωж",
    "Hebrew and Arabic": "אع",
    "Devanagari and Thai": "नไ",
    "Chinese, Japanese, Korean": "中の한",
    "emoji": "🐱🛋👩",
}


def package_for(char: str) -> str | None:
    """The Debian package whose outline font has the character; None where none is known to."""
    name = unicodedata.name(char, "")
    if not name:
        return None  # for private use, or not assigned
    if name.startswith(ASIAN):
        return "fonts-noto-cjk"
    return "fonts-symbola" if unicodedata.category(char) in ("So", "Sk") else "fonts-noto-core"


def advice(text: str) -> str | None:
    """One line on the characters of a text that are shown as their codes, or None if there are none."""
    missing = lacking(text)
    if not missing:
        return None
    return f"no font for {' '.join(missing)} (shown as their codes)" + _install(package_for(c) for c in missing)


def _install(packages: Iterable[str | None]) -> str:
    wanted = sorted({package for package in packages if package})
    return f": apt-get install {' '.join(wanted)}" if wanted else ""
