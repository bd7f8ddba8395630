"""What a lie is, and how it gets into a tree."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLOSING = ")]}"


class StaleLie(Exception):
    """The text that a lie changes is no longer there, or is there more than once: the lie must be told anew."""


@dataclass(frozen=True)
class Lie:
    """what: the viewer is made to believe. file: where `old`, a piece of text that is there once, becomes `new` (layout
    and line breaks do not count in `old`). lesson: that shows it, played with `options`.

    kind: of the finding that must come; "test": the file named by `test` must fail instead."""

    what: str
    file: str
    old: str
    new: str
    lesson: str
    kind: str
    test: str = ""
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """What it is looked up by."""
        return f"{self.what} {self.file} {self.lesson} {self.kind}"

    def tell(self, tree: Path) -> Callable[[], None]:
        """Change the tree; returns what undoes it. Raises StaleLie."""
        file, match = self.find(tree)
        text, times = match.string, (file.stat().st_atime, file.stat().st_mtime)

        def undo() -> None:
            file.write_text(text, encoding="utf-8")
            os.utime(file, times)  # so that what was compiled from it holds again

        file.write_text(text[: match.start()] + self.new + text[match.end() :], encoding="utf-8")
        return undo

    def find(self, tree: Path) -> tuple[Path, re.Match[str]]:
        """Where the text is; it may have moved to another file of the room. StaleLie if it is not there just once."""
        pattern, first = loosely(self.old), tree / self.file
        room = tree / Path(self.file).parts[0]
        for files in ([first] if first.is_file() else [], sorted(room.rglob(f"*{first.suffix}"))):
            found = [(file, m) for file in files for m in pattern.finditer(file.read_text(encoding="utf-8"))]
            if len(found) == 1:
                return found[0]
            if found:
                raise StaleLie(f"{len(found)} times in {found[0][0].relative_to(tree)}")
        raise StaleLie("not there")


def loosely(source: str) -> re.Pattern[str]:
    """Matches a piece of source however it is broken into lines."""
    tokens = re.findall(r"\w+|[^\w\s]", source)
    parts = [re.escape(tokens[0])]
    for before, token in zip(tokens, tokens[1:], strict=False):
        if before.isidentifier() and token[0].isalnum():
            parts.append(r"\s+")
        else:
            parts.append(r",?\s*" if token in CLOSING else r"\s*")
        parts.append(re.escape(token))
    start = r"(?<!\w)" if tokens[0][0].isalnum() else ""
    return re.compile(start + "".join(parts))
