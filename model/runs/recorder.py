"""One forward pass, recorded: `run(checkpoint, text) → Trace`."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from model import __version__
from model.errors import UsageError
from model.net.cache import Cache
from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import EncoderDecoder, Transformer
from model.numbers.trace import Trace
from model.runs.carried import Carried
from model.runs.checkpoints import Checkpoint, load
from model.runs.stacks import STACKS, post_name, result_name
from model.text.tokenizer import START, Encoding

GIVEN_OUT = ("ln_final.", "logits", "probs")  # what a second run of a large model keeps, beside what was changed

Arrays = dict[str, np.ndarray]
Axes = dict[str, tuple[str, ...]]


def run(
    checkpoint: Checkpoint | str,
    text: str,
    *,
    source: str | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    neurons: Iterable[tuple[int, int]] = (),
    stack: str | None = None,
    patch: Carried | None = None,
    positions: bool = True,
    scaled: bool = True,
    order: Sequence[int] | None = None,
    seed: int | None = None,
) -> Trace:
    """Runs `text` through a checkpoint and records every intermediate tensor.

    `source` is the text that an encoder–decoder's encoder reads; `text` is then what its decoder has written, which may
    be nothing yet, after <start>. `ablate` lists (layer, head) whose result is set to zero, `neurons` (layer, neuron)
    of the MLPs; of an encoder–decoder `stack` says where: "encoder", "decoder" (if None), or "cross" for the heads with
    which the decoder looks at what the encoder has read. `patch` carries one row over from another run.
    `positions=False` leaves positions out, `scaled=False` the division of scores by √d_head; `order` reads the tokens
    in another order. Raises UsageError for a blank or too long text, for a layer, head, neuron, stack or order out of
    range, and for a source that is missing or that this model does not read.
    """
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if source is None:
        check_source(checkpoint.config, None)
    encoding = encode_text(checkpoint, text)
    return run_tokens(
        checkpoint,
        encoding if order is None else reorder(encoding, order),
        text,
        source=None if source is None else checkpoint.reads.encode(source, checkpoint.config.n_ctx),
        ablate=ablate,
        neurons=neurons,
        stack=stack,
        patch=patch,
        positions=positions,
        scaled=scaled,
        seed=seed,
    )


def run_tokens(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None = None,
    *,
    source: Encoding | None = None,
    ablate: Iterable[tuple[int, int]] = (),
    neurons: Iterable[tuple[int, int]] = (),
    stack: str | None = None,
    patch: Carried | None = None,
    positions: bool = True,
    scaled: bool = True,
    seed: int | None = None,
) -> Trace:
    """As `run`, for texts that are tokens already."""
    config = checkpoint.config
    check_source(config, source)
    off = Off(tuple(check_heads(config, ablate)), tuple(check_neurons(config, neurons)), check_stack(config, stack))
    change: Change = off if patch is None else check_patch(checkpoint, encoding, patch, off)
    model, context = model_of(checkpoint)
    with context:
        read = None if source is None else source.ids
        recorded = record(model, encoding.ids, read, change=change, positions=positions, scaled=scaled)
    more: dict[str, Any] = {"seed": seed, "positions": positions} | ({} if scaled else {"scaled": False})
    if source is not None:
        more["source"] = told(source)
    return trace_of(checkpoint, encoding, text, recorded, change, **more)


def encode_text(checkpoint: Checkpoint, text: str) -> Encoding:
    """The tokens of a text; of what a translator has written, after <start>, and there may be none."""
    tokenizer, limit = checkpoint.tokenizer, checkpoint.config.n_ctx
    if tokenizer.start_id is None or checkpoint.config.kind != "encoder-decoder":
        return tokenizer.encode(text, limit)
    words = tokenizer.encode(text, limit - 1) if text.strip() else Encoding((), (), ())
    unknown = tuple(place + 1 for place in words.unknown)
    return Encoding((tokenizer.start_id, *words.ids), (START, *words.tokens), unknown)


def run_batch(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None,
    changes: Sequence[Change],
    source: Encoding | None = None,
    keep: str | None = None,
) -> Iterator[Trace]:
    """As `run_tokens` once for each of the changes, all of them in one batch.

    Of a large model they keep what comes out, what was changed, and what has a name that begins with `keep`; of dozens
    of runs there would not be room for more."""
    check_source(checkpoint.config, source)
    model, context = model_of(checkpoint)
    with context:
        read = None if source is None else source.ids
        kept = (*GIVEN_OUT, *([keep] if keep else [])) if checkpoint.large else ("",)
        recorded = record_batch(model, encoding.ids, changes, read, kept)
    more = {} if source is None else {"source": told(source)}
    for each, one in zip(changes, recorded, strict=True):
        yield trace_of(checkpoint, encoding, text, one, each, **more)


def told(source: Encoding) -> dict[str, list[Any]]:
    """What was read, as plain data."""
    return {name: list(values) for name, values in asdict(source).items()}


def model_of(checkpoint: Checkpoint) -> tuple[Transformer | EncoderDecoder, AbstractContextManager[None]]:
    """The model in the precision in which it runs, and what it runs under."""
    return (checkpoint.model, nullcontext()) if checkpoint.large else (checkpoint.exact, one_thread())


def trace_of(
    checkpoint: Checkpoint,
    encoding: Encoding,
    text: str | None,
    recorded: tuple[Arrays, Axes],
    change: Change,
    **more: Any,
) -> Trace:
    """What was recorded, with the weights, and what it was of."""
    arrays, axes = recorded
    for name, (values, names) in checkpoint.weights.items():
        arrays[name], axes[name] = values, names
    info: dict[str, Any] = {
        "checkpoint": checkpoint.name,
        "checkpoint_hash": checkpoint.hash,
        "text": " ".join(encoding.tokens) if text is None else text,
        "seed": None,
        "step": checkpoint.step,
        "ablate": [],
        "positions": True,
        "versions": versions(),
    }
    info |= more | change.told
    if checkpoint.source_tokenizer is not None:
        info["source_vocabulary"] = list(checkpoint.source_tokenizer.vocabulary)
    vocabulary = checkpoint.tokenizer.vocabulary
    return Trace(arrays, axes, encoding.tokens, encoding.ids, encoding.unknown, checkpoint.config, vocabulary, info)


def versions() -> dict[str, str]:
    """What the numbers were computed with."""
    return {
        "clearhead": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


@dataclass(frozen=True)
class Off:
    """What is switched off in a run: the results of heads, the outputs of neurons, (layer, which) each.

    stack: where they are, a key of STACKS."""

    heads: tuple[tuple[int, int], ...] = ()
    neurons: tuple[tuple[int, int], ...] = ()
    stack: str = ""

    def __post_init__(self) -> None:
        for name in ("heads", "neurons"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def told(self) -> dict[str, Any]:
        """For a trace's info: what is off."""
        info: dict[str, Any] = {"ablate": [list(pair) for pair in self.heads]}
        if self.neurons:
            info["neurons"] = [list(pair) for pair in self.neurons]
        if self.stack in ("encoder", "cross") and (self.heads or self.neurons):
            info["stack"] = self.stack
        return info

    def apply(self, name: str, value: torch.Tensor) -> None:
        """Set to zero what is off of a recorded tensor: of results [head, position, d], of outputs [position, n]."""
        for layer, head in self.heads:
            if name == result_name(self.stack, layer):
                value[head] = 0.0
        for layer, neuron in self.neurons:
            if name == post_name(self.stack, layer):
                value[:, neuron] = 0.0

    def concerns(self, name: str) -> bool:
        heads, neurons = ([layer for layer, _ in pairs] for pairs in (self.heads, self.neurons))
        names = {result_name(self.stack, layer) for layer in heads} | {
            post_name(self.stack, layer) for layer in neurons
        }
        return name in names


ALL_ON = Off()
Change = Off | Carried  # what a run does otherwise than the model: it lacks something, or takes a row from another run


@torch.no_grad()
def record(
    model: Transformer | EncoderDecoder,
    ids: Sequence[int],
    source: Sequence[int] | None = None,
    *,
    change: Change = ALL_ON,
    positions: bool = True,
    scaled: bool = True,
) -> tuple[Arrays, Axes]:
    """Every intermediate tensor of a forward pass as float32, and the names of its axes.

    `source` is for an encoder–decoder."""
    arrays: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    if source is not None:
        arrays["encoder.tokens"] = np.array(source, dtype=np.int64)
    axes: Axes = dict.fromkeys(arrays, ("position",))
    raw: list[torch.Tensor] = []  # the scores that were told last, before they are divided

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if change.concerns(name):
            value = value.clone()
            change.apply(name, value)
        if name.endswith("attn.scores_raw"):
            raw[:] = [value]
        elif not scaled and name.endswith("attn.scores"):
            value = raw[0]
        arrays[name] = value.detach().to(torch.float32).numpy().copy()
        axes[name] = tuple(names.split())
        return value

    inputs = [torch.tensor(one) for one in (ids, source) if one is not None]
    logits = model(*inputs, tape=Tape(listen), positions=positions)
    if model.config.unembeds:
        listen("probs", probabilities(logits), "position vocab")
    return arrays, axes


@torch.no_grad()
def record_batch(
    model: Transformer | EncoderDecoder | Cache,
    ids: Sequence[int],
    changes: Sequence[Change],
    source: Sequence[int] | None = None,
    kept: tuple[str, ...] = ("",),
) -> list[tuple[Arrays, Axes]]:
    """As `record` once for each of the changes, in one batch; of what was not changed, names that begin with `kept`.

    Up to the first change all runs are the same: they are one there, and a batch from it on."""
    batch: Arrays = {}
    tokens: Arrays = {"tokens": np.array(ids, dtype=np.int64)}
    if source is not None:
        tokens["encoder.tokens"] = np.array(source, dtype=np.int64)
    axes: Axes = dict.fromkeys(tokens, ("position",))

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        if any(each.concerns(name) for each in changes):
            value = value.expand(len(changes), *value.shape[1:]).clone()
            for each, sample in zip(changes, value, strict=True):
                each.apply(name, sample)
        elif not name.startswith(kept):
            return value
        batch[name], axes[name] = value.detach().to(torch.float32).numpy(), tuple(names.split())
        return value

    inputs = [torch.tensor([one]) for one in (ids, source) if one is not None]
    logits = model(*inputs, tape=Tape(listen))
    if model.config.unembeds:
        listen("probs", probabilities(logits), "position vocab")

    def of(sample: int) -> Arrays:
        own = {n: part(v, n, sample).copy() for n, v in batch.items() if keeps(sample, n)}
        return {name: values.copy() for name, values in tokens.items()} | own

    def part(values: np.ndarray, name: str, sample: int) -> np.ndarray:
        return values if values.ndim == len(axes[name]) else values[sample if len(values) > 1 else 0]

    def keeps(sample: int, name: str) -> bool:
        return name.startswith(kept) or changes[sample].concerns(name)

    arrays = [of(sample) for sample in range(len(changes))]
    return [(one, {name: axes[name] for name in one}) for one in arrays]


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """softmax(logits) in double precision, whatever the model runs in."""
    return logits.double().softmax(-1)


@contextmanager
def one_thread() -> Iterator[None]:
    """For small models: handing out their little work to several threads takes longer than the work."""
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


def check_neurons(config: ModelConfig, neurons: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The (layer, neuron) pairs as they are. Raises UsageError for one that the model does not have."""
    neurons = [(int(layer), int(neuron)) for layer, neuron in neurons]
    for layer, neuron in neurons:
        if not (0 <= layer < config.n_layers and 0 <= neuron < config.d_mlp):
            ends = f"layers are 0 to {config.n_layers - 1}, neurons 0 to {config.d_mlp - 1}"
            raise UsageError(f"no layer {layer}, neuron {neuron}: {ends}")
    return neurons


def check_patch(checkpoint: Checkpoint, encoding: Encoding, patch: Carried, off: Off) -> Carried:
    """The row that is carried over. Raises UsageError where it is from another model or from a text of another length,
    where something is switched off as well, and for models of two stacks."""
    if checkpoint.config.kind == "encoder-decoder":
        raise UsageError("rows are carried over in models of one stack: take one that reads one text (tiny)")
    if len(patch.donor) != len(encoding.ids):
        raise UsageError(f"the other text has {len(patch.donor)} tokens; it needs {len(encoding.ids)}, as this one has")
    if patch.donor.info.get("checkpoint_hash") != checkpoint.hash:
        raise UsageError("the other run is of another model: carry a row over within one model")
    if off.heads or off.neurons:
        raise UsageError("carry a row over or switch something off, not both in one run")
    return patch


def check_stack(config: ModelConfig, stack: str | None) -> str:
    """The key of STACKS that is meant. Raises UsageError for a stack that the model does not have."""
    if config.kind != "encoder-decoder":
        if stack is not None:
            raise UsageError("this model has one stack: leave `stack` out")
        return ""
    if stack not in (None, *list(STACKS)[1:]):
        raise UsageError(f"no stack {stack!r}; there are {', '.join(list(STACKS)[1:])}")
    return stack or "decoder"


def check_source(config: ModelConfig, source: Encoding | None) -> None:
    """Raises UsageError where a source is missing, or given to a model that reads none."""
    reads = config.kind == "encoder-decoder"
    if reads != (source is not None):
        raise UsageError(
            "this model translates: give what its encoder reads (`source`), or take one that reads one text (tiny)"
            if reads
            else "this model reads one text: `source` is for an encoder–decoder"
        )
    known = config.source_vocab_size or config.vocab_size
    if source is not None and max(source.ids) >= known:
        raise UsageError(f"the encoder knows {known} words; the source has the id {max(source.ids)}")


def reorder(encoding: Encoding, order: Sequence[int]) -> Encoding:
    """The tokens in another order. Raises UsageError where `order` does not name every position once."""
    if sorted(order) != list(range(len(encoding.ids))):
        raise UsageError(f"order must name each of the positions 0 to {len(encoding.ids) - 1} once")
    unknown = tuple(new for new, old in enumerate(order) if old in encoding.unknown)
    return Encoding(tuple(encoding.ids[i] for i in order), tuple(encoding.tokens[i] for i in order), unknown)
