"""What a label says, compared with the names of the numbers that it stands beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from model.numbers.trace import Trace
from scenes.kit.ground.readings import Cell, Reading
from scenes.kit.words.tokens import display
from scenes.kit.words.writers import WHOLE
from studio.audit.checks.identity import SOURCE, Names, Traces, What, names_of_cell

NUMBERED = re.compile(r"\b(head|layer|block|position|entry|pair|seed|neuron) (\d{1,3}(?:,\d{3})+|\d+)\b")
AXES = {  # what a word on screen calls an axis
    "head": ("head", "head off"),
    "layer": ("layer", "layer off"),
    "block": ("layer",),
    "position": ("position", "query", "key"),
    "neuron": ("d_mlp", "neuron"),
    "entry": ("d_model", "d_head", "entry"),
}
OF_WORDS = ("position", "query", "key", "weight", "score")  # axes whose places are words of the text
POSITIONS = {"without positions": "none", "no positions": "none", "sinusoidal": "sinusoidal", "learned": "learned"}
TENSORS = {"+ attention": "attn_out", "+ MLP": "mlp_out", "+ position": "pos_embed"}
KEPT = {"keys": ("k", "rot_k"), "values": ("v",)}
SOFTMAX = re.compile(r"softmax of q · k( ÷ √\d+)?")
FOLLOWS = re.compile(r"(.+) → (.+)")
TURN = re.compile(r"turn (\d+)")  # of a loop, counted from 1
WRITER = re.compile(r"\b(attention|attn|MLP) (\d+)(?=$|:| adds\b)")
WRITTEN = {"MLP": ("mlp_out", "resid_post"), "attention": ("attn_out", "resid_mid"), "attn": ("attn_out", "resid_mid")}
STREAM = ("resid_pre", *WRITTEN["MLP"], *WRITTEN["attention"])
CARRIED = {"before layer": "resid_pre", "at the end": "resid_post", "all heads": "attn_out", "head ": "attn.result"}
DIRECTIONS = {"across": 0, "up": 1}  # of a plane's axes


def misnamed(label: Reading, lines: Sequence[Names], traces: Traces) -> Iterator[tuple[str, str]]:
    """(what is said, what it should be) for all in a label that names none of what stands in its lines."""
    texts = [label.text, *[shown.value for shown in label.numbers if isinstance(shown.value, str)]]
    for text in texts:
        expected = [word for names in lines for word in words_of(names, text, traces)]
        if expected:
            if text not in expected:
                yield text, f"“{expected[0]}”"
            if text == label.text:
                return
            break
    yield from _numbered(label.text, lines)
    for names in lines:
        yield from _follows(label.text, names, traces)
        yield from _phrase(label.text, names, traces)
        yield from _of_a_run(label.text, names, traces)
        yield from _of_a_number(label, names, traces)
        yield from _of_a_merge(label.text, names, traces)
        yield from _of_what_was_carried(label.text, names)


def words_of(names: Names, text: str, traces: Traces) -> Iterator[str]:
    """The words of the text or of the vocabulary that stand at these places, where `text` is such a word itself.

    A vocabulary may hold digits: they are taken for the number of a row or of a tick."""
    if text.isdecimal():
        return
    for axis, (place, run) in names.items():
        if axis != "vocab" and axis not in OF_WORDS or not isinstance(place, int):
            continue
        if axis == "vocab" and text in WHOLE.values():  # the name of a part, beside its share in a word's logit
            continue
        for trace in traces.values() if not run else [traces[run]] if run in traces else []:
            several = texts_along(trace, names, axis)
            yield from (display(words[place]) for words in several if place < len(words) and text in displayed(words))


def texts_along(trace: Trace, names: Names, axis: str) -> list[tuple[str, ...]]:
    """The words along an axis of a tensor; of a place of which it is not told whose it is, those of either text."""
    read = names.get(f"{SOURCE} {axis}", (None, ""))[0]
    stacks = ("", "encoder.") if read is None else ("encoder.",) if read else ("",)
    along = vocabulary_along if axis == "vocab" else tokens_along
    return [along(trace, stack) for stack in stacks]


def tokens_along(trace: Trace, name: str, axis: str = "position") -> tuple[str, ...]:
    """The words that the places of an axis stand for, of traces and of records that are like them."""
    along = getattr(trace, "tokens_along", None)
    return trace.tokens if along is None else tuple(along(name, axis))


def all_of(trace: Trace) -> frozenset[str]:
    """The words that a run reads and writes, as they are shown."""
    return displayed(tuple(trace.tokens)) | displayed(tuple(getattr(trace, "source_tokens", ())))


def vocabulary_along(trace: Trace, name: str) -> tuple[str, ...]:
    """The words of a tensor's vocabulary, of traces and of records that are like them."""
    along = getattr(trace, "vocabulary_along", None)
    return tuple(trace.vocabulary) if along is None else tuple(along(name))


def vocabularies_of(trace: Trace) -> set[tuple[str, ...]]:
    """What is written, and what an encoder reads."""
    return {tuple(trace.vocabulary), vocabulary_along(trace, "encoder.W_E")}


AS_SHOWN = dict[
    int, tuple[tuple[str, ...], frozenset[str]]
]()  # by id: to hash a vocabulary takes longer than to look in it
HELD = 64  # tuples that are kept


def displayed(words: tuple[str, ...]) -> frozenset[str]:
    """The words of a text or of a vocabulary as they are shown."""
    if id(words) not in AS_SHOWN:
        if len(AS_SHOWN) >= HELD:
            AS_SHOWN.clear()
        AS_SHOWN[id(words)] = words, frozenset(map(display, words))
    return AS_SHOWN[id(words)][1]


def whole(digits: str) -> int:
    """A whole number as it is written, with or without commas at the thousands."""
    return int(digits.replace(",", ""))


def _numbered(text: str, lines: Sequence[Names]) -> Iterator[tuple[str, str]]:
    """“head 3”, “seed 1” …"""
    for said in NUMBERED.finditer(text):
        axes = AXES.get(said[1], (said[1],))
        there = [names[axis][0] for names in lines for axis in axes if axis in names]
        if not any(said[1] in names for names in lines):
            there += [place for names in lines for place in of_each_run(names, said[1])]
        if said[1] == "pair":
            there = [int(names["d_model"][0]) // 2 for names in lines if "d_model" in names]
        if there and whole(said[2]) not in there:
            yield said[0], f"{said[1]} {there[0]}"


def axes_in(names: Names, axes: Sequence[str]) -> Iterator[str]:
    """Those of some axes along which there is a place; a head that is off names what has no head of its own."""
    own = {axis for axis in axes if axis in names or of_each_run(names, axis)}
    return (axis for axis in axes if axis in names and axis.removesuffix(" off") not in own - {axis})


def of_each_run(names: Names, axis: str) -> list[What]:
    """The places along an axis, head or layer, of what comes from several runs; in each of them it has one."""
    return [place for name, (place, _) in names.items() if name.startswith(f"{axis} of ")]


def _phrase(text: str, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """Several words of a text in a row stand for the place of the last of them."""
    place, run = names.get("position", (None, ""))
    words = text.removeprefix("… ").split(" ")
    if not isinstance(place, int) or run not in traces or len(words) < 2:
        return
    tokens = list(map(display, tokens_along(traces[run], str(names.get("name", ("", ""))[0]), "position")))
    if set(words) <= {word for trace in traces.values() for word in all_of(trace)}:
        right = tokens[max(0, place + 1 - len(words)) : place + 1]
        if words != right:
            yield text, f"“{' '.join(right)}”"


def _follows(text: str, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """“dog → chased”: the word at a place, and the one after it."""
    said = FOLLOWS.fullmatch(text)
    place, run = names.get("query", names.get("position", (None, "")))
    if said is None or not isinstance(place, int) or run not in traces:
        return
    words = list(map(display, traces[run].tokens))
    if words[place] == said[1] and words[place + 1 : place + 2] not in ([], [said[2]]):
        yield text, f"“{said[1]} → {words[place + 1]}”"


def _of_a_run(text: str, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """What is said of the run: whether and how it is told positions, in which order it reads, its model."""
    run = traces.get(str(names.get("run", ("", ""))[0]))
    config: Any = None if run is None else run.config  # a table of word vectors has none
    told = names.get("positions", ("" if config is None else config.positions, ""))[0]
    for phrase, kind in POSITIONS.items():
        if told and phrase in text and kind != told:
            yield phrase, f"a model with {told} positions"
    if told == "none" and re.search(r"\bwith positions", text):
        yield "with positions", "a model without positions"
    if run is None or config is None:
        return
    for phrase, right in (("as written", in_order(run)), ("shuffled", not in_order(run))):
        if text == phrase and not right:
            yield phrase, "the words in another order" if phrase == "as written" else "the words as written"
    checkpoints = {str(trace.info.get("checkpoint")) for trace in traces.values()}
    for name in checkpoints & set(text.split()) - {str(run.info.get("checkpoint"))}:
        yield name, str(run.info.get("checkpoint"))


def in_order(trace: Trace) -> bool:
    """Whether a run has read the words of its text as they are written there."""
    read, written = ("".join("".join(words).split()).lower() for words in (trace.tokens, [trace.info["text"]]))
    return read == written


def _of_a_number(label: Reading, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """What is said of the number itself: its tensor, temperature, axis of a plane."""
    for phrase, tensor in TENSORS.items():
        if label.text == phrase and names.get("tensor", (tensor,))[0] != tensor:
            yield phrase, str(names["tensor"][0])
    if softmax := SOFTMAX.fullmatch(label.text):
        tensor = "pattern" if softmax[1] else "scores_raw"
        if names.get("tensor", (tensor,))[0] != tensor:
            yield label.text, f"what is made of {names['tensor'][0]}"
    if label.text in KEPT and names.get("tensor", ("",))[0] not in ("", *KEPT[label.text]):
        yield label.text, str(names["tensor"][0])
    if (turn := TURN.fullmatch(label.text)) and "turn" in names and int(turn[1]) != int(names["turn"][0]) + 1:
        yield label.text, f"turn {int(names['turn'][0]) + 1}"
    if (writer := WRITER.search(label.text)) and "layer" in names:
        layer, written = names["layer"][0], names.get("tensor", (None,))[0]
        other = written in STREAM and written not in WRITTEN[writer[1]]
        if int(writer[2]) != layer or other:
            yield writer[0], f"{written or 'what is made'} of block {layer}"
    for direction, axis in DIRECTIONS.items():
        if label.text == direction and names.get("axis", (axis,))[0] != axis:
            yield direction, f"axis {names['axis'][0]}"
    for shown in label.numbers:
        if isinstance(shown.value, Cell):
            said = names_of_cell(shown.value, traces).get("temperature")
            right = names.get("temperature", (1.0, ""))
            if said is not None and "tensor" in names and said[0] != right[0]:
                yield label.text, f"T = {right[0]:g}"


def _of_a_merge(text: str, names: Names, traces: Traces) -> Iterator[tuple[str, str]]:
    """“h + e → he” beside how often that pair stood in the training text."""
    place, run = names.get("merge", (None, ""))
    pairs: Any = getattr(traces.get(run), "pairs", None)
    if pairs is None or not isinstance(place, int) or "→" not in text:
        return
    left, right = (
        piece.decode("utf-8", "replace").replace(" ", "␣")
        for piece in (pairs.merges[place].left, pairs.merges[place].right)
    )
    if text != f"{left} + {right} → {left}{right}":
        yield text, f"{left} + {right}"


def _of_what_was_carried(text: str, names: Names) -> Iterator[tuple[str, str]]:
    """“before layer 1”, “at the end”, “all heads” beside what comes out of a run with such a row from another one."""
    name = str(names.get("carried", ("", ""))[0])
    for phrase, tensor in CARRIED.items():
        if name and text.startswith(phrase) and not name.endswith(tensor):
            yield text, name


def misdirected(label: Reading, traces: Traces) -> Iterator[tuple[str, str]]:
    """“across: 61 %” says the number of the other axis of a plane."""
    right = DIRECTIONS.get(label.text.partition(":")[0])
    for shown in label.numbers if right is not None else ():
        if isinstance(shown.value, Cell):
            names = names_of_cell(shown.value, traces)
            if names.get("axis", (right, ""))[0] != right:
                yield label.text, f"axis {names['axis'][0]}"
