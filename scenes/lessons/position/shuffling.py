"""What attention sees of the order of words: a text as written and shuffled, with and without positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from manim import UP, Animation, FadeIn, FadeOut, LaggedStart, Transform
from manim.utils.paths import straight_path

from model.numbers.tensor import Tensor
from model.numbers.tensor import stack as stack_tensors
from model.study.variants import Orders
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.recipes import Look, longest_bar
from scenes.kit.words.links import Links, along_threads
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display
from scenes.lesson.claims import fact
from scenes.lesson.lesson import TextLesson

ATTENTION = "model {m} · layer {l} · attention of “{last}” in head {h}, and its attn_out"
SHUFFLED = "before “{last}”: still the same words. What changes for attention?"
DRAWN = "model {m} · order drawn with seed {s} · “{last}” stays last"
AROUND = (0.75, 0.4)  # how far two words that change places swing out, in parts of the room between the orders
Way = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
NOTHING = 5e-7  # a difference that rounds to 0 at six decimals
SOME = 5e-4  # a difference that is worth a word
LARGE, SMALL = 0.62, 0.46  # em of the words, alone and above the numbers
SIDE_BY_SIDE = 0.4  # share of the width of each order, and of the links between them


class TwoOrders(NamedTuple):
    """On stage: the tokens as written, the same ones shuffled, and the links between them."""

    written: TokenRow
    shuffled: TokenRow
    links: Links


@dataclass(frozen=True, eq=False)
class Shuffling:
    """Steps over models that read one text in two orders."""

    scene: TextLesson

    def order(self, orders: Orders) -> TwoOrders:
        """Two words that are used alike change places; then all before the last do."""
        m, last = orders.written.info["checkpoint"], last_word(orders)
        drawn: Look = dict(last=last, m=m, s=self.scene.options.seed)
        if orders.swap is None:
            with self.scene.step("Position", ask="Shuffle all " + SHUFFLED, subtitle=DRAWN, keep=(), **drawn):
                return self.changed(orders, self.copied(orders), orders.order)
        a, b = (display(orders.written.tokens[k]) for k in orders.swap)
        with self.scene.step(
            "Position",
            ask="Swap “{a}” and “{b}”: same words, other meaning. Does attention notice?",
            subtitle="model {m} · above: as written, below: two words have changed places",
            keep=(),
            a=a,
            b=b,
            m=m,
        ):
            shown = self.exchanged(orders, self.copied(orders))
        with self.scene.step("Shuffled", ask="Or shuffle all " + SHUFFLED, subtitle=DRAWN, **drawn):
            return self.changed(orders, shown, orders.order)

    # ── words on their way ───────────────────────────────────────────────────────────────────────
    def copied(self, orders: Orders) -> TwoOrders:
        """The words come, and a copy of each goes straight down (or across)."""
        last = orders.swap is None  # whether anything is said of the last word
        shown = self.two_orders(orders, self.scene.stage, LARGE, range(len(orders.order)), marked=last)
        self.scene.play(FadeIn(shown.written, shift=0.2 * UP), run_time=0.8)
        leaving = pieces(shown.written)
        ways, links = [straight_path()] * len(leaving), Grow(shown.links, "grown", lag=0.1)
        self.fly(leaving, shown.shuffled, links, ways=ways, run_time=1.2)
        return shown

    def exchanged(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """Two words of the copy go past each other, on the side of the links, one further out."""
        new = self.two_orders(orders, self.scene.stage, LARGE, orders.swapped, marked=False)
        self.scene.remove(shown.shuffled)
        leaving = [shown.shuffled.piece(k) for k in orders.swapped]
        between, down = min(shown.links.natural) if self.scene.wide else shown.links.natural[0], shown.written.down
        ways = [straight_path()] * len(leaving)
        for place, share in zip(orders.swap or (), AROUND, strict=True):
            ways[place] = around(share * between, down)
        self.fly(leaving, new.shuffled, Transform(shown.links, new.links), ways=ways, run_time=2)
        return TwoOrders(shown.written, new.shuffled, shown.links)

    def changed(self, orders: Orders, shown: TwoOrders, order: Sequence[int]) -> TwoOrders:
        """The copy gives way to another, whose words come one after the other along the links."""
        new = self.two_orders(orders, self.scene.stage, LARGE, order)
        both = [Transform(a, b) for a, b in ((shown.written, new.written), (shown.links, new.links))]
        self.scene.play(FadeOut(shown.shuffled), *both, run_time=1)
        leaving, ways = pieces(shown.written), [along_threads(new.written.down)] * len(order)
        self.fly([leaving[k] for k in order], new.shuffled, ways=ways, lag=0.4, run_time=2)
        return TwoOrders(shown.written, new.shuffled, shown.links)

    def fly(
        self,
        leaving: Sequence[TokenRow],
        row: TokenRow,
        *along: Animation,
        ways: Sequence[Way],
        lag: float = 0.0,
        run_time: float,
    ) -> None:
        """Words fly to their places in a row, each its way; the row is there when they have landed."""
        both = enumerate(zip(leaving, ways, strict=True))
        flights = [Transform(word, row.piece(k), path_func=way) for k, (word, way) in both]
        self.scene.play(LaggedStart(*flights, lag_ratio=lag), *along, run_time=run_time)
        self.scene.remove(*leaving)
        self.scene.add(row)

    def without(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """What the last word gathers does not depend on the order."""
        agree = float(orders.difference) < NOTHING
        told = "agree to {few} decimals." if agree else "differ by at most {most:.6f}."
        with self.scene.step(
            "Without positions",
            "In one layer, “{last}” gathers the same from both: its {d} numbers " + told,
            subtitle=ATTENTION,
            keep=shown,
            **attention_fields(orders),
            d=len(orders.gathered[0]),
            few=6,
        ):
            return self.experiment(orders, shown)

    def with_positions(self, orders: Orders, shown: TwoOrders, same_words: bool) -> None:
        """With positions it does. same_words: whether what is shown are the words of this model, too."""
        with self.scene.step(
            "With positions",
            "Told where each word stands, it gathers something else: up to {most:.2f} of difference."
            if float(orders.difference) > SOME
            else "All words before “{last}” are the same here, so no order can differ.",
            subtitle=ATTENTION,
            keep=shown if same_words else (),
            **attention_fields(orders),
        ):
            self.experiment(orders, shown)

    def experiment(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """Both orders with the last word's weights, and what it gathers in each."""
        place, numbers_box = self.two_orders_above(orders)
        weights = [beside(tokens, w, k) for k, (tokens, w) in enumerate(zip(place[:2], orders.weights, strict=True))]
        if shown.written not in self.scene.mobjects:
            self.scene.play(*map(FadeIn, place), run_time=1)
            shown = place
        elif np.abs(shown.written.points - place.written.points).max() > 1e-3:
            self.scene.play(*[Transform(a, b) for a, b in zip(shown, place, strict=True)], run_time=1)
        self.scene.play(*[Grow(each, "shown_opacity", lag=0.2) for each in weights], run_time=1.2)
        before, after = orders.gathered
        parts = ((before, "data", "as written"), (after, "data", "shuffled"), (before - after, "delta", "difference"))
        rows = Rows(numbers_box, parts, upright=self.scene.by(wide=0, square=10, tall=0))
        arriving = [Introduce(grid, "cells", lag=0.2) for grid in rows.grids]
        self.scene.play(*map(FadeIn, rows.labels[:2]), *arriving[:2], run_time=1.5)
        self.scene.play(FadeIn(rows.labels[2]), arriving[2], run_time=1.2)
        return shown

    def two_orders_above(self, orders: Orders) -> tuple[TwoOrders, Box]:
        """The two orders with room for the weights on both sides, and the room below (beside) for what is gathered."""
        stage, across = self.scene.stage, max(1.2, len(orders.written) / 10)
        wide, tall = (stage.rows(share, 1, gap=0.3) for share in (1.8, across))
        box, numbers = self.scene.by(wide=wide, square=stage.columns(1.45, 1, gap=0.3), tall=tall)
        x, y = self.scene.by(wide=(0, 0.5), square=(0.95, 0), tall=(0.95, 0))
        inner = Box(box.left + x, box.bottom + y, box.right - x, box.top - y)
        return self.two_orders(orders, inner, SMALL), numbers

    def two_orders(
        self, orders: Orders, box: Box, largest: float, order: Sequence[int] | None = None, *, marked: bool = True
    ) -> TwoOrders:
        """One below the other in a wide frame, else side by side. order: of the second, if not the shuffled one.

        marked: whether the last word is."""
        tokens, unknown, order = orders.written.tokens, orders.written.unknown, orders.order if order is None else order
        both = ((tokens, unknown), ([tokens[i] for i in order], [k for k, i in enumerate(order) if i in unknown]))
        how: Look
        if self.scene.wide:
            how = dict(width=box.width, size=min(largest, 0.23 * box.height))
        else:
            how = dict(width=SIDE_BY_SIDE * box.width, height=box.height, size=largest, gap=0.04, down=True)
        target = len(tokens) - 1 if marked else None
        rows = [TokenRow(words, target=target, unknown=some, **how) for words, some in both]
        if self.scene.wide:
            stack(*rows, gap=min(2.2, box.height - 2 * rows[0].height)).move_to(box.center)
        else:
            free = box.width - sum(each.width for each in rows)
            row(*rows, gap=min(SIDE_BY_SIDE * box.width, free)).move_to(box.center)
        written, read = rows
        return TwoOrders(written, read, Links(written, read, order))

    # ── the prediction ───────────────────────────────────────────────────────────────────────────
    def whole_model(self, both: tuple[Orders, Orders]) -> None:
        """How far the shuffling moves the next word's chances, without and with positions."""
        shares = [orders.moved for orders in both]
        with self.scene.step(
            "The whole model",
            "Shuffling moves {a:.0%} of the prediction without positions (the mask leaks some order), {b:.0%} with."
            if float(shares[0]) < 0.5 * float(shares[1])
            else "Over all layers the mask tells order, too: "
            "shuffling moves {a:.0%} of the prediction without positions, {b:.0%} with.",
            subtitle="next word after “{last}” · bar: shuffled, line: as written · right: points gained",
            keep=(),
            a=shares[0],
            b=shares[1],
            last=last_word(both[0]),
        ):
            stage, few = self.scene.stage, self.scene.by(wide=5, square=4, tall=5)
            boxes = stage.columns(1, 1, gap=0.8) if self.scene.wide else stage.rows(1, 1, gap=0.5)
            chances = [(orders.written["probs"][-1], orders.shuffled["probs"][-1]) for orders in both]
            shown = [likeliest(p, q, few) for p, q in chances]
            longest = longest_bar((p, ids) for ids, two in zip(shown, chances, strict=True) for p in two)
            names = ("without positions", "with positions")
            for box, orders, ids, name in zip(boxes, both, shown, names, strict=True):
                title, bars, change = self.panel(box, orders, ids, name, longest)
                self.scene.play(FadeIn(title), Grow(bars, "values"), run_time=1.2)
                self.scene.play(Grow(change, "grown", lag=0.2), run_time=1)

    def noticed(self, both: tuple[Orders, Orders], by_kind: Mapping[str, Orders], names: Sequence[str]) -> None:
        """The picture of the beginning, and its answer: how far the shuffling moves the prediction of each model."""
        told, shares = list(by_kind), [each.moved for each in by_kind.values()]
        most, moved = max(range(len(told)), key=lambda k: float(shares[k])), stack_tensors(shares, "kind")
        orders = both[0]
        seen = [k for k, x in enumerate(shares) if any(np.isclose(float(x), float(each.moved)) for each in both)]
        among = [k for k in range(len(told)) if k not in seen] if most in seen else None
        asked = "Which model’s prediction moves most?" if among is None else "Whose prediction of these moves most?"
        with self.scene.step(
            "Is it noticed?",
            ask="The same words shuffled once more: which models notice?",
            subtitle="share of the next word’s probability that moves · after “{last}” · {n} models",
            keep=(),
            claims=[fact("most", "no other model is moved further", shares, lambda *all: bool(all[most] >= max(all)))],
            last=last_word(orders),
            n=len(told),
            quiz=self.scene.quiz(asked, moved, names.__getitem__, among=among),
        ):
            stage = self.scene.stage
            wide, beside = stage.rows(1, 1, gap=0.4), stage.columns(1, 1, gap=0.5)
            above, below = self.scene.by(wide=wide, square=beside, tall=stage.rows(1.4, 1, gap=0.4))
            shown = self.two_orders(orders, above, SMALL)
            room: Look = dict(width=below.width, height=below.height, spec=".0%", numbered=False, fill="probability")
            bars = below.fit(Ranking(moved, names, **room))
            self.scene.play(*map(FadeIn, shown), run_time=0.8)
            self.scene.play(Grow(bars, "bar_opacity", lag=0.5), run_time=1.8)
            self.scene.answer(
                "{k} positions most: {a:.0%} of the prediction moves; without any, {b:.0%}.",
                k=told[most].capitalize(),
                a=shares[most],
                b=shares[0],
            )

    def panel(
        self, box: Box, orders: Orders, ids: list[int], name: str, longest: float
    ) -> tuple[Label, ProbabilityBars, BarChange]:
        """Chances after the shuffled text, with how far they are from those after the text as written."""
        column, model = BarChange.width_of("+.1f", LABEL), orders.written.info["checkpoint"]
        says, shuffled = say("{what} · {m}", what=name, m=model), orders.shuffled["probs"][-1]
        title = Label(says, min(0.4, box.width / 15), of=shuffled)
        title.move_to((box.center[0], box.top - title.height / 2, 0))
        room: Look = dict(width=box.width - column, height=box.height - 0.8, longest=longest)
        bars = ProbabilityBars(shuffled, orders.written.vocabulary, order=ids, **room)
        bars.move_to((box.left + bars.width / 2, (box.bottom + box.top - 0.7) / 2, 0))
        return title, bars, BarChange(bars, orders.written["probs"][-1], width=column)


def pieces(tokens: TokenRow) -> list[TokenRow]:
    """Each word as a row of its own, where it stands."""
    return [tokens.piece(k) for k in range(len(tokens.words))]


def around(height: float, down: bool) -> Way:
    """A way that swings out: up from a row, to the left of a column."""
    out = np.array([-height, 0, 0] if down else [0, height, 0])
    return lambda start, end, t: start + t**2 * (3 - 2 * t) * (end - start) + 4 * t * (1 - t) * out


def last_word(orders: Orders) -> str:
    """The word that stays last."""
    return display(orders.written.tokens[-1])


def attention_fields(orders: Orders) -> Look:
    """What the templates ATTENTION and of the difference are filled with."""
    model = orders.written.info["checkpoint"]
    return dict(l=0, m=model, h=orders.head, last=last_word(orders), most=orders.difference)


def beside(tokens: TokenRow, weights: Tensor, which: int) -> TokenNumbers:
    """The weights outside of the two orders: above or left of the first, below or right of the second."""
    numbers = TokenNumbers(tokens, weights)
    if which == 0:
        across, up = (-tokens.width - numbers.width - 0.3, 0), (0, tokens.height + 1.5 * numbers.size)
        numbers.shift((*(across if tokens.down else up), 0))
    return numbers


def likeliest(p: Tensor, q: Tensor, count: int) -> list[int]:
    """The words that are likeliest in either distribution, in the order of the first."""
    best: Sequence[int] = np.argsort(-np.maximum(p.values, q.values), kind="stable")[:count].tolist()
    return sorted(best, key=lambda i: -p.values[i])
