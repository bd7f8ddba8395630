"""Samples of the sentence on screen, and of lines between its words."""

from __future__ import annotations

import numpy as np
from manim import Transform, VGroup

from model.numbers.tensor import stack
from model.study.positions import shuffle
from model.study.turns.branching import tree_of
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill, wide
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.recipes import Look
from scenes.kit.words.branches import WordTree
from scenes.kit.words.card import QuestionCard
from scenes.kit.words.links import Links, Threads
from scenes.kit.words.pieces import PieceRow, parts_of
from scenes.kit.words.regroup import Regroup
from scenes.kit.words.table import WordTable
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display
from scenes.kit.words.wordlist import WordList
from scenes.lesson.quiz import which


def token_row(box: Box) -> TokenRow:
    room: Look = dict(width=box.width) if wide(box) else dict(width=0.5 * box.width, lines=3)
    return fill(box, TokenRow(real.trace().tokens, target=real.query().position, **room))


def token_numbers(box: Box) -> VGroup:
    """The weights of attention under the words."""
    tokens = TokenRow(real.trace().tokens, width=box.width, down=not wide(box), target=real.query().position)
    return fill(box, VGroup(tokens, TokenNumbers(tokens, real.query().weights)))


def links(box: Box) -> VGroup:
    """The sentence, and the same words in another order."""
    tokens, order, down = real.trace().tokens, shuffle(len(real.trace())), not wide(box)
    first, second = (TokenRow(each, width=box.width, down=down) for each in (tokens, [tokens[k] for k in order]))
    rows = VGroup(first, second).arrange((1, 0, 0) if down else (0, -1, 0), buff=1.4)
    fill(box, rows)
    return VGroup(first, second, Links(first, second, order))


def threads(box: Box) -> VGroup:
    """From each word to the word that it looks at most."""
    left, right = box.columns(1, 1)
    columns = [fill(each, TokenRow(real.trace().tokens, down=True)) for each in (left, right)]
    looks_at = real.head().pattern.values.argmax(axis=1)
    starts = np.array([columns[0].edge_point(query, (1, 0.5))[:2] for query in range(len(looks_at))])
    starts[:, 0] = columns[0].get_right()[0] + 0.06  # on one line, whatever the words' lengths
    ends = np.array([columns[1].edge_point(int(key), (0, 0.5))[:2] for key in looks_at])
    return VGroup(*columns, Threads(starts, ends, fill="target"))


def word_table(box: Box) -> WordTable:
    """What each word looks at most, by head."""
    patterns, words = list(real.head().block.pattern)[:3], real.words()
    rows = range(1, len(words))
    keys = [[int(np.argmax(pattern.values[i])) for pattern in patterns] for i in rows]
    weights = stack(
        [stack([p[i, k] for p, k in zip(patterns, ks, strict=True)], "head") for i, ks in zip(rows, keys, strict=True)],
        "query",
    )
    heads = [say("head {h}", h=h) for h in range(len(patterns))]
    shown = [[words[k] for k in ks] for ks in keys]
    room: Look = dict(width=box.width, height=box.height, size=0.44)
    return fill(box, WordTable(shown, weights, row_labels=words[1:], column_labels=heads, **room))


def word_tree(box: Box) -> WordTree:
    """What four seeds write after the prompt."""
    texts = real.texts()
    draws = [turns[0].u for turns in texts if turns[0].u is not None]
    room: Look = dict(width=box.width, height=box.height, down=not wide(box))
    return WordTree(tree_of(texts), real.prompt().tokens[-1], range(len(texts)), draws, **room).move_to(box.center)


def piece_row(box: Box) -> PieceRow:
    """The text in pieces by byte pairs."""
    cut = real.cut()
    return fill(box, PieceRow(parts_of(cut), cut["tokens"], width=box.width, height=box.height, bits=cut["bits"]))


def word_list(box: Box) -> WordList:
    """The vocabulary around the text's words."""
    ids, vocabulary = set(real.trace().ids), real.trace().vocabulary
    shown = sorted({0, len(vocabulary) - 1} | {i + k for i in ids for k in (-1, 0, 1)})
    entries = WordList(vocabulary, shown, width=box.width, height=box.height, marked=ids)
    entries.lit = 1.0
    return fill(box, entries)


def regroup(box: Box) -> Move:
    """The text's bytes come together to pieces."""
    rows = []
    for cut in (real.cut(0), real.cut()):
        room: Look = dict(width=box.width, height=box.height, size=0.6, bits=cut["bits"])
        rows.append(fill(box, PieceRow(parts_of(cut), cut["tokens"], **room)))
    return Move([Regroup(*rows)], [rows[0]])


def question_card(box: Box) -> Move:
    """Which word the first head's last query looks at most: the time to think runs out."""
    words, pattern = real.trace().tokens, real.trace()["blocks.0.attn.pattern"]
    asks, names = len(words) - 1, lambda k: say("“{w}”", w=display(words[k]))
    question = which(say("Which word does “{w}” look at most?", w=display(words[asks])), pattern[0, asks], names)
    assert question is not None
    card = QuestionCard(question.text, question.answers, box.width, 1.1).move_to(box.center)
    return Move([Transform(card, card.over())], [card])


SAMPLES: dict[str, Sample] = {
    "QuestionCard": question_card,
    "WordTree": word_tree,
    "TokenRow": token_row,
    "TokenNumbers": token_numbers,
    "WordTable": word_table,
    "WordList": word_list,
    "PieceRow": piece_row,
    "Regroup": regroup,
    "Links": links,
    "Threads": threads,
}
