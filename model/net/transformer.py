"""The transformer: embed, add positions, pass the blocks, unembed."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from model.net.config import ModelConfig
from model.net.layers import SILENT, Block, Part, Tape, activate, norm, rotary_angles, sinusoids

Angles = tuple[Tensor | None, Tensor | None]  # by which queries and keys turn, in layers without and with a window


class Stack(Part):
    """Token embedding, positions and blocks: a whole encoder or decoder without the last step to the vocabulary."""

    W_E: Tensor
    W_pos: Tensor
    W_type: Tensor

    def __init__(
        self, config: ModelConfig, vocab_size: int | None = None, causal: bool | None = None, cross: bool = False
    ):
        super().__init__()
        self.config = config
        vocab_size = vocab_size or config.vocab_size
        spread = 1 / math.sqrt(config.d_model) if config.embed_scale else 0.02 if config.tied else 0.1
        self.embedding("W_E", spread, vocab=vocab_size, d_model=config.d_model)
        if config.positions == "learned":
            self.embedding("W_pos", spread, position=config.n_ctx, d_model=config.d_model)
        elif config.positions == "sinusoidal":
            self.register_buffer("W_pos", sinusoids(config.n_ctx, config.d_model), persistent=False)
            self.axes["W_pos"] = ("position", "d_model")
        if config.segments:
            self.embedding("W_type", spread, segment=config.segments, d_model=config.d_model)
        if config.embed_norm:
            self.ln_embed = norm(config)
        causal = config.causal if causal is None else causal
        self.blocks = nn.ModuleList(Block(config, causal, cross, layer) for layer in range(config.n_layers))
        if config.norm_first:  # after post-norm blocks the stream is normalised already
            self.ln_final = norm(config)

    def stream(
        self,
        tokens: Tensor,
        tape: Tape,
        positions: bool = True,
        memory: Tensor | None = None,
        start: int = 0,
        padding: Tensor | None = None,
        memory_padding: Tensor | None = None,
    ) -> Tensor:
        """The residual stream after the last block. tokens: (…, position) → (…, position, d_model)

        start: the position of the first token, where others were read before it (cache.py). padding, memory_padding:
        (batch, position), true where tokens or memory only fill up a batch."""
        end = start + tokens.shape[-1]
        embed = self.W_E[tokens] * math.sqrt(self.config.d_model) if self.config.embed_scale else self.W_E[tokens]
        x = tape("embed", embed, "position d_model")
        angles: Angles = None, None
        if self.config.positions in ("learned", "sinusoidal"):
            places = self.W_pos[start:end] if positions else torch.zeros_like(self.W_pos[start:end])
            x = x + tape("pos_embed", places.expand_as(x), "position d_model")
        elif self.config.positions == "rotary" and positions:
            angles = self.angles(start, end, tape, x.device)
        if self.config.segments:
            x = x + tape("segment_embed", self.W_type[0].expand_as(x), "position d_model")
        if self.config.embed_norm:
            x = self.ln_embed(x, tape.at("ln_embed"))
        for layer in range(len(self.blocks)):
            x = self.block(layer, x, tape, angles, memory, padding, memory_padding)
        return self.ln_final(x, tape.at("ln_final")) if self.config.norm_first else x

    def block(self, layer: int, x: Tensor, tape: Tape, angles: Angles, *more: Any) -> Tensor:
        """One block. more: as `Block` takes it."""
        windowed = self.config.window_of(layer) is not None
        out: Tensor = self.blocks[layer](x, tape.at(f"blocks.{layer}"), angles[windowed], *more)
        return out

    def again(self, layer: int, x: Tensor, tape: Tape, positions: bool = True) -> Tensor:
        """One block alone, of the stream before it, as in a pass over the whole text. (position, d_model)"""
        turns = self.config.positions == "rotary" and positions
        return self.block(layer, x, tape, self.angles(0, len(x), SILENT, x.device) if turns else (None, None))

    def angles(self, start: int, end: int, tape: Tape, device: torch.device) -> tuple[Tensor, Tensor]:
        """By how much queries and keys turn, in layers without and with a window. (position, pair) each"""
        c = self.config
        full = rotary_angles(end, c.d_head, c.rotary_base, c.rotary_factor, c.rotary_ramp)[start:].to(device)
        full = tape("rotary_angles", full, "position pair")
        if c.window_base is None:
            return full, full
        near = rotary_angles(end, c.d_head, c.window_base)[start:].to(device)
        return full, tape("rotary_angles_window", near, "position pair")


class Transformer(Stack):
    """A decoder-only (GPT) or encoder-only (BERT) model with its unembedding, if it has one."""

    W_U: Tensor
    b_U: Tensor
    W_head: Tensor
    b_head: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        if not config.unembeds:
            return
        if not config.tied:
            self.weight("W_U", d_model=config.d_model, vocab=config.vocab_size)
        if config.unembed_layer:
            self.weight("W_head", d_model=config.d_model, hidden=config.d_model)
            self.bias("b_head", hidden=config.d_model)
            self.ln_head = norm(config)
        if config.unembed_bias:
            self.bias("b_U", vocab=config.vocab_size)

    @property
    def unembedding(self) -> Tensor:  # (d_model, vocab)
        return self.W_E.T if self.config.tied else self.W_U

    def forward(
        self, tokens: Tensor, tape: Tape = SILENT, positions: bool = True, start: int = 0, last: bool = False
    ) -> Tensor:
        """Logits of the next token (an encoder: of each) at every position. (…, position) → (…, position, vocab)

        A model that does not unembed gives its stream. (…, position, d_model) last: of the last position alone."""
        x, config = self.stream(tokens, tape, positions, start=start), self.config
        x = x[..., -1:, :] if last else x
        if not config.unembeds:
            return x
        if config.unembed_layer:
            hidden = tape("head.pre", x @ self.W_head + self.b_head, "position hidden")
            hidden = tape("head.post", activate(config.activation, hidden), "position hidden")
            x = self.ln_head(hidden, tape.at("ln_head"))
        return self.unembed(x, tape)

    def unembed(self, x: Tensor, tape: Tape = SILENT) -> Tensor:
        """From the last rows, normalised, to logits. (…, position, d_model) → (…, position, vocab)"""
        logits, config = x @ self.unembedding, self.config
        if config.unembed_bias:
            logits = logits + self.b_U
        if config.logit_cap is not None:
            logits = (tape("logits_raw", logits, "position vocab") / config.logit_cap).tanh() * config.logit_cap
        return tape("logits", logits, "position vocab")


class EncoderDecoder(Part):
    """The model of *Attention Is All You Need*: an encoder reads the source, a decoder writes the target."""

    W_U: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.encoder = Stack(config, config.source_vocab_size, causal=False)
        self.decoder = Stack(config, causal=True, cross=True)
        if not config.tied:
            self.weight("W_U", d_model=config.d_model, vocab=config.vocab_size)

    @property
    def unembedding(self) -> Tensor:
        return self.decoder.W_E.T if self.config.tied else self.W_U

    def forward(
        self,
        tokens: Tensor,
        source: Tensor,
        tape: Tape = SILENT,
        positions: bool = True,
        padding: Tensor | None = None,
        source_padding: Tensor | None = None,
    ) -> Tensor:
        """tokens: (…, target position), source: (…, source position) → (…, target position, vocab)

        padding, source_padding: (batch, position), true where a shorter text of a batch is filled up. What stands in
        the rows of padding means nothing."""
        memory = self.read(source, tape, positions, source_padding)
        return self.write(tokens, memory, tape, positions, padding, source_padding)

    def read(
        self, source: Tensor, tape: Tape = SILENT, positions: bool = True, padding: Tensor | None = None
    ) -> Tensor:
        """The encoder's half: what the decoder looks at. (…, source position) → (…, source position, d_model)"""
        stream = self.encoder.stream(source, tape.at("encoder"), positions, padding=padding)
        return tape("memory", stream, "position d_model")

    def write(
        self,
        tokens: Tensor,
        memory: Tensor,
        tape: Tape = SILENT,
        positions: bool = True,
        padding: Tensor | None = None,
        memory_padding: Tensor | None = None,
    ) -> Tensor:
        """The decoder's half: logits of the next word at every position. → (…, target position, vocab)"""
        decoder = tape.at("decoder")
        x = self.decoder.stream(tokens, decoder, positions, memory, padding=padding, memory_padding=memory_padding)
        return tape("logits", x @ self.unembedding, "position vocab")


def build(config: ModelConfig) -> Transformer | EncoderDecoder:
    return EncoderDecoder(config) if config.kind == "encoder-decoder" else Transformer(config)
