"""Neurons of an MLP: what each asks of a row, what it answers, where it answers loudest, and what it is good for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.paths import ASSETS
from model.study.heard import heard

Pair = tuple[int, int]  # (layer, neuron)
SENTENCES, OF_LARGE = 600, 300  # of the held-out text, by which neurons are told; a large model takes 12 ms for each
SHORTEST, LONGEST = 3, 16  # words of a sentence


@dataclass(frozen=True)
class Neuron:
    """One neuron at one position: post = activation(x · its column of W_in + b), which scales its row of W_out.

    With SwiGLU the gate's column takes the place of W_in's, and what comes out is multiplied by x · W_in (Shazeer
    2020)."""

    trace: Trace
    layer: int
    index: int
    position: int

    def __getitem__(self, name: str) -> Tensor:
        """A tensor of the block ("mlp.post"). UsageError if there is none."""
        return self.trace[f"blocks.{self.layer}.{name}"]

    @property
    def gated(self) -> bool:
        return self.trace.config.gated

    @cached_property
    def x(self) -> Tensor:
        """The row that the MLP reads [d_model]."""
        name = "ln2.normalized" if self.trace.config.norm_first else "resid_mid"
        return self[name][self.position]

    @cached_property
    def asks(self) -> Tensor:
        """What the row is multiplied by [d_model]."""
        return self["mlp.W_gate" if self.gated else "mlp.W_in"][:, self.index]

    @cached_property
    def bias(self) -> Tensor | None:
        """What is added, or None where the model (or the gate) has no such number."""
        return None if self.gated or not self.trace.config.mlp_bias else self["mlp.b_in"][self.index]

    @cached_property
    def pre(self) -> Tensor:
        return self["mlp.pre"][self.position, self.index]

    @cached_property
    def post(self) -> Tensor:
        return self["mlp.post"][self.position, self.index]

    @cached_property
    def answers(self) -> Tensor:
        """Its row of W_out [d_model]."""
        return self["mlp.W_out"][self.index]

    @cached_property
    def write(self) -> Tensor:
        """What it adds to the stream [d_model]."""
        return self.post * self.answers

    @cached_property
    def says(self) -> Tensor:
        """How its answer raises and lowers the words of the vocabulary: its row of W_out · W_U [vocab].

        Read off directly, as in the logit lens (nostalgebraist 2020): what comes between is left out."""
        return self.answers @ self.trace["W_U"]


def activated(trace: Trace, x: Tensor) -> Tensor:
    """The activation of the model's MLPs, of numbers of any shape (of SwiGLU: that of its gate)."""
    kind = trace.config.activation
    ways = {"relu": x.relu, "gelu": x.gelu, "gelu_tanh": x.gelu_tanh, "swiglu": x.silu, "geglu_tanh": x.gelu_tanh}
    return ways[kind]()


def candidates(trace: Trace, position: int, count: int, layer: int | None = None) -> list[Pair]:
    """The neurons whose writes at a position change the likeliest next word's logit most, read off directly."""
    word = int(np.argmax(trace.array("probs")[position]))
    towards = trace.array("W_U")[:, word] - trace.array("W_U").mean(axis=1)
    layers = range(trace.config.n_layers) if layer is None else [layer]
    effects: dict[Pair, float] = {}
    for at in layers:
        post, W_out = trace.array(f"blocks.{at}.mlp.post")[position], trace.array(f"blocks.{at}.mlp.W_out")
        effects |= {(at, n): abs(float(e)) for n, e in enumerate(post * (W_out @ towards))}
    return sorted(effects, key=lambda pair: -effects[pair])[:count]


def most_telling(trace: Trace, position: int, without: Mapping[Pair, Trace]) -> Pair:
    """Of neurons that were switched off, the one without which most of the next word's probability goes elsewhere."""
    before = trace.array("probs")[position]
    return max(without, key=lambda pair: float(abs(without[pair].array("probs")[position] - before).sum()))


def loudest(model: str, layer: int, neuron: int, count: int) -> tuple[tuple[str, int], ...]:
    """Where a neuron answers loudest in the held-out text: (a sentence as far as there, the position), loudest first.

    Of places with the same words up to there one counts."""
    found: dict[str, tuple[float, int]] = {}
    for texts, posts in _outputs(model, layer):
        for place in np.argsort(-posts[..., neuron], axis=None)[: 2 * count]:
            which, position = divmod(int(place), posts.shape[1])
            text = " ".join(texts[which].split()[: position + 1])
            found[text] = float(posts[which, position, neuron]), position
    best = sorted(found, key=lambda text: -found[text][0])[:count]
    return tuple((text, found[text][1]) for text in best)


@lru_cache(maxsize=8)
def _outputs(model: str, layer: int) -> list[tuple[list[str], np.ndarray]]:
    """Sentences, and the outputs of an MLP's neurons [sentence, position, d_mlp], for each length; of those sentences
    that the model reads word by word."""
    from model.runs.checkpoints import load
    from model.runs.recording import one_thread

    checkpoint, texts = load(model), dict[int, list[str]]()
    for sentence in sentences()[: OF_LARGE if checkpoint.large else None]:
        if not (encoding := checkpoint.tokenizer.encode(sentence)).unknown:
            if len(encoding.ids) == len(sentence.split()):
                texts.setdefault(len(encoding.ids), []).append(sentence)
    found = []
    for same in texts.values():
        ids = np.array([checkpoint.tokenizer.encode(one).ids for one in same])
        with one_thread():
            (post,) = heard(checkpoint, ids, [f"blocks.{layer}.mlp.post"])
        found.append((same, post.float().numpy()))
    return found


@lru_cache(maxsize=1)
def sentences() -> tuple[str, ...]:
    """The sentences of the held-out text that are neither very short nor long, each once, in its order."""
    lines = (ASSETS / "corpora/heldout.txt").read_text(encoding="utf-8").splitlines()
    whole = [sentence.strip() for line in lines for sentence in line.split(" . ") if '"' not in sentence]
    short = [sentence for sentence in whole if SHORTEST <= len(sentence.split()) <= LONGEST]
    return tuple(dict.fromkeys(short))[:SENTENCES]
