"""How rotary positions turn queries and keys (Su et al. 2021)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from manim import FadeIn, FadeOut, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from model.study.positions import turn
from model.study.rotary import RotaryHead, hand, products_by_pair
from scenes.kit.charts.curve import Curve, GrowCurve
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.travel import Carry
from scenes.kit.recipes import Look
from scenes.kit.space.dial import Dial, DialRow, Turn
from scenes.kit.words.tokens import display
from scenes.lesson.claims import CLOSE, Fact, count, fact
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come

FURTHER = 5  # places that q and k move on together
REACH = 64  # distances on the curve, at most
TALLEST = 9.0  # the curve
EARLY = squish_rate_func(smooth, 0.12, 0.35)  # when a title comes beside dials that turn
BESIDE = 3.2  # room for a title at the left of its dials


@dataclass(frozen=True, eq=False)
class Turning:
    """Steps over one query of a head with rotary positions, and the key before it."""

    scene: TextLesson
    head: RotaryHead

    def fields(self, **more: object) -> Look:
        trace, head = self.head.trace, self.head
        words: Look = dict(a=display(trace.tokens[head.query]), b=display(trace.tokens[head.key]))
        return dict(words, m=trace.info["checkpoint"], l=head.layer, h=head.head, n=head.query - head.key, **more)

    def rotary(self) -> tuple[DialRow, DialRow]:
        """Pairs of entries of q, then of k, turn by the angles of their positions."""
        q_box, k_box = self.scene.stage.rows(1, 1, gap=0.25)
        with self.scene.step(
            "Rotary",
            "Nothing is added: pairs of entries of q and k are turned, from faint to bright.",
            subtitle="model {m} · layer {l}, head {h}: {w:.0%} on the word before · each circle its own scale",
            keep=(),
            claims=[self.looks_back_most],
            **self.fields(w=self.head.looks_back),
        ):
            return (
                self.turn_in(q_box, self.head.q, "query", self.head.query),
                self.turn_in(k_box, self.head.k, "key", self.head.key),
            )

    def turn_in(self, box: Box, vector: Tensor, role: str, at: int) -> DialRow:
        """The pairs of a vector turn by the angles of a position."""
        head, turned = self.head, turn(vector, self.head.angles[at])
        angles = [float(head.angles.values[at, pair]) for pair in head.pairs]
        dials = []
        for pair in head.pairs:
            start = math.atan2(*hand(vector, pair).values[::-1])
            look: Look = dict(longest=head.longest(pair), starts=[start], ghosts=True)
            look["turned"] = [head.angles[at, pair]]
            dials.append(([(hand(turned, pair), role)], say("{a:+.3f} rad", a=head.angles[at, pair]), look))
        fields: Look = dict(v=role[0], w=display(head.trace.tokens[at]), i=at)
        title = Label(say("{v} of “{w}”, position {i}", **fields), LABEL, role, of=vector)
        line = DialRow(box, title, dials, beside=self.beside)
        for dial, angle in zip(line.dials, angles, strict=True):
            dial.angles = dial.starts + angle  # as turned, whole rounds included
        turns = [Turn(dial, [angle], after=0.06) for dial, angle in zip(line.dials, angles, strict=True)]
        first = [FadeIn(m, rate_func=EARLY) for m in (title, *line.notes)]
        self.scene.play(*first, *turns, run_time=2.6)
        return line

    def distance(self, hands: tuple[DialRow, DialRow]) -> None:
        """q's hands and k's hands meet, and both turn on together."""
        near, far = self.scene.stage.rows(1, 1, gap=0.25)
        with self.scene.step(
            "Distance only",
            "{s} places later both hands turn alike: the angle between them stays, and so does q · k: {v:+.2f}.",
            subtitle="model {m} · layer {l} · head {h} · q of “{a}”, k of “{b}”, {n} apart",
            keep=[dial for line in hands for dial in line.dials],
            claims=[self.apart],
            **self.fields(s=FURTHER, v=self.head.score),
        ):
            start, later = self.both_hands(near, 0), self.both_hands(far, FURTHER)
            meet = [
                FadeOut(old, target_position=new)
                for line in hands
                for old, new in zip(line.dials, start.dials, strict=True)
            ]
            self.scene.play(*meet, *map(FadeIn, start.dials), *come(start.title, *start.notes), run_time=1.2)
            flights = [Carry(old, old.copy().move_to(new)) for old, new in zip(start.dials, later.dials, strict=True)]
            self.scene.play(*flights, run_time=0.8)
            self.scene.remove(*[m for m in self.scene.mobjects if isinstance(m, Dial) and m not in start.dials])
            angles = [FURTHER * float(self.head.speed.values[pair]) for pair in self.head.pairs]
            turns = [Turn(dial, [by] * 2, run_time=2.5) for dial, by in zip(later.dials, angles, strict=True)]
            self.scene.play(*turns)
            self.scene.play(*map(FadeIn, (*later.notes, later.title)), run_time=0.6)

    def both_hands(self, box: Box, by: int) -> DialRow:
        """q and k moved on by so many places: a circle for each pair, with its product, and the sum of all products."""
        head = self.head
        q, k = head.moved_on(by)
        products = products_by_pair(q, k)
        dials = []
        for pair in head.pairs:
            look: Look = dict(longest=head.longest(pair), between=True)
            dials.append(([(hand(q, pair), "query"), (hand(k, pair), "key")], say("{v:+.2f}", v=products[pair]), look))
        where = Label(say("q at {i}, k at {j}", i=head.query + by, j=head.key + by), LABEL)
        total = Label(say("Σ = {v:+.2f}", v=products.sum(0)), 0.42, "target")
        title = (stack if self.scene.wide else row)(where, total)
        return DialRow(box, title, dials, beside=self.beside)

    def by_distance(self) -> None:
        """The product as a curve over the distance."""
        curve = self.head.by_distance(range(min(self.head.trace.config.n_ctx, REACH)))
        fields = self.fields()
        with self.scene.step(
            "One curve",
            "One curve for all positions: {n} apart, “{a}” and “{b}” give {v:+.2f}, wherever they stand.",
            subtitle="model {m} · layer {l} · head {h} · q · k against the distance",
            keep=(),
            claims=[self.apart],
            **fields,
            v=curve[fields["n"]],
        ):
            box, values = self.scene.stage, curve.values
            low, high = min(math.floor(float(values.min())), 0), max(math.ceil(float(values.max())), 1)
            room: Look = dict(width=box.width, height=min(box.height, TALLEST), lowest=low, highest=high)
            titles = ("distance from key to query", "q · k")
            plot = box.fit(Curve(curve, titles=titles, cursor=fields["n"], **room))
            self.scene.play(GrowCurve(plot), run_time=2.2)

    @property
    def apart(self) -> Fact:
        """The query stands {n} places behind the key."""
        ends = [self.head.q.index or {}, self.head.k.index or {}]
        query, key = (int(np.asarray(each["position"])) for each in ends)
        return count("apart", "n", [], lambda: query - key)

    @property
    def looks_back_most(self) -> Fact:
        """No other head of those asked for looks more at the word before, on average from the third word on."""
        head, options = self.head, self.scene.options
        patterns = [head.trace[f"blocks.{layer}.attn.pattern"] for layer in range(head.trace.config.n_layers)]

        def holds(*patterns: np.ndarray) -> bool:
            means = np.array([np.diagonal(each, -1, 1, 2)[:, 1:].mean(-1) for each in patterns])
            asked = [slice(None) if each is None else slice(each, each + 1) for each in (options.layer, options.head)]
            return bool(means[head.layer, head.head] >= means[tuple(asked)].max() - CLOSE)

        told = f"head {head.head} of layer {head.layer} looks most at the word before"
        return fact("most", told, patterns, holds)

    @property
    def beside(self) -> float:
        return self.scene.by(wide=BESIDE, square=0, tall=0)
