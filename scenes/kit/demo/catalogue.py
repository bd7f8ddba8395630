"""docs/kit.md: every piece of the kit with its signature, its docstring and its picture."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from manim import Animation
from PIL import Image

import scenes.kit
from model.files import replacing
from model.paths import ROOT
from scenes.kit import recipes
from scenes.kit.demo.drawing import Sample, draw, sheet
from scenes.kit.demo.real import PROMPT, TEXT
from scenes.kit.demo.table import OWN, SAMPLES, piece_of

PAGE, PICTURES = ROOT / "docs/kit.md", ROOT / "docs/kit"
CARD, PIXELS, FILM = (8.0, 3.6), 216, 8.0  # a picture of the page: scene units, height, the film it could be cut from
WIDEST = 104  # columns of a signature
ROOMS = ("words", "numbers", "attention", "charts", "space", "depth", "moves", "ground")

HEAD = f"""# The kit

What lessons are drawn with: `from scenes.kit import TensorGrid`. All mobjects are Manim's: `.animate`, `FadeIn`,
`Transform`, `next_to`, `VGroup` work; moves go into `self.play(…)`, and their `**kwargs` are those of Manim's Animation
(`run_time`, `rate_func` …). Sizes are scene units (the short side of a 16:9 frame is 8). A colour (`Fill`) is a role of
the theme, `"query"`, `"target"` …, or an RGB triple. Numbers are Tensors ([writing-a-lesson.md](writing-a-lesson.md)).

All numbers in the pictures are real: `tiny` run on “{TEXT}”,
its next word after “{PROMPT}”, and its variants where positions are told in other ways.
A move is shown at its start, in the middle and at its end.

    python -m scenes.kit.demo TensorGrid        # a piece in 16:9, 9:16 and 1:1, drawn into renders/kit/
    python -m scenes.kit.demo charts.bars       # all of a module, or of a room (charts)
    python -m scenes.kit.demo --all -o DIR      # all pieces
    python -m scenes.kit.demo --docs            # makes this page and its pictures again

Each sample is a short function in [scenes/kit/demo/samples](../scenes/kit/demo/samples): read it to see how its piece
is made.
"""
TOLD = {  # pieces that are not called
    "Mix": (
        "values: Mix[np.ndarray]",
        "An attribute of a Painted that interpolates in a Transform and with `.animate`: numbers and arrays of one\n"
        "shape mix, anything else switches half-way.",
    ),
    "PaintingCamera": ("Scene(camera_class=PaintingCamera)", scenes.kit.PaintingCamera.__doc__),
}
FRAMEWORK = {"draw", "drawn", "claims", "mixes"}  # of every Painted: see there


def page() -> str:
    """The text of docs/kit.md."""
    parts = [HEAD, _contents()]
    for room in ROOMS:
        parts.append(f"## {_title(room)}\n")
        parts += [_entry(name) for name in names_in(room)]
    return "\n".join([*parts, *_of_lessons(), *_recipes()])


def write() -> None:
    """Make the page and its pictures."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        if old.stem not in SAMPLES:
            old.unlink()
    for name, sample in SAMPLES.items():
        with replacing(PICTURES / f"{name}.webp") as path:
            picture(sample).save(path, "WEBP", lossless=True, method=6)
    PAGE.write_text(page(), encoding="utf-8")


def picture(sample: Sample) -> Image.Image:
    """As it stands on the page: 480 pixels wide; the moments of a move one below the other."""
    return sheet(draw(sample, CARD, PIXELS, film=FILM), across=False)


def names_in(room: str) -> list[str]:
    """The names that the kit has of a room, in the order of its table: mobjects, then moves."""
    names = [name for name, home in scenes.kit._HOME.items() if home.split(".")[0] == room]
    return sorted(names, key=lambda name: is_move(getattr(scenes.kit, name)))


def is_move(piece: Any) -> bool:
    return isinstance(piece, type) and issubclass(piece, Animation)


def _doc(piece: Any) -> str:
    return inspect.getdoc(piece) or ""


def _title(room: str) -> str:
    """The heading of a room: the first line of its package's docstring, without the full stop."""
    return _doc(import_module(f"scenes.kit.{room}")).splitlines()[0].rstrip(".")


def _contents() -> str:
    lines = [f"- {_title(room)}: " + ", ".join(f"[`{n}`](#{n.lower()})" for n in names_in(room)) for room in ROOMS]
    lines.append("- [Of single lessons](#of-single-lessons): " + ", ".join(f"[`{n}`](#{n.lower()})" for n in OWN))
    return "\n".join([*lines, "- [Recipes](#recipes)", ""])


def _of_lessons() -> Iterator[str]:
    """What one lesson alone draws with; what two need moves into the kit."""
    yield "## Of single lessons\n"
    yield "Each stands beside the lesson that draws with it, and moves into the kit when a second one needs it.\n"
    for name, piece in OWN.items():
        yield _entry(name, f"from {piece.__module__} import {name}\n")


def _entry(name: str, before: str = "") -> str:
    """before: a line over the signature."""
    piece = piece_of(name)
    called, about = TOLD.get(name) or (signature(name, piece), _doc(piece))
    moments = ": start, middle, end" if is_move(piece) else ""
    parts = [f"### `{name}`", f"```python\n{before}{called}\n```", about.replace("<", "\\<"), *_methods(piece)]
    return "\n\n".join([*parts, f"![{name}{moments}](kit/{name}.webp)\n"])


def _methods(piece: Any) -> list[str]:
    """A list of the methods of its own that say what they do."""
    if not isinstance(piece, type) or is_move(piece):
        return []
    lines = []
    for name, method in vars(piece).items():
        if isinstance(method, (classmethod, staticmethod)):
            method = method.__func__
        if name.startswith("_") or name in FRAMEWORK or not inspect.isfunction(method) or not method.__doc__:
            continue
        names = [_starred(each) for each in inspect.signature(method).parameters.values()]
        names = names[1:] if names[:1] in (["self"], ["cls"]) else names
        about = " ".join(_doc(method).split("\n\n")[0].split()).replace("<", "\\<")
        lines.append(f"- `.{name}({', '.join(names)})`: {about}")
    return ["\n".join(lines)] if lines else []


def signature(name: str, piece: Callable[..., Any]) -> str:
    """How it is called, on one line or with its arguments wrapped: without the annotations that say nothing."""
    arguments = list(_arguments(inspect.signature(piece)))
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= WIDEST:
        return line
    lines = textwrap.wrap(
        ", ".join(argument.replace(" ", "\xa0") for argument in arguments), WIDEST - 4, break_on_hyphens=False
    )
    wrapped = "\n".join(f"    {each}" for each in lines).replace("\xa0", " ")
    return f"{name}(\n{wrapped}\n)"


def _arguments(found: inspect.Signature) -> Iterator[str]:
    starred = False
    for each in found.parameters.values():
        if each.kind is each.VAR_KEYWORD:
            yield _starred(each)
            continue
        if each.kind is each.KEYWORD_ONLY and not starred:
            yield "*"
        starred = starred or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        told = each.annotation not in (each.empty, "Any")
        text = _starred(each) + (f": {each.annotation}" if told else "")
        if each.default is not each.empty:
            text += (" = " if told else "=") + _value(each.default)
        yield text


def _starred(parameter: inspect.Parameter) -> str:
    kind, stars = parameter.kind, ""
    if kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if kind is parameter.VAR_POSITIONAL else "**"
    return stars + parameter.name


def _value(default: Any) -> str:
    """A default as one would write it."""
    if isinstance(default, tuple):
        return f"({', '.join(map(_value, default))})"
    if isinstance(default, float):
        return f"{default:.4g}" if default % 1 else f"{default:.1f}"
    return f'"{default}"' if isinstance(default, str) else repr(default)


def _recipes() -> Iterator[str]:
    """The functions of scenes/kit/recipes.py, a line each."""
    yield "## Recipes\n"
    yield "Arrangements that several lessons need: `from scenes.kit.recipes import attention_bars`.\n"
    for name, function in vars(recipes).items():
        if inspect.isfunction(function) and function.__module__ == recipes.__name__ and not name.startswith("_"):
            arguments = ", ".join(map(_starred, inspect.signature(function).parameters.values()))
            yield f"- `{name}({arguments})`: {_doc(function).splitlines()[0]}"
    yield ""
