"""What the readers of all families share: entries of a config that are all accounted for, tensors that are all used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from model.errors import ClearheadError
from model.files import read_json
from model.net.config import ModelConfig
from model.text.tokenizer import Tokenizer

REQUIRED: Any = object()
POINTER = b"version https://git-lfs"  # what a checkout without git-lfs has in place of a file
FLOATS = (torch.float32, torch.float16, torch.bfloat16)
# Entries of a Hugging Face config that do not change what is computed from one text.
HARMLESS = re.compile(
    r"_name_or_path|architectures|(torch_)?dtype|transformers_version|model_type|use_cache|cache_implementation"
    r"|(bos|eos|pad|sep|cls|mask|unk|decoder_start)_token_id|initializer_range|gradient_checkpointing|output_\w+"
    r"|return_dict|chunk_size_feed_forward|problem_type|id2label|label2id|finetuning_task|task_specific_params"
    r"|.*(dropout|pdrop)(_prob)?|summary_\w+|torchscript|_attn_implementation|attn_implementation|unsloth_\w+"
    r"|is_llama_config|transformers\.js_config|max_window_layers|reorder_and_upcast_attn|n_ctx|model_max_length"
    r"|_num_labels|pooler_\w+|directionality|n_special|predict_special_tokens|_attn_implementation_autoset"
    r"|tokenizer_class|vocab_size_or_config_json_file|max_sequence_length|(min|max)_length|do_sample|early_stopping"
    r"|temperature|top_[kp]|typical_p|num_beams|num_beam_groups|num_return_sequences|(length|repetition)_penalty"
)
NEUTRAL = {  # entries that change the computation but for this value
    "is_encoder_decoder": False,
    "is_decoder": False,
    "add_cross_attention": False,
    "pretraining_tp": 1,
    "rope_interleaved": False,
    "pruned_heads": {},
    "use_mrope": False,
    "use_bidirectional_attention": False,
    "quantization_config": None,
}


@dataclass(frozen=True)
class Read:
    """What a reader makes of foreign files: weights by our names, and the files that it all came from."""

    config: ModelConfig
    weights: dict[str, Tensor]
    tokenizer: Tokenizer
    files: tuple[Path, ...]


class Entries:
    """The entries of a config, each of which is taken, does not matter, or is refused."""

    def __init__(self, values: Mapping[str, Any], where: str):
        self.values, self.where, self.taken = values, where, set[str]()

    def take(self, name: str, default: Any = REQUIRED) -> Any:
        """An entry, or its default where it is missing or null."""
        self.taken.add(name)
        value = self.values.get(name)
        if value is None and default is REQUIRED:
            raise ClearheadError(f"{self.where} has no {name}")
        return default if value is None else value

    def size(self, name: str, default: Any = REQUIRED) -> int:
        value = self.take(name, default)
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        if type(value) is not int or value < 1:
            raise ClearheadError(f"{self.where}: {name} is {value!r}, must be a whole number above 0")
        return value

    def number(self, name: str, default: Any = REQUIRED) -> float:
        """One above 0."""
        value = self.take(name, default)
        if type(value) not in (int, float) or not 0 < value < float("inf"):
            raise ClearheadError(f"{self.where}: {name} is {value!r}, must be a number above 0")
        return float(value)

    def window(self) -> int:
        """How many keys a query sees where it does not see all: null says nothing of it, and nothing is guessed."""
        if self.values.get("sliding_window", 0) is None:
            raise ClearheadError(f"{self.where}: sliding_window is null, although layers have a window")
        return self.size("sliding_window", 4096)

    def one_of(self, name: str, known: Mapping[Any, Any], default: Any = REQUIRED) -> Any:
        """What a value means; refused where it is none of those known."""
        value = self.take(name, default)
        if not isinstance(value, (str, int, float)) or value not in known:
            raise ClearheadError(f"{self.where}: {name} {value!r} is not supported, only {', '.join(map(str, known))}")
        return known[value]

    def done(self) -> None:
        """Refuses what nobody has taken and may change the computation."""
        for name, value in self.values.items():
            if name in self.taken or HARMLESS.fullmatch(name):
                continue
            if name in NEUTRAL and (not value or value == NEUTRAL[name]):
                continue
            if name == "auto_map":
                raise ClearheadError(f"{self.where} asks to run code of its own (auto_map): that is never done")
            raise ClearheadError(f"{self.where}: {name} = {value!r} is not supported")


class Weights:
    """The tensors of a checkpoint by name, as float32; each is taken once, and what is left over is refused."""

    def __init__(self, tensors: Mapping[str, Callable[[], Tensor]], where: str):
        self.tensors, self.where = dict(tensors), where

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def take(self, name: str, *shape: int) -> Tensor:
        """Raises ClearheadError where it is missing, of another shape, or not of floating-point numbers."""
        if name not in self.tensors:
            raise ClearheadError(f"{self.where} has no tensor {name}")
        value = self.tensors.pop(name)()
        if value.dtype not in FLOATS:
            raise ClearheadError(f"{self.where}: {name} holds {value.dtype}, not float32, float16 or bfloat16")
        if tuple(value.shape) != shape:
            raise ClearheadError(f"{self.where}: {name} is {tuple(value.shape)}, the config says {shape}")
        return value.float()

    def unembedding(self, name: str, tied: bool, embedding: Tensor) -> dict[str, Tensor]:
        """W_U. A tied model's file may hold it as well; then it must be the embedding."""
        if not tied:
            return {"W_U": self.take(name, *embedding.shape).T}
        if name in self and not torch.equal(self.take(name, *embedding.shape), embedding):
            raise ClearheadError(f"{self.where}: {name} is not the embedding, although the config ties them")
        return {}

    def under(self, prefix: str) -> str:
        """The prefix, where the names have it: a bare model's have none."""
        return prefix if any(name.startswith(prefix) for name in self.tensors) else ""

    def done(self, harmless: str) -> None:
        """Refuses tensors that nobody has taken but for those whose names match."""
        left = [name for name in self.tensors if not re.fullmatch(harmless, name)]
        if left:
            raise ClearheadError(f"{self.where}: the tensor {left[0]} is not supported")


def safetensors_of(folder: Path) -> tuple[Weights, list[Path]]:
    """The tensors in model.safetensors, or in the shards that model.safetensors.index.json lists, and those files."""
    index, whole = folder / "model.safetensors.index.json", folder / "model.safetensors"
    files = [whole]
    if not whole.is_file():
        if not index.is_file():
            raise ClearheadError(
                f"{folder} has no model.safetensors: weights in other formats are not read; save them again with "
                "model.save_pretrained(folder, safe_serialization=True)"
            )
        listed = read_json(index).get("weight_map")
        names = sorted(set(map(str, listed.values()))) if isinstance(listed, dict) else []
        if not names or any(Path(name).name != name for name in names):
            raise ClearheadError(f"{index} does not list files of its folder")
        files = [folder / name for name in names]
    tensors: dict[str, Callable[[], Tensor]] = {}
    for file in files:
        try:
            handle: Any = safe_open(str(file), "pt")
            tensors |= {name: partial(handle.get_tensor, name) for name in handle.keys()}
        except (SafetensorError, OSError) as error:
            raise ClearheadError(f"{file} cannot be read as safetensors: {error}{hint(file)}") from error
    return Weights(tensors, str(folder)), files


def hint(file: Path) -> str:
    """What may be done about weights that cannot be read."""
    try:
        with file.open("rb") as opened:
            first = opened.read(len(POINTER))
    except OSError:
        return ""
    return "; it is git-lfs' pointer to them: git lfs pull" if first == POINTER else "; is it whole? Download it again"


def heads(weight: Tensor, n: int) -> Tensor:
    """A linear layer (head · d_head, d_model) as (head, d_model, d_head)."""
    return weight.reshape(n, -1, weight.shape[1]).transpose(1, 2)


def heads_out(weight: Tensor, n: int) -> Tensor:
    """A linear layer (d_model, head · d_head) as (head, d_head, d_model)."""
    return weight.T.reshape(n, -1, weight.shape[0])
