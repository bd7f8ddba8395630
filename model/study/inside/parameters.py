"""How many numbers a model has learned: counted from its sizes, line by line, as a ledger.

Every factor is a Tensor with its origin, a setting of a run's configuration or a published figure, so that each count
and their sum can be computed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul
from typing import TYPE_CHECKING

from model.net.config import ModelConfig
from model.numbers.origins import Published, Setting, Stored
from model.numbers.tensor import Tensor, concatenate
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

Size = Callable[[str], Tensor]  # the number that a field of the configuration holds
BLOCK = "blocks.{l}."


@dataclass(frozen=True)
class Line:
    """One line of the ledger. part: of the model; name: of the weights; factors: Tensors of one number each, whose
    product is the count; weights: what they are called in a run, "{l}" standing for each block."""

    part: str
    name: str
    factors: tuple[Tensor, ...]
    weights: tuple[str, ...]

    @property
    def count(self) -> Tensor:
        return reduce(mul, self.factors)

    @property
    def is_matrix(self) -> bool:
        """Whether rows are multiplied by it: no bias, no norm, and no position, which is added."""
        return self.part in ("embedding", "attention", "MLP", "unembedding") and self.name != "biases"


def ledger(config: ModelConfig, size: Size) -> list[Line]:
    """All that a decoder-only model of this configuration learns; what it computes or holds twice is not in it."""
    d, vocab, layers = size("d_model"), size("vocab_size"), size("n_layers")
    lines = [Line("embedding", "W_E", (vocab, d), ("W_E",))]
    if config.positions == "learned":
        lines.append(Line("positions", "W_pos", (size("n_ctx"), d), ("W_pos",)))
    lines += [*_attention(config, size), *_mlp(config, size)]
    norms, paths = 2 * layers, [BLOCK + "ln1", BLOCK + "ln2"]
    for there, path in ((config.norm_first, "ln_final"), (config.embed_norm, "ln_embed")):
        norms, paths = (norms + 1, [*paths, path]) if there else (norms, paths)
    if config.norm_first and config.norm_after:
        norms, paths = norms + 2 * layers, [*paths, BLOCK + "ln1_post", BLOCK + "ln2_post"]
    entries = ("w",) if config.norm == "rms" or not config.norm_bias else ("w", "b")
    names = tuple(f"{path}.{entry}" for path in paths for entry in entries)
    lines.append(Line("norms", ", ".join(entries), (norms, len(entries) * d), names))
    if not config.tied:
        lines.append(Line("unembedding", "W_U", (d, vocab), ("W_U",)))
    return lines


def _attention(config: ModelConfig, size: Size) -> list[Line]:
    """Four matrices a head (keys and values: one for each group of heads), and their biases."""
    layers, d, each, heads = size("n_layers"), size("d_model"), size("d_head"), size("n_heads")
    kv = heads if config.kv_heads == config.n_heads else size("kv_heads")
    lines = [
        Line("attention", f"W_{name}", (layers, many, *shape), (BLOCK + f"attn.W_{name}",))
        for name, many, shape in (("Q", heads, (d, each)), ("K", kv, (d, each)), ("V", kv, (d, each)))
    ]
    lines.append(Line("attention", "W_O", (layers, heads, each, d), (BLOCK + "attn.W_O",)))
    if config.attention_bias:
        names = tuple(BLOCK + f"attn.b_{name}" for name in ("QKVO" if config.output_bias else "QKV"))
        many = heads * each + 2 * kv * each
        lines.append(Line("attention", "biases", (layers, many + d if config.output_bias else many), names))
    if config.qk_norm:
        names = tuple(BLOCK + f"attn.{name}_norm.w" for name in "qk")
        two = Tensor.given(2, "2")
        lines.append(Line("norms", "w of queries and keys", (two, layers, each), names))
    return lines


def _mlp(config: ModelConfig, size: Size) -> list[Line]:
    """Two matrices, or the three of SwiGLU, and their biases."""
    layers, d, m = size("n_layers"), size("d_model"), size("d_mlp")
    into = ("W_in", "W_gate") if config.gated else ("W_in",)
    lines = [Line("MLP", name, (layers, d, m), (BLOCK + f"mlp.{name}",)) for name in into]
    lines.append(Line("MLP", "W_out", (layers, m, d), (BLOCK + "mlp.W_out",)))
    if config.mlp_bias:
        lines.append(Line("MLP", "biases", (layers, m + d), (BLOCK + "mlp.b_in", BLOCK + "mlp.b_out")))
    return lines


def total(lines: Sequence[Line]) -> Tensor:
    """What a ledger adds up to."""
    return reduce(add, (line.count for line in lines))


def parts(lines: Sequence[Line]) -> dict[str, Tensor]:
    """The count of each part of the model, in the order of the ledger."""
    return {part: total([line for line in lines if line.part == part]) for part in dict.fromkeys(x.part for x in lines)}


def of_run(trace: Trace) -> list[Line]:
    """The ledger of the model that a run is of."""

    def setting(field: str) -> Tensor:
        return Tensor.given(getattr(trace.config, field), field, origin=Setting(field))

    return ledger(trace.config, setting)


def weights(trace: Trace, lines: Sequence[Line]) -> list[Tensor]:
    """The weights that some lines count, as the run has them, each number once."""
    named = [name.format(l=layer) for line in lines for name in line.weights
             for layer in range(trace.config.n_layers if "{l}" in name else 1)]  # fmt: skip
    return [once(trace, name) for name in named]


def once(trace: Trace, name: str) -> Tensor:
    """A weight without repetition: runs have shared keys and values once for every head that uses them."""
    from model.runs.checkpoints import SHARED

    shared = name.endswith(SHARED) and ".attn." in name
    return trace[name][:: trace.config.n_heads // trace.config.kv_heads] if shared else trace[name]


def numel(checkpoint: Checkpoint | str) -> Tensor:
    """How many numbers its parameters hold, as PyTorch counts them: Σ p.numel()."""
    from model.runs.checkpoints import load

    loaded = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    counted = sum(parameter.numel() for parameter in loaded.model.parameters())
    return Tensor.given(counted, "numel", origin=Stored(loaded.path))


# ── what is on the faces of the parts ────────────────────────────────────────────────────────────
def matrices(trace: Trace, part: str, layer: int = 0) -> dict[str, Tensor]:
    """The matrices of a part ("embedding", "attention", "MLP", "unembedding"), each [d_model, n]: those that lead back
    to rows of d_model numbers turned, heads side by side."""
    block = BLOCK.format(l=layer)
    if part == "embedding":
        learned = ("W_E", "W_pos") if trace.config.positions == "learned" else ("W_E",)
        return {name: trace[name].T for name in learned}
    if part == "unembedding":
        return {"W_U": trace["W_U"]}
    if part == "attention":
        heads = {name: once(trace, block + f"attn.{name}") for name in ("W_Q", "W_K", "W_V", "W_O")}
        return {n: concatenate([head.T if n == "W_O" else head for head in w], 1) for n, w in heads.items()}
    names = [name for name in ("W_in", "W_gate", "W_out") if block + f"mlp.{name}" in trace]
    return {name: trace[block + f"mlp.{name}"].T if name == "W_out" else trace[block + f"mlp.{name}"] for name in names}


# ── models that others have published ────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Known:
    """A model whose sizes are published. source: where."""

    name: str
    config: ModelConfig
    source: str

    def size(self, field: str) -> Tensor:
        """A published size, by its field of the configuration."""
        return Tensor.given(getattr(self.config, field), field, origin=Published(self.name, field))

    @property
    def ledger(self) -> list[Line]:
        return ledger(self.config, self.size)


_BPE = 50257  # entries of the vocabulary of both
GPT2 = Known(
    "GPT-2 small",
    ModelConfig(_BPE, 1024, 768, 12, 12, 64, 3072, activation="gelu_tanh", tied=True, attention_bias=True),
    "Radford et al.",
)
GPT3 = Known(
    "GPT-3",
    ModelConfig(_BPE, 2048, 12288, 96, 96, 128, 49152, activation="gelu_tanh", attention_bias=True),
    "Brown et al.",
)


def only_matrices(lines: Sequence[Line]) -> list[Line]:
    """Without biases, norms and positions: so GPT-3's 175 billion are usually counted, with an unembedding of its own
    (its authors do not say whether it has one)."""
    return [line for line in lines if line.is_matrix]


__all__ = [
    "GPT2",
    "GPT3",
    "Known",
    "Line",
    "ledger",
    "matrices",
    "numel",
    "of_run",
    "once",
    "only_matrices",
    "parts",
    "total",
    "weights",
]
