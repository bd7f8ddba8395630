"""One forward pass, recorded: `run(checkpoint, text) → Trace`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from model import __version__
from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import EncoderDecoder, Transformer
from model.numbers.trace import Trace
from model.runs.checkpoints import Checkpoint, load
from model.text.tokenizer import Encoding

EXACT_BELOW = 20_000_000  # parameters; larger models run in float32

WEIGHT_AXES = {
    "W_E": "vocab d_model",
    "W_pos": "position d_model",
    "W_U": "d_model vocab",
    "W_Q": "head d_model d_head",
    "W_K": "head d_model d_head",
    "W_V": "head d_model d_head",
    "W_O": "head d_head d_model",
    "b_Q": "head d_head",
    "b_K": "head d_head",
    "b_V": "head d_head",
    "b_O": "d_model",
    "W_in": "d_model d_mlp",
    "W_gate": "d_model d_mlp",
    "W_out": "d_mlp d_model",
    "b_in": "d_mlp",
    "b_out": "d_model",
    "w": "d_model",
    "b": "d_model",
}


def run(
    checkpoint: Checkpoint | str,
    text: str,
    *,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
    order: Sequence[int] | None = None,
    seed: int | None = None,
) -> Trace:
    """Runs `text` through a checkpoint and records every intermediate tensor.

    `ablate` lists (layer, head) whose result is set to zero; `positions=False` leaves positions out; `order` reads the
    tokens in another order. Raises UsageError for a blank or too long text, or a layer, head or order out of range.
    """
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    encoding = checkpoint.tokenizer.encode(text, checkpoint.config.n_ctx)
    return run_tokens(
        checkpoint,
        encoding if order is None else reorder(encoding, order),
        text,
        ablate=ablate,
        positions=positions,
        seed=seed,
    )


def run_tokens(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None = None,
    *,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
    seed: int | None = None,
) -> Trace:
    """As `run`, for a text that is tokens already."""
    config = checkpoint.config
    ablate = sorted(set(check_heads(config, ablate)))
    size = sum(parameter.numel() for parameter in checkpoint.model.parameters())
    if size < EXACT_BELOW:
        with one_thread():
            arrays, axes = record(checkpoint.exact, encoding.ids, ablate=ablate, positions=positions)
    else:
        arrays, axes = record(checkpoint.model, encoding.ids, ablate=ablate, positions=positions)
    for name, (values, names) in weights(checkpoint.model).items():
        arrays[name], axes[name] = values, names
    info = {
        "checkpoint": checkpoint.name,
        "checkpoint_hash": checkpoint.hash,
        "text": " ".join(encoding.tokens) if text is None else text,
        "seed": seed,
        "step": checkpoint.step,
        "ablate": [list(pair) for pair in ablate],
        "positions": positions,
        "versions": {
            "clearhead": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    return Trace(
        arrays, axes, encoding.tokens, encoding.ids, encoding.unknown, config, checkpoint.tokenizer.vocabulary, info
    )


@torch.no_grad()
def record(
    model: Transformer | EncoderDecoder,
    ids: Sequence[int],
    source: Sequence[int] | None = None,
    *,
    ablate: Iterable[tuple[int, int]] = (),
    positions: bool = True,
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """Every intermediate tensor of a forward pass as float32, and the names of its axes. `source` is for an encoder–decoder."""
    silenced: dict[str, list[int]] = {}
    for layer, head in ablate:
        silenced.setdefault(f"blocks.{layer}.attn.result", []).append(head)
    arrays, axes = {"tokens": np.array(ids, dtype=np.int64)}, {"tokens": ("position",)}

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if name in silenced:
            value = value.clone()
            value[..., silenced[name], :, :] = 0.0
        arrays[name] = value.detach().to(torch.float32).numpy().copy()
        axes[name] = tuple(names.split())
        return value

    tokens = torch.tensor(ids)
    inputs = (tokens,) if source is None else (tokens, torch.tensor(source))
    logits = model(*inputs, tape=Tape(listen), positions=positions)
    listen("probs", logits.double().softmax(-1), "position vocab")
    return arrays, axes


def weights(model: Transformer | EncoderDecoder) -> dict[str, tuple[np.ndarray, tuple[str, ...]]]:
    """All weights by name, with their axes. Shared key/value heads appear once for every query head that uses them."""
    groups = model.config.n_heads // model.config.kv_heads
    found = {}
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        last = name.rsplit(".", 1)[-1]
        values = value.detach().numpy()
        if groups > 1 and last in ("W_K", "W_V", "b_K", "b_V"):
            values = values.repeat(groups, axis=0)
        found[name] = values, tuple(WEIGHT_AXES[last].split())
    if "W_U" not in found:  # tied: the embedding read the other way
        found["W_U"] = model.unembedding.detach().numpy(), ("d_model", "vocab")
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """For small models: handing out their little work to several threads takes longer than the work, far longer on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_heads(config: ModelConfig, heads: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (layer, head) pairs as they are. Raises UsageError for one that the model does not have."""
    heads = [(int(layer), int(head)) for layer, head in heads]
    for layer, head in heads:
        if not (0 <= layer < config.n_layers and 0 <= head < config.n_heads):
            raise UsageError(
                f"no layer {layer}, head {head}: layers are 0 to {config.n_layers - 1}, heads 0 to {config.n_heads - 1}"
            )
    return heads


def reorder(encoding: Encoding, order: Sequence[int]) -> Encoding:
    """The tokens in another order. Raises UsageError where `order` does not name every position once."""
    if sorted(order) != list(range(len(encoding.ids))):
        raise UsageError(f"order must name each of the positions 0 to {len(encoding.ids) - 1} once")
    unknown = tuple(new for new, old in enumerate(order) if old in encoding.unknown)
    return Encoding(tuple(encoding.ids[i] for i in order), tuple(encoding.tokens[i] for i in order), unknown)
