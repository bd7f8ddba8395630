"""The words of `tiny`'s world (assets/corpora/lexicon.yaml) and their forms."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from model.paths import ASSETS

LEXICON = ASSETS / "corpora" / "lexicon.yaml"
VOWELS = "aeiou"
DOUBLED = {
    "slam",
    "stop",
    "drop",
    "hug",
    "plan",
    "beg",
    "grab",
    "run",
    "sit",
    "swim",
    "cut",
    "get",
    "put",
    "win",
    "begin",
}


@cache
def lexicon() -> dict[str, Any]:
    """The word lists; a string of words becomes a list."""
    words: dict[str, Any] = _split(yaml.safe_load(LEXICON.read_text(encoding="utf-8")))
    return words


def _split(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {key: _split(value) for key, value in entry.items()}
    return entry.split() if isinstance(entry, str) and not entry.startswith("{") else entry


def said_of_places_only(spot: str) -> list[str]:
    """What a place may be and no animal is: a house is empty or quiet, but a fox, too, is old or small."""
    words = lexicon()
    of_animals = {*words["sizes"], *words["textures"], *words["colours"], *words["states"], *words["animal_reasons"]}
    return [word for word in words["place_adjectives"][spot] if word not in of_animals]


def plural(noun: str) -> str:
    """
    >>> plural("wolf"), plural("box"), plural("berry")
    ('wolves', 'boxes', 'berries')
    """
    irregular = lexicon()["irregular_plurals"].get(noun)
    return irregular[0] if irregular else _add_s(noun)


def third(verb: str) -> str:
    """
    >>> third("go home"), third("have")
    ('goes home', 'has')
    """
    head, *rest = verb.split()
    return " ".join([{"have": "has", "be": "is"}.get(head) or _add_s(head), *rest])


def past(verb: str) -> str:
    """
    >>> past("look for food"), past("run away"), past("stop")
    ('looked for food', 'ran away', 'stopped')
    """
    head, *rest = verb.split()
    irregular = lexicon()["irregular_past"].get(head)
    return " ".join([irregular[0] if irregular else _add_ed(head), *rest])


def gerund(verb: str) -> str:
    """
    >>> gerund("lie down"), gerund("bake"), gerund("run")
    ('lying down', 'baking', 'running')
    """
    head, *rest = verb.split()
    if head.endswith("ie"):
        head = head[:-2] + "y"
    elif head.endswith("e") and not head.endswith(("ee", "ye", "oe")) and head != "be":
        head = head[:-1]
    elif head in DOUBLED:
        head += head[-1]
    return " ".join([head + "ing", *rest])


def with_articles(sentence: str) -> str:
    """
    >>> with_articles("a apple , a honest man and a useful key")
    'an apple , an honest man and a useful key'
    """
    words = sentence.split()
    for place, following in enumerate(words[1:]):
        sounds_open = following[0].lower() in VOWELS and not following.startswith(("use", "uni", "one"))
        if words[place] == "a" and (sounds_open or following == "honest"):
            words[place] = "an"
    return " ".join(words)


def _add_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")) or word in {"go", "do", "echo", "tomato", "potato"}:
        return word + "es"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _add_ed(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ied"
    return word + (word[-1] if word in DOUBLED else "") + "ed"


def proper_names() -> dict[str, str]:
    """Every word that is written with a capital wherever it stands, by its lower-case form."""
    found = {"i": "I"}

    def walk(entry: Any) -> None:
        if isinstance(entry, dict):
            for key, value in entry.items():
                walk([key])
                walk(value)
        elif isinstance(entry, list):
            found.update((word.lower(), word) for word in entry if isinstance(word, str) and word[0].isupper())
        elif isinstance(entry, str):
            walk(entry.split())

    walk(lexicon())
    common = (
        {word for kind in lexicon()["things"].values() for word in kind}
        | set(lexicon()["colours"])
        | {"king", "hill", "young", "wood", "stone", "baker", "hunter"}
    )
    return {low: word for low, word in found.items() if low not in common}
