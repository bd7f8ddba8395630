"""Generation: the loop once more, now with the inside, and what need not be computed twice."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, UP, FadeIn, FadeOut, Mobject, Transform

from model.errors import UsageError
from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.choice import telling_row
from model.study.loop import kept_run, turns_of
from model.study.turns.work import Work, afresh, kept
from model.study.views import AttentionHead
from scenes.course import own_run
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.cells import elide, named
from scenes.kit.numbers.grid import HEADER, TensorGrid
from scenes.kit.recipes import Look, room_for
from scenes.kit.words.strip import CELLS
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import Fact, fact
from scenes.lesson.following import LOOKED_AT
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come, leave
from scenes.lessons.generation import costs, keeping, seeds
from scenes.lessons.generation.table import KeptTable

if TYPE_CHECKING:
    from model.runs.sampling import Turn

TURNS, SEEDS = 6, 5  # words that each seed writes at most, and how many seeds are tried
LARGER = 1.2  # the names of columns, where some are left out anyway, than the smallest letters
QUESTION = "To write one more word, must the model read everything again?"
LEGEND = "model {model} · rows: turns of the loop, seed {seed}, T = {t:.2g} · lit: the words that are read"


class Generation(TextLesson):
    """The loop predict–sample–append with a KV cache (Pope et al. 2022), and the texts that several seeds write.

    Afterwards you can say why keys and values may be kept, what is computed for a new word and what is not, count the
    multiply-adds of both ways by hand, and tell why one prompt gives many texts. It opens with all that is read again,
    turn by turn, and closes with what is left of it.
    """

    controls = ("layer", "head", "seed", "temperature")
    predicts = True
    text, model = own_run("generation")

    def prepare(self) -> None:
        """`turns`: those of the seed that is followed; `head`: whose keys and values are shown, in the run `cached`."""
        super().prepare()
        options = self.options
        heat = 1.0 if options.temperature is None else options.temperature
        self.temperature = Tensor.given(heat, "temperature", origin=CHOSEN)
        self.seeds = [options.seed + k for k in range(SEEDS)]
        first = self.text_of(self.seeds[0])
        self.turns = first if len(first) > 2 else max(self.texts, key=len)
        self.seed = self.seeds[0] if len(first) > 2 else self.seeds[self.texts.index(self.turns)]
        if len(self.turns) < 2:
            raise UsageError("The model ends this text at once: give one that goes on.")
        self.settle()

    def text_of(self, seed: int) -> tuple[Turn, ...]:
        """The turns of a seed, whose runs may be shown."""
        turns = turns_of(self.model_asked, self.text_asked, TURNS, seed=seed, temperature=float(self.temperature))
        for turn in turns:
            self.keep_run(turn.trace)
        return turns

    @cached_property
    def texts(self) -> list[tuple[Turn, ...]]:
        """The turns of each seed; run when they are first asked for."""
        return [self.text_of(seed) for seed in self.seeds]

    @cached_property
    def cached(self) -> Trace:
        """The run that keeps what it reads."""
        way = dict(seed=self.seed, temperature=float(self.temperature))
        trace: Trace = self.keep_run(kept_run(self.model_asked, self.text_asked, TURNS, **way))
        return trace

    @cached_property
    def view(self) -> AttentionHead:
        """The head whose keys and values are shown, in that run."""
        return AttentionHead(self.cached, self.layer, self.head)

    def settle(self) -> None:
        """Layer and head: what was asked for, or those in which the first new word's row of attention tells most."""
        config, n = self.trace.config, len(self.trace)
        self.n, self.new, self.work = n, display(self.turns[0].word), Work(config)
        layer, head, _, _ = telling_row(self.turns[1].trace, (self.options.layer, self.options.head, n))
        self.layer, self.head = self.within("layer", layer, config.n_layers), self.within("head", head, config.n_heads)
        self.read = [display(token) for token in self.turns[-1].trace.tokens]
        self.columns = self.columns_of(self.turns[1].trace[f"blocks.{self.layer}.attn.pattern"][self.head, n])
        self.hidden = [k for k in range(len(self.read)) if k not in self.columns]
        self.behind = " · {hidden} words behind ⋯" if self.hidden else ""
        passes = n, len(self.turns)
        self.again, self.once = (self.work.grid(way(*passes)) for way in (afresh, kept))
        where = say("layer {l} · head {h}", l=self.layer, h=self.head)
        self.phrases |= dict(where=where, l=self.layer, h=self.head, n=n, m=n + 1, w=self.new, i=n)
        self.phrases |= dict(
            hidden=len(self.hidden), turns=len(self.turns), model=self.model_name, seed=self.seed, t=self.temperature
        )

    def columns_of(self, weights: Tensor) -> list[int | None]:
        """Positions of the words that have a column in every table: of many the new ones, those that the first of
        them looks at most, and as many others as can have a name; None for each ⋯. weights: [key] of that first one."""
        depth = min(self.trace.config.d_head, CELLS)
        beside = max(self.beside(), KeptTable.side(self.read[self.n :], depth))
        most, strongest = named(self.stage.width - beside), np.argsort(-weights.values, kind="stable")[:LOOKED_AT]
        keep = [*range(self.n, len(self.read)), *(int(k) for k in strongest)]
        return elide(len(self.read), most if len(self.read) <= most else int(most / LARGER), keep)

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        if len(trace) >= trace.config.n_ctx:
            raise UsageError(f"{type(self).__name__} needs room for more words; this text fills the model's context.")
        return trace

    def construct(self) -> None:
        before = self.question()
        twice = keeping.nothing_changes(self, before)
        table = keeping.they_stay(self, twice)
        keeping.one_new_row(self, table, *keeping.only_the_new_word(self, table))
        keeping.weights(self, table)
        if len(self.turns) > 2:
            keeping.again_and_again(self, table)
        bars = keeping.same_answer(self, table)
        shown = costs.one_word(self, bars)
        shown = costs.every_turn(self, shown)
        shown = costs.memory(self, shown)
        tree = seeds.tree(self, shown)
        self.answer_to_the_question(tree)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    @property
    def turn_names(self) -> list[Said]:
        """Of the turns."""
        return [say("turn {k}", k=k + 1) for k in range(len(self.turns))]

    def beside(self) -> float:
        """What the turns' names take beside columns, and the air at both sides."""
        return room_for(self.turn_names) + 0.9

    def reading(self, box: Box) -> tuple[TensorGrid, TensorGrid]:
        """What each word costs in each turn, all read again and read once: two grids in the same places."""
        names = self.turn_names
        wide = (box.width - self.beside()) / len(self.columns)
        high = (box.height - 1.3) / len(names)
        look: Look = dict(
            exact=(min(wide, 1.6), min(high, 1.1)), brackets=False, digits=False, header=HEADER,
            row_labels=names, column_labels=self.read, columns=self.columns, scale=float(self.again.values.max()),
        )  # fmt: skip
        both = [TensorGrid(work, "data", **look) for work in (self.again, self.once)]
        for grid in both:
            grid.move_to(box.center)
        return both[0], both[1]

    def total(self, grid: TensorGrid) -> Label:
        """All multiply-adds of a grid, under it."""
        told = say("{s:,.0f} multiply-adds", s=grid.tensor.sum())
        return Label(told, 0.44, "target").next_to(grid, DOWN, buff=0.15)

    def room(self, top: Mobject | None = None) -> Box:
        """The stage without a line for the total, and without what stands at its top."""
        stage = self.stage
        return Box(
            stage.left, stage.bottom + 0.65, stage.right, stage.top if top is None else top.get_bottom()[1] - 0.1
        )

    def question(self) -> list[Mobject]:
        with self.step("One more word", ask=QUESTION, keep=(), subtitle=LEGEND + self.behind):
            shown: list[Mobject] = []
            if self.trace.unknown:
                room: Look = dict(width=self.stage.width, size=0.4, lines=4)
                row = TokenRow(self.trace.tokens, unknown=self.trace.unknown, **room)
                shown = [row.move_to(self.stage.center).align_to((0, self.stage.top, 0), UP)]
                self.play(FadeIn(row), run_time=0.8)
            grid, _ = self.reading(self.room(*shown))
            total = self.total(grid)
            self.play(Introduce(grid, "rows", lag=0.8), run_time=4)
            self.play(FadeIn(total), run_time=0.8)
        if self.trace.unknown:
            self.unknown_words(row)
        return [*shown, grid, total]

    def answer_to_the_question(self, before: list[Mobject]) -> None:
        with self.step(
            "Read once", ask=QUESTION, keep=before, subtitle=LEGEND + self.behind, claims=[read_once(self.once)]
        ):
            again, once = self.reading(self.room())
            total = self.total(again)
            self.play(*leave(*before), *come(again, total), run_time=0.5)
            self.play(Transform(again, once), FadeOut(total), run_time=2.4)
            self.play(FadeIn(self.total(once)), run_time=0.6)
            self.answer(
                "No: each word is read once. {a:.0%} of the work is left.", a=self.once.sum() / self.again.sum()
            )


def read_once(work: Tensor) -> Fact:
    """Every word costs something in one turn, and nothing in the others. work: [turn, position]"""
    told = "each word is read in one turn alone"
    return fact("read once", told, (work,), lambda values: bool(((values > 0).sum(axis=0) == 1).all()))
