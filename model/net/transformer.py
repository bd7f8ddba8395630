"""The transformer: embed, add positions, pass the blocks, unembed."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from model.net.config import ModelConfig
from model.net.layers import SILENT, Block, Part, Tape, norm, rotary_angles, sinusoids


class Stack(Part):
    """Token embedding, positions and blocks: a whole encoder or decoder without the last step to the vocabulary."""

    W_E: Tensor
    W_pos: Tensor

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
        if config.embed_norm:
            self.ln_embed = norm(config)
        causal = config.causal if causal is None else causal
        self.blocks = nn.ModuleList(Block(config, causal, cross) for _ in range(config.n_layers))
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
        angles = None
        if self.config.positions in ("learned", "sinusoidal"):
            places = self.W_pos[start:end] if positions else torch.zeros_like(self.W_pos[start:end])
            x = x + tape("pos_embed", places.expand_as(x), "position d_model")
        elif self.config.positions == "rotary" and positions:
            angles = tape(
                "rotary_angles",
                rotary_angles(end, self.config.d_head, self.config.rotary_base)[start:].to(x.device),
                "position pair",
            )
        if self.config.embed_norm:
            x = self.ln_embed(x, tape.at("ln_embed"))
        for layer, block in enumerate(self.blocks):
            x = block(x, tape.at(f"blocks.{layer}"), angles, memory, padding, memory_padding)
        return self.ln_final(x, tape.at("ln_final")) if self.config.norm_first else x


class Transformer(Stack):
    """A decoder-only (GPT) or encoder-only (BERT) model with its unembedding."""

    W_U: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        if not config.tied:
            self.weight("W_U", d_model=config.d_model, vocab=config.vocab_size)

    @property
    def unembedding(self) -> Tensor:  # (d_model, vocab)
        return self.W_E.T if self.config.tied else self.W_U

    def forward(self, tokens: Tensor, tape: Tape = SILENT, positions: bool = True, start: int = 0) -> Tensor:
        """Logits of the next token at every position. (…, position) → (…, position, vocab)"""
        x = self.stream(tokens, tape, positions, start=start)
        return tape("logits", x @ self.unembedding, "position vocab")


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
