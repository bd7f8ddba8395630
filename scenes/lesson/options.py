"""What can be chosen for a lesson: one table, from which the command line, the preview and file names are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

FRAME = {"16:9": (8 * 16 / 9, 8.0), "9:16": (8.0, 8 * 16 / 9), "1:1": (10.0, 10.0)}  # scene units
ASPECTS = tuple(FRAME)
STACKS = ("encoder", "decoder")  # of an encoder–decoder


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen.

    kind: str, int, float or bool. least, most: the range of a number. choices: of a word. short: the letter on the
    command line. live: whether it can be changed while the lesson is shown. checked: the lesson says what is out of
    range, because its model or text decides; the preview offers it where the lesson has it. path: a word that may be
    the path of a folder, and names a model."""

    kind: type
    help: str
    label: str = ""
    metavar: str | None = None
    short: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    live: bool = True
    checked: bool = False
    path: bool = False


@dataclass(frozen=True)
class Choice:
    """An option that numbers something in a lesson: which one is shown, and all there are, as people read them."""

    shown: int
    values: tuple[str, ...]

    @classmethod
    def numbered(cls, shown: int, size: int) -> Choice:
        return cls(shown, tuple(map(str, range(size))))

    @classmethod
    def of_words(cls, shown: int, words: Sequence[str]) -> Choice:
        return cls(shown, tuple(f"{i}  {word}" for i, word in enumerate(words)))


def _option(default: Any, kind: type, help: str, **more: Any) -> Any:
    return field(default=default, metadata={"option": Option(kind, help, **more)})


def _place(help: str, label: str) -> Any:
    return _option(None, int, help, label=label, metavar="N", least=0, most=9999, checked=True)


@dataclass(frozen=True)
class Options:
    """What a user can choose; None leaves the choice to the lesson."""

    text: str | None = _option(
        None, str, "The sentence to show (default: the lesson's own).", label="Text", metavar="TEXT", short="t"
    )
    model: str | None = _option(
        None,
        str,
        "A checkpoint's name, or the path of its folder.",
        label="Model",
        metavar="NAME",
        short="m",
        path=True,
    )
    stack: str | None = _option(
        None,
        str,
        "Of an encoder–decoder such as translator: which stack to show (default: its encoder).",
        label="Stack",
        choices=STACKS,
        checked=True,
    )
    other: str | None = _option(
        None,
        str,
        "Of compare: the second text (default: the first with a word exchanged).",
        label="Second text",
        metavar="TEXT",
        checked=True,
    )
    other_model: str | None = _option(
        None,
        str,
        "Of compare: the model of the second run (default: that of the first).",
        label="Second model",
        metavar="NAME",
        checked=True,
        path=True,
    )
    without: str | None = _option(
        None,
        str,
        "Of compare: heads that are off in the second run, as LAYER.HEAD, with commas: 0.1,2.3.",
        label="Off in the second",
        metavar="HEADS",
        checked=True,
    )
    layer: int | None = _place("Which layer, from 0 (default: the most telling).", "Layer")
    head: int | None = _place("Which head, from 0.", "Head")
    neuron: int | None = _place("Which neuron of the MLP, from 0.", "Neuron")
    token: int | None = _place("Which token to follow, from 0.", "Token")
    theme: str = _option(
        "night", str, "night (black), day (white); render, storyboard and audit: both.", label="Theme", metavar="NAME"
    )
    aspect: str = _option("16:9", str, "", label="Shape", choices=ASPECTS)
    pace: float = _option(1.0, float, "2 shows everything half as fast.", least=0.1, most=10, live=False)
    questions: bool | None = _option(
        None, bool, "Ask the viewer: a card in films (default: none), a stop in pages (default: asked).", live=False
    )
    seed: int = _option(0, int, "Of everything that is sampled.", label="Seed", least=0, most=2**32 - 1)
    temperature: float | None = _option(
        None, float, "Of sampling, where a lesson samples.", label="Temperature", least=0, most=100
    )
    top_k: int | None = _option(
        None, int, "How many words are kept when the likeliest are.", label="Top-k", metavar="N", least=1, most=1000
    )
    top_p: float | None = _option(
        None, float, "How much probability the words that are kept have together.", label="Top-p", least=0.01, most=1
    )


OPTIONS: Mapping[str, Option] = MappingProxyType({f.name: f.metadata["option"] for f in fields(Options)})
DEFAULTS = Options()
