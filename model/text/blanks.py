"""Words that are written without blanks between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Thai, Lao, Tibetan, Burmese, Khmer, Tai Lue, Javanese: their writers put no blanks between words.
UNPARTED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\ua980-\ua9df]{8}")


def hint_of_blanks(words: Iterable[str]) -> str:
    """What to do where one of the words is probably several, of a script that is written without blanks; else empty."""
    word = next((word for word in words if UNPARTED.search(word)), None)
    return "" if word is None else f"words are told apart by the blanks between them: put some into “{word}”"
