"""What an encoder–decoder writes, greedily or by beam search, and what it says next after each word of a given text.

Greedily *with every run recorded* is `generate(checkpoint, "", n, source=text, greedy=True)` (sampling.py).
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.errors import UsageError
from model.net.transformer import EncoderDecoder
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.runs.checkpoints import Checkpoint, load
from model.runs.recorder import encode_text, model_of, run
from model.text.tokenizer import Encoding, running_text

TOLD = 5  # unknown words that a message names
GLUE = re.compile(r"(?<=')\s|\s(?=-\s)|(?<=-)\s")  # l'animal, dix-sept
SENTENCES = re.compile(r"(?<=[.?!])\s+")
MARK = re.compile(r"(?<=[^\s])([?!;:])")


@dataclass(frozen=True)
class Hypothesis:
    """A beginning of a translation: ids after <start>, without <end>; and whether it has ended.

    `logs`: the log probability of each word, that of <end> included. `parent`: its place among the hypotheses kept one
    step before."""

    ids: tuple[int, ...]
    logs: tuple[float, ...]
    ended: bool
    parent: int

    @property
    def log(self) -> float:
        """The log probability of all of it, in nats."""
        return math.fsum(self.logs)

    def score(self, alpha: float) -> float:
        """log p / ((5 + length) / 6)^α (Wu et al. 2016, equation 14); α = 0 leaves the length out of account."""
        return self.log / penalty(len(self.logs), alpha)


def penalty(length: int, alpha: float) -> float:
    return math.pow((5 + length) / 6, alpha)


@dataclass(frozen=True)
class Beam:
    """A search: the hypotheses `kept` at every step, likeliest first, and the `best` of those that ended."""

    kept: tuple[tuple[Hypothesis, ...], ...]
    best: Hypothesis


def translate(checkpoint: Checkpoint | str, text: str, width: int = 1, alpha: float = 0.6) -> str:
    """A text in the other language, as people write it, sentence by sentence; by a beam of that width, or greedily.

    Raises UsageError for words that the encoder does not know, with the nearest that it does, and for a sentence
    without a mark at its end, which it would say again and again."""
    checkpoint = _translator(checkpoint)
    read(checkpoint, text, limited=False)
    sentences = [_ended(checkpoint, read(checkpoint, one)) for one in SENTENCES.split(text.strip())]
    return " ".join(written(checkpoint, beam(checkpoint, one, width, alpha).best.ids) for one in sentences)


def greedily(checkpoint: Checkpoint | str, source: str) -> str:
    """One sentence in the other language, the likeliest word each time, its tokens with blanks between them.

    No longer than can be read again after <start>. Raises UsageError as `translate` does."""
    checkpoint = _translator(checkpoint)
    encoding = _ended(checkpoint, read(checkpoint, source))
    return checkpoint.tokenizer.decode(beam(checkpoint, encoding, 1).best.ids[: checkpoint.config.n_ctx - 1])


def _ended(checkpoint: Checkpoint, sentence: Encoding) -> Encoding:
    """The sentence, if it ends with a mark."""
    if "." in checkpoint.reads.vocabulary and sentence.tokens[-1] not in ".?":
        raise UsageError(f"a sentence for {checkpoint.name} ends with . or ?, as those do that it learned from")
    return sentence


def read(checkpoint: Checkpoint, text: str, limited: bool = True) -> Encoding:
    """The tokens of a text that is to be translated. Raises UsageError where some are unknown.

    limited: whether there may be no more than the encoder reads at once."""
    encoding = checkpoint.reads.encode(text, checkpoint.config.n_ctx if limited else None)
    strange = list(dict.fromkeys(encoding.tokens[place] for place in encoding.unknown))
    if strange:
        more = f" and {len(strange) - TOLD} more" if len(strange) > TOLD else ""
        told = ", ".join(_with_nearest(word, checkpoint.reads.vocabulary) for word in strange[:TOLD])
        raise UsageError(f"{checkpoint.name} does not know {told}{more}")
    return encoding


def _with_nearest(word: str, vocabulary: Sequence[str]) -> str:
    """
    >>> _with_nearest("anmal", ("animal", "street")), _with_nearest("xyz", ("animal",))
    ('“anmal” (nearest: animal)', '“xyz”')
    """
    words = {one.lower(): one for one in vocabulary if not one.startswith("<")}
    near = difflib.get_close_matches(word.lower(), words, n=2, cutoff=0.6)
    return f"“{word}”" + (f" (nearest: {', '.join(words[one] for one in near)})" if near else "")


def written(checkpoint: Checkpoint, ids: Sequence[int]) -> str:
    """The ids as a running text, in the spacing of French: l'animal, dix-sept, a no-break space before a mark."""
    return spaced(checkpoint.tokenizer.decode(ids))


def spaced(text: str) -> str:
    """
    >>> spaced("Est-ce qu' il a dix - sept ans?")
    "Est-ce qu'il a dix-sept ans\\xa0?"
    """
    return MARK.sub("\N{NO-BREAK SPACE}\\1", GLUE.sub("", text))


def filled(rows: Sequence[Sequence[int]], value: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of ids filled up to the longest, and where they are filled. (row, position) each"""
    width = max(map(len, rows))
    full = torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])
    return full, torch.arange(width) >= torch.tensor([[len(row)] for row in rows])


@torch.no_grad()
def translations(checkpoint: Checkpoint, sources: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """The ids of many sentences' translations at once, greedily, in the precision in which the weights are kept."""
    model, start, end = checkpoint.model, checkpoint.tokenizer.start_id, checkpoint.tokenizer.end_id
    assert start is not None and end is not None and isinstance(model, EncoderDecoder)
    source, padding = filled(sources)
    memory = model.read(source, padding=padding)
    said = torch.full((len(sources), 1), start)
    ended = torch.zeros(len(sources), dtype=torch.bool)
    while not ended.all() and said.shape[1] <= checkpoint.config.n_ctx:
        word = model.write(said, memory, memory_padding=padding)[:, -1].argmax(-1)
        said = torch.cat([said, word[:, None]], 1)
        ended |= word == end
    return [tuple(row[1 : row.index(end)] if end in row else row[1:]) for row in said.tolist()]


# ── search ───────────────────────────────────────────────────────────────────────────────────────
def beam(checkpoint: Checkpoint | str, source: Encoding | str, width: int = 4, alpha: float = 0.6) -> Beam:
    """Beam search: of all ways to go on, the `width` likeliest are kept at every step (Graves 2012; § 6.1 of the 2017
    paper, with α = 0.6). A width of 1 is greedy.

    What can no longer score above the best that has ended goes on no further. Raises UsageError for a width below
    1, an α below 0, or unknown words."""
    if width < 1 or alpha < 0:
        raise UsageError(f"a beam needs a width of 1 or more and an α of 0 or more, not {width} and {alpha:g}")
    checkpoint = _translator(checkpoint)
    source = read(checkpoint, source) if isinstance(source, str) else source
    start, end, limit = checkpoint.tokenizer.start_id, checkpoint.tokenizer.end_id, checkpoint.config.n_ctx
    model, context = model_of(checkpoint)
    assert start is not None and end is not None and isinstance(model, EncoderDecoder)
    most = penalty(limit, alpha)  # of what goes on, no score is above log p / most
    with context, torch.no_grad():
        memory = model.read(torch.tensor([source.ids]))
        kept: list[tuple[Hypothesis, ...]] = [(Hypothesis((), (), False, 0),)]
        best, score = None, -math.inf
        while live := [place for place, one in enumerate(kept[-1]) if not one.ended and one.log / most > score]:
            tokens = torch.tensor([[start, *kept[-1][place].ids] for place in live])
            logs = model.write(tokens, memory.expand(len(live), -1, -1))[:, -1].double().log_softmax(-1)
            kept.append(_extended(kept[-1], live, logs, width, end, last=tokens.shape[1] == limit))
            for one in kept[-1]:
                if one.ended and one.score(alpha) > score:
                    best, score = one, one.score(alpha)
    assert best is not None
    return Beam(tuple(kept[1:]), best)


def _extended(
    kept: tuple[Hypothesis, ...], live: list[int], logs: torch.Tensor, width: int, end: int, last: bool
) -> tuple[Hypothesis, ...]:
    """The likeliest ways to go on by one word. live: the places of those that do; last: there is room for no more."""
    total = logs + torch.tensor([[kept[place].log] for place in live])
    found = []
    for flat in total.flatten().topk(min(width, total.numel())).indices.tolist():
        row, word = divmod(flat, logs.shape[1])
        before, log = kept[live[row]], float(logs[row, word])
        ids = before.ids if word == end else (*before.ids, word)
        found.append(Hypothesis(ids, (*before.logs, log), word == end or last, live[row]))
    return tuple(found)


# ── teacher forcing ──────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, eq=False)
class Forced:
    """A run that is given the right translation: after each of its words, what is said of the next one.

    `targets`: the ids that should come, the last one <end>; `losses` [position]: −log p of each, in nats."""

    trace: Trace
    targets: tuple[int, ...]
    losses: Tensor


def forced(checkpoint: Checkpoint | str, source: str, target: str) -> Forced:
    """Teacher forcing (Williams & Zipser 1989): one pass over the right translation, as in training.

    Raises UsageError for a target with words that the model does not know."""
    checkpoint = _translator(checkpoint)
    read(checkpoint, source)
    encoding = encode_text(checkpoint, target)
    if encoding.unknown:
        told = ", ".join(_with_nearest(encoding.tokens[k], checkpoint.tokenizer.vocabulary) for k in encoding.unknown)
        raise UsageError(f"{checkpoint.name} does not write {told}")
    trace = run(checkpoint, target, source=source)
    assert checkpoint.tokenizer.end_id is not None
    targets = (*encoding.ids[1:], checkpoint.tokenizer.end_id)
    losses = [-trace["probs"][place, word].log() for place, word in enumerate(targets)]
    return Forced(trace, targets, stack(losses, "position"))


def _translator(checkpoint: Checkpoint | str) -> Checkpoint:
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if checkpoint.config.kind != "encoder-decoder" or checkpoint.tokenizer.start_id is None:
        raise UsageError(f"{checkpoint.name} does not translate: take an encoder–decoder, such as translator")
    return checkpoint


__all__ = ["Beam", "Forced", "Hypothesis", "beam", "forced", "read", "running_text", "spaced", "translate", "written"]
