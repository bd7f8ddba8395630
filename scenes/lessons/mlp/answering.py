"""What a neuron answers: its row of W_out, the words that it raises, where it is loud, and the sum of all writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, Mobject

from model.numbers.tensor import Tensor, concatenate, stack
from model.study.inside.neurons import loudest
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.flight import Fly
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.sums import SumTable, norms
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, fact, truth
from scenes.lesson.runs import trace_of
from scenes.lesson.steps import come, grow_after, leave

if TYPE_CHECKING:
    from scenes.lessons.mlp.lesson import FeedForward

UP_WORDS, DOWN_WORDS, PLACES, LONGEST = 5, 3, 8, 5  # how many are shown
BEFORE = 4  # words before the place


def writes(lesson: FeedForward, before: Mobject) -> Rows:
    neuron = lesson.neuron
    with lesson.step(
        "And answers",
        "What it lets through, {a:+.2f}, scales the row that it has to say: its row of W_out.",
        subtitle="mlp.post [{i}, {n}] × W_out [{n}, :] of layer {l}",
        a=neuron.post,
        claims=[
            truth(
                "it is this neuron's row",
                [neuron.answers, neuron["mlp.W_out"]],
                lambda r, W: (r == W[lesson.index]).all(),
            )
        ],
        keep=(before,),
    ):
        parts = [(neuron.answers, "weight", "its answer"), (neuron.write, "delta", say("× {a:+.2f}", a=neuron.post))]
        rows = Rows(lesson.stage, parts, cell=1.2, upright=lesson.by(wide=0, square=0, tall=11))
        first = Introduce(rows.grids[0], "columns", lag=0.1, after=0.3)
        lesson.play(*leave(before), first, *come(rows.labels[0]), run_time=1.2)
        lesson.play(Fly(rows.grids[0], rows.grids[1], keep=True), FadeIn(rows.labels[1]), run_time=1.6)
    return rows


def says(lesson: FeedForward, before: Mobject) -> SignedBars:
    """The words that its answer raises most, and those that it lowers."""
    all_words = lesson.neuron.says
    order = np.argsort(-all_words.values, kind="stable")
    chosen = [*map(int, order[:UP_WORDS]), *map(int, order[-DOWN_WORDS:])]
    with lesson.step(
        "The answer in words",
        ask="Which words does this answer make likelier?",
        subtitle="W_out [{n}, :] · W_U: what it raises most, {u} bars, and lowers most, {w} bars, of {v}",
        u=UP_WORDS,
        w=DOWN_WORDS,
        v=len(order),
        claims=extremes(all_words, chosen),
        quiz=lesson.quiz("Which word does this answer make likelier most?", all_words, lesson.called_next),
        keep=(before,),
    ):
        words = [lesson.trace.vocabulary[k] for k in chosen]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, fill="logit", size=0.44)
        bars = SignedBars(all_words[chosen], words, **room).move_to(lesson.stage.center)
        grow_after(lesson, [before], bars, lag=0.3, run_time=2.4)
        raised = {name: display(words[k]) for k, name in enumerate("abc")}
        by = {name: all_words[chosen[k]] for k, name in enumerate("xyz")}
        lesson.answer(
            "“{a}” by {x:+.2f}, “{b}” by {y:+.2f}, “{c}” by {z:+.2f}: have they anything in common?", **raised, **by
        )
    return bars


def extremes(row: Tensor, chosen: list[int]) -> list[Fact]:
    """That the words shown are those that are raised and lowered most."""
    top, low = chosen[:UP_WORDS], chosen[UP_WORDS:]

    def holds(values: np.ndarray) -> bool:
        others = np.delete(values, chosen)
        return bool(values[top].min() >= others.max() - 1e-6 and values[low].max() <= others.min() + 1e-6)

    return [fact(("most", "least"), "these are the words that it raises and lowers most", [row], holds)]


def where_it_is_loud(lesson: FeedForward, before: Mobject) -> Mobject:
    """The places in the held-out text where the neuron answers loudest, with the words before."""
    places = loudest(lesson.model_asked, lesson.layer, lesson.index, PLACES)
    if not places:  # a model that does not read the held-out text word by word
        return before
    runs = [lesson.keep_run(trace_of(lesson.model_asked, text)) for text, _ in places]
    name = f"blocks.{lesson.layer}.mlp.post"
    values = stack([run[name][k, lesson.index] for run, (_, k) in zip(runs, places, strict=True)], "place")
    phrases = [phrase(run.tokens, k) for run, (_, k) in zip(runs, places, strict=True)]
    ends = [display(run.tokens[k]) for run, (_, k) in zip(runs, places, strict=True)]
    common = max(dict.fromkeys(ends), key=ends.count)
    same = ends.count(common)
    with lesson.step(
        "Where it is loudest",
        ask="What does it ask for? These are the places where it answers loudest:",
        subtitle="layer {l}, neuron {n}, mlp.post at the last of these words · {k} places in held-out text",
        k=len(places),
        keep=(before,),
    ):
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, fill="probability", size=0.44)
        bars = SignedBars(values, phrases, **room).move_to(lesson.stage.center)
        grow_after(lesson, [before], bars, lag=0.3, run_time=2.6)
        lesson.answer(
            "{s} of {k} end in “{w}”: look at what stands before it."
            if same > len(places) // 2
            else "They share no last word: many a neuron means nothing that has a name.",
            s=same,
            w=common,
        )
    return bars


def phrase(tokens: tuple[str, ...], place: int) -> Said:
    """The words up to a place, the last few of them."""
    first = max(0, place - BEFORE)
    words = " ".join(display(token) for token in tokens[first : place + 1])
    return Said(("… " if first else "") + words)


def all_writes(lesson: FeedForward, before: Mobject) -> SumTable:
    """Every neuron's write, and the bias, add up to what the MLP adds."""
    parts, names = parts_of(lesson)
    total = lesson.neuron["mlp_out"][lesson.position]
    with lesson.step(
        "All answers add up",
        "All {m} do this at once; what they write is added up: that is what the MLP says.",
        subtitle="layer {l} · mlp.post [{i}, :] × W_out, their sum mlp_out [{i}, :] · bar: length √Σx²",
        quiz=lesson.quiz("Who writes the longest row?", norms(parts), names.__getitem__),
        keep=(before,),
    ):
        room: Look = dict(bars=lesson.by(wide=2.6, square=1.7, tall=1.7), height=1.15 * lesson.row_height)
        table = SumTable(lesson.stage, parts, total, names, name_of_total="mlp_out", keep=0, **room)
        lesson.play(*leave(before), Introduce(table.parts, "rows", lag=0.4, after=0.2), run_time=2.2)
        lesson.play(FadeIn(table.name_of_total), ResidualAdd(table.parts, table.total), run_time=2)
        table.parts.glow = np.zeros_like(table.parts.values)
        lesson.play(Grow(table.bars, "values", lag=0.2), Grow(table.bar_of_total, "values"), run_time=1.2)
    return table


def parts_of(lesson: FeedForward) -> tuple[Tensor, list[Said]]:
    """What is added up, one row each, and what it is called: our neuron, the others that write the longest rows, the
    rest of them together, and the bias."""
    neuron = lesson.neuron
    written = (neuron["mlp.W_out"].T * neuron["mlp.post"][lesson.position]).T
    order = np.argsort(-np.linalg.norm(written.values, axis=1), kind="stable")
    chosen = [lesson.index, *[int(k) for k in order if k != lesson.index][: LONGEST - 1]]
    rest = sorted(set(range(len(order))) - set(chosen))
    parts, names = [written[chosen], stack([written[rest].sum(0)], "d_mlp")], [say("neuron {k}", k=k) for k in chosen]
    names.append(say("{k} more", k=len(rest)))
    if lesson.trace.config.mlp_bias:
        parts.append(stack([neuron["mlp.b_out"]], "d_mlp"))
        names.append(say("b_out"))
    return concatenate(parts, 0), names


def onto_the_wire(lesson: FeedForward, before: SumTable) -> Mobject:
    """What the MLP says is added to the row of the word."""
    neuron, i = lesson.neuron, lesson.position
    first = lesson.trace.config.norm_first
    x, add = neuron["resid_mid"][i], neuron["mlp_out"][i]
    total = neuron["resid_post"][i] if first else x + add
    with lesson.step(
        "Onto the wire",
        "The sum goes back onto the residual stream: x + Δ x.",
        subtitle="blocks.{l}.resid_mid [{i}, :] + blocks.{l}.mlp_out [{i}, :]"
        + (" = blocks.{l}.resid_post [{i}, :]" if first else ""),
        keep=(before,),
    ):
        parts = [(x, "data", "x"), (add, "delta", say("+ MLP {l}", l=lesson.layer)), (total, "data", "= x")]
        rows = Rows(lesson.stage, parts, adds=True, cell=1.2, upright=lesson.by(wide=0, square=0, tall=11))
        others = [before.parts, before.bars, before.name_of_total, before.bar_of_total]
        lesson.play(*leave(*others), Fly(before.total, rows.grids[1]), *come(rows.labels[1]), run_time=1.2)
        lesson.play(Introduce(rows.grids[0], "columns", lag=0.1), FadeIn(rows.labels[0]), run_time=0.8)
        lesson.play(FadeIn(rows.labels[2]), FadeIn(rows.grids[2].pale()), run_time=0.4)
        lesson.play(ResidualAdd(*rows.grids), run_time=1.6)
    return rows
