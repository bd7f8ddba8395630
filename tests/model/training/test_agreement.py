"""Sentences that ask whether a verb agrees with its subject, and how a model's answers are counted."""

from types import SimpleNamespace

import torch

from model import load
from model.training import agreement


def test_sentences_are_of_their_kind_and_were_not_read():
    first = agreement.sentences("")
    read = {kind: group[0].rsplit(" ", 1)[0] for kind, group in first.items()}
    again = agreement.sentences(f"one morning {read['alike']} here . {read['apart']} there .")
    for kind, group in again.items():
        assert len(set(group)) == agreement.COUNT and read[kind] not in {one.rsplit(" ", 1)[0] for one in group}
        for the, _, _, the_other, near, verb in map(str.split, group):
            assert the == the_other == "the" and verb in ("is", "are")
            assert (near.endswith("s") == (verb == "are")) == (kind == "alike")


def test_who_says_always_are_is_right_in_plural_sentences_only():
    tokenizer = load("tiny").tokenizer

    def model(ids: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(*ids.shape, len(tokenizer))
        logits[..., tokenizer.vocabulary.index("are")] = 1.0
        return logits

    said = [
        "the keys on the table are",
        "the key on the tables is",
        "the dolls near the lamps are",
        "the kite on the rug is",
    ]
    assert agreement.agrees(SimpleNamespace(tokenizer=tokenizer, model=model), said) == 0.5
    assert agreement.agrees(SimpleNamespace(tokenizer=tokenizer, model=model), said[::2]) == 1.0
