"""How rotary positions turn queries and keys (Su et al. 2021). A part of `Position`."""

from __future__ import annotations

import math

import numpy as np
from manim import FadeIn, FadeOut

from model.numbers.tensor import stack as stack_tensors
from model.study.positions import product_by_distance, turn, turning
from scenes.kit.charts.curve import Curve, GrowCurve
from scenes.kit.ground.layout import row, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.travel import Fly
from scenes.kit.space.dial import Dial, DialRow, Turn
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson


class Turning(TextLesson):
    """Steps over the rotary run `of["rotary"]`, a layer, a head, a query, and how much that head `looks_back`."""

    def rotary_parts(self):
        """The query and the key of the rotary head, the speeds of its pairs, and the pairs that are shown."""
        trace, attn = self.of["rotary"], f"blocks.{self.layer}.attn."
        q, k = trace[attn + "q"][self.head, self.query], trace[attn + "k"][self.head, self.query - 1]
        speed = turning(trace)
        pairs = list(range(len(speed))) if len(speed) <= 4 else [0, 1, len(speed) // 2, len(speed) - 1]
        return q, k, speed, pairs

    def hand(self, vector, pair: int):
        """Entries i and i + d_head/2: the two numbers that turn together."""
        return stack_tensors([vector[pair], vector[pair + len(vector) // 2]], "entry")

    def longest(self, q, k, pair: int) -> float:
        """The longer of the two hands of a pair: what reaches the circle."""
        return max(float(np.hypot(*self.hand(v, pair).values)) for v in (q, k))

    def rotary(self):
        trace = self.of["rotary"]
        q, k, speed, pairs = self.rotary_parts()
        angles = trace["rotary_angles"]
        with self.step(
            "Rotary",
            "Nothing is added: pairs of entries of q and k are turned, from faint to bright.",
            keep=(),
            subtitle="model {m} · layer {l}, head {h}: {w:.0%} on the word before · each circle its own scale",
            m=trace.info["checkpoint"],
            l=self.layer,
            h=self.head,
            w=self.looks_back,
        ):
            for box, (vector, role, at) in zip(
                self.stage.rows(1, 1, gap=0.25), ((q, "query", self.query), (k, "key", self.query - 1)), strict=True
            ):
                turned, dials = turn(vector, angles[at]), []
                for s in pairs:
                    start = math.atan2(*self.hand(vector, s).values[::-1])
                    dials.append(
                        (
                            [(self.hand(turned, s), role)],
                            say("{a:+.3f} rad", a=angles[at, s]),
                            dict(longest=self.longest(q, k, s), starts=[start], ghosts=True),
                        )
                    )
                title = Label(
                    say("{v} of “{w}”, position {i}", v=role[0], w=display(trace.tokens[at]), i=at), LABEL, role
                )
                line = DialRow(box, title, dials, beside=3.2 if self.wide else 0)
                for dial, s in zip(line.dials, pairs, strict=True):
                    dial.angles = dial.starts + float(angles.values[at, s])  # as turned, whole rounds included
                self.hands = [*getattr(self, "hands", []), line]
                self.play(
                    *[FadeIn(m, run_time=0.5) for m in (title, *line.notes)],
                    *[
                        Turn(dial, [float(angles.values[at, s])], run_time=2.2)
                        for dial, s in zip(line.dials, pairs, strict=True)
                    ],
                )

    def distance(self):
        trace, further = self.of["rotary"], 5
        q, k, speed, pairs = self.rotary_parts()
        i, j = self.query, self.query - 1
        with self.step(
            "Distance only",
            "{s} places later both hands turn alike: the angle between them stays, and so does q · k: {v:+.2f}.",
            s=further,
            keep=[dial for line in self.hands for dial in line.dials],
            v=trace[f"blocks.{self.layer}.attn.scores_raw"][self.head, i, j],
            subtitle="model {m} · layer {l} · head {h} · q of “{a}”, k of “{b}”, {n} apart",
            m=trace.info["checkpoint"],
            l=self.layer,
            h=self.head,
            a=display(trace.tokens[i]),
            b=display(trace.tokens[j]),
            n=i - j,
        ):
            for box, moved_by in zip(self.stage.rows(1, 1, gap=0.25), (0, further), strict=True):
                a, b = turn(q, (i + moved_by) * speed), turn(k, (j + moved_by) * speed)
                half = len(q) // 2
                products = a[:half] * b[:half] + a[half:] * b[half:]
                dials = [
                    (
                        [(self.hand(a, s), "query"), (self.hand(b, s), "key")],
                        say("{v:+.2f}", v=products[s]),
                        dict(longest=self.longest(q, k, s), between=True),
                    )
                    for s in pairs
                ]
                title = (stack if self.wide else row)(
                    Label(say("q at {i}, k at {j}", i=i + moved_by, j=j + moved_by), LABEL),
                    Label(say("Σ = {v:+.2f}", v=products.sum(0)), 0.42, "target"),
                )
                line = DialRow(box, title, dials, beside=3.2 if self.wide else 0)
                if not moved_by:  # q's hand and k's hand meet in one circle
                    meet = [
                        FadeOut(old, target_position=new)
                        for one in self.hands
                        for old, new in zip(one.dials, line.dials, strict=True)
                    ]
                    self.play(*meet, FadeIn(line), run_time=1.2)
                    start = line
                    continue
                self.play(
                    *[Fly(old, old.copy().move_to(new)) for old, new in zip(start.dials, line.dials, strict=True)],
                    run_time=0.8,
                )
                self.remove(*[m for m in self.mobjects if isinstance(m, Dial) and m not in start.dials])
                self.play(
                    *[
                        Turn(dial, [further * float(speed.values[s])] * 2, run_time=2.5)
                        for dial, s in zip(line.dials, pairs, strict=True)
                    ]
                )
                self.play(*[FadeIn(m) for m in (*line.notes, title)], run_time=0.6)

    def by_distance(self):
        trace = self.of["rotary"]
        q, k, speed, _ = self.rotary_parts()
        reach = range(min(trace.config.n_ctx, 64))
        curve = product_by_distance(q, k, speed, reach)
        n = 1
        words = [display(token) for token in trace.tokens]
        with self.step(
            "One curve",
            "One curve for all positions: {n} apart, “{a}” and “{b}” give {v:+.2f}, wherever they stand.",
            n=n,
            a=words[self.query],
            b=words[self.query - 1],
            v=curve[n],
            subtitle="model {m} · layer {l} · head {h} · q · k against the distance",
            m=trace.info["checkpoint"],
            l=self.layer,
            h=self.head,
            keep=(),
        ):
            low, high = math.floor(float(curve.values.min())), math.ceil(float(curve.values.max()))
            box = self.stage
            plot = box.fit(
                Curve(
                    curve,
                    width=box.width,
                    height=min(box.height, 9.0),
                    lowest=min(low, 0),
                    highest=max(high, 1),
                    titles=("distance from key to query", "q · k"),
                    cursor=n,
                )
            )
            plot.grown = 0.0
            self.play(FadeIn(plot), run_time=0.3)
            self.play(GrowCurve(plot), run_time=2)
