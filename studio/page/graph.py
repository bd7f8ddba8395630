"""The numbers behind a lesson as the page holds them: what is shown, how it was made, and all that it is made of.

Numbers on screen are cells of expressions (`nodes`); their leaves are cells of recorded tensors, for each of which the
patterns say how it was made of others, down to weights and words. All tensors that can be reached so are inside, as
they were recorded, in one block of bytes.
"""

from __future__ import annotations

import base64
import hashlib
import math
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
from studio.page.origins import told
from studio.page.patterns import made

Json = Any


class TooLarge(Exception):
    """The numbers that can be reached are more than a page can hold."""


class Graph:
    """Collects. runs: all that the lesson keeps; most: bytes of numbers that fit in."""

    def __init__(self, runs: Iterable[Any], most: int):
        self.runs = {run.run_id: run for run in runs}
        self.most = most
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
        """The number of a recorded tensor; what it is made of follows (`complete`)."""
        if (run, name) not in self._tensors:
            self._tensors[run, name] = len(self.tensors)
            record = self.runs[run]
            values = record.array(name)
            axes = list(record.axes[name]) if isinstance(record, Trace) else _axes(record, name)
            self.tensors.append(
                {"name": name, "run": list(self.runs).index(run), "axes": axes, "table": self.table(values)}
            )
        return self._tensors[run, name]

    def complete(self) -> None:
        """Add how the tensors were made, and all that they were made of."""
        done = 0
        while done < len(self.tensors):
            tensor = self.tensors[done]
            run = list(self.runs.values())[tensor["run"]]
            if isinstance(run, Trace):
                self._make(run, tensor)
            done += 1

    def _make(self, run: Trace, tensor: dict[str, Json]) -> None:
        shown = self.shown.get((run.run_id, tensor["name"]), ())
        tensor["given"] = given_to(run, tensor["name"])
        if tensor["given"] is None and (how := made(run, tensor["name"], shown)):
            numbers = {name: self.tensor(run.run_id, name) for name in sorted(how.uses)}
            tensor["made"], tensor["which"] = [_numbered(pattern, numbers) for pattern in how.by], how.which
            tensor["slack"] = slack(run, tensor["name"])

    def table(self, values: np.ndarray) -> int:
        """The number of an array; equal ones are stored once. Raises TooLarge."""
        kind = "f4" if values.dtype == np.float32 else "i4" if values.dtype.kind in "iub" else "f8"
        data = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
        key = hashlib.sha256(f"{kind} {values.shape}".encode() + data).hexdigest()
        if key not in self._tables:
            if len(self._bytes) + len(data) > self.most:
                raise TooLarge
            self._bytes += bytes(-len(self._bytes) % 8)
            self._tables[key] = len(self.tables)
            self.tables.append([kind, list(values.shape), len(self._bytes)])
            self._bytes += data
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
        }

    def _run(self, run: Any) -> Json:
        """A run in words, its tokens, and the number of its vocabulary."""
        words = tuple(display(word) for word in getattr(run, "vocabulary", ()))
        number = self.vocabularies.setdefault(words, len(self.vocabularies))
        if not isinstance(run, Trace):
            return {"words": "", "tokens": [], "vocabulary": number}
        return {"words": run_in_words(run), "tokens": [display(token) for token in run.tokens], "vocabulary": number}

    @property
    def bytes(self) -> bytes:
        """The tables, little-endian, each at a multiple of eight."""
        return bytes(self._bytes)


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
