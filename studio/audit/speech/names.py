"""Names of tensors, axes, runs and temperatures in a step's texts, against what the step shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from model.numbers.origins import Normal
from model.numbers.tensor import Tensor
from model.numbers.tree import Given, Recorded
from scenes.kit.ground.say import Said, number
from studio.audit.checks.naming import AXES
from studio.audit.findings import Defect
from studio.audit.speech.places import LAYER, Where, short_name

NAME = re.compile(r"[A-Za-z_][\w.]*")
PLACE = re.compile(r"\b(layer|head|block|position|entry) (\d+)")
BRACKET = re.compile(r"([A-Za-z_][\w.]*)\s*\[([^\]]+)\]")
TEMPERATURE = re.compile(r"(?:\bT =|\btemperature) (\d[\d.]*)")
SEED = re.compile(r"\bseed (\d+)")
THEN = re.compile(r"then without layer (\d+), (head|neuron) (\d[\d,]*)")
PARTS = {"head": "ablate", "neuron": "neurons"}  # what is switched off → its entry in a trace's info
STEP = re.compile(r"\bstep (\d[\d,]*)")
OFF = re.compile(r"without (?:layer (\d+), head (\d+)|head (\d+) of layer (\d+))")
MADE = {  # what is shown under a name: the tensor, what it is made into, or what it is worked out from
    "q": {"q", "rot_q"},
    "k": {"k", "rot_k"},
    "pattern": {"pattern", "scores_masked"},
    "probs": {"probs", "logits"},
    "W_E": {"W_E", "embed"},
}
WORDS = {
    "tokens",
    "mean",
    "scale",
    "w",
    "b",
    "loss",
    "losses",
    "truth",
    "clip",
}  # names of tensors that are words of every text


def leaves_by_name(shown: Iterable[Tensor], where: Where) -> dict[str, list[Recorded]]:
    """Short and full name → the recorded leaves of all that is shown."""
    found: dict[str, list[Recorded]] = {}
    for tensor in shown:
        for leaf in where.leaves(tensor):
            if isinstance(leaf, Recorded):
                for name in {leaf.name, short_name(leaf.name), leaf.name.split(".", 2)[-1], leaf.name.split(".")[0]}:
                    found.setdefault(name, []).append(leaf)
    return found


def check_grey_line(grey: Said, shown: Sequence[Tensor], formulas: Iterable[str], where: Where) -> Iterator[Defect]:
    """Every tensor that is named is shown (or stands in a formula), and its leaves have the places that are named."""
    known = {name for trace in where.traces.values() for name in trace.names}
    known |= {short_name(name) for name in known} | {name.split(".", 2)[-1] for name in known}
    by_name = leaves_by_name(shown, where)
    named = [name for name in dict.fromkeys(NAME.findall(grey)) if name in known and name not in WORDS]
    letters = {name for formula in formulas for name in NAME.findall(formula)}
    for name in named:
        if name not in letters and not any(each in by_name for each in MADE.get(name, {name})):
            yield Defect("false claim", f"“{name}” is named in “{grey}”, but no number of it is shown")
    leaves = {name: [leaf for each in MADE.get(name, {name}) for leaf in by_name.get(each, ())] for name in named}
    for noun, digits in PLACE.findall(grey):
        place, axes = int(digits), AXES.get(noun, (noun,))
        single = {name: _places(found, axes) for name, found in leaves.items()}
        single = {name: places for name, places in single.items() if places}
        if not single:
            every = {spot.place for spot in where.spots(shown) if spot.axis in axes}
            single = {"what is shown": every} if every else {}
        for name, places in single.items():
            if place not in places:
                there = ", ".join(map(str, sorted(places)))
                yield Defect("false claim", f"“{noun} {place}” in “{grey}”: {name} is of {noun} {there}")


def _places(leaves: Iterable[Recorded], axes: Sequence[str]) -> set[int]:
    """The single places that leaves have along any of the axes."""
    found = set()
    for leaf in leaves:
        if "layer" in axes and (layer := LAYER.match(leaf.name)):
            found.add(int(layer[1]))
        found |= {p for axis, p in zip(leaf.axes, leaf.index, strict=True) if axis in axes and isinstance(p, int)}
    return found


def check_order(grey: Said, shown: Sequence[Tensor]) -> Iterator[Defect]:
    """“name [query, key]”: its axes are drawn in that order; patterns have queries as rows unless it is said."""
    said = {name.split(".")[-1]: re.findall(r"[A-Za-z_]+", inside) for name, inside in BRACKET.findall(grey)}
    for tensor in shown:
        names = {short_name(leaf.name) for leaf in tensor.expression.leaves()}
        if tensor.ndim != 2 or len(names) != 1:
            continue
        order = said.get(next(iter(names)).split(".")[-1], ["query", "key"])
        places = [order.index(axis) for axis in tensor.axes if axis in order]
        if len(places) == 2 and places != sorted(places):
            drawn = ", ".join(tensor.axes)
            yield Defect("false claim", f"{tensor.source()} is drawn as [{drawn}] under [{', '.join(order)}]")


def check_runs(text: Said, shown: Sequence[Tensor], where: Where) -> Iterator[Defect]:
    """A model's name, a temperature, a head that is switched off: some of what is shown is of such a run."""
    runs = {run for tensor in shown for run in tensor.runs()}
    models = {str(trace.info.get("checkpoint")) for trace in where.traces.values()}
    here = {str(where.traces[run].info.get("checkpoint")) for run in runs if run in where.traces}
    for span in getattr(text, "spans", ()):
        if here and isinstance(span.value, str) and span.value in models - here:
            yield Defect("false claim", f"“{text}” names {span.value}, what is shown is of {', '.join(sorted(here))}")
    heats = set(_temperatures(shown))
    for said in TEMPERATURE.findall(text):
        if heats and all(said.rstrip(".") != number(heat, ".2g") for heat in heats):
            there = ", ".join(f"{heat:g}" for heat in sorted(heats))
            yield Defect("false claim", f"“{text}”: the temperature is {there}", expected=there, shown=said)
    seeds = {str(leaf.origin.seed) for tensor in shown for leaf in where.leaves(tensor)
             if isinstance(leaf, Given) and isinstance(leaf.origin, Normal)}  # fmt: skip
    for said in SEED.findall(text):
        if seeds and said not in seeds:
            there = ", ".join(sorted(seeds))
            yield Defect("false claim", f"“{text}”: the seed is {there}", expected=there, shown=said)
    divided = [run for run in runs if getattr(where.traces.get(run), "info", {}).get("scaled") is not False]
    if "second run not divided" in text and len(divided) == len(runs):
        yield Defect("false claim", f"“{text}”: the scores of every run that is shown are divided")
    yield from check_moments(text, where)
    off = {pair for run in runs or where.traces for pair in where.switched_off(run)}
    for a, b, c, d in OFF.findall(text):
        pair = (int(a), int(b)) if a else (int(d), int(c))
        if pair not in off:
            yield Defect("false claim", f"“{text}”: no run without layer {pair[0]}, head {pair[1]} is shown")


def check_without(text: Said, where: Where) -> Iterator[Defect]:
    """“score +2.27, without layer 0, head 0 −2.62”: the number behind a head that is off is made of a run without it,
    and those before are not."""
    found = list(OFF.finditer(text))
    numbers = [span for span in text.spans if isinstance(span.value, Tensor)]
    for match in found:
        a, b, c, d = match.groups()
        pair = (int(a), int(b)) if a else (int(d), int(c))
        behind = [span for span in numbers if span.start >= match.end()][:1]
        before = [span for span in numbers if span.end <= found[0].start()]
        for span, off in [*((span, True) for span in behind), *((span, False) for span in before)]:
            if any(pair in where.switched_off(run) for run in span.value.runs()) != off:
                what = f"“{text}”: {text[span.start : span.end]} is {'not ' * off}of a run without that head"
                yield Defect("false claim", what, shown=text[span.start : span.end])


def check_then(grey: Said, at_end: Iterable[Tensor], where: Where) -> Iterator[Defect]:
    """“…, then without layer 2, head 3”: the bars at the end of the step are of the run without it."""
    for layer, part, place in THEN.findall(grey):
        runs = {run for tensor in at_end for run in tensor.runs()}
        off = [where.traces[run].info.get(PARTS[part]) or () for run in runs if run in where.traces]
        named = [int(layer), int(place.replace(",", ""))]
        if off and not any(named in [list(pair) for pair in pairs] for pairs in off):
            yield Defect(
                "false claim", f"“{grey}”: the bars at the end are of a run with layer {layer}, {part} {place}"
            )


def check_moments(text: Said, where: Where) -> Iterator[Defect]:
    """“step 379” of a training: some run is of the model as it was then."""
    known = {trace.info.get("step") for trace in where.traces.values() if hasattr(trace, "info")} - {None}
    for said in STEP.findall(text):
        if known and int(said.replace(",", "")) not in known:
            there = ", ".join(f"{step:,}" for step in sorted(known))
            yield Defect("false claim", f"“{text}”: no run is of that step", expected=there, shown=said)


def check_counter(text: Said, shown: Iterable[Tensor], where: Where) -> Iterator[Defect]:
    """A counter, “step 379” alone: what is on screen with it is of a run of the model as it was then."""
    said = STEP.fullmatch(text)
    infos = [getattr(where.traces.get(run), "info", {}) for tensor in shown for run in tensor.runs()] if said else []
    steps = {info["step"] for info in infos if info.get("step") is not None}
    if said and steps and int(said[1].replace(",", "")) not in steps:
        there = ", ".join(f"{step:,}" for step in sorted(steps))
        yield Defect(
            "false claim", f"“{text}”: what is shown with it is not of that step", expected=there, shown=said[1]
        )


def _temperatures(shown: Iterable[Tensor]) -> Iterator[float]:
    """At which temperatures logits were turned into the chances that are shown."""
    for tensor in shown:
        leaves = list(tensor.expression.leaves())
        if any(leaf.name == "logits" for leaf in leaves) and tensor.is_derived:
            heats = [leaf for leaf in leaves if isinstance(leaf, Given) and leaf.name == "temperature"]
            yield from {float(np.ravel(leaf.table)[0]) for leaf in heats} or {1.0}
