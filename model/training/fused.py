"""The model that trains on a text of one's own: the same function as `Transformer`, in fewer and larger operations.

`Transformer` tells every intermediate result by name, which a trace needs and training does not. A batch is worked on
in two halves at once, one core each: always the same halves, added up in the same order, so that the result does not
hang on how many cores there are."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import torch
from torch import Tensor
from torch.nn import functional as F

from model.net.config import ModelConfig
from model.net.layers import Attention, Block, LayerNorm
from model.net.transformer import Transformer

IGNORED = -100  # a target that is not learned
ROWS = 256  # positions whose logits are there at once: what is made of them stays in a core's own cache


def check(config: ModelConfig) -> None:
    """Raises ValueError for a transformer that is of another kind."""
    kind = (config.kind, config.positions, config.norm, config.norm_first, config.activation, config.attention_bias)
    more = (config.mlp_bias, config.embed_norm, config.embed_scale, config.kv_heads)
    if (*kind, *more) != ("decoder", "learned", "layer", True, "gelu", False, True, False, False, config.n_heads):
        raise ValueError("only a decoder with pre-norm LayerNorm, learned positions and GELU is trained this way")


def logits(model: Transformer, tokens: Tensor) -> Tensor:
    """tokens: (window, position) → (window, position, vocab)"""
    return stream(model, tokens) @ model.unembedding


def stream(model: Transformer, tokens: Tensor) -> Tensor:
    """What is unembedded. tokens: (window, position) → (window, position, d_model)"""
    x = F.embedding(tokens, model.W_E) + model.W_pos[: tokens.shape[-1]]
    for block in model.blocks:
        assert isinstance(block, Block)
        x = x + attention(block.attn, normalized(block.ln1, x))
        mlp = block.mlp
        inner = F.gelu(torch.addmm(mlp.b_in, normalized(block.ln2, x).flatten(0, 1), mlp.W_in))
        x = x + torch.addmm(mlp.b_out, inner, mlp.W_out).view_as(x)
    return normalized(model.ln_final, x)


def normalized(norm: torch.nn.Module, x: Tensor) -> Tensor:
    assert isinstance(norm, LayerNorm)
    return F.layer_norm(x, x.shape[-1:], norm.w, norm.b, norm.eps)


def attention(attn: Attention, x: Tensor) -> Tensor:
    """All heads as one product; the sum over heads of z @ W_O is one product, too. (window, position, d_model)

    With heads of 8 numbers and 64 positions, scores in full are quicker than torch's attention that never has them."""
    windows, length, _ = x.shape
    heads, d_head = attn.config.n_heads, attn.config.d_head
    joined = torch.cat([attn.W_Q, attn.W_K, attn.W_V]).transpose(0, 1).flatten(1)  # (d_model, 3 · head · d_head)
    parts = (x @ joined).view(windows, length, 3, heads, d_head).permute(2, 0, 3, 1, 4)
    q, k, v = parts.reshape(3, windows * heads, length, d_head)
    later = torch.full((length, length), -math.inf).triu(1)
    scores = torch.baddbmm(later, q, k.transpose(1, 2), alpha=d_head**-0.5)
    z = (scores.softmax(-1) @ v).view(windows, heads, length, d_head)
    summed: Tensor = z.transpose(1, 2).flatten(2) @ attn.W_O.flatten(0, 1)
    return summed


def gradients(model: Transformer, inputs: Tensor, targets: Tensor) -> float:
    """The mean of −log p(next word) in nats over the targets that are learned; its gradients are put into `.grad`."""
    weights = list(model.parameters())
    half = partial(_half, model, weights, max(1, int((targets != IGNORED).sum())))
    middle = (len(inputs) + 1) // 2
    other = _second_core().submit(half, inputs[middle:], targets[middle:])
    loss, first = half(inputs[:middle], targets[:middle])
    more, second = other.result()
    for weight, a, b in zip(weights, first, second, strict=True):
        weight.grad = a + b
    return loss + more


def _half(
    model: Transformer, weights: list[torch.nn.Parameter], count: int, inputs: Tensor, targets: Tensor
) -> tuple[float, tuple[Tensor, ...]]:
    x, table = stream(model, inputs).flatten(0, 1), model.unembedding
    loss, of_x, of_table = _loss(x.detach(), table.detach(), targets.flatten(), count)
    return loss, torch.autograd.grad([x, table], weights, [of_x, of_table])


def _loss(x: Tensor, table: Tensor, targets: Tensor, count: int) -> tuple[float, Tensor, Tensor]:
    """The sum of −log p(next word), divided by `count`, and its slopes by x and by the table that unembeds."""
    loss, of_x, of_table = 0.0, [], torch.zeros_like(table)
    table.requires_grad_()
    for rows, following in zip(torch.split(x, ROWS), torch.split(targets, ROWS), strict=True):
        predicted = rows.requires_grad_() @ table
        part = F.cross_entropy(predicted, following, ignore_index=IGNORED, reduction="sum") / count
        slopes = torch.autograd.grad(part, [rows, table])
        loss += part.item()
        of_x.append(slopes[0])
        of_table += slopes[1]
    return loss, torch.cat(of_x), of_table


@cache
def _second_core() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "half", initializer=torch.set_num_threads, initargs=(1,))
