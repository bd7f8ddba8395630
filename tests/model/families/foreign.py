"""Small models of other families with random weights, made by `transformers`, and what it computes with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = "the old dog chased young cat and it slept on a mat while rain fell".split()
TEXT = "the old dog chased the young cat and the cat slept"
V = 40
LLAMA = dict(vocab_size=V, hidden_size=24, intermediate_size=36, num_hidden_layers=3, max_position_embeddings=64)
LLAMA |= dict(num_attention_heads=4, num_key_value_heads=2, head_dim=8, rms_norm_eps=1e-5)
FOUR = dict(LLAMA, num_hidden_layers=4)
RAMP = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
BERT = dict(vocab_size=V, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40)
T = transformers

KINDS: dict[str, Callable[[], Any]] = {
    "GPT-2": lambda: T.GPT2LMHeadModel(T.GPT2Config(vocab_size=V, n_positions=32, n_embd=24, n_layer=3, n_head=4)),
    "GPT-2, untied": lambda: T.GPT2LMHeadModel(
        T.GPT2Config(
            vocab_size=V,
            n_positions=32,
            n_embd=24,
            n_layer=2,
            n_head=3,
            n_inner=30,
            activation_function="relu",
            tie_word_embeddings=False,
        )
    ),
    "Llama 2": lambda: T.LlamaForCausalLM(T.LlamaConfig(**LLAMA | dict(num_key_value_heads=4, head_dim=6))),
    "Llama 3": lambda: T.LlamaForCausalLM(
        T.LlamaConfig(
            **LLAMA,
            tie_word_embeddings=True,
            rope_parameters=dict(rope_theta=500.0, original_max_position_embeddings=16, **RAMP),
        )
    ),
    "Llama with biases": lambda: T.LlamaForCausalLM(
        T.LlamaConfig(
            **LLAMA, attention_bias=True, rope_parameters=dict(rope_theta=1e4, rope_type="linear", factor=2.0)
        )
    ),
    "Mistral": lambda: T.MistralForCausalLM(T.MistralConfig(**LLAMA, sliding_window=4)),
    "Qwen 2": lambda: T.Qwen2ForCausalLM(T.Qwen2Config(**{k: v for k, v in LLAMA.items() if k != "head_dim"})),
    "Qwen 2, windows": lambda: T.Qwen2ForCausalLM(
        T.Qwen2Config(
            **{k: v for k, v in LLAMA.items() if k != "head_dim"},
            use_sliding_window=True,
            sliding_window=3,
            max_window_layers=1,
        )
    ),
    "Qwen 3": lambda: T.Qwen3ForCausalLM(T.Qwen3Config(**LLAMA, tie_word_embeddings=True)),
    "Gemma": lambda: T.GemmaForCausalLM(T.GemmaConfig(**LLAMA | dict(num_key_value_heads=1))),
    "Gemma 2": lambda: T.Gemma2ForCausalLM(
        T.Gemma2Config(
            **FOUR, query_pre_attn_scalar=12, sliding_window=4, attn_logit_softcapping=2.0, final_logit_softcapping=1.5
        )
    ),
    "Gemma 3": lambda: T.Gemma3ForCausalLM(
        T.Gemma3TextConfig(
            **FOUR,
            query_pre_attn_scalar=8,
            sliding_window=4,
            layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
            rope_parameters={
                "sliding_attention": dict(rope_type="default", rope_theta=100.0),
                "full_attention": dict(rope_type="linear", rope_theta=1e4, factor=8.0),
            },
        )
    ),
    "BERT": lambda: T.BertForMaskedLM(T.BertConfig(**BERT, max_position_embeddings=32)),
    "BERT without head": lambda: T.BertModel(T.BertConfig(**BERT, max_position_embeddings=32), add_pooling_layer=True),
}


@dataclass(frozen=True)
class Made:
    """What `transformers` computes with a model on TEXT."""

    ids: list[int]
    logits: torch.Tensor | None
    patterns: tuple[torch.Tensor, ...]
    residuals: tuple[torch.Tensor, ...]


def tokenizer(around: bool) -> Tokenizer:
    """Whole words, on pieces' names; around: with the tokens that BERT puts before and after a text."""
    names = ["[UNK]", "[CLS]", "[SEP]", *WORDS]
    made = Tokenizer(models.WordLevel({name: place for place, name in enumerate(names)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens(["[CLS]", "[SEP]"])
    if around:
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
        )
    return made


@cache
def model(kind: str) -> Any:
    """A model of a kind whose weights are all away from where they start, norms and biases too."""
    torch.manual_seed(7)
    made = KINDS[kind]().eval()
    made.set_attn_implementation("eager")
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return made


def write(kind: str, folder: Path, **options: Any) -> Path:
    """The folder that `transformers` writes, with a tokenizer.json."""
    model(kind).save_pretrained(folder, **options)
    tokenizer("BERT" in kind).save(str(folder / "tokenizer.json"))
    return folder


def compute(theirs: Any, ids: tuple[int, ...]) -> Made:
    with torch.no_grad():
        out = theirs(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    logits = out.logits[0] if "logits" in out else None
    return Made(list(ids), logits, tuple(a[0] for a in out.attentions), tuple(h[0] for h in out.hidden_states))
