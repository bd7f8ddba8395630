"""One configuration that turns one implementation into the whole family of transformers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from model.errors import ClearheadError

CHOICES = {
    "kind": ("decoder", "encoder", "encoder-decoder"),
    "positions": ("learned", "sinusoidal", "rotary", "none"),
    "norm": ("layer", "rms"),
    "activation": ("relu", "gelu", "gelu_tanh", "swiglu"),
}


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and parts of a transformer, in the words of the papers.

    `n_kv_heads` below `n_heads` shares keys and values among groups of heads (grouped-query attention; 1 =
    multi-query). `norm_first` is today's pre-norm; False is the post-norm of *Attention Is All You Need*. `tied`
    unembeds with W_E transposed.
    """

    vocab_size: int
    n_ctx: int = 64
    d_model: int = 64
    n_layers: int = 4
    n_heads: int = 8
    d_head: int = 8
    d_mlp: int = 256
    n_kv_heads: int | None = None  # None: as many as n_heads
    kind: str = "decoder"
    positions: str = "learned"
    norm: str = "layer"
    norm_first: bool = True
    norm_eps: float = 1e-5
    activation: str = "gelu"
    tied: bool = False
    attention_bias: bool = False
    mlp_bias: bool = True
    embed_norm: bool = False  # BERT normalises the sum of its embeddings
    embed_scale: bool = False  # the 2017 paper multiplies embeddings by √d_model
    rotary_base: float = 10000.0
    source_vocab_size: int | None = None  # encoder–decoder: the encoder's vocabulary, if it has its own

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ClearheadError(
                    f"model config: {name} is {getattr(self, name)!r}, must be one of {', '.join(allowed)}"
                )
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type.startswith("int") and value is not None and (type(value) is not int or value < 1):
                raise ClearheadError(f"model config: {field.name} is {value!r}, must be a whole number above 0")
        if self.n_heads % self.kv_heads:
            raise ClearheadError(
                f"model config: {self.n_heads} heads cannot share {self.kv_heads} key/value heads evenly"
            )
        if self.positions == "rotary" and self.d_head % 2:
            raise ClearheadError("model config: rotary positions need an even d_head")

    @property
    def kv_heads(self) -> int:
        return self.n_kv_heads or self.n_heads

    @property
    def causal(self) -> bool:
        """Whether a position sees only itself and what lies before it."""
        return self.kind != "encoder"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ClearheadError(f"model config: unknown entries {', '.join(unknown)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ClearheadError(f"model config: {error}") from error
