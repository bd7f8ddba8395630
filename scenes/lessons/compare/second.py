"""The second run of a comparison: of another text, without some heads, by another model."""

from __future__ import annotations

import re

from model.errors import UsageError
from model.numbers.trace import Trace
from model.study.inside.exchange import exchanges, telling
from model.text.tokenizer import Encoding
from scenes.lesson.runs import tokens_run, trace_of

Heads = tuple[tuple[int, int], ...]
HEAD = re.compile(r"(\d{1,4})\.(\d{1,4})")


def heads_of(said: str | None) -> Heads:
    """(layer, head) of “0.1,2.3”; none of None. Raises UsageError."""
    parts = [part.strip() for part in (said or "").split(",") if part.strip()]
    found = [HEAD.fullmatch(part) for part in parts]
    for part, match in zip(parts, found, strict=True):
        if match is None:
            raise UsageError(f"--without takes heads as LAYER.HEAD, with commas, as in 0.1,2.3; “{part}” is none.")
    return tuple(dict.fromkeys((int(match[1]), int(match[2])) for match in found if match is not None))


def again(model: str, run: Trace, off: Heads) -> Trace:
    """The same tokens once more, without these heads; the run itself where none is to be off."""
    return tokens_run(model, Encoding(run.ids, run.tokens, run.unknown), off) if off else run


def second_run(model: str, first: Trace, other: str | None, off: Heads, own: str | None) -> Trace:
    """The run that the first one is compared with.

    other: its text. Where none is asked for: the first text if heads are off; else `own` if the model knows its words;
    else the first with that word exchanged for its nearest in W_E that tells most."""
    if other is None and off:
        return again(model, first, off)
    if other is None and own is not None and not first.unknown:
        run = trace_of(model, own)
        if not run.unknown:
            return run
    run = trace_of(model, other) if other is not None else telling(first, exchanges(model, first)).run
    return again(model, run, off)


def run_of_another(model: str, text: str, off: Heads) -> Trace:
    """A text once more, by another model; without these of its heads."""
    return again(model, trace_of(model, text), off)


def is_same(one: str, other: str) -> bool:
    """Whether two names are of one model, by its weights."""
    from model.runs.checkpoints import load

    return one == other or load(one).hash == load(other).hash


__all__ = ["again", "heads_of", "is_same", "run_of_another", "second_run"]
