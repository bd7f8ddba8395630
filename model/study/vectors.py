"""Real word vectors for everyday words: 20,000 of GloVe's, shipped in assets/vectors. NumPy only.

GloVe (Pennington, Socher and Manning, "GloVe: Global Vectors for Word Representation", EMNLP 2014) gives every word one
vector, learned from how often words stand near each other in six billion words of text. `make` is how the shipped
subset was cut from the whole; it needs the package named in assets/vectors/SOURCE.md and `pyarrow`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from model.errors import ClearheadError, UsageError
from model.numbers.tensor import Tensor
from model.paths import ASSETS

FOLDER = ASSETS / "vectors"
VECTORS, WORDS = "glove-6b-50d.safetensors", "glove-6b-50d.words.txt"
COUNT = 20_000
TABLE = "glove.vectors"


class WordVectors:
    """Words and their vectors as one recorded tensor, `glove.vectors` [word, dimension]; words in order of frequency.

    For a lesson it is a record like a Trace: kept in `lesson.traces`, its numbers can be computed again by name and
    index.
    """

    config = None
    tokens: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    def __init__(self, words: tuple[str, ...], values: np.ndarray):
        self.vocabulary = words
        self.values = np.asarray(values, dtype=np.float32)
        self.values.flags.writeable = False
        self.info = {"checkpoint": "GloVe"}

    @property
    def names(self) -> tuple[str, ...]:
        return (TABLE,)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.vocabulary)

    def array(self, name: str) -> np.ndarray:
        """The bare table. [word, dimension]"""
        if name != TABLE:
            raise UsageError(f"word vectors have one tensor, {TABLE!r}, and no {name!r}")
        return self.values

    def __getitem__(self, name: str) -> Tensor:
        return Tensor.recorded(name, self.array(name), ("word", "dimension"), self.run_id)

    @property
    def table(self) -> Tensor:
        """All vectors. [word, dimension]"""
        return self[TABLE]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of words and numbers."""
        total = hashlib.sha256("\n".join(self.vocabulary).encode())
        total.update(self.values.tobytes())
        return total.hexdigest()

    @property
    def run_id(self) -> str:
        return self.digest[:16]


@cache
def load_vectors(folder: Path = FOLDER) -> WordVectors:
    """The shipped word vectors. Raises ClearheadError when the files are missing or do not belong together."""
    try:
        words = tuple((folder / WORDS).read_text(encoding="utf-8").split())
        values = load_file(folder / VECTORS)["vectors"]
    except (OSError, SafetensorError, KeyError, UnicodeDecodeError) as error:
        raise ClearheadError(
            f"the word vectors in {folder} cannot be read ({error}); take the files as they are shipped"
        ) from error
    if values.ndim != 2 or len(values) != len(words) or len(set(words)) != len(words):
        raise ClearheadError(
            f"{folder}: {len(words)} words, vectors of shape {values.shape}: take both files as they are shipped"
        )
    return WordVectors(words, values)


def make(source: Path, folder: Path = FOLDER, count: int = COUNT) -> None:
    """Cuts the shipped files from the whole: the `count` most frequent words made of the letters a to z, in float16.

    source: folder `data` of the package, with `glove_6B_50d_emb.npy` [400000, 50] and `glove_6B_index.parquet`, in
    order of frequency."""
    from pyarrow import parquet  # not a dependency: only who makes the files again needs it

    words = parquet.read_table(source / "glove_6B_index.parquet").column("index").to_pylist()
    values = np.load(source / "glove_6B_50d_emb.npy", mmap_mode="r")
    kept = [place for place, word in enumerate(words) if word.isascii() and word.isalpha()][:count]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WORDS).write_text("\n".join(words[place] for place in kept) + "\n", encoding="utf-8")
    save_file({"vectors": np.ascontiguousarray(values[kept], dtype=np.float16)}, folder / VECTORS)


def checksums(folder: Path = FOLDER) -> dict[str, str]:
    """SHA-256 of the shipped files, as SOURCE.md states them."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (VECTORS, WORDS)}


if __name__ == "__main__":  # python -m model.study.vectors FOLDER
    make(Path(sys.argv[1]))
    for name, digest in checksums().items():
        print(f"{digest}  {name}")
