"""Position: how a transformer is told which word comes first."""

from __future__ import annotations

from model.errors import UsageError
from model.numbers.trace import Trace
from model.study.positions import heldout_losses
from model.study.rotary import RotaryHead
from model.study.variants import KINDS, NAMES, InputRows, Twice, Variants
from model.study.words import repeated
from scenes.course import own_run
from scenes.kit.moves.reveal import Grow
from scenes.kit.words.tokens import display
from scenes.lesson.claims import least
from scenes.lesson.options import Choice
from scenes.lesson.stacks import StackLesson
from scenes.lessons.position.adding import Adding
from scenes.lessons.position.likeness import Likeness
from scenes.lessons.position.rotary import Turning
from scenes.lessons.position.shuffling import Shuffling
from scenes.lessons.position.spread import SpreadBars
from scenes.lessons.position.waves import Waving

MARKS = " .?"  # a sentence goes on without the mark at its end
WAYS = dict(zip(KINDS, ("no positions", *KINDS[1:]), strict=True))  # what they are called on screen


class Position(StackLesson):
    """Positional encoding (Vaswani et al. 2017, § 3.5; Su et al. 2021).

    Afterwards you can say what attention cannot see without positions, and what it can; read a position off its
    waves; compute an input entry as embedding plus position; and explain why a rotary product knows only distances.
    `--model` takes the place of the variant of its own kind; of an encoder–decoder the rows that are added are shown,
    and small models that foretell the next word read what its encoder reads. token: the position that is read off.
    """

    tokens = (3, 24)
    controls = ("layer", "head", "token", "seed")
    text, model = own_run("position")
    translated = "The girl took the apple and ate it."

    def construct(self) -> None:
        shuffling = Shuffling(self, (self.untold, self.told))
        orders = shuffling.order(self.untold)
        orders = shuffling.without(self.untold, orders)
        shuffling.with_positions(self.told, orders, self.told.written.tokens == self.untold.written.tokens)
        shuffling.whole_model()

        waving = Waving(self, self.variants.P, *self.row_of_waves(), self.variants.sinusoidal.info["checkpoint"])
        row = waving.waves()
        waving.clocks(row)
        table = waving.table()

        adding = Adding(self, InputRows(self.variants.adds), self.position)
        adding.entries(table, in_table=self.variants.adds is self.variants.sinusoidal)
        adding.every_word()
        adding.same_word(self.twice)

        likeness = Likeness(self, self.variants)
        band = likeness.band(self.position)
        likeness.learned(band)

        turning = Turning(self, self.rotary)
        hands = turning.rotary()
        turning.distance(hands)
        turning.by_distance()
        self.compare()
        shuffling.noticed(self.noticed, [WAYS[kind] for kind in self.noticed])

    def prepare(self) -> None:
        """The four variants' runs, two of them in two orders, the position that is read off, and the rotary head."""
        super().prepare()
        self.variants = (
            Variants.beside_stack(self.trace, self.text_asked.rstrip(MARKS), self.run)
            if self.stack
            else Variants.beside(self.trace, self.model_asked, self.run)
        )
        if min(len(trace) for trace in self.variants.of.values()) < 3:
            raise UsageError("Position shuffles the words before the last one: give at least three words.")
        adds = self.variants.adds
        self.words = [display(token) for token in adds.tokens]
        pair = repeated(adds.ids)
        self.position = self.within("token", pair[1] if pair else len(self.words) - 1, len(self.words))
        self.twice = Twice(InputRows(adds), *pair) if pair else self.borrowed()
        self.rotary = self.rotary_head(self.variants.of["rotary"])
        seed = self.options.seed
        self.untold = self.variants.both_orders(self.variants.of["none"], seed, self.run)
        self.told = self.variants.both_orders(self.variants.told, seed, self.run)
        self.noticed = self.variants.in_order(self.untold.order, self.run)

    def row_of_waves(self) -> tuple[int, str]:
        """What is read off, and its word, where the model of the sinusoids reads as many tokens; else its last one."""
        tokens = self.variants.sinusoidal.tokens
        place = self.position if len(tokens) == len(self.words) else len(tokens) - 1
        return place, display(tokens[place])

    def borrowed(self) -> Twice:
        """The lesson's own text has a word twice."""
        model = self.model_asked if self.stack else self.variants.model_of(self.variants.adds)
        text = self.translated if self.stack else self.text
        trace = self.run(model, text)
        first, last = repeated(trace.ids) or (0, 0)
        return Twice(InputRows(trace), first, last, text)

    def choices(self) -> dict[str, Choice]:
        shape = self.variants.of["rotary"].config
        return self.choice_of_stack() | {
            "layer": Choice.numbered(self.rotary.layer, shape.n_layers),
            "head": Choice.numbered(self.rotary.head, shape.n_heads),
            "token": Choice.of_words(self.position, self.words),
        }

    def rotary_head(self, trace: Trace) -> RotaryHead:
        """The most telling one among those asked for; UsageError if there are none such."""
        shape, options = trace.config, self.options
        token = None if self.stack else options.token  # of the words that a stack reads, which are others
        for name, size in (("layer", shape.n_layers), ("head", shape.n_heads)):
            self.within(name, 0, size)
        if not self.stack:
            self.within("token", 0, len(trace))
        return RotaryHead.choose(trace, options.layer, options.head, token)

    def compare(self) -> None:
        """How well each way predicts."""
        losses = heldout_losses([NAMES[kind] for kind in KINDS])
        means = losses.mean(1)
        best = int(means.values.argmin())
        with self.step(
            "Four ways compared",
            "Without positions it is as unsure as among {a:.1f} equally likely words; best with {k} ones: {b:.1f}.",
            subtitle="surprise at each held-out word in nats, −ln of its probability · {s} seeds each (dots)",
            keep=(),
            claims=[least(means, best)],
            a=means[0].exp(),
            b=means[best].exp(),
            k=KINDS[best],
            s=losses.shape[1],
            quiz=self.quiz("Which way predicts best?", means, lambda k: WAYS[KINDS[k]], smallest=True),
        ):
            names, fills = [WAYS[kind] for kind in KINDS], ("secondary", "position", "positive", "query")
            bars = SpreadBars(losses, names, width=self.stage.width, height=self.stage.height, fills=fills)
            self.stage.fit(bars)
            bars.dots[:] = 0
            self.play(Grow(bars, "grown", lag=0.3), run_time=2)
            bars.dots[:] = 1
            self.play(Grow(bars, "dots", lag=0.2), run_time=1)


__all__ = ["Position"]
