"""The KV cache: keys and values of what was read stay, so that the model goes on from where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.layers import SILENT, Tape
from model.net.transformer import Transformer


class Cache:
    """What a decoder has read so far; `read` reads on (Pope et al. 2022, § 3.3).

    It listens to the model's tape: where attention has computed the keys and values of the new tokens, it hands back
    all of them, the kept ones first. Nothing else of the earlier tokens is needed, because a causal model's rows do not
    change with what comes after. Heads of a group share one key and one value, and one is kept.
    """

    def __init__(self, model: Transformer):
        if model.config.kind != "decoder":
            raise UsageError("only a model whose words look back can keep keys and values")
        self.model, self.length = model, 0
        self.group = model.config.n_heads // model.config.kv_heads
        self.kept: dict[str, Tensor] = {}
        still = "k_norm.normalized" if model.config.qk_norm else "k"
        keys = "rot_k" if model.config.positions == "rotary" else still  # as they meet the queries
        self.names = (f".attn.{keys}", ".attn.v")

    @property
    def size(self) -> int:
        """How many numbers are kept."""
        return sum(one.numel() for one in self.kept.values())

    def keeps(self, name: str) -> bool:
        """Whether a tensor of that name is kept."""
        return name.endswith(self.names)

    def keep(self, length: int, computed: Mapping[str, Tensor]) -> None:
        """As if that many tokens had been read already: their keys and values [head, position, d_head], by name."""
        self.length = length
        self.kept = {name: value[:: self.group, :length] for name, value in computed.items()}

    @torch.no_grad()
    def read(self, tokens: Tensor, tape: Tape = SILENT, last: bool = False) -> Tensor:
        """The logits of the new tokens (…, position) alone, or of the last of them. (…, position, vocab)

        tape: hears what is computed, which is the new tokens' part of everything."""
        logits: Tensor = self.model(tokens, tape=Tape(partial(self._extend, tape)), start=self.length, last=last)
        self.length += tokens.shape[-1]
        return logits

    def __call__(self, *tokens: Tensor, tape: Tape = SILENT) -> Tensor:
        """As a model is called."""
        (text,) = tokens
        return self.read(text, tape)

    @property
    def config(self) -> ModelConfig:
        """That of the model."""
        return self.model.config

    def _extend(self, tape: Tape, name: str, value: Tensor, axes: str) -> Tensor:
        value = tape(name, value, axes)
        if not self.keeps(name):
            return value
        one = value[..., :: self.group, :, :]  # (…, key/value head, position, d_head)
        if name in self.kept:  # one reading goes on as many
            one = torch.cat([self.kept[name].expand(*one.shape[:-2], -1, -1), one], -2)
        self.kept[name] = one
        return self.kept[name].repeat_interleave(self.group, dim=-3)
