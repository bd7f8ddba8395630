"""Files that are written whole or not at all: beside their place first, then moved there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write what is to be `path`: it gets there when all is written; a write that fails leaves nothing.

    Whoever reads `path` meanwhile reads the old file."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """UTF-8; the folder is made where it is missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """One JSON document, indented. Raises OSError."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")
