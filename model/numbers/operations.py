"""What can be done with Tensors: one row for each operation, with its two computations and its words.

The first computation (`forward`) is plain NumPy in float64; the second shares no arithmetic with it (again.py).
"""

from __future__ import annotations

import math

import numpy as np

from model.numbers import again, words
from model.numbers.tree import Operation, Values
from model.numbers.words import PRODUCT, QUOTIENT, SUM, TIGHT, called, elementwise, reduced, signed, together


def _softmax(x: Values, axis: int) -> Values:
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def _gelu(x: Values) -> Values:
    """x Φ(x), with the normal distribution's Φ (Hendrycks & Gimpel 2016)."""
    erf = np.array([math.erf(one) for one in x.ravel() / math.sqrt(2)]).reshape(x.shape)
    return np.asarray(x * (1 + erf) / 2)


def _gelu_tanh(x: Values) -> Values:
    """The same paper's approximation, which GPT-2 uses."""
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


def _silu(x: Values) -> Values:
    """x σ(x), with the logistic function σ."""
    return np.asarray(x / (1 + np.exp(-x)))


def _concatenate(*parts: Values, axis: int) -> Values:
    return np.concatenate(parts, axis=axis)


def _stack(*parts: Values) -> Values:
    return np.stack(parts)


_ROWS = (
    # name, forward, again, words, binds
    Operation("add", np.add, lambda a, b: a - -b, signed("+", SUM), SUM, elementwise),
    Operation("subtract", np.subtract, lambda a, b: a + -b, signed("−", TIGHT), SUM, elementwise),
    Operation("multiply", np.multiply, lambda a, b: b * a, signed("×", QUOTIENT), PRODUCT, elementwise),
    Operation("divide", np.divide, lambda a, b: a * b**-1.0, signed("÷", TIGHT), QUOTIENT, elementwise),
    Operation("negative", np.negative, lambda a: 0.0 - a, called("−"), TIGHT),
    Operation("absolute", np.absolute, lambda a: np.sqrt(a * a), called("abs"), TIGHT),
    Operation("exp", np.exp, lambda a: np.power(math.e, a), called("exp"), TIGHT),
    Operation("log", np.log, lambda a: np.log2(a) * math.log(2), called("log"), TIGHT),
    Operation("sqrt", np.sqrt, lambda a: np.power(a, 0.5), called("sqrt"), TIGHT),
    Operation("square", np.square, lambda a: np.power(a, 2), called("square"), TIGHT),
    Operation("sin", np.sin, lambda a: np.exp(1j * a).imag, called("sin"), TIGHT),
    Operation("cos", np.cos, lambda a: np.exp(1j * a).real, called("cos"), TIGHT),
    Operation("tanh", np.tanh, lambda a: 1 - 2 / (np.power(math.e, 2 * a) + 1), called("tanh"), TIGHT),
    Operation("relu", lambda a: np.maximum(a, 0.0), lambda a: (a + np.sqrt(a * a)) / 2, called("ReLU"), TIGHT),
    Operation("gelu", _gelu, again.gelu, called("GELU"), TIGHT),
    Operation("gelu_tanh", _gelu_tanh, again.gelu_tanh, called("GELU by tanh"), TIGHT),
    Operation("silu", _silu, lambda a: a * (0.5 + 0.5 * np.tanh(0.5 * a)), called("SiLU"), TIGHT),
    Operation("softmax", _softmax, again.softmax, words.softmaxed, TIGHT),
    Operation("matmul", np.matmul, again.matmul, words.product, SUM),
    Operation("sum", np.sum, again.sum_of, reduced("Σ"), SUM),
    Operation("mean", np.mean, again.mean_of, reduced("mean"), SUM),
    Operation("max", np.max, again.largest, reduced("max"), SUM),
    Operation("min", np.min, again.smallest, reduced("min"), SUM),
    Operation("cumsum", np.cumsum, again.cumsum, words.running, SUM),
    # what only moves numbers
    Operation("transpose", np.transpose, again.transpose, words.transposed, None, words.turned, moves=True),
    Operation("stack", _stack, lambda *a: np.array(a), together("in all"), TIGHT, words.chosen, moves=True),
    Operation("concatenate", _concatenate, again.concatenate, together("end to end"), TIGHT, words.part, moves=True),
)
OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}
