"""A text file of somebody's own, as documents: whatever its encoding, however it marks its paragraphs."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from model.errors import UsageError
from model.text.tokenizer import clean

MARKS = (  # byte order marks; UTF-32's first, which begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BINARY = 0.01  # share of control characters from which on a file is no text
FEWEST = 20  # documents: where blank lines part fewer, lines do, and then sentences
SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+")


@dataclass(frozen=True)
class OwnText:
    """documents: paragraphs, lines or sentences, each on one line. encoding: how the file was read."""

    documents: tuple[str, ...]
    encoding: str


def read(file: Path) -> OwnText:
    """Raises UsageError, in one line, for what is no file, cannot be read, is no text, or has nothing to read."""
    if file.is_dir():
        raise UsageError(f"{file} is a folder: --corpus takes one text file")
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {file}: --corpus takes a text file") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    text, encoding = decoded(data, file)
    documents = tuple(documents_of(text))
    if not documents:
        raise UsageError(f"{file} has no words in it: --corpus takes a text file")
    return OwnText(documents, encoding)


def decoded(data: bytes, file: Path) -> tuple[str, str]:
    """The text of a file, and its encoding: what its mark says, else UTF-8, else UTF-16 if every second byte is
    nearly always 0, else Windows-1252 (of which Latin-1 is a part). Raises UsageError for what is no text."""
    guesses = [encoding for mark, encoding in MARKS if data.startswith(mark)][:1] or ["utf-8"]
    if b"\0" in data[:10_000] and guesses == ["utf-8"]:
        even, odd = data[0:10_000:2].count(0), data[1:10_000:2].count(0)
        guesses = ["utf-16-le" if odd > even else "utf-16-be"] if max(even, odd) > 4 * min(even, odd) else guesses
    for encoding in [*guesses, "cp1252", "latin-1"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        strange = sum(ord(char) < 32 and char not in "\t\n\r\f\x0b\x1a\x1c\x1d\x1e" or char == "\x7f" for char in text)
        if strange > BINARY * len(text):
            break
        return text, encoding
    raise UsageError(f"{file} is not a text file (it holds bytes that are no letters): save it as plain text, UTF-8")


def documents_of(text: str) -> list[str]:
    """Paragraphs, parted by blank lines; where there are few of them, lines; then sentences. White space is a blank."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    found: list[str] = []
    for parts in (re.split(r"\n[ \t]*\n", text), text.split("\n"), SENTENCE.split(text)):
        found = [" ".join(cleaned.split()) for part in parts if (cleaned := clean(part))]
        if len(found) >= FEWEST:
            break
    return found
