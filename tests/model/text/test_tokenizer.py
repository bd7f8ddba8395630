"""Text in, tokens out: round trips, names, and text from outside the model's world."""

import re

import pytest

from model import UsageError, load
from model.text.corpus import documents
from model.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load("tiny").tokenizer


def test_known_examples_are_all_known(tokenizer):
    for text in (
        "A fluffy blue creature roamed the verdant forest",
        "The cat sat on the mat because it was tired.",
        "The animal didn't cross the street because it was too tired",
        "The animal did not cross the street because it was too wide",
        "Harry Potter",
        "king queen man woman Paris France Italy Rome",
        "The capital of France is Paris",
        "Monday, Tuesday and red, blue",
        "one two three apple bread",
    ):
        assert not tokenizer.encode(text).unknown, text


def test_the_corpus_has_at_least_1500_words(tokenizer):
    assert len([word for word in tokenizer.vocabulary if re.fullmatch(r"[A-Za-z']+", word)]) >= 1500


def test_display_keeps_what_was_typed(tokenizer):
    encoding = tokenizer.encode("THE cat didn’t  meet HARRY , or did it?")
    assert encoding.tokens == ("THE", "cat", "didn’t", "meet", "HARRY", ",", "or", "did", "it", "?")
    assert [tokenizer.vocabulary[i] for i in encoding.ids[:5]] == ["the", "cat", "didn't", "meet", "Harry"]


def test_made_from_words():
    made = Tokenizer.from_words(["the", "Harry", "didn't", "."])
    assert made.vocabulary == ("<unk>", "<end>", "the", "Harry", "didn't", ".")
    assert made.encode("THE harry DIDN’T fly.").ids == (2, 3, 4, 0, 5) and made.encode("the fly").unknown == (1,)


def test_vocabulary_shows_names_with_a_capital(tokenizer):
    for word in ("Harry", "Paris", "Monday", "I", "France"):
        assert word in tokenizer.vocabulary
    for word in ("green", "king", "the"):
        assert word in tokenizer.vocabulary and word.capitalize() not in tokenizer.vocabulary


def test_round_trip_over_the_corpus(tokenizer):
    for document in documents(77, 3000):
        encoding = tokenizer.encode(document)
        assert not encoding.unknown
        assert encoding.tokens == tuple(document.split())
        decoded = tokenizer.decode(encoding.ids)
        assert tokenizer.encode(decoded).ids == encoding.ids


def test_decode_writes_like_a_person(tokenizer):
    ids = tokenizer.encode('the cat sat . " I am tired , " said harry . he slept .').ids
    assert tokenizer.decode(ids) == 'The cat sat. "I am tired," said Harry. He slept.'


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("naïve café", ("naïve", "café")),
        ("cafe\u0301", ("café",)),
        ("你好世界", ("你", "好", "世", "界")),
        ("שלום עולם", ("שלום", "עולם")),
        ("مرحبا", ("مرحبا",)),
        ("👨‍👩‍👧 ❤️", ("👨‍👩‍👧", "❤️")),
        ("a\x00\x07b\u202e c", ("ab", "c")),
        ("end\ud800", ("end",)),
        ("one\ttwo\nthree\u00a0four", ("one", "two", "three", "four")),
        ("วัน\u200bนี้", ("วัน", "นี้")),
        ("<end> <unk>", ("<", "end", ">", "<", "unk", ">")),
        ("3.14!?", ("3", ".", "14", "!", "?")),
        ("x" * 5000, ("x" * 5000,)),
        ("İstanbul ǅ ﬁ", ("İstanbul", "ǅ", "ﬁ")),
        ("well-known", ("well", "-", "known")),
        ("👍🏽", ("👍🏽",)),
        ("हिन्दी", ("हिन्दी",)),
    ],
)
def test_any_unicode(tokenizer, text, tokens):
    encoding = tokenizer.encode(text)
    assert encoding.tokens == tokens
    assert len(encoding.ids) == len(tokens) and all(0 <= i < len(tokenizer) for i in encoding.ids)
    assert tokenizer.end_id not in encoding.ids
    assert encoding.unknown == tuple(i for i, token in enumerate(encoding.ids) if token == tokenizer.unknown_id)


def test_nothing_visible_is_an_error(tokenizer):
    for text in ("", " \t\n", "\x00\x01", "\u200b\u200e\ufeff"):
        with pytest.raises(UsageError, match="empty"):
            tokenizer.encode(text)


def test_save_and_load(tmp_path, tokenizer):
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json", tokenizer.display)
    assert (
        again.vocabulary == tokenizer.vocabulary and again.encode("The Cat’s").ids == tokenizer.encode("The Cat’s").ids
    )
