"""The boxes of the figure open: into rows, into one add & norm worked out, into patterns with and without a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from manim import DOWN, UP, FadeIn, Mobject, Transform, VGroup, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor, stack
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.attention.wall import PatternWall, shape_of, tiles
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge
from scenes.kit.moves.sweep import Veil
from scenes.kit.numbers.chain import RowChain
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import most, share, truth
from scenes.lesson.steps import come, give_way, leave
from scenes.lessons.encoder_decoder.figure import PARTS, Room
from scenes.lessons.encoder_decoder.running import DIM, Running

if TYPE_CHECKING:
    from scenes.lessons.encoder_decoder.lesson import EncoderDecoder

SLIM = Room(words=0.0, gap=0.35, side=0.12, upright=True, titles=False)
TITLE = 0.36  # em of what stands over an opened box
GLANCE, READ = 0.3, 0.17  # em of the words of the beginning, where they are seen again, and at least
HIDDEN = 0.45  # opacity of the red over what the mask forbids
Opened = tuple[str, str, str]  # a part, its tensor, and the kind of its numbers


class Leak(NamedTuple):
    """Where the mask hides most: of a head of the decoder's first block, the row that would look at its answer."""

    head: int
    row: int
    free: Tensor  # [query, key], without the mask
    pattern: Tensor  # [query, key], with it


FIRST, THEN = squish_rate_func(smooth, 0, 0.5), squish_rate_func(smooth, 0.4, 1)  # one goes back, the next comes


def rooms(lesson: EncoderDecoder) -> tuple[Box, Box]:
    """Of the figure, small, and of what opens out of it."""
    stage = lesson.stage
    if lesson.portrait:
        above, below = stage.rows(1, 2.2, gap=0.4)
        return Box(above.left + 0.2 * above.width, above.bottom, above.right - 0.2 * above.width, above.top), below
    left, right = stage.columns(1, lesson.by(wide=4.2, square=3.2, tall=1), gap=0.35)
    return left, right


def opened(lesson: EncoderDecoder) -> list[Opened]:
    """What is shown of the boxes, one after the other."""
    last = lesson.trace.config.n_layers - 1
    return [
        ("encoder.embed", "encoder.embed", "data"),
        ("encoder.place", "encoder.pos_embed", "position"),
        ("encoder.mlp", f"encoder.blocks.{last}.mlp.post", "data"),
        ("decoder.cross", f"decoder.blocks.{last}.cross_attn_out", "data"),
        ("decoder.linear", "logits", "logit"),
        ("decoder.softmax", "probs", "probability"),
    ]


def boxes(lesson: EncoderDecoder, running: Running) -> None:
    """The figure gets small; its boxes open one after the other."""
    small, large = rooms(lesson)
    run = lesson.trace
    with lesson.step(
        "What is in the boxes",
        ask="What do its boxes hold?",
        subtitle="brightness by magnitude, each on a scale of its own",
        d=run.config.d_model,
        m=run.config.d_mlp,
        v=len(run.vocabulary),
        keep=running.all(),
    ):
        lesson.play(*running.see(DIM), *leave(*running.words_of, *running.bars), run_time=0.6)
        running.words_of, running.bars = (), []
        lesson.play(*running.to(small, SLIM), run_time=1.4)
        lesson.play(*running.see(), run_time=0.4)
        for key, name, kind in opened(lesson):
            back = [move.set_rate_func(FIRST) for move in running.close()]
            out = running.open(key, VGroup(*strips(lesson, large, key, name, kind))).set_rate_func(THEN)
            lesson.play(running.light(key), *back, out, run_time=1)
            lesson.wait(0.8)
        lesson.answer(
            "Rows, one a word: {d} numbers wide, {m} inside feed forward, and in the end {v}, one a French word."
        )


def strips(lesson: EncoderDecoder, box: Box, key: str, name: str, kind: str) -> tuple[Label, HeatStrips]:
    """A tensor as rows of colour with its words, and its name over it."""
    tensor = lesson.trace[name]
    words = lesson.source_words if key.startswith("encoder") else lesson.words
    form = "{part}: {t} [{a}, {b}]" if lesson.wide else "{t} [{a}, {b}]"
    title = Label(say(form, part=PARTS[key], t=name, a=tensor.shape[0], b=tensor.shape[1]), TITLE, width=box.width)
    below = Box(box.left, box.bottom, box.right, box.top - title.height - 0.25)
    pitch = min(0.42, below.height / len(words))
    table = HeatStrips(tensor, kind, width=below.width, height=below.height, pitch=pitch, row_labels=words)
    below.fit(table)
    return title.next_to(table, UP, buff=0.2), table


def alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two rows are the same but for rounding."""
    return bool(np.allclose(a, b, rtol=1e-3, atol=1e-4))


def add_and_norm(lesson: EncoderDecoder, running: Running) -> None:
    """One row through a box: what came, plus what attention says, normed."""
    i, run, name = lesson.position, lesson.trace, f"encoder.blocks.{lesson.layer}"
    norm = {part: run[f"{name}.ln1.{part}"] for part in ("mean", "scale", "w", "b")}
    box = rooms(lesson)[1]
    glance = both_sentences(lesson, box)
    chain = RowChain(
        Box(box.left, box.bottom, box.right, float(glance.get_bottom()[1]) - 0.25),
        (run[f"{name}.resid_pre"][i], "x"),
        [
            ("+", run[f"{name}.attn_out"][i], "attention"),
            ("−", norm["mean"][i], "μ"),
            ("÷", norm["scale"][i], "σ"),
            ("·", norm["w"], "w"),
            ("+", norm["b"], "b"),
        ],
    )
    with lesson.step(
        "Add & norm",
        ("News for the row of “{read}”:" if lesson.itself else "Two sentences, one “{read}”. News for its row:")
        + " plus attention; less mean, over spread, times w, plus b.",
        subtitle="encoder.blocks.{l} · resid_pre [{i}, :] + attn_out [{i}, :], then ln1 · some of {d} entries",
        i=i,
        d=run.config.d_model,
        keep=running.all(),
        claims=[truth("the last row is what the box gives", [chain.result.tensor, run[f"{name}.resid_mid"][i]], alike)],
    ):
        lesson.play(running.light("encoder.norm1"), *running.close(), *come(*glance), run_time=0.7)
        lesson.play(running.open("encoder.norm1", chain.steps[0]), run_time=0.8)
        for step in chain.steps[1:]:
            lesson.play(FadeIn(step), run_time=0.8)
    running.opened = "encoder.norm1", chain


def both_sentences(lesson: EncoderDecoder, box: Box) -> VGroup:
    """The two English sentences of the beginning, small, at the top of a box; yellow: the word that is followed."""
    made = [
        [TokenRow(lesson.english(k), width=box.width, size=GLANCE, gap=0.07, lines=lines) for k in (0, 1)]
        for lines in (1, 2, 3)
    ]
    rows = next((pair for pair in made if min(row.size for row in pair) >= READ), made[-1])
    return (
        VGroup(*[row.mark(lesson.position) for row in rows])
        .arrange(DOWN, buff=0.1)
        .move_to(box.center)
        .align_to((0, box.top, 0), UP)
    )


# ── with a mask and without ──────────────────────────────────────────────────────────────────────
def later(pattern: Tensor) -> Tensor:
    """How much weight of a row goes to words after it, in the mean of all rows of a pattern [query, key]."""
    count = pattern.shape[0]
    return stack([pattern[i, list(range(i + 1, count))].sum(0) for i in range(count - 1)], "query").sum(0) / count


def share_ahead(patterns: np.ndarray, share: np.ndarray) -> bool:
    """Whether that share of all weight in patterns [head, query, key] lies above the diagonal."""
    return bool(np.isclose(np.triu(patterns, 1).sum() / patterns.sum(), share, rtol=1e-4, atol=1e-6))


def masks(lesson: EncoderDecoder, running: Running) -> list[Mobject]:
    """All heads of the first blocks' self-attention, of the encoder and of the decoder."""
    _, large = rooms(lesson)
    patterns = [lesson.trace[f"{stack}.blocks.0.attn.pattern"] for stack in ("encoder", "decoder")]
    shares = [later(pattern.mean(0)) for pattern in patterns]
    with lesson.step(
        "With a mask, and without",
        ask="Encoder and decoder each look around in their own sentence. What is the difference?",
        subtitle="attn.pattern [head, query, key] of block {zero}, {heads} heads each · a row looks along its line",
        heads=patterns[0].shape[0],
        zero=0,
        keep=running.all(),
        claims=[
            truth(
                "the decoder gives nothing to later words", [patterns[1]], lambda p: bool((np.triu(p, 1) == 0).all())
            ),
            *[
                truth("the share is that of the pattern", [p, s], share_ahead)
                for p, s in zip(patterns, shares, strict=True)
            ],
            truth("the encoder gives something to later words", [patterns[0]], lambda p: bool(np.triu(p, 1).sum() > 0)),
        ],
    ):
        parts = large.rows(1, 1, gap=0.3) if lesson.portrait else large.columns(1, 1, gap=0.3)
        walls, labels = [], []
        for part, pattern, title in zip(parts, patterns, ("encoder", "decoder"), strict=True):
            label = Label(title, TITLE, "secondary").move_to((part.center[0], part.top - 0.2, 0))
            box = Box(part.left, part.bottom, part.right, part.top - 0.5)
            count = pattern.shape[0]
            walls.append(
                PatternWall(box, [pattern[h] for h in range(count)], tiles(box, *shape_of(box, count))[:count])
            )
            labels.append(label)
        lesson.play(running.light("encoder.attn", "decoder.attn"), *running.close(), run_time=0.8)
        for wall, label, key in zip(walls, labels, ("encoder.attn", "decoder.attn"), strict=True):
            lesson.play(running.open(key, wall), FadeIn(label), run_time=1)
        running.opened = None
        lesson.answer(
            "On average the encoder’s words give {e:.0%} to words after them, the decoder’s {z:.0%}: masked.",
            e=shares[0],
            z=shares[1],
        )
    return [*walls, *labels, *running.all()]


def leaking(lesson: EncoderDecoder) -> Leak:
    """In the decoder's first block, whose queries and keys are the same with and without a mask: the head and row that
    would give most to the very word that the row is to write."""
    name, count = "decoder.blocks.0.attn", len(lesson.trace)
    free = lesson.trace[f"{name}.scores"].softmax(-1)
    ahead = np.array([np.diagonal(each, 1) for each in free.values])
    head, row = (int(k) for k in np.unravel_index(ahead.argmax(), (len(ahead), count - 1)))
    masked = lesson.trace[f"{name}.scores_masked"].softmax(-1)
    return Leak(head, row, free[head], masked[head])


def leak(lesson: EncoderDecoder, before: list[Mobject]) -> list[Mobject]:
    """What a row would take from the word that it is to write, and the mask."""
    found = leaking(lesson)
    r, free = found.row, found.free
    nexts = stack([free[i, i + 1] for i in range(len(lesson.trace) - 1)], "query")
    with lesson.step(
        "What would leak",
        ask="And if the decoder had no mask?",
        subtitle="decoder.blocks.{zero}.attn, head {k} · softmax of scores · red: the mask, which goes",
        zero=0,
        k=found.head,
        word=lesson.words[r],
        next=lesson.words[r + 1],
        p=free[r, r + 1],
        q=found.pattern[r, r],
        keep=before,
        claims=[
            most(nexts, r),
            share(free[r]),
            truth("the mask hides it", [free[r, r + 1], found.pattern[r, r + 1]], lambda a, b: bool(a > 0 and b == 0)),
        ],
        quiz=lesson.quiz(
            "Without a mask, which word would “{word}” look at most?", free[r], lesson.called, word=lesson.words[r]
        ),
    ):
        left, right = leak_rooms(lesson)
        look: Look = dict(row_labels=lesson.words, column_labels=lesson.words, target_row=r)
        dots = left.fit(DotPattern(free, width=left.width, height=left.height, cell=(0.9, 0.9), **look))
        bars, masked = (row_bars(lesson, right, found, weights) for weights in (free, found.pattern))
        kept = left.fit(DotPattern(found.pattern, width=left.width, height=left.height, cell=(0.9, 0.9), **look))
        wall = before[1]
        assert isinstance(wall, PatternWall)
        panel = wall.panel(found.head)
        veil = Veil(kept)
        veil.covered[np.triu_indices(len(lesson.trace), 1)] = HIDDEN
        grown = [FadeIn(m, scale=panel.width / kept.width, target_position=panel.center) for m in (kept, veil)]
        lesson.play(*give_way(before), *grown, Emerge(masked, "values", after=0.4), run_time=1.8)
        frame = Frame(dots.corners(r, r + 1, r, r + 1), line=0.05)
        lifted = veil.copy()
        lifted.covered[:] = 0.0
        lesson.play(
            Transform(veil, lifted), Transform(kept, dots), Transform(masked, bars), FadeIn(frame), run_time=1.6
        )
        lesson.answer("“{word}” would give {p:.0%} to “{next}”: the very word that it has to guess.")
    return [kept, veil, frame, masked]


def leak_rooms(lesson: EncoderDecoder) -> tuple[Box, Box]:
    """Of a pattern, and of one of its rows as bars."""
    if lesson.portrait:
        above, below = lesson.stage.rows(1.7, 1, gap=0.4)
        return above, below
    left, right = lesson.stage.columns(lesson.by(wide=1.2, square=2.4, tall=1), 1, gap=0.3)
    return left, right


def row_bars(lesson: EncoderDecoder, box: Box, found: Leak, weights: Tensor) -> ProbabilityBars:
    """What the row gives to itself, to the next word, and to those that weigh most without the mask.

    weights: [query, key], with the mask or without."""
    r = found.row
    largest = [int(k) for k in np.argsort(-found.free[r].values, kind="stable")]
    ids = sorted(list(dict.fromkeys([r, r + 1, *largest]))[: lesson.by(wide=6, square=4, tall=6)])
    room: Look = dict(width=box.width, height=min(box.height, 0.75 * (len(ids) + 1)), size=0.46, fill="probability")
    how: Look = dict(order=ids, spec=".0%", target=r + 1, longest=1.0, whole=True)
    return box.fit(ProbabilityBars(weights[r], lesson.words, **how, **room))


__all__ = ["add_and_norm", "boxes", "leak", "masks"]
