"""The gradient of one text's loss, by autograd through the model as it is recorded, and AdamW's step along it.

Autograd is PyTorch's; AdamW is written out (Loshchilov & Hutter 2019, algorithm 2), because its momentum and its scale
are shown. Both are tested against a second way: finite differences, and torch.optim.AdamW."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from model.errors import UsageError
from model.learning import AFTER, GRAD, UPDATE
from model.net.layers import Tape
from model.net.transformer import EncoderDecoder, Transformer, build
from model.numbers.learned import last_rows
from model.numbers.trace import Trace
from model.runs.checkpoints import SHARED, Checkpoint, load, weights
from model.runs.recomputed import Arrays, Axes
from model.runs.recorder import run_tokens
from model.runs.recording import one_thread, probabilities, record
from model.text.tokenizer import Encoding

BETAS, EPSILON, CLIP = (0.9, 0.98), 1e-8, 1.0  # of every run of model/training


@dataclass(frozen=True)
class AdamW:
    """The settings of a step: `rate` is the run's largest learning rate, `decay` that of its matrices."""

    rate: float
    decay: float
    beta1: float = BETAS[0]
    beta2: float = BETAS[1]
    epsilon: float = EPSILON
    clip: float = CLIP

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> AdamW:
        training = checkpoint.training
        if not {"learning_rate", "weight_decay"} <= set(training):
            raise UsageError(f"{checkpoint.name} does not say how it was trained: its config.json has no learning rate")
        return cls(float(training["learning_rate"]), float(training["weight_decay"]))

    def update(self, weight: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
        """What the first step adds to a weight. grad: clipped already."""
        momentum, scale = (1 - self.beta1) * grad, (1 - self.beta2) * grad.square()
        even = (momentum / (1 - self.beta1)) / ((scale / (1 - self.beta2)).sqrt() + self.epsilon)
        decay = self.decay if weight.ndim > 1 else 0.0
        return -self.rate * (even + decay * weight)


def step_of(checkpoint: Checkpoint | str, text: str) -> Trace:
    """See `model.learning.step`."""
    checkpoint, encoding = prepared(checkpoint, text)
    settings = AdamW.of(checkpoint)
    trace = run_tokens(checkpoint, encoding, text)
    with one_thread():
        model, grads, found, names = slopes(checkpoint, encoding.ids)
        parameters = dict(model.named_parameters())
        norm = math.sqrt(sum(float(grads[name].square().sum()) for name in parameters))
        clip = min(1.0, settings.clip / (norm + 1e-6))
        updates = {name: settings.update(w.detach(), clip * grads[name]) for name, w in parameters.items()}
        later = moved(checkpoint, updates)
        after, axes = record(later.double(), encoding.ids)
    arrays, all_axes = dict(trace.arrays) | found, dict(trace.axes) | names
    arrays |= {name: np.array(value, dtype=np.float32) for name, value in (("grad_norm", norm), ("clip", clip))}
    all_axes |= {"grad_norm": (), "clip": ()}
    group = checkpoint.config.n_heads // checkpoint.config.kv_heads
    for name, update in updates.items():
        repeated = group > 1 and name.endswith(SHARED)
        arrays[UPDATE + name] = _array(update.repeat_interleave(group, 0) if repeated else update)
        all_axes[UPDATE + name] = trace.axes[name]
    after.pop("tokens")
    after |= {name: values for name, (values, _) in weights(later.float()).items()}
    axes |= {name: trace.axes[name] for name in after if name in trace.axes}
    lost, lost_axes = losses_of(after["probs"], encoding.ids)
    for name, values in (after | lost).items():
        arrays[AFTER + name], all_axes[AFTER + name] = values, (axes | lost_axes)[name]
    learning = asdict(settings) | {"weights": list(parameters)}
    return _changed(trace, checkpoint, arrays, all_axes, ["one step", asdict(settings)], learning=learning)


def nudged_run(checkpoint: Checkpoint | str, text: str, name: str, index: tuple[int, ...], by: float) -> Trace:
    """See `model.learning.nudged`."""
    checkpoint, encoding = prepared(checkpoint, text)
    nudge = torch.zeros_like(checkpoint.model.get_parameter(name))
    nudge[index] = by
    other = replace(checkpoint, model=moved(checkpoint, {name: nudge}))
    trace = run_tokens(other, encoding, text)
    lost, axes = losses_of(trace.array("probs"), encoding.ids)
    nudges = [name, list(index), by]
    return _changed(trace, checkpoint, dict(trace.arrays) | lost, dict(trace.axes) | axes, nudges, nudged=nudges)


def prepared(checkpoint: Checkpoint | str, text: str) -> tuple[Checkpoint, Encoding]:
    """The checkpoint, and the text's tokens. UsageError where there is nothing to learn."""
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if checkpoint.config.kind != "decoder":
        raise UsageError("a step of learning needs a model that predicts the next word")
    encoding = checkpoint.tokenizer.encode(text, checkpoint.config.n_ctx)
    if len(encoding.ids) < 2:
        raise UsageError("a step of learning needs a text of two tokens or more: the first one has no true next word")
    return checkpoint, encoding


def moved(checkpoint: Checkpoint, by: dict[str, torch.Tensor]) -> Transformer | EncoderDecoder:
    """The model in float32, with something added to its weights (in float64, then rounded once)."""
    twin = build(checkpoint.config)
    state = {
        k: v.double() + by[k].double() if k in by else v.double() for k, v in checkpoint.model.state_dict().items()
    }
    twin.load_state_dict({name: value.float() for name, value in state.items()})
    return twin.eval().requires_grad_(False)


def losses_of(probs: np.ndarray, ids: Sequence[int]) -> tuple[Arrays, Axes]:
    """`truth`, `losses` and `loss` of a run of probabilities [position, vocab]."""
    following = list(ids[1:])
    truth = np.zeros(probs.shape, dtype=np.float32)
    truth[np.arange(len(following)), following] = 1.0
    lost = -np.log(probs.astype(np.float64)[np.arange(len(following)), following])
    arrays = {"truth": truth, "losses": lost.astype(np.float32), "loss": np.array(lost.mean(), dtype=np.float32)}
    return arrays, {"truth": ("position", "vocab"), "losses": ("position",), "loss": ()}


# ── autograd ─────────────────────────────────────────────────────────────────────────────────────
def slopes(checkpoint: Checkpoint, ids: Sequence[int]) -> tuple[torch.nn.Module, dict[str, torch.Tensor], Arrays, Axes]:
    """A twin of the model in float64, the gradients of its parameters, and all arrays of losses and gradients.

    Of tied weights `grad.W_E` is the derivative by both uses, `grad.W_U` that by the reading out alone; of keys and
    values that a group of heads shares it stands once for each head, as the weights do."""
    model = build(checkpoint.config).double().eval()
    model.load_state_dict(checkpoint.model.state_dict())
    told: dict[str, torch.Tensor] = {}
    axes: Axes = {}

    def listen(name: str, value: torch.Tensor, names: str) -> torch.Tensor:
        told[name] = value if value.requires_grad else value.detach().requires_grad_()
        axes[name] = tuple(names.split())
        return told[name]

    logits = model(torch.tensor(ids), tape=Tape(listen))
    probs = listen("probs", probabilities(logits), "position vocab")
    losses = -probs[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].log()
    parameters = dict(model.named_parameters())
    wanted = parameters | told
    grads = torch.autograd.grad(losses.mean(), list(wanted.values()), allow_unused=True)
    found = {n: torch.zeros_like(wanted[n]) if g is None else g for n, g in zip(wanted, grads, strict=True)}
    arrays, names = losses_of(probs.detach().numpy(), ids)
    group = checkpoint.config.n_heads // checkpoint.config.kv_heads
    shapes = checkpoint.weights
    for name, grad in found.items():
        repeated = group > 1 and name in parameters and name.endswith(SHARED)
        arrays[GRAD + name] = _array(grad.repeat_interleave(group, 0) if repeated else grad)
        names[GRAD + name] = axes[name] if name in axes else shapes[name][1]
    if checkpoint.config.tied:
        rows = told[last_rows(checkpoint.config)].detach()
        arrays[GRAD + "W_U"], names[GRAD + "W_U"] = _array(rows.T @ found["logits"]), ("d_model", "vocab")
    return model, found, arrays, names


def _array(value: torch.Tensor) -> np.ndarray:
    return np.array(value.detach().to(torch.float32).numpy())


def _changed(trace: Trace, checkpoint: Checkpoint, arrays: Arrays, axes: Axes, how: Any, **info: Any) -> Trace:
    """A trace of more, or of other weights than the checkpoint's; nobody takes it for a run of these."""
    mixed = hashlib.sha256(f"{checkpoint.hash} {how}".encode()).hexdigest()
    about = trace.info | {"checkpoint_hash": mixed} | info
    return Trace(arrays, axes, trace.tokens, trace.ids, trace.unknown, trace.config, trace.vocabulary, about)


# ── a slope by itself ────────────────────────────────────────────────────────────────────────────
@dataclass
class Slopes:
    """The derivative of a trace's loss by any of its numbers, as a central difference of two more runs.

    The model is built again from the weights that the trace holds: nothing of autograd, nothing of the checkpoint."""

    trace: Trace
    by: float = 1e-5

    def __post_init__(self) -> None:
        config = self.trace.config
        with torch.random.fork_rng(devices=[]):
            self.model = build(config).double().eval().requires_grad_(False)
        group = config.n_heads // config.kv_heads
        state = {}
        for name in self.model.state_dict():
            values = self.trace.array(name)
            state[name] = torch.tensor(values[::group] if group > 1 and name.endswith(SHARED) else values).double()
        self.model.load_state_dict(state)

    def at(self, name: str, index: tuple[int, ...]) -> float:
        """∂ loss / ∂ of one number, by its name in the run and its index there."""
        high, low = (self.loss(name, index, sign * self.by) for sign in (1, -1))
        return (high - low) / (2 * self.by)

    @torch.no_grad()
    def loss(self, name: str, index: tuple[int, ...], by: float) -> float:
        """The loss with that number moved by so much, and all that follows from it."""
        ids, parameters = self.trace.ids, dict(self.model.named_parameters())
        group = self.trace.config.n_heads // self.trace.config.kv_heads
        place = (index[0] // group, *index[1:]) if group > 1 and name.endswith(SHARED) else index
        reads_out = name == "W_U" and name not in parameters

        def listen(told: str, value: torch.Tensor, axes: str) -> torch.Tensor:
            if told == name or (reads_out and told == "logits"):
                value = value.clone()
                value[(slice(None), index[1]) if reads_out else index] += by * rows[:, index[0]] if reads_out else by
            elif reads_out and told == last:
                rows.copy_(value)
            return value

        last = last_rows(self.trace.config)
        rows = torch.zeros(len(ids), self.trace.config.d_model, dtype=torch.float64)
        if name in parameters:
            parameters[name][place] += by
        try:
            with one_thread():
                logits = self.model(torch.tensor(ids), tape=Tape(listen))
        finally:
            if name in parameters:
                parameters[name][place] -= by
        probs = listen("probs", probabilities(logits), "position vocab")
        return float(-probs[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].log().mean())
