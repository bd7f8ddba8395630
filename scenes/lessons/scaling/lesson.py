"""Why scores are divided by √d: how far sums stray, and what softmax makes of large numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import FadeIn, Mobject, Transform

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.runs.ablation import moved
from model.study.inside.scaling import RandomPairs, ScoreRow, jacobian, most_changed, root
from model.study.views import AttentionHead
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge, Grow
from scenes.kit.recipes import Look, bars_on_one_scale, kept_and_rest
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.claims import fact, most
from scenes.lesson.following import below, next_word_title, quiz_without, strip_of, two_bars
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come, grow_after
from scenes.lessons.scaling import samples, slopes, softening

TITLE = 0.5  # room over bars for their title


@dataclass(frozen=True)
class Picture:
    """The row that the lesson opens and closes with: raw scores, and weights with and without the division; kept: the
    keys that have a line of their own."""

    titles: tuple[Label, Label, Label]
    raw: SignedBars
    divided: ProbabilityBars
    undivided: ProbabilityBars
    kept: list[int]

    @property
    def parts(self) -> list[Mobject]:
        return [*self.titles, self.raw, self.divided, self.undivided]


def is_first(one: np.ndarray, *others: np.ndarray) -> bool:
    """Whether no other number is larger."""
    return bool(one >= max(others) - 1e-6)


class WhyScale(TextLesson):
    """Why q · k is divided by √d_head before softmax (Vaswani et al. 2017, § 3.2.1 and note 4).

    Afterwards you can say how far a sum of d products strays, what softmax makes of such numbers, and why nothing is
    learned where one weight has become all. It opens and closes with one row of scores, with and without the division.
    """

    controls = ("layer", "head", "token", "seed")
    predicts = True
    text = "The books on the shelf"

    def prepare(self) -> None:
        """`row` is the row of scores that is followed: of the head where the division changes most; `without` is the
        run whose scores are not divided."""
        super().prepare()
        trace, asked = self.trace, self.options
        self.position = self.within("token", len(trace) - 1, len(trace))
        if not self.position:
            raise UsageError("The first word can look at nothing but itself: choose a later one (--token 1 …).")
        layer = None if asked.layer is None else self.within("layer", 0, trace.config.n_layers)
        head = None if asked.head is None else self.within("head", 0, trace.config.n_heads)
        self.layer, self.head = most_changed(trace, self.position, layer, head)
        self.row = ScoreRow(trace, self.layer, self.head, self.position)
        self.view = AttentionHead(trace, self.layer, self.head)
        self.without = self.run(self.model_asked, self.text_asked, scaled=False)
        self.seed = asked.seed or 0
        self.random, self.root = RandomPairs(self.seed), root(trace)
        self.key = int(np.argmax(self.row.undivided.values))
        self.phrases |= dict(l=self.layer, h=self.head, i=self.position, j=self.key, d=trace.config.d_head)
        self.phrases |= dict(word=self.words[self.position], b=self.words[self.key])
        self.phrases |= dict(asks=self.called(self.position), asked=self.called(self.key))

    def construct(self) -> None:
        strip, picture = self.question()
        samples.one_score(self, strip, picture)
        pile = samples.pile(self)
        chart = samples.law(self, pile)
        samples.heads(self, chart)
        formula = samples.divided(self, chart)
        factors = softening.ever_larger(self, formula)
        grid = slopes.one_slope(self, factors)
        last = slopes.all_slopes(self, grid)
        bars = self.whole_model(last)
        self.answer_to_the_question(bars)

    def strip(self) -> SentenceStrip:
        """The sentence with the q and the k of each word, as they meet."""
        chips = [("q", self.view.q_met, "query"), ("k", self.view.k_met, "key")]
        strip = strip_of(self, self.position, chips, offered=self.key)
        return strip.show("q").show("k")

    # ── the row ──────────────────────────────────────────────────────────────────────────────────
    @property
    def seen(self) -> list[str]:
        """The words that the query may look at."""
        return list(self.trace.tokens[: len(self.row.raw)])

    def kept(self, limit: int) -> list[int]:
        """Which keys stand alone where there is room for so many lines."""
        return kept_and_rest(self.row.divided, max(limit, 3))[0]

    def picture(self, box: Box) -> Picture:
        """Scores, and both rows of weights on one scale, in a box."""
        boxes = self.by(wide=box.columns(1.3, 1, 1, gap=0.5), square=self._halves(box), tall=box.rows(1, 1, 1, gap=0.3))
        rooms = [Box(b.left, b.bottom, b.right, b.top - TITLE) for b in boxes]
        least = self.by(wide=0.36, square=0.28, tall=0.36)  # height of a bar
        kept = self.kept(int(min(room.height for room in rooms) / least + 1e-6))
        size: Look = dict(size=0.46)
        words = [self.seen[k] for k in kept]
        raw = SignedBars(self.row.raw[kept], words, width=rooms[0].width, height=rooms[0].height, **size)
        both = (self.row.divided, self.row.undivided)
        look: Look = dict(fill="probability", spec=".0%", width=min(b.width for b in rooms[1:]), height=rooms[1].height)
        bars = bars_on_one_scale(both, self.seen, kept, **look, **size)
        which = "each k" if len(kept) == len(self.seen) else say("{k} of {n} k", k=len(kept), n=len(self.seen))
        asks = say("q of “{w}” · {which}", w=self.words[self.position], which=which)
        names = (asks, self.divided_name, say("softmax of q · k"))
        of = (self.row.raw, *both)
        titles = [Label(name, 0.38, "secondary", of=row) for name, row in zip(names, of, strict=True)]
        for mobject, room in zip((raw, *bars), rooms, strict=True):
            mobject.move_to(room.center)
        for title, b in zip(titles, boxes, strict=True):
            title.move_to((b.center[0], b.top - TITLE / 2, 0))
        return Picture((titles[0], titles[1], titles[2]), raw, bars[0], bars[1], kept)

    def _halves(self, box: Box) -> tuple[Box, ...]:
        upper, lower = box.rows(1, 1.15, gap=0.25)
        return (upper, *lower.columns(1, 1, gap=0.4))

    @property
    def divided_name(self) -> Said:
        return say("softmax of q · k ÷ √{d}", d=self.trace.config.d_head)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def question(self) -> tuple[SentenceStrip, Picture]:
        strip = self.strip()
        picture = self.picture(below(self, strip))
        chosen = self.options.layer is None and self.options.head is None
        changed_most = [fact("most", "in no other head does dividing change more", self.changes, is_first)] * chosen
        with self.step(
            "Why divide by √{d}?",
            ask="This head divides each score by √{d} before softmax. What if it did not?",
            subtitle="{model} · layer {l}, head {h}"
            + (", where dividing changes most" if chosen else "")
            + " · scores_raw [{i}, :]",
            claims=changed_most,
            keep=(),
            model=self.model_name,
        ):
            self.play(FadeIn(strip, run_time=0.6), FadeIn(picture.titles[0]), Grow(picture.raw, "values"), run_time=1.4)
            self.play(FadeIn(picture.titles[1]), Grow(picture.divided, "values"), run_time=1.4)
            self.play(FadeIn(picture.titles[2]), Grow(picture.undivided, "values"), run_time=1.4)
            self.answer(
                "Then {asked} would get {q:.0%} instead of {p:.0%}; {m:.0%} of the attention moves. Is that bad?",
                m=self.row.moved,
                p=self.row.divided[self.key],
                q=self.row.undivided[self.key],
            )
        if self.trace.unknown:
            self.unknown_words(strip, claims=changed_most)
        return strip, picture

    @property
    def changes(self) -> list[Tensor]:
        """How much of the attention moves without the division: in this row, and in that of every head."""
        config = self.trace.config
        heads = [(layer, head) for layer in range(config.n_layers) for head in range(config.n_heads)]
        return [self.row.moved, *[ScoreRow(self.trace, *pair, self.position).moved for pair in heads]]

    @property
    def next_words(self) -> tuple[Tensor, Tensor]:
        """Probabilities of the next word with the division, and without."""
        return self.trace["probs"][self.position], self.without["probs"][self.position]

    def whole_model(self, before: list[Mobject]) -> list[Mobject]:
        """A second run in which no head divides."""
        probs, after = self.next_words
        likeliest, then = (int(np.argmax(p.values)) for p in (probs, after))
        with self.step(
            "No head divides",
            ask="The whole model once more, no score divided: is it the same model?",
            subtitle="next word after “{word}” · divided by √{d}, then a second run not divided, in all {n} heads",
            n=self.trace.config.n_layers * self.trace.config.n_heads,
            claims=[most(after, then)],
            quiz=quiz_without(self, "Not divided, which word is likeliest after “{word}”?", self.next_words),
            keep=before,
        ):
            strip = self.strip()
            first, second = two_bars(self, self.next_words, below(self, strip), 4, 6)
            title = next_word_title(self, self.position).move_to(first.get_top() + np.array([0, 0.35, 0]))
            grow_after(self, before, first, strip, title, run_time=2)
            self.wait(0.6)
            self.play(Transform(first, second), run_time=1.8)
            self.answer(
                "Trained with ÷ √{d}, now without it: “{w}” {p:.0%} → {q:.0%}, “{v}” {r:.0%}; {x:.0%} moved."
                if likeliest != then
                else "Trained with ÷ √{d}, now without it: “{w}” {p:.0%} → {q:.0%}; {x:.0%} of the probability moved.",
                w=display(self.trace.vocabulary[likeliest]),
                v=display(self.trace.vocabulary[then]),
                p=probs[likeliest],
                q=after[likeliest],
                r=after[then],
                x=moved(self.trace, self.without, self.position),
            )
        return [strip, title, first]

    def answer_to_the_question(self, before: list[Mobject]) -> None:
        strip, *_ = before
        steeper = jacobian(self.row.divided).values.max() > jacobian(self.row.undivided).values.max()
        picture = self.picture(below(self, strip))
        with self.step(
            "Divide by √{d}",
            ask="So why divide by √{d}?",
            subtitle="layer {l}, head {h} · scores_raw [{i}, :] · pattern [{i}, :] · the same row not divided",
            keep=(strip,),
        ):
            raw = Emerge(picture.raw, "values", after=0.2)
            self.play(*come(picture.titles[0]), raw, run_time=1.5)
            self.play(FadeIn(picture.titles[2]), Grow(picture.undivided, "values"), run_time=1.2)
            self.play(FadeIn(picture.titles[1]), Grow(picture.divided, "values"), run_time=1.2)
            self.answer(
                "Sums of {d} stray √{d} times as far. Divided, {asked} gets {p:.0%}, not {q:.0%}"
                + (", and slopes remain." if steeper else "."),
                p=self.row.divided[self.key],
                q=self.row.undivided[self.key],
            )
