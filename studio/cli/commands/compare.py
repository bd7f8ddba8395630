"""`clearhead compare`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from model.errors import UsageError
from studio.cli.options import DEBUG, SETTINGS, quality, which_checkpoint, with_options
from studio.cli.terminal import mention_blanks

if TYPE_CHECKING:
    from model.numbers.trace import Trace
    from model.study.inside.comparing import Comparison
    from model.study.inside.models import TwoModels

BEST = 3  # likeliest words that are told


@click.command(context_settings=SETTINGS)
@click.argument("text")
@click.argument("other", required=False)
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="NAME",
    callback=which_checkpoint,
    help="A checkpoint's name or folder (default: tiny); given twice: one for each run.",
)
@click.option("--without", metavar="HEADS", help="Heads that are off in the second run: LAYER.HEAD, as in 0.1,2.3.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all digits.")
@click.option("--film", is_flag=True, help="Render the lesson “compare” of these two runs.")
@click.option("--preview", "watch", is_flag=True, help="Play that lesson in the browser.")
@with_options([quality()], DEBUG)
def compare(
    text: str,
    other: str | None,
    models: tuple[str, ...],
    without: str | None,
    as_json: bool,
    film: bool,
    watch: bool,
    quality: str | None,
) -> int:
    """Two runs side by side: of two texts, of one with heads off, or by two models; and where they first part.

    Distances are those of rows of the residual stream, ‖a − b‖ ÷ ‖a‖; 0 where both are the same.
    """  # fmt: skip
    if len(models) > 2:
        raise UsageError("two runs have two models at most: give --model once or twice.")
    if other is None and without is None and len(models) < 2:
        raise UsageError("with what? Give a second text, --without LAYER.HEAD, or a second --model.")
    if as_json + film + watch > 1:
        raise UsageError("--json, --film and --preview: one of them.")
    if film or watch:
        return _lesson(watch, text, other, models, without, quality)
    if quality is not None:
        raise UsageError("-q is for --film and --preview.")
    told = about(text, other, models, without)
    print(json.dumps(told, ensure_ascii=False, indent=2)) if as_json else _print(told)
    return 0


def _lesson(watch: bool, text: str, other: str | None, models: tuple[str, ...], without: str | None,
            quality: str | None) -> int:  # fmt: skip
    from studio.cli.commands.preview import preview
    from studio.cli.commands.render import render

    one, two = [*dict.fromkeys(models), None, None][:2]
    if other is None and without is None and two is None:
        raise UsageError("the two runs are the same: give a second text, another --model, or --without LAYER.HEAD.")
    named = {
        "--text": text,
        "--other": other,
        "--model": one,
        "--other-model": two,
        "--without": without,
        "-q": quality,
    }
    args = ["compare", *[part for name, value in named.items() if value is not None for part in (name, value)]]
    return (preview if watch else render).main(args, standalone_mode=False) or 0


# ── what there is to tell ────────────────────────────────────────────────────────────────────────
def about(text: str, other: str | None, models: tuple[str, ...], without: str | None) -> dict[str, Any]:
    """The comparison as plain data: its words side by side and what comes next, and the first place where the runs
    part; of one model also distances, the head that writes most differently there, and the pattern that changes most;
    of two the heads that look most alike, and the one that looks least like any of the other model."""
    from model import run
    from model.study.inside.comparing import Comparison
    from model.study.inside.models import TwoModels, told_apart
    from scenes.lessons.compare.second import heads_of

    names = (models or ("tiny",)) * 2
    one, two = run(names[0], text), run(names[1], text if other is None else other, ablate=heads_of(without))
    for each in (one, two):
        mention_blanks([each.tokens[place] for place in each.unknown])
    alike = one.info["checkpoint_hash"] == two.info["checkpoint_hash"]
    found = Comparison(one, two) if alike else TwoModels(one, two)
    words = [_column(one, two, i, j) for i, j in found.columns]
    told: dict[str, Any] = {
        "a": {"model": names[0], "text": one.info["text"]},
        "b": {"model": names[1], "text": two.info["text"], "without": [list(pair) for pair in two.info["ablate"]]},
        "words": words,
        "next": {"a": _best(one, -1), "b": _best(two, -1), "nats": float(told_apart(one, two))},
    }
    common = [word for word in words if word["a"] is not None and word["b"] is not None]
    if isinstance(found, TwoModels):
        for word, moved in zip(common, found.elsewhere.values, strict=True):
            word["moved"] = float(moved)
        return told | _two_models(found)
    for name in found.all_stops:
        for word, value in zip(common, found.apart(name).values, strict=True):
            word["distances"][name] = float(value)
    return told | _parting(found)


def _column(one: Trace, two: Trace, i: int | None, j: int | None) -> dict[str, Any]:
    from model.study.inside.models import told_apart

    return {
        "a": None if i is None else one.tokens[i],
        "b": None if j is None else two.tokens[j],
        "distances": {},
        "nats": None if i is None or j is None else float(told_apart(one, two, i, j)),
    }


def _best(run: Trace, position: int) -> list[dict[str, Any]]:
    """The likeliest next words."""
    probs = run.array("probs")[position]
    return [{"word": run.vocabulary[k], "p": float(probs[k])} for k in (-probs).argsort(kind="stable")[:BEST]]


def _parting(found: Comparison) -> dict[str, Any]:
    column, stop = found.parting
    layer = max(stop - 1, 0)
    writes, (at, head) = found.writes(layer, column).values, found.most_changed
    return {
        "first": {"column": found.columns.index(found.common[column]), "stop": found.stops[stop],
                  "distance": float(found.distances[column, stop])},
        "writes": {"layer": layer, "head": int(writes.argmax()), "distance": float(writes.max())},
        "pattern": {"layer": at, "head": head, "moved": float(found.changes[at, head])},
    }  # fmt: skip


def _two_models(found: TwoModels) -> dict[str, Any]:
    def pair(layer: int, head: int) -> dict[str, Any]:
        other = found.partner(layer, head)
        return {"a": [layer, head], "b": [*other], "shared": float(found.alike[layer, head])}

    first = found.parting
    return {
        "first": {"column": found.columns.index(found.common[first]), "moved": float(found.elsewhere[first])},
        "heads": {"most": pair(*found.most_alike), "least": pair(*found.least_alike)},
    }


# ── … and how ────────────────────────────────────────────────────────────────────────────────────
def _print(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    stops = list(told["words"][0]["distances"] or next((w["distances"] for w in told["words"] if w["distances"]), {}))
    stops = [name for name in stops if not name.endswith("resid_mid")]
    for heading in ("A", "B", *[_stop(name) for name in stops], "next word, nats"):
        table.add_column(heading, justify="left" if heading in "AB" else "right", no_wrap=True)
    for word in told["words"]:
        numbers = [f"{word['distances'][name]:.2f}" if name in word["distances"] else "" for name in stops]
        nats = "" if word["nats"] is None else f"{word['nats']:.2f}"
        table.add_row(*[(word[run] or "").strip() for run in "ab"], *numbers, nats)
    Console(soft_wrap=True, highlight=False).print(table)
    for run in "ab":
        best = ", ".join(f"“{each['word'].strip()}” {each['p']:.1%}" for each in told["next"][run])
        print(f"next in {run.upper()}: {best}")
    if "heads" in told:
        return _print_two_models(told)
    first, writes, pattern = told["first"], told["writes"], told["pattern"]
    if first["distance"] == 0:
        print("first place: none, the rows of all words that both have are the same")
        return
    word = (told["words"][first["column"]]["a"] or "").strip()
    print(f"first place: “{word}”, {_stop(first['stop'])}, {first['distance']:.2f} of its length")
    print(f"there head {writes['head']} of layer {writes['layer']} writes most differently, {writes['distance']:.2f}")
    print(f"most changed pattern: head {pattern['head']} of layer {pattern['layer']}, {pattern['moved']:.0%} elsewhere")


def _print_two_models(told: dict[str, Any]) -> None:
    print("note: rows of two models have no common basis: what they say next and where heads look is compared",
          file=sys.stderr)  # fmt: skip
    from model.study.inside.models import HALF

    first, (most, least) = told["first"], (told["heads"][which] for which in ("most", "least"))
    word = (told["words"][first["column"]]["a"] or "").strip()
    where = "first place: after" if first["moved"] > HALF else "first place: none; furthest after"
    print(f"{where} “{word}” {first['moved']:.0%} of the next word’s probability goes elsewhere")
    for how, heads in (("most", most), ("least", least)):
        (layer, head), (other_layer, other) = heads["a"], heads["b"]
        print(f"{how} alike: head {head} of layer {layer} in A and head {other} of layer {other_layer} in B, "
              f"{heads['shared']:.0%} of their attention on the same words")  # fmt: skip


def _stop(name: str) -> str:
    return "going in" if name.endswith("resid_pre") else f"layer {name.split('.')[1]}"
