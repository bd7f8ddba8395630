"""The numbers behind a lesson as the page holds them: what is shown, how it was made, and all that it is made of.

Numbers on screen are cells of expressions (`nodes`); their leaves are cells of recorded tensors, for each of which the
patterns say how it was made of others, down to weights and words. All tensors that can be reached so are inside, as
they were recorded, in one block of bytes; where they are too many, the parts of them that inside.py lets in.
"""

from __future__ import annotations

import base64
import hashlib
import math
import shlex
from collections.abc import Iterable
from typing import Any

import numpy as np

from model.numbers.making import given_to, slack
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Derived, Expression, Given, Leaf, Place, Point, Recorded, point
from model.numbers.words import origin
from scenes.kit.ground.readings import Cell
from scenes.kit.words.tokens import display
from scenes.lesson.runs import run_in_words
from studio.page.inside import Inside, joined, packed
from studio.page.needs import Mesh, of_expression, of_patterns
from studio.page.origins import told
from studio.page.patterns import made

Json = Any
# What is told of a run in which nothing was changed.
PLAIN = set("checkpoint checkpoint_hash text seed step ablate positions versions source source_vocabulary".split())


class Graph:
    """Collects. runs: all that the lesson keeps; most: bytes of numbers, packed, that fit in.

    ends: of what is shown, the nodes whose numbers did not, and how many these are."""

    def __init__(self, runs: Iterable[Any], most: float):
        self.runs = {run.run_id: run for run in runs}
        self.most = most
        self.ends: dict[int, int] = {}
        self._same: dict[str, int] = {}  # the first tensor with these numbers
        self._sames: dict[int, int] = {}
        self.cells: list[Json] = []
        self._cells: dict[tuple[int, tuple[int, ...]], int] = {}
        self.shown: dict[tuple[str, str], set[Point]] = {}  # places of recorded numbers
        self.nodes: list[Json] = []
        self._nodes: dict[int, tuple[int, Expression]] = {}  # holding the expression keeps its id from being used again
        self.tensors: list[dict[str, Json]] = []
        self._tensors: dict[tuple[str, str], int] = {}
        self.tables: list[Json] = []
        self._tables: dict[str, int] = {}
        self._bytes = bytearray()
        self.vocabularies: dict[tuple[str, ...], int] = {}

    # ── what is shown ────────────────────────────────────────────────────────────────────────────
    def cell(self, cell: Cell) -> int:
        """The number of a cell: [node, index, value]."""
        node = self.node(cell.tensor.expression)
        key = node, cell.index
        if key not in self._cells:
            self._cells[key] = len(self.cells)
            self.cells.append([node, list(cell.index), plain(cell.value())])
            leaf, index = origin(cell.tensor.expression, cell.index)
            if isinstance(leaf, Recorded):
                self.shown.setdefault((leaf.run, leaf.name), set()).add(point(leaf.index, index))
        return self._cells[key]

    def node(self, expression: Expression) -> int:
        """The number of an expression."""
        if id(expression) not in self._nodes:
            told = self._told(expression)  # operands come first
            self._nodes[id(expression)] = len(self.nodes), expression
            self.nodes.append(told)
        return self._nodes[id(expression)][0]

    def _told(self, expression: Expression) -> Json:
        if isinstance(expression, Recorded):
            return ["t", self.tensor(expression.run, expression.name), _places(expression.index)]
        if isinstance(expression, Leaf):
            assert isinstance(expression, Given)
            axes, table = list(expression.axes), self.table(expression.table)
            return ["G", expression.name, axes, table, _places(expression.index), told(expression.origin)]
        if isinstance(expression, Derived):
            operands = [self.node(operand) for operand in expression.operands]
            axis = expression.options.get("axis")
            return ["o", expression.operation.name, operands, list(expression.shape), axis]
        return ["p", self.node(expression.whole), _places(expression.places)]

    # ── what it is made of ───────────────────────────────────────────────────────────────────────
    def tensor(self, run: str, name: str) -> int:
        """The number of a recorded tensor; its numbers, and what they are made of, follow (`complete`)."""
        if (run, name) not in self._tensors:
            self._tensors[run, name] = len(self.tensors)
            record = self.runs[run]
            axes = list(record.axes[name]) if isinstance(record, Trace) else _axes(record, name)
            self.tensors.append({"name": name, "run": list(self.runs).index(run), "axes": axes})
        return self._tensors[run, name]

    def complete(self) -> None:
        """Add how the tensors were made, and of what they were made: all of it, else what there is room for."""
        room = self.most - len(packed(bytes(self._bytes)))
        inside = Inside(self.values, self.same, room, as_whole=True)
        if self._let_in(inside):
            self._add_others(inside)
        else:
            self._let_in(inside := Inside(self.values, self.same, room, as_whole=False))
        for number, tensor in enumerate(self.tensors):
            if (first := self.same(number)) in inside.stored:
                tensor["table"] = self._part(self.values(first), inside.stored[first])

    def _let_in(self, inside: Inside) -> bool:
        """What is on screen, and all that it is made of; whether there is room for all."""
        self.ends = {}
        for needs, node in sorted(self._shown(), key=lambda shown: (inside.cost(shown[0]), shown[1])):
            if not inside.add(needs):
                self.ends[node] = inside.lacks(needs)
                if inside.as_whole:
                    return False
        return self._reach(inside) and not self.ends

    def _reach(self, inside: Inside) -> bool:
        return inside.reach(lambda number: self._needs(number, inside.asked[number]))

    def _shown(self) -> Iterable[tuple[dict[int, Mesh], int]]:
        places: dict[int, list[Point]] = {}
        for node, index in self._cells:
            places.setdefault(node, []).append(index)
        for node, expression in self._nodes.values():
            if node in places:
                mesh = tuple(map(np.unique, np.transpose(places[node]))) if expression.shape else ()
                found = of_expression(expression, mesh)
                yield joined((self.tensor(leaf.run, leaf.name), part) for leaf, part in found), node

    def _add_others(self, inside: Inside) -> None:
        """Numbers of the same runs that no click reaches, while there is room for them: links lead to them."""
        for run in filter(lambda run: isinstance(run, Trace), self.runs.values()):
            for name in run.names:
                if inside.add({self.tensor(run.run_id, name): ()}):
                    self._reach(inside)

    def _needs(self, number: int, mesh: Mesh) -> dict[int, Mesh]:
        """What a part of a tensor is made of."""
        tensor = self.tensors[number]
        if "given" not in tensor:
            self._make(list(self.runs.values())[tensor["run"]], tensor)
        if "made" not in tensor:
            return {}
        return joined(of_patterns(tensor["made"], tensor["which"], mesh, self.values(number).shape))

    def _make(self, run: Any, tensor: dict[str, Json]) -> None:
        tensor["given"] = given_to(run, tensor["name"]) if isinstance(run, Trace) else None
        shown = self.shown.get((run.run_id, tensor["name"]), ())
        if isinstance(run, Trace) and tensor["given"] is None and (how := made(run, tensor["name"], shown)):
            numbers = {name: self.tensor(run.run_id, name) for name in sorted(how.uses)}
            tensor["made"], tensor["which"] = [_numbered(pattern, numbers) for pattern in how.by], how.which
            tensor["slack"] = slack(run, tensor["name"])

    def values(self, number: int) -> np.ndarray:
        """All of a tensor, as it was recorded."""
        tensor = self.tensors[number]
        return np.asarray(list(self.runs.values())[tensor["run"]].array(tensor["name"]))

    def same(self, number: int) -> int:
        """The first tensor with the same numbers."""
        if number not in self._sames:
            self._sames[number] = self._same.setdefault(_key(self.values(number)), number)
        return self._sames[number]

    def _part(self, values: np.ndarray, mesh: Mesh) -> int:
        """The number of a part of a table."""
        kept = [
            None if len(places) == length else places.tolist()
            for places, length in zip(mesh, values.shape, strict=True)
        ]
        if not any(kept):
            return self.table(values)
        number = self.table(values[np.ix_(*mesh)])
        kind, _, start = self.tables[number][:3]
        self.tables.append([kind, list(values.shape), start, kept])
        return len(self.tables) - 1

    def table(self, values: np.ndarray) -> int:
        """The number of an array; equal ones are stored once."""
        key = _key(values)
        if key not in self._tables:
            self._bytes += bytes(-len(self._bytes) % 8)
            self._tables[key] = len(self.tables)
            self.tables.append([_kind(values), list(values.shape), len(self._bytes)])
            self._bytes += _plain(values)
        return self._tables[key]

    # ── all of it ────────────────────────────────────────────────────────────────────────────────
    def data(self) -> Json:
        """What the page reads (numbers.js), but for the bytes."""
        return {
            "runs": [self._run(run) for run in self.runs.values()],
            "vocabularies": list(self.vocabularies),
            "tensors": self.tensors,
            "tables": self.tables,
            "nodes": self.nodes,
            "cells": self.cells,
            "ends": self.ends,
        }

    def _run(self, run: Any) -> Json:
        """A run in words, its tokens, and the number of its vocabulary."""
        words = tuple(display(word) for word in getattr(run, "vocabulary", ()))
        number = self.vocabularies.setdefault(words, len(self.vocabularies))
        if not isinstance(run, Trace):
            return {"words": "", "tokens": [], "vocabulary": number, "command": ""}
        tokens = [display(token) for token in run.tokens]
        return {"words": run_in_words(run), "tokens": tokens, "vocabulary": number, "command": command(run)}

    @property
    def bytes(self) -> bytes:
        """The tables, little-endian, each at a multiple of eight."""
        return bytes(self._bytes)


def _kind(values: np.ndarray) -> str:
    return "f4" if values.dtype == np.float32 else "i4" if values.dtype.kind in "iub" else "f8"


def _plain(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, dtype=f"<{_kind(values)}").tobytes()


def _key(values: np.ndarray) -> str:
    """Equal of arrays with equal numbers."""
    return hashlib.sha256(f"{_kind(values)} {values.shape}".encode() + _plain(values)).hexdigest()


def command(run: Trace) -> str:
    """What shows all tensors of a run; nothing of a run that was changed on the way, or learned."""
    info = run.info
    if set(info) - PLAIN or info["step"] is not None or info["ablate"] or not info["positions"]:
        return ""
    source = ["--source", " ".join(run.source_tokens)] if "source" in info else []
    return shlex.join(["clearhead", "trace", "-m", str(info["checkpoint"]), *source, info["text"]])


def plain(value: float) -> Json:
    """A number as JSON has it; what JSON has not, as a word."""
    return value if math.isfinite(value) else str(value)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _axes(record: Any, name: str) -> list[str]:
    """The names of a table's axes, of a record that is no forward pass."""
    return list(record[name].axes) if isinstance(record[name], Tensor) else []


def _numbered(pattern: Json, numbers: dict[str, int]) -> Json:
    """A pattern with the numbers of tensors instead of their names."""
    if not isinstance(pattern, list):
        return pattern
    if pattern and pattern[0] == "t":
        return ["t", numbers[pattern[1]], pattern[2]]
    return [_numbered(part, numbers) for part in pattern]


def _places(places: Iterable[Place]) -> Json:
    told: list[Json] = []
    for place in places:
        if isinstance(place, int):
            told.append(place)
        elif isinstance(place, range):
            told.append(["r", place.start, place.stop, place.step])
        else:
            told.append(["l", list(place)])
    return told
