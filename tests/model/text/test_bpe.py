"""Byte pairs: learned as a naive count has it, cut as another library cuts, and always the same text again."""

import random
import sys
from collections import Counter

import numpy as np
import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import models

from model import load, names
from model.errors import ClearheadError
from model.study.pieces import Cut, spans
from model.text import bpe
from model.text.bpe import FILE, WORD, BytePairs, Merge, as_bytes, learn, learn_from, shipped
from model.text.tokenizer import clean, running_text
from model.training.windows import HELDOUT, training_documents

TEXTS = (
    "The unhappy cat saw the happy cat",
    "don't   stop\n\tnow_!",
    "Ω 猫 كلب क्षि é é 🙂👩‍👩‍👧",
    "",
    " ",
    "\ud800x",
    "a" * 99,
)


@pytest.fixture(scope="module")
def pairs() -> BytePairs:
    return shipped(load("tiny").path)


def naive_learn(text: str, count: int) -> list[Merge]:
    """The same, all counted anew for every merge, word after word of the running text."""
    words = [[bytes([b]) for b in word.encode()] for word in WORD.findall(text)]
    merges = []
    for _ in range(count):
        times = Counter(pair for word in words for pair in zip(word, word[1:], strict=False))
        if not times:
            break
        best = sorted(times.items(), key=lambda item: (-item[1], item[0]))[0]
        merges.append(Merge(*best[0], best[1]))
        words = [naive_join(word, best[0]) for word in words]
    return merges


def naive_join(word: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
    done, k = [], 0
    while k < len(word):
        together = tuple(word[k : k + 2]) == pair
        done.append(word[k] + word[k + 1] if together else word[k])
        k += 1 + together
    return done


def library(pairs: BytePairs, merges: int) -> Backend:
    """The `tokenizers` library with the first merges: its alphabet has one character a byte."""
    letters = [chr(0x4E00 + b) for b in range(256)]
    spelled = lambda piece: "".join(letters[b] for b in piece)  # noqa: E731
    known = {spelled(piece): index for index, piece in enumerate(pairs.vocabulary)}
    return Backend(models.BPE(known, [(spelled(m.left), spelled(m.right)) for m in pairs.merges[:merges]]))


def random_text(rng: random.Random) -> str:
    """Any Unicode: letters, blanks, marks, emoji, controls, lone surrogates."""
    ranges = ((32, 126), (9, 13), (0xA0, 0x17F), (0x300, 0x36F), (0x590, 0x6FF), (0x900, 0x97F), (0x4E00, 0x9FFF))
    ranges += ((0x1F300, 0x1FAFF), (0x200B, 0x200F), (0, sys.maxunicode))
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randint(0, 40)))


@pytest.mark.slow
def test_merges_are_those_of_a_naive_count():
    lines = [running_text(line.split()) for line in HELDOUT.read_text(encoding="utf-8").splitlines()[:150]]
    for text in ("\n".join(lines), "aaaa aaa aa bababab abab", "ééé é è 🙂🙂 🙂", "x"):
        words = Counter(WORD.findall(text))
        assert learn(words, 120) == naive_learn(text, 120)


def test_learning_twice_gives_the_same_whatever_the_order_of_words():
    words = Counter(WORD.findall("the cat that sat on the mat then ate that hat the end " * 3))
    assert learn(words, 40) == learn(Counter(dict(reversed(list(words.items())))), 40)
    assert learn(words, 10_000)[-1].times > 0 and len(learn(words, 10_000)) < 100, "it ends when words are whole"


def test_any_text_comes_back(pairs):
    rng = random.Random(0)
    for text in (*TEXTS, *(random_text(rng) for _ in range(3000))):
        assert pairs.decode(pairs.encode(text)) == text
        assert "".join(WORD.findall(text)) == text
        assert pairs.decode(pairs.encode(text, rng.randint(0, len(pairs.merges)))) == text


def test_another_library_cuts_alike(pairs):
    rng = random.Random(1)
    lines = HELDOUT.read_text(encoding="utf-8").splitlines()[:40]
    for merges in (0, 1, 100, len(pairs.merges)):
        other = library(pairs, merges)
        for text in (*lines, *TEXTS[:3], *(random_text(rng) for _ in range(100))):
            for word in WORD.findall(text):
                if any(0xD800 <= ord(c) < 0xE000 for c in word):
                    continue
                spelled = "".join(chr(0x4E00 + b) for b in word.encode())
                assert pairs.encode(word, merges) == other.encode(spelled).ids


def test_all_merges_in_their_order_give_the_same_cut(pairs):
    """What `cut_word` does pair by pair is what learning did: each merge once, the first first."""
    for word in (" verdant", "unhappiest", " forest", "The", "🙂", "aaaaaa"):
        pieces = [bytes([b]) for b in word.encode()]
        taken = []
        for rank, merge in enumerate(pairs.merges):
            after = naive_join(pieces, merge.pair)
            taken += [rank] * (len(pieces) > len(after))
            pieces = after
        assert pieces == pairs.cut_word(word) and taken == sorted(taken) == pairs.merges_of(word)


def test_ids_are_bytes_and_then_merges(pairs):
    assert len(pairs.vocabulary) == 1024 and len(pairs.merges) <= 1000
    assert pairs.vocabulary[:256] == tuple(bytes([b]) for b in range(256))
    assert [pairs.vocabulary[256 + k] for k in range(3)] == [m.left + m.right for m in pairs.merges[:3]]
    assert pairs.encode("🙂") == [240, 159, 153, 130] and pairs.decode([240]) == "�"
    assert pairs.encode("cat") != pairs.encode(" cat"), "a blank before a word belongs to it"
    assert pairs.encode("the cat the")[0] != pairs.encode("the cat the")[-1]


def test_what_two_merges_make_is_one_piece():
    two = BytePairs((Merge(b"a", b"b", 9), Merge(b"b", b"c", 8), Merge(b"ab", b"c", 7), Merge(b"a", b"bc", 6)))
    assert len(two.vocabulary) == 256 + 3 and two.decode(two.encode("abc bc")) == "abc bc"


def test_every_checkpoint_has_merges_of_its_own_corpus(tmp_path):
    for name in set(names()) - {"translator"}:  # which has no pieces of words
        pairs = shipped(load(name).path)
        assert len(pairs.corpus) == 64 and pairs.merges
        pairs.save(tmp_path / FILE)
        assert (tmp_path / FILE).read_bytes() == (load(name).path / FILE).read_bytes()
        assert BytePairs.load(tmp_path / FILE) == pairs


@pytest.mark.parametrize("damage", ["{}", "no json", '{"format": "x", "corpus": "", "merges": []}', "[1]"])
def test_a_file_that_is_none_is_told_in_a_line(tmp_path, damage):
    (tmp_path / FILE).write_text(damage)
    with pytest.raises(ClearheadError, match="does not hold the merges"):
        BytePairs.load(tmp_path / FILE)
    with pytest.raises(ClearheadError):
        shipped(tmp_path / "nowhere")


@pytest.mark.slow
def test_the_shipped_merges_are_learned_from_the_corpus_again(pairs):
    training = load("tiny").training
    again = learn_from(training_documents(training["words"], training.get("lookups", 0.0)))
    assert again == pairs


def test_learning_from_documents_reads_them_as_people_write(monkeypatch):
    seen = []
    monkeypatch.setattr(bpe, "learn", lambda words, count: seen.append(words) or [])
    assert len(learn_from(["A cat , a dog .", "She sat ."]).corpus) == 64
    assert seen[0] == Counter(["A", " cat", ",", " a", " dog", ".", "She", " sat", "."])


def test_a_cut_is_a_record(pairs):
    text = "The cat 🙂"
    whole, raw = Cut(pairs, text), Cut(pairs, text, 0)
    assert whole["tokens"].values.tolist() == pairs.encode(text)
    assert raw["tokens"].values.tolist() == list(as_bytes(text)) and raw.run_id != whole.run_id
    assert (raw["bits"].values @ (1 << np.arange(8)[::-1])).tolist() == list(text.encode())
    assert float(whole["times"][0].evaluate(whole)) == pairs.merges[0].times
    assert spans(text, ["The", "cat", "🙂"]) == [(0, 3), (4, 7), (8, 12)]
    assert clean(text) == text


@pytest.mark.slow
def test_train_leaves_the_merges_of_its_text_beside_the_checkpoint(tmp_path, monkeypatch):
    from model.training import train
    from model.training.recipes import RECIPES, Recipe

    monkeypatch.setitem(RECIPES, "tiny", Recipe({"n_layers": 1, "tied": True}, steps=2, words=5000, batch=2))
    monkeypatch.setattr(train, "WORK", tmp_path / "work")
    monkeypatch.setattr(train, "write_report", lambda out: None)
    out = train.train("tiny", steps=2, out=tmp_path / "out", quiet=True)
    assert shipped(out) == learn_from(training_documents(5000)) and load(out).path == out.resolve()
