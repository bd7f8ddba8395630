"""Checkpoints: a folder of config.json, model.safetensors, tokenizer.json, and what is known of its training.

Folders of other programs are read by `model/families`. Nothing in a checkpoint is ever run as code.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from model import families
from model.errors import ClearheadError, UsageError
from model.families import packages
from model.files import read_json, replacing, write_json
from model.net.config import ModelConfig
from model.net.layers import weight_axes
from model.net.transformer import EncoderDecoder, Transformer, build
from model.paths import ASSETS
from model.text.tokenizer import Tokenizer

SHIPPED = ASSETS / "checkpoints"
FORMAT = "clearhead-1"
SOURCE = "source_tokenizer.json"
EXACT_BELOW = 20_000_000  # parameters; larger models run in float32
SHARED = ("W_K", "W_V", "b_K", "b_V")  # by the heads of a group

Weights = dict[str, tuple[np.ndarray, tuple[str, ...]]]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model with its tokenizer; `step` is set for a snapshot taken during training."""

    name: str
    path: Path
    config: ModelConfig
    tokenizer: Tokenizer
    model: Transformer | EncoderDecoder
    hash: str
    training: dict[str, Any]
    step: int | None = None
    source_tokenizer: Tokenizer | None = None  # of an encoder–decoder whose encoder reads other words than it writes

    @property
    def reads(self) -> Tokenizer:
        """The tokenizer of what is read: of an encoder–decoder, what its encoder reads."""
        return self.source_tokenizer or self.tokenizer

    @cached_property
    def large(self) -> bool:
        """Whether it is so large that it runs in float32, and that not every run of it can be tried and kept."""
        return sum(parameter.numel() for parameter in self.model.parameters()) >= EXACT_BELOW

    @cached_property
    def exact(self) -> Transformer | EncoderDecoder:
        """The model in float64: its results, rounded once to float32, are the same on every machine."""
        twin = build(self.config).double().eval()
        twin.load_state_dict(self.model.state_dict())
        return twin.requires_grad_(False)

    @cached_property
    def weights(self) -> Weights:
        """All weights by name, with their axes; every run of the model shares these arrays."""
        return weights(self.model)

    def history(self) -> dict[str, Any]:
        """The loss along the training run, in nats per token: {"step": […], "loss": […], "heldout": {the same}}."""
        return self._json("history.json")

    def report(self) -> dict[str, Any]:
        """What was measured after training: held-out losses beside the baselines, and the scores of the heads."""
        return self._json("report.json")

    def snapshots(self) -> list[int]:
        """The training steps at which a snapshot was taken; the last one is the checkpoint itself."""
        steps = sorted(
            int(file.stem.removeprefix("step-")) for file in (self.path / "snapshots").glob("step-*.safetensors")
        )
        return [*steps, self.training["steps"]] if steps else []

    def guided(self, layer: int, head: int) -> int:
        """In how many steps of training, the last ones, this head was told where to look (model.training.guidance)."""
        told = self.training.get("told", {}).values()
        return int(self.training["guided"]) if [layer, head] in map(list, told) else 0

    def at(self, step: int) -> Checkpoint:
        """The checkpoint as it was after `step` steps of training."""
        if step not in self.snapshots():
            raise UsageError(
                f"{self.name} has no snapshot at step {step}; there are {', '.join(map(str, self.snapshots()))}"
            )
        if step == self.training["steps"]:
            return replace(self, step=step)
        file = self.path / "snapshots" / f"step-{step:06d}.safetensors"
        return replace(
            self, model=_model(self.config, file), hash=_hash([file, *_tokenizers(self.path)], self.config), step=step
        )

    def _json(self, file: str) -> dict[str, Any]:
        return read_json(self.path / file)


def weights(model: Transformer | EncoderDecoder) -> Weights:
    """All weights by name, with their axes. Shared key/value heads appear once for every query head that uses them."""
    groups = model.config.n_heads // model.config.kv_heads
    axes = weight_axes(model)
    found = {}
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        values = value.detach().numpy()
        if groups > 1 and name.endswith(SHARED):
            values = values.repeat(groups, axis=0)
        found[name] = values, axes[name]
    if "W_U" not in found and model.config.unembeds:  # tied: the embedding read the other way
        found["W_U"] = model.unembedding.detach().numpy(), ("d_model", "vocab")
    return found


def names() -> list[str]:
    """The shipped checkpoints."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/model.safetensors"))


def load(name: str | Path) -> Checkpoint:
    """A shipped or installed checkpoint by name, or any folder by path, of another program too (docs/models.md).

    Raises ClearheadError when it cannot be read."""
    path = Path(name).expanduser()
    shipped = SHIPPED / str(name)
    if str(name) in names():
        path = shipped
    elif (found := packages.installed(str(name))) is not None:
        path = found
    elif not str(name).strip() or not path.exists():
        hub = str(name).count("/") == 1 and not str(name).startswith((".", "/", "~"))
        first = "; from a hub it must be downloaded first" if hub else ""
        raise UsageError(f"no checkpoint {str(name)!r}; there are {', '.join(names())}, or give a folder{first}")
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    return _load(Path(os.path.abspath(path)), max(file.stat().st_mtime_ns for file in files if file.exists()))


@cache
def _load(path: Path, _changed: int) -> Checkpoint:
    foreign = families.read(path)
    if foreign is not None:
        model = _fitted(foreign.config, foreign.weights, path, empty=True)
        hashed = _hash(foreign.files, foreign.config)
        called = path.name if path.is_dir() else path.stem
        return Checkpoint(called, path, foreign.config, foreign.tokenizer, model, hashed, {})
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (path / file).is_file():
            raise ClearheadError(
                f"{path} is not a Clearhead checkpoint: it has no {file}; shipped ones are {', '.join(names())}"
            )
    about = read_json(path / "config.json")
    if about.get("format") != FORMAT or not isinstance(about.get("model"), dict):
        raise ClearheadError(
            f"{path / 'config.json'} is of another program (no format {FORMAT!r}); "
            f"shipped checkpoints are {', '.join(names())}"
        )
    config = ModelConfig.from_dict(about["model"])
    tokenizer = Tokenizer.load(path / "tokenizer.json", about.get("display", {}))
    if len(tokenizer) != config.vocab_size:
        raise ClearheadError(f"{path}: the tokenizer has {len(tokenizer)} words, the model {config.vocab_size}")
    source = path / SOURCE
    source_tokenizer = Tokenizer.load(source, about.get("source_display", {})) if source.is_file() else None
    if len(source_tokenizer or tokenizer) != (config.source_vocab_size or config.vocab_size):
        raise ClearheadError(f"{path}: its encoder reads {config.source_vocab_size} words, {SOURCE} has others")
    files = [path / "model.safetensors", *_tokenizers(path)]
    return Checkpoint(
        about.get("name", path.name),
        path,
        config,
        tokenizer,
        _model(config, files[0]),
        _hash(files, config),
        about.get("training", {}),
        source_tokenizer=source_tokenizer,
    )


def _tokenizers(folder: Path) -> list[Path]:
    return [file for file in (folder / "tokenizer.json", folder / SOURCE) if file.is_file()]


def save(
    path: Path,
    name: str,
    model: Transformer | EncoderDecoder,
    tokenizer: Tokenizer,
    training: dict[str, Any],
    half: bool = False,
    source_tokenizer: Tokenizer | None = None,
) -> None:
    """Writes config.json, model.safetensors and tokenizer.json; with `half` the weights are stored in float16.

    source_tokenizer: of the words that the encoder of an encoder–decoder reads, where they are others."""
    path.mkdir(parents=True, exist_ok=True)
    save_weights(model, path / "model.safetensors", half)
    tokenizer.save(path / "tokenizer.json")
    about = {
        "format": FORMAT,
        "name": name,
        "model": model.config.to_dict(),
        "training": training,
        "display": tokenizer.display,
    }
    if source_tokenizer:
        source_tokenizer.save(path / SOURCE)
        about["source_display"] = source_tokenizer.display
    write_json(path / "config.json", about)


def save_weights(model: torch.nn.Module, file: Path, half: bool) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    dtype = torch.float16 if half else torch.float32
    weights = {name: value.detach().to(dtype).contiguous() for name, value in model.state_dict().items()}
    with replacing(file) as partial:
        save_file(weights, partial)
        partial.chmod(0o644)


def _model(config: ModelConfig, file: Path) -> Transformer | EncoderDecoder:
    try:
        weights = load_file(file)
    except (SafetensorError, OSError) as error:
        raise ClearheadError(f"{file} cannot be read as safetensors: {error}") from error
    return _fitted(config, weights, file)


def _fitted(
    config: ModelConfig, weights: Mapping[str, torch.Tensor], file: Path, empty: bool = False
) -> Transformer | EncoderDecoder:
    """A model with these weights. empty: built without numbers of its own, which takes no time for large ones (and is
    not for a model that computes its positions)."""
    with torch.random.fork_rng(devices=[]):  # its random start is thrown away: nobody's random numbers change
        with torch.device("meta") if empty else nullcontext():
            model = build(config)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if expected != found:
        wrong = min(name for name in expected | found if expected.get(name) != found.get(name))
        raise ClearheadError(
            f"{file} does not fit its config: {wrong} is {found.get(wrong, 'missing')}, "
            f"should be {expected.get(wrong, 'absent')}"
        )
    if not all(value.isfinite().all() for value in weights.values()):
        raise ClearheadError(f"{file} holds numbers that are not finite")
    model.load_state_dict({name: value.float() for name, value in weights.items()}, assign=True)
    return model.eval().requires_grad_(False)


def _hash(files: Iterable[Path], config: ModelConfig) -> str:
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode())
    for file in files:
        with file.open("rb") as stream:
            while part := stream.read(1 << 24):
                digest.update(part)
    return digest.hexdigest()
