"""What attention sees of the order of words: a text as written and shuffled, with and without positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from scenes.kit.words.strip import legible_part
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
LOOKED_AT = 4  # words that the last one looks at most, of a text too long to be shown
MOST = 24  # words of a text that stands in both orders as a whole
COUNTED = " · {hidden} words behind ⋯"
SHARES = " · words behind ⋯: {rest:.0%}, shuffled {again:.0%}"
SIDE_BY_SIDE = 0.4  # share of the width of each order, and of the links between them


class TwoOrders(NamedTuple):
    """On stage: the tokens as written, the same ones shuffled, and the links between them."""

    written: TokenRow
    shuffled: TokenRow
    links: Links


@dataclass(frozen=True, eq=False)
class Shuffling:
    """Steps over models that read one text in two orders; both: one without positions, and one with.

    Of a text too long to be read in both orders, these show the same few words, and ⋯ for the others."""

    scene: TextLesson
    both: tuple[Orders, Orders]

    def order(self, orders: Orders) -> TwoOrders:
        """Two words that are used alike change places; then all before the last do."""
        m, last = orders.written.info["checkpoint"], last_word(orders)
        drawn: Look = dict(last=last, m=m, s=self.scene.options.seed, hidden=len(self.left_out(orders)))
        counted = COUNTED if self.left_out(orders) else ""
        if orders.swap is None:
            with self.scene.step("Position", ask="Shuffle all " + SHUFFLED, subtitle=DRAWN + counted, keep=(), **drawn):
                return self.changed(orders, self.copied(orders), orders.order)
        a, b = (display(orders.written.tokens[k]) for k in orders.swap)
        with self.scene.step(
            "Position",
            ask="Swap “{a}” and “{b}”: same words, other meaning. Does attention notice?",
            subtitle="model {m} · above: as written, below: two words have changed places" + counted,
            keep=(),
            a=a,
            b=b,
            **drawn,
        ):
            shown = self.exchanged(orders, self.copied(orders))
        with self.scene.step("Shuffled", ask="Or shuffle all " + SHUFFLED, subtitle=DRAWN + counted, **drawn):
            return self.changed(orders, shown, orders.order)

    # ── words on their way ───────────────────────────────────────────────────────────────────────
    def copied(self, orders: Orders) -> TwoOrders:
        """The words come, and a copy of each goes straight down (or across)."""
        last = orders.swap is None  # whether anything is said of the last word
        shown = self.two_orders(orders, self.scene.stage, LARGE, range(len(orders.order)), marked=last)
        self.scene.play(FadeIn(shown.written, shift=0.2 * UP), run_time=0.8)
        leaving = list(pieces(shown.written).values())
        ways, links = [straight_path()] * len(leaving), Grow(shown.links, "grown", lag=0.1)
        self.fly(leaving, shown.shuffled, links, ways=ways, run_time=1.2)
        return shown

    def exchanged(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """Two words of the copy go past each other, on the side of the links, one further out."""
        new = self.two_orders(orders, self.scene.stage, LARGE, orders.swapped, marked=False)
        leaving, gone = [shown.shuffled.piece(orders.swapped[k]) for k in new.shuffled.shown], dots(shown.shuffled)
        self.scene.remove(shown.shuffled)
        between, down = min(shown.links.natural) if self.scene.wide else shown.links.natural[0], shown.written.down
        ways = [straight_path()] * len(leaving)
        for place, share in zip(orders.swap or (), AROUND, strict=True):
            ways[new.shuffled.shown.index(place)] = around(share * between, down)
        along = [Transform(shown.links, new.links), *map(FadeOut, gone)]
        self.fly(leaving, new.shuffled, *along, ways=ways, run_time=2)
        return TwoOrders(shown.written, new.shuffled, shown.links)

    def changed(self, orders: Orders, shown: TwoOrders, order: Sequence[int]) -> TwoOrders:
        """The copy gives way to another, whose words come one after the other along the links."""
        new = self.two_orders(orders, self.scene.stage, LARGE, order)
        both = [Transform(a, b) for a, b in ((shown.written, new.written), (shown.links, new.links))]
        self.scene.play(FadeOut(shown.shuffled), *both, run_time=1)
        words, ways = pieces(shown.written), [along_threads(new.written.down)] * len(shown.written.shown)
        self.fly([words[order[k]] for k in new.shuffled.shown], new.shuffled, ways=ways, lag=0.4, run_time=2)
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
        both = zip(row.shown, leaving, ways, strict=True)
        flights = [Transform(word, row.piece(k), path_func=way) for k, word, way in both]
        come = dots(row)
        self.scene.play(LaggedStart(*flights, lag_ratio=lag), *along, *map(FadeIn, come), run_time=run_time)
        self.scene.remove(*leaving, *come)
        self.scene.add(row)

    def without(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """What the last word gathers does not depend on the order."""
        agree = float(orders.difference) < NOTHING
        told = "agree to {few} decimals." if agree else "differ by at most {most:.6f}."
        with self.scene.step(
            "Without positions",
            "In one layer, “{last}” gathers the same from both: its {d} numbers " + told,
            subtitle=ATTENTION + (SHARES if self.left_out(orders) else ""),
            keep=shown,
            **self.fields(orders),
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
            subtitle=ATTENTION + (SHARES if self.left_out(orders) else ""),
            keep=shown if same_words else (),
            **self.fields(orders),
        ):
            self.experiment(orders, shown)

    def experiment(self, orders: Orders, shown: TwoOrders) -> TwoOrders:
        """Both orders with the last word's weights, and what it gathers in each."""
        box, numbers_box = self.rooms(len(orders.order))
        place = self.two_orders(orders, box, SMALL)
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

    # ── two orders of a text ─────────────────────────────────────────────────────────────────────
    @cached_property
    def parts(self) -> dict[tuple[str, ...], list[int]]:
        """Which words of each text are shown, by its tokens: their places as written."""
        texts = dict.fromkeys(orders.written.tokens for orders in self.both)
        return {text: self.part([orders for orders in self.both if orders.written.tokens == text]) for text in texts}

    def part(self, alike: list[Orders]) -> list[int]:
        """All words of a text that models read in two orders; of too many the last one, those that change places, those
        at which the last one looks most, and others."""
        orders, count = alike[0], len(alike[0].order)
        if count <= MOST:
            return list(range(count))
        boxes = self.rooms(count)[0], self.over_bars[0]
        most = np.argsort(-np.max([looks(each) for each in alike], axis=0), kind="stable")[:LOOKED_AT]
        needed = [count - 1, *(orders.swap or ()), *map(int, most)]

        def size(shown: list[int]) -> float:
            return min(self.rows(orders, box, SMALL, orders.order, shown)[0].size for box in boxes)

        return legible_part(count, needed, size)

    def left_out(self, orders: Orders) -> list[int]:
        """The places, as written, of the words that are not shown."""
        shown = self.parts[orders.written.tokens]
        return [place for place in range(len(orders.order)) if place not in shown]

    def fields(self, orders: Orders) -> Look:
        """What the templates ATTENTION, SHARES and of the difference are filled with."""
        found: Look = dict(l=0, m=orders.written.info["checkpoint"], h=orders.head)
        found |= dict(last=last_word(orders), most=orders.difference)
        if hidden := self.left_out(orders):
            written, shuffled = orders.weights
            found |= dict(rest=written[hidden].sum(0))
            found |= dict(again=shuffled[[k for k, place in enumerate(orders.order) if place in hidden]].sum(0))
        return found

    def rooms(self, words: int) -> tuple[Box, Box]:
        """For two orders, without what their weights take on both sides; and below (beside) for what is gathered."""
        stage, across = self.scene.stage, max(1.2, min(words, MOST) / 10)
        wide, tall = (stage.rows(share, 1, gap=0.3) for share in (1.8, across))
        box, numbers = self.scene.by(wide=wide, square=stage.columns(1.45, 1, gap=0.3), tall=tall)
        x, y = self.scene.by(wide=(0, 0.5), square=(0.95, 0), tall=(0.95, 0))
        return Box(box.left + x, box.bottom + y, box.right - x, box.top - y), numbers

    @property
    def over_bars(self) -> tuple[Box, Box]:
        """For two orders, and below (beside) them for bars."""
        stage = self.scene.stage
        wide, beside = stage.rows(1, 1, gap=0.4), stage.columns(1, 1, gap=0.5)
        above, below = self.scene.by(wide=wide, square=beside, tall=stage.rows(1.4, 1, gap=0.4))
        return above, below

    def two_orders(
        self, orders: Orders, box: Box, largest: float, order: Sequence[int] | None = None, *, marked: bool = True
    ) -> TwoOrders:
        """One below the other in a wide frame, else side by side. order: of the second, if not the shuffled one.

        marked: whether the last word is."""
        order = orders.order if order is None else order
        rows = self.rows(orders, box, largest, order, self.parts[orders.written.tokens], marked)
        if self.scene.wide:
            stack(*rows, gap=min(2.2, box.height - 2 * rows[0].height)).move_to(box.center)
        else:
            free = box.width - sum(each.width for each in rows)
            row(*rows, gap=min(SIDE_BY_SIDE * box.width, free)).move_to(box.center)
        written, read = rows
        return TwoOrders(written, read, Links(written, read, order))

    def rows(
        self, orders: Orders, box: Box, largest: float, order: Sequence[int], shown: list[int], marked: bool = True
    ) -> list[TokenRow]:
        """A text as written and in another order, in letters of one size. shown: the places of the words that are
        shown, as written; marked: whether the last one is."""
        tokens, size = orders.written.tokens, min(largest, 0.23 * box.height) if self.scene.wide else largest
        how: Look = dict(width=box.width)
        if not self.scene.wide:
            how = dict(width=SIDE_BY_SIDE * box.width, height=box.height, gap=0.04, down=True)
        if marked:
            how |= dict(target=len(tokens) - 1)

        def row(places: Sequence[int], size: float) -> TokenRow:
            there, unknown = (
                [k for k, i in enumerate(places) if i in some] for some in (shown, orders.written.unknown)
            )
            return TokenRow([tokens[i] for i in places], size=size, unknown=unknown, shown=there, **how)

        both = range(len(tokens)), order
        size = min(row(places, size).size for places in both)
        return [row(places, size) for places in both]

    # ── the prediction ───────────────────────────────────────────────────────────────────────────
    def whole_model(self) -> None:
        """How far the shuffling moves the next word's chances, without and with positions."""
        both, shares = self.both, [orders.moved for orders in self.both]
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

    def noticed(self, by_kind: Mapping[str, Orders], names: Sequence[str]) -> None:
        """The picture of the beginning, and its answer: how far the shuffling moves the prediction of each model."""
        told, shares = list(by_kind), [each.moved for each in by_kind.values()]
        most, moved = max(range(len(told)), key=lambda k: float(shares[k])), stack_tensors(shares, "kind")
        orders, both = self.both[0], self.both
        seen = [k for k, x in enumerate(shares) if any(np.isclose(float(x), float(each.moved)) for each in both)]
        among = [k for k in range(len(told)) if k not in seen] if most in seen else None
        asked = "Which model’s prediction moves most?" if among is None else "Whose prediction of these moves most?"
        with self.scene.step(
            "Is it noticed?",
            ask="The same words shuffled once more: which models notice?",
            subtitle="share of the next word’s probability that moves · after “{last}” · {n} models"
            + (COUNTED if self.left_out(orders) else ""),
            hidden=len(self.left_out(orders)),
            keep=(),
            claims=[fact("most", "no other model is moved further", shares, lambda *all: bool(all[most] >= max(all)))],
            last=last_word(orders),
            n=len(told),
            quiz=self.scene.quiz(asked, moved, names.__getitem__, among=among),
        ):
            above, below = self.over_bars
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


def pieces(tokens: TokenRow) -> dict[int, TokenRow]:
    """Each word that is shown as a row of its own, where it stands."""
    return {k: tokens.piece(k) for k in tokens.shown}


def dots(tokens: TokenRow) -> list[TokenRow]:
    """The ⋯ of a row without its words, if it has any."""
    return [tokens.copy().show_only(0)] if len(tokens.shown) < len(tokens.words) else []


def looks(orders: Orders) -> np.ndarray:
    """The larger of the weights that the last word gives to each in the two orders, by places as written."""
    written, shuffled = (weights.values for weights in orders.weights)
    return np.maximum(written, shuffled[np.argsort(orders.order)])


def around(height: float, down: bool) -> Way:
    """A way that swings out: up from a row, to the left of a column."""
    out = np.array([-height, 0, 0] if down else [0, height, 0])
    return lambda start, end, t: start + t**2 * (3 - 2 * t) * (end - start) + 4 * t * (1 - t) * out


def last_word(orders: Orders) -> str:
    """The word that stays last."""
    return display(orders.written.tokens[-1])


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
