"""GGUF files of the Llama family, as llama.cpp writes them, plain or quantised, through the `gguf` package.

llama.cpp turns neighbouring entries of queries and keys into pairs, where Llama pairs each with the one d_head/2 away,
and reorders the rows of their matrices for that: here they are put back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Regex, decoders, models, pre_tokenizers, processors
from tokenizers import Tokenizer as Backend
from torch import Tensor

from model.errors import ClearheadError
from model.families import llama
from model.families.reading import Entries, Read, Weights, hint
from model.files import write_json
from model.net.config import ModelConfig
from model.text.subwords import Subwords

TYPES = {"F32", "F16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K"}
NAMES = {  # llama.cpp's names → those of Llama's own files
    "token_embd": "embed_tokens",
    "output_norm": "norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
NAME = re.compile(r"(?:blk\.(?P<layer>\d+)\.)?(?P<part>\w+)\.weight")
SPECIAL, OWN = 3, 4  # types of pieces: signs of the model's own, and words that someone added
LLAMA_BPE = "llama-bpe"  # Llama 3's
LLAMA3 = (  # how Llama 3 cuts a text before it joins pairs
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Opened:
    """A file with what it holds: tensors by the names of Llama's own files, and the end of a text."""

    config: ModelConfig
    tensors: dict[str, Callable[[], Tensor]]
    tokenizer: Backend
    end: Any


def read(file: Path) -> Read:
    opened = _open(file)
    found = llama.tensors(opened.config, Weights(opened.tensors, str(file)))
    return Read(opened.config, found, Subwords(opened.tokenizer, opened.config.vocab_size, opened.end), (file,))


def convert(file: Path, folder: Path) -> None:
    """Writes the Hugging Face folder of a Llama that a file stands for: the same float32 numbers, quick to load."""
    opened = _open(file)
    config = opened.config
    weights = {f"model.{name}": one().contiguous() for name, one in opened.tensors.items() if name != "lm_head.weight"}
    if not config.tied:
        weights["lm_head.weight"] = opened.tensors["lm_head.weight"]().contiguous()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    opened.tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "model_type": "llama",
        "_name_or_path": file.name,
        "vocab_size": config.vocab_size,
        "hidden_size": config.d_model,
        "intermediate_size": config.d_mlp,
        "num_hidden_layers": config.n_layers,
        "num_attention_heads": config.n_heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.d_head,
        "max_position_embeddings": config.n_ctx,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rotary_base,
        "tie_word_embeddings": config.tied,
        "eos_token_id": opened.end,
    }
    write_json(folder / "config.json", about)


def _open(file: Path) -> Opened:
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise ClearheadError(f"to read {file.name} install the package gguf: pip install gguf") from error
    try:
        reader = GGUFReader(file)
        held = {name: field.contents() for name, field in reader.fields.items()}
    except Exception as error:  # the package raises whatever a broken file leads to
        raise ClearheadError(f"{file} cannot be read as GGUF: {error}{hint(file)}") from error
    if held.get("general.architecture") != "llama":
        raise ClearheadError(f"{file}: GGUF of {held.get('general.architecture')!r} is not supported, only of llama")
    own = {name: value for name, value in held.items() if name.startswith("llama.")}
    entries, parts = Entries(own, str(file)), "tokenizer.ggml."
    config = _config(entries, len(held.get(f"{parts}tokens", [])), {one.name for one in reader.tensors})
    entries.done()
    tensors = dict(_tensor(file, one, config) for one in reader.tensors)
    words = Entries({name.removeprefix(parts): value for name, value in held.items()}, f"{file}: tokenizer")
    return Opened(config, tensors, tokenizer(words), held.get(f"{parts}eos_token_id"))


def _config(entries: Entries, n_tokens: int, names: set[str]) -> ModelConfig:
    d_model, n_heads = entries.size("llama.embedding_length"), entries.size("llama.attention.head_count")
    turned = entries.size("llama.rope.dimension_count", d_model // n_heads)
    d_head = entries.size("llama.attention.key_length", turned)
    for name in ("llama.attention.value_length", "llama.rope.dimension_count"):
        entries.one_of(name, {d_head: d_head}, d_head)
    entries.one_of("llama.rope.scaling.type", {"none": None}, "none")
    return ModelConfig(
        vocab_size=entries.size("llama.vocab_size", n_tokens),
        n_ctx=entries.size("llama.context_length"),
        d_model=d_model,
        n_layers=entries.size("llama.block_count"),
        n_heads=n_heads,
        n_kv_heads=entries.size("llama.attention.head_count_kv", n_heads),
        d_head=d_head,
        d_mlp=entries.size("llama.feed_forward_length"),
        positions="rotary",
        norm="rms",
        norm_eps=entries.number("llama.attention.layer_norm_rms_epsilon"),
        activation="swiglu",
        mlp_bias=False,
        rotary_base=entries.number("llama.rope.freq_base", 10000.0),
        tied="output.weight" not in names,
    )


def _tensor(file: Path, one: Any, config: ModelConfig) -> tuple[str, Callable[[], Tensor]]:
    """A tensor's name as Llama's own files have it, and how it is had."""
    match, kind = NAME.fullmatch(one.name), one.tensor_type.name
    if match is None or match["part"] not in NAMES:
        raise ClearheadError(f"{file}: the tensor {one.name} is not supported")
    if kind not in TYPES:
        raise ClearheadError(f"{file}: {one.name} is of type {kind}; supported are {', '.join(sorted(TYPES))}")
    part = NAMES[match["part"]]
    name = f"layers.{match['layer']}.{part}.weight" if match["layer"] else f"{part}.weight"
    n = {"attn_q": config.n_heads, "attn_k": config.kv_heads}.get(match["part"])
    return name, partial(_numbers, one, n)


def _numbers(one: Any, n_heads: int | None) -> Tensor:
    """A tensor's numbers. n_heads: of a matrix whose rows llama.cpp has reordered."""
    from gguf.quants import dequantize

    values = torch.from_numpy(dequantize(one.data, one.tensor_type).copy())
    if n_heads is None:
        return values
    rows, columns = values.shape
    return values.reshape(n_heads, rows // n_heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def tokenizer(held: Entries) -> Backend:
    """The byte-pair tokenizer in a file's metadata."""
    held.one_of("model", {"gpt2": True})
    words, kinds = held.take("tokens"), held.take("token_type")
    pairs = [tuple(pair.split(" ", 1)) for pair in held.take("merges")]
    held.one_of("add_eos_token", {False: True}, False)
    ids = {word: place for place, word in enumerate(words)}
    made = Backend(models.BPE(ids, pairs, ignore_merges=held.values.get("pre") == LLAMA_BPE))  # whole words first
    made.pre_tokenizer = held.one_of("pre", CUTS)()
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([word for word, kind in zip(words, kinds, strict=True) if kind == SPECIAL])
    made.add_tokens([word for word, kind in zip(words, kinds, strict=True) if kind == OWN])
    if held.take("add_bos_token", held.values.get("pre") == LLAMA_BPE):
        first = words[held.take("bos_token_id")]
        special = [(first, held.take("bos_token_id"))]
        made.post_processor = processors.TemplateProcessing(single=f"{first} $A", special_tokens=special)
    return made


def _bytes(regex: bool) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex)


CUTS: dict[str, Callable[[], Any]] = {  # how a text is cut before pairs are joined, by llama.cpp's names
    "gpt-2": lambda: _bytes(True),
    "smollm": lambda: pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _bytes(True)]),
    LLAMA_BPE: lambda: pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), _bytes(False)]),
}
