"""What the model hands to the lessons: every tensor of one forward pass, by name, with its provenance. NumPy only."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from model.errors import ClearheadError, UsageError
from model.files import replacing
from model.net.config import ModelConfig
from model.numbers.tensor import Tensor

FORMAT = "clearhead-trace-1"


def of_source(name: str, axis: str) -> bool:
    """Whether the places of a tensor's axis (position, query, key or vocab) are of what an encoder reads."""
    crossing = ".cross_attn." in name and (axis == "key" or name.endswith((".k", ".v")))
    return name == "memory" or name.startswith("encoder.") or crossing


def write(arrays: Mapping[str, np.ndarray], path: Path, metadata: dict[str, str]) -> Path:
    """One .safetensors file, whole or not at all. Raises ClearheadError when the place cannot be written."""
    try:
        with replacing(path) as partial:
            save_file({name: np.ascontiguousarray(values) for name, values in arrays.items()}, partial, metadata)
    except (OSError, SafetensorError) as error:
        raise ClearheadError(f"the trace cannot be written to {path}: {error}") from error
    return path


@dataclass(frozen=True, eq=False)
class Trace:
    """One recorded forward pass. Names are TransformerLens' hook points without `hook_`; see docs/architecture.md.

    `arrays` holds float32 activations and weights, `axes` the names of their axes; `tokens` are display strings,
    `unknown` the positions read as <unk>; `info` says which checkpoint, text, seed and versions it comes from,
    and what was changed on the way (`ablate`, `patch`, `positions`, `scaled`, `cached`). `basis`: of a large model, the
    names of what all else is computed from again; of no others the digest is.
    """

    arrays: Mapping[str, np.ndarray]
    axes: Mapping[str, tuple[str, ...]]
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    unknown: tuple[int, ...]
    config: ModelConfig
    vocabulary: tuple[str, ...]
    info: dict[str, Any] = field(default_factory=dict)
    basis: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for values in self._kept.values():
            values.flags.writeable = False

    @property
    def _kept(self) -> Mapping[str, np.ndarray]:
        """What is held in memory. A run of a large model computes the rest again from it (runs/recomputed.py)."""
        kept: Mapping[str, np.ndarray] = getattr(self.arrays, "kept", self.arrays)
        return kept

    def __deepcopy__(self, memo: dict[int, Any]) -> Trace:
        return self  # immutable, and with all weights: what shows it is copied in every animation

    def __getitem__(self, name: str) -> Tensor:
        return Tensor.recorded(name, self.array(name), self.axes[name], self.run_id)

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def __len__(self) -> int:
        """The number of positions."""
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    @property
    def source_tokens(self) -> tuple[str, ...]:
        """What the encoder of an encoder–decoder reads, as display strings; nothing of other models."""
        return tuple(self.info.get("source", {}).get("tokens", ()))

    def tokens_along(self, name: str, axis: str) -> tuple[str, ...]:
        """The tokens that the places of a tensor's axis (position, query or key) stand for."""
        return self.source_tokens if of_source(name, axis) else self.tokens

    def vocabulary_along(self, name: str) -> tuple[str, ...]:
        """The display strings of the words along a tensor's vocab axis: an encoder may read others than are written."""
        read = self.info.get("source_vocabulary") if name.startswith("encoder.") else None
        return self.vocabulary if read is None else tuple(read)

    def array(self, name: str) -> np.ndarray:
        """The bare read-only array of a name. Raises UsageError with the nearest names for an unknown one."""
        if name in ("logits", "probs") and not self.config.unembeds:
            raise UsageError("this model has no unembedding, so it says no chances of words: take one that predicts")
        if name not in self.arrays:
            near = difflib.get_close_matches(name, self.arrays, n=3, cutoff=0.5)
            raise UsageError(
                f"this trace has no tensor {name!r}" + (f"; did you mean {', '.join(near)}?" if near else "")
            )
        return self.arrays[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """That of a recorded tensor, which is not computed for it. Raises UsageError as `array` does."""
        shapes: Mapping[str, tuple[int, ...]] = getattr(self.arrays, "shapes", {})
        return shapes[name] if name in shapes else self.array(name).shape

    @cached_property
    def run_id(self) -> str:
        """Tells one forward pass from another: the same for the same checkpoint, tokens and interventions."""
        key = [
            self.info.get("checkpoint_hash"),
            self.ids,
            self.info.get("ablate"),
            self.info.get("positions"),
            self.info.get("source"),
            *([self.info["neurons"]] if self.info.get("neurons") else []),
            *([self.info["stack"]] if self.info.get("stack") else []),
        ]
        if self.info.get("patch"):
            key.append(self.info["patch"])
        if self.info.get("cached"):
            key.append("cached")
        if self.info.get("scaled") is False:
            key.append("scores not divided")
        return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that was computed, or of its basis: equal digests mean equal numbers."""
        total = hashlib.sha256(json.dumps([self.run_id, self.tokens, self.config.to_dict()]).encode())
        for name in sorted(self.basis or self.arrays):
            values = self.arrays[name]
            total.update(f"{name} {values.dtype} {values.shape} {self.axes[name]}".encode())
            total.update(np.ascontiguousarray(values).data)
        return total.hexdigest()

    def save(self, path: str | Path) -> Path:
        """Writes one .safetensors file, whole or not at all. Raises ClearheadError when the place cannot be written."""
        about = {
            "format": FORMAT,
            "tokens": self.tokens,
            "ids": self.ids,
            "unknown": self.unknown,
            "config": self.config.to_dict(),
            "vocabulary": self.vocabulary,
            "info": self.info,
            "axes": {name: list(axes) for name, axes in self.axes.items()},
            "basis": self.basis,
        }
        return write(self.arrays, Path(path), {"clearhead": json.dumps(about)})

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Reads what `save` wrote. Raises ClearheadError for anything else."""
        try:
            with safe_open(str(path), "numpy") as file:
                about = json.loads((file.metadata() or {})["clearhead"])
                arrays = {name: file.get_tensor(name) for name in about["axes"]}
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']!r}")
            if not arrays.keys() >= set(basis := about.get("basis", [])):
                raise ValueError("what all is computed from is not in it")
            return cls(
                arrays,
                {name: tuple(axes) for name, axes in about["axes"].items()},
                tuple(about["tokens"]),
                tuple(about["ids"]),
                tuple(about["unknown"]),
                ModelConfig.from_dict(about["config"]),
                tuple(about["vocabulary"]),
                about["info"],
                tuple(basis),
            )
        except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
            raise ClearheadError(
                f"{path} is not a trace that can be read ({error}); make one with: clearhead trace TEXT -o FILE"
            ) from error
