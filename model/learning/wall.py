"""The gradients of all weights, laid out as lines of matrices: each number that was learned once."""

from __future__ import annotations

from model.numbers.learned import GRAD
from model.numbers.tensor import Tensor, concatenate, stack
from model.numbers.trace import Trace
from model.study.inside.parameters import BLOCK, once

Line = tuple[str | int, list[tuple[str, Tensor]]]  # what it is of (or which block), and its matrices, each [rows, n]


def slopes(step: Trace, pieces: int = 1) -> list[Line]:
    """A line for the embedding (in so many pieces), one for each block, one for what is no matrix, and one for an
    unembedding of its own. All matrices have d_model rows, as in `parameters.matrices`."""
    config = step.config
    size = -(-config.vocab_size // pieces)
    rows = step[GRAD + "W_E"].T
    lines: list[Line] = [("W_E", [("W_E", rows[:, k : k + size])]) for k in range(0, config.vocab_size, size)]
    if config.positions == "learned":
        lines.append(("W_pos", [("W_pos", step[GRAD + "W_pos"].T)]))
    lines += [(layer, _block(step, layer)) for layer in range(config.n_layers)]
    if not config.tied:
        whole = step[GRAD + "W_U"]
        lines += [("W_U", [("W_U", whole[:, k : k + size])]) for k in range(0, config.vocab_size, size)]
    return [*lines, ("others", [("others", stack([concatenate(_vectors(step))], "row"))])]


def _block(step: Trace, layer: int) -> list[tuple[str, Tensor]]:
    block, found = GRAD + BLOCK.format(l=layer), []
    for name in ("W_Q", "W_K", "W_V", "W_O"):
        heads = once(step, block + f"attn.{name}")
        found.append((name, concatenate([head.T if name == "W_O" else head for head in heads], 1)))
    for name in ("W_in", "W_gate", "W_out"):
        if block + f"mlp.{name}" in step:
            table = step[block + f"mlp.{name}"]
            found.append((name, table.T if name == "W_out" else table))
    return found


def _vectors(step: Trace) -> list[Tensor]:
    """Biases and the weights of norms, end to end."""
    found: list[Tensor] = []
    for name in step.info["learning"]["weights"]:
        last = name.rsplit(".", 1)[-1]
        if last.startswith("W_"):
            continue
        grad = once(step, GRAD + name)
        found += list(grad) if grad.ndim > 1 else [grad]
    return found


__all__ = ["slopes"]
