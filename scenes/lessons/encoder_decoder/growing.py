"""The figure grows out of the run: the encoder, the decoder, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import FadeIn, FadeOut, LaggedStart, Mobject, Transform

from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.moves.travel import Travel
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import most, truth
from scenes.lesson.steps import COME, leave
from scenes.lessons.encoder_decoder.figure import KEYS, Room, place_of
from scenes.lessons.encoder_decoder.running import PALE, Running

if TYPE_CHECKING:
    from scenes.lessons.encoder_decoder.lesson import EncoderDecoder

ENCODER = [key for key in KEYS if key.startswith("encoder.")]
DECODER = [key for key in KEYS if key.startswith("decoder.")]
BLOCKS = {"encoder": ENCODER[2:], "decoder": DECODER[2:-2]}  # the parts that are gone through again and again
PASS = 0.8  # seconds in which rows go from one part to the next, the first time


def room(lesson: EncoderDecoder) -> Room:
    """How the whole figure is laid out."""
    return Room(
        words=lesson.by(wide=0.75, square=1.0, tall=1.6),
        gap=lesson.by(wide=0.9, square=0.3, tall=0.35),
        side=0.5,
        upright=lesson.portrait,
    )


def encoder(lesson: EncoderDecoder, before: list[Mobject]) -> Running:
    """Words become rows, each block makes new rows of them; the camera is close."""
    running = Running(lesson, lesson.stage, room(lesson))
    running.words_of = running.words(0), running.words(1)
    rows_come(lesson, running, before)
    block(lesson, running)
    again(lesson, running)
    return running


def close(running: Running, *keys: str) -> Box:
    """These parts of the encoder, with its words."""
    parts, words = running.figure.around(*keys), running.figure.words_box(0)
    return Box(parts.left - 0.5, words.bottom - 0.05, parts.right + 0.4, parts.top + 0.15)


def rows_come(lesson: EncoderDecoder, running: Running, before: list[Mobject]) -> None:
    """The first two boxes: a row for each word, and its place added."""
    words, trace = running.words_of[0], lesson.trace
    with lesson.step(
        "Rows with a place",
        "Every English word becomes a row of {d} numbers, and each row is told its place.",
        subtitle="encoder · in each box the rows that leave it, brightness by magnitude, {scale}",
        d=trace.config.d_model,
        scale=running.scale("rows"),
        keep=before,
    ):
        sentence = before[0]
        assert isinstance(sentence, TokenRow)
        pieces = [sentence.piece(i) for i in range(len(words.words))]
        lesson.remove(sentence)
        down = [Transform(piece, words.piece(i)) for i, piece in enumerate(pieces)]
        lesson.play(*leave(*before[1:]), LaggedStart(*down, lag_ratio=0.1), run_time=1.6)
        lesson.remove(*pieces)
        lesson.add(words)
        lesson.add(running.figure)
        lesson.play(Travel(to=close(running, *ENCODER[:3])), running.build("encoder.embed"), run_time=1)
        into(lesson, running, "encoder.embed")
        running.go("encoder.place", "encoder.embed", 0, 2 * PASS)


def into(lesson: EncoderDecoder, running: Running, key: str) -> None:
    """Copies of a stack's words fly into its first box, and are rows there."""
    words, card = running.words_of[place_of(key)[0]], running.place(key)
    ends = [card.row_corners(i)[[0, 3]].mean(axis=0) for i in range(len(words.words))]
    flights = [FadeOut(words.piece(i), target_position=end, scale=0.3) for i, end in enumerate(ends)]
    rows = Introduce(card, "rows", lag=0.5)
    lesson.play(LaggedStart(*flights, lag_ratio=0.2), rows, run_time=1.5)


def block(lesson: EncoderDecoder, running: Running) -> None:
    """One block, part after part."""
    with lesson.step(
        "A block of the encoder",
        "Attention mixes rows, feed forward works on each; what goes round them is added, then normed.",
        subtitle="the encoder’s first block · {scale}",
        scale=running.scale("rows"),
    ):
        start = "encoder.place"
        lesson.play(Travel(to=close(running, *ENCODER)), running.light(), run_time=1)
        for key in BLOCKS["encoder"]:
            running.go(key, start, 0, PASS + 0.3)
            start = key


def again(lesson: EncoderDecoder, running: Running) -> None:
    """The other blocks: the same boxes, other weights."""
    layers = lesson.trace.config.n_layers
    with lesson.step(
        "Again",
        "{n} such blocks, each with its own weights. What leaves the last one is all the decoder will get."
        if layers > 1
        else "One such block. What leaves it is all that the decoder will get.",
        subtitle="encoder, up to block {last} · {scale}",
        last=layers - 1,
        scale=running.scale("rows"),
    ):
        lesson.play(running.frame(0), run_time=0.6)
        through(running, "encoder", PASS)


def through(running: Running, stack: str, run_time: float) -> None:
    """All blocks after the first."""
    keys = BLOCKS[stack]
    for layer in range(1, running.trace.config.n_layers):
        for start, key in zip([keys[-1], *keys], keys, strict=False):
            running.go(key, start, layer, run_time)


def decoder(lesson: EncoderDecoder, running: Running) -> None:
    """The other stack: what was written goes in, one place later."""
    words = running.words_of[1]
    with lesson.step(
        "The decoder",
        "At the right goes in what was written so far, after “{start}”; none of its rows looks ahead.",
        subtitle="decoder · its own words shifted by one place · {scale}",
        start=lesson.words[0],
        scale=running.scale("rows"),
    ):
        lesson.play(*running.see(PALE), running.light(), run_time=0.4)
        lesson.play(Travel(), FadeIn(words, rate_func=COME), run_time=1.6)
        lesson.play(running.build("decoder.embed"), *running.see(), run_time=0.6)
        into(lesson, running, "decoder.embed")
        for start, key in zip(DECODER, DECODER[1:4], strict=False):
            running.go(key, start, 0, PASS)
    with lesson.step(
        "It reads the encoder",
        "Then it reads what the encoder made: French queries meet keys and values of the English.",
        subtitle="decoder, cross-attention: cross_attn_out · {scale}",
        scale=running.scale("rows"),
    ):
        running.go("decoder.cross", "decoder.norm1", 0, 2 * PASS)
        for start, key in zip(DECODER[4:], DECODER[5:8], strict=False):
            running.go(key, start, 0, PASS)
        lesson.play(running.frame(1), run_time=0.5)
        through(running, "decoder", 0.6 * PASS)


def next_word(lesson: EncoderDecoder, running: Running) -> None:
    """The last two boxes, and the figure is whole."""
    row, run = lesson.contrast.row, lesson.trace
    probs, word = run["probs"][row], lesson.ids[0]
    bars = next_bars(lesson, running)
    with lesson.step(
        "The figure",
        ask="That is figure {one} of the paper, running. What does it write after “{word}”?",
        subtitle="logits and probs [{i}, :] after “{word}” · {scale}",
        one=1,
        i=row,
        word=lesson.words[row],
        scale=running.scale("logits", "probs"),
        claims=[
            most(probs, word),
            truth("the bars are of this row", [bars.probs, probs], lambda a, b: bool((a == b).all())),
        ],
        quiz=lesson.quiz("Which word is likeliest after “{word}”?", probs, lesson.called_next, word=lesson.words[row]),
    ):
        running.go("decoder.linear", "decoder.norm2", 0, PASS)
        running.go("decoder.softmax", "decoder.linear", 0, PASS)
        lesson.play(running.light(), Grow(bars, "values"), run_time=1.6)
        lesson.answer("“{w}” is likeliest, {p:.1%}.", w=display(run.vocabulary[word]), p=probs[word])
    running.bars = [bars]


def next_bars(lesson: EncoderDecoder, running: Running) -> ProbabilityBars:
    """What may come next, in the free place over the encoder."""
    top, below = running.figure.around("decoder.softmax"), running.figure.around("encoder.norm2")
    box = Box(below.left, below.top + 0.35, below.right, top.top)
    look: Look = dict(width=box.width, height=box.height, count=lesson.by(wide=3, square=3, tall=4), size=0.36)
    bars = ProbabilityBars(
        lesson.trace["probs"][lesson.contrast.row],
        lesson.trace.vocabulary,
        fill="probability",
        drawn=lesson.ids[0],
        **look,
    )
    return box.fit(bars)


__all__ = ["BLOCKS", "DECODER", "ENCODER", "decoder", "encoder", "next_word"]
