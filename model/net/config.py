"""One configuration that turns one implementation into the whole family of transformers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from model.errors import ClearheadError

CHOICES = {
    "kind": ("decoder", "encoder", "encoder-decoder"),
    "positions": ("learned", "sinusoidal", "rotary", "none"),
    "norm": ("layer", "rms"),
    "activation": ("relu", "gelu", "gelu_tanh", "swiglu", "geglu_tanh"),
}


def later(default: Any) -> Any:
    """A field that came after the first checkpoints: at its default it is not written, so that their hashes stay."""
    return field(default=default, metadata={"later": True})


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and parts of a transformer, in the words of the papers.

    `n_kv_heads` below `n_heads` shares keys and values among groups of heads (grouped-query attention; 1 =
    multi-query). `norm_first` is today's pre-norm; False is the post-norm of *Attention Is All You Need*. `tied`
    unembeds with W_E transposed. The fields from `norm_bias` on are parts of models that others have trained; what
    family has which is in docs/models.md.
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
    norm_bias: bool = later(True)  # layer norms without b are the choice of some GPTs
    output_bias: bool = later(True)  # b_O, where attention has biases at all
    qk_norm: bool = later(False)  # an RMS norm of each head's queries and keys
    norm_after: bool = later(False)  # with pre-norm: what attention and MLP give is normalised too ("sandwich")
    score_size: int | None = later(None)  # scores are divided by its root; None: d_head
    score_cap: float | None = later(None)  # scores s become cap · tanh(s / cap)
    logit_cap: float | None = later(None)  # and logits likewise
    window: int | None = later(None)  # how many keys a query sees, itself among them; None: all
    full_layers: tuple[int, ...] = later(())  # layers in which there is no window
    window_base: float | None = later(None)  # rotary base of the layers with a window, where it is another
    rotary_factor: float = later(1.0)  # angles are divided by it (layers with a base of their own: not)
    rotary_ramp: tuple[float, float, int] | None = later(None)  # (low, high, n_ctx before): only slow angles are
    segments: int | None = later(None)  # BERT adds a row for sentence A, or B; a text alone is A
    unembeds: bool = later(True)  # False: there are no logits, only the stream
    unembed_layer: bool = later(False)  # BERT: a layer with activation and norm before the unembedding
    unembed_bias: bool = later(False)

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ClearheadError(
                    f"model config: {name} is {getattr(self, name)!r}, must be one of {', '.join(allowed)}"
                )
        for one in fields(self):
            value = getattr(self, one.name)
            if one.type.startswith("int") and value is not None and (type(value) is not int or value < 1):
                raise ClearheadError(f"model config: {one.name} is {value!r}, must be a whole number above 0")
        if self.n_heads % self.kv_heads:
            raise ClearheadError(
                f"model config: {self.n_heads} heads cannot share {self.kv_heads} key/value heads evenly"
            )
        if self.kind == "encoder-decoder" and self.changes_unembedding:
            raise ClearheadError("model config: an encoder–decoder only unembeds, without layer, bias or cap")
        if self.positions == "rotary" and self.d_head % 2:
            raise ClearheadError("model config: rotary positions need an even d_head")
        for name in ("full_layers", "rotary_ramp"):  # JSON has lists
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(value))

    @property
    def kv_heads(self) -> int:
        return self.n_kv_heads or self.n_heads

    @property
    def causal(self) -> bool:
        """Whether a position sees only itself and what lies before it."""
        return self.kind != "encoder"

    @property
    def gated(self) -> bool:
        """Whether the MLP's activations are multiplied by a second row (Shazeer 2020)."""
        return self.activation in ("swiglu", "geglu_tanh")

    @property
    def changes_unembedding(self) -> bool:
        """Whether the logits are anything but the stream times W_U."""
        return not self.unembeds or self.unembed_layer or self.unembed_bias or self.logit_cap is not None

    def window_of(self, layer: int) -> int | None:
        """How many keys a query of a layer sees, itself among them; None: all that its kind allows."""
        return None if layer in self.full_layers else self.window

    def to_dict(self) -> dict[str, Any]:
        unchanged = {f.name for f in fields(self) if f.metadata.get("later") and getattr(self, f.name) == f.default}
        return {name: value for name, value in asdict(self).items() if name not in unchanged}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        known = {one.name for one in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ClearheadError(f"model config: unknown entries {', '.join(unknown)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ClearheadError(f"model config: {error}") from error
