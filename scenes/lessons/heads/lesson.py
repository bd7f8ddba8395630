"""Several heads side by side: what each looks at, what each adds, and what happens without one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from model.errors import UsageError
from model.numbers.trace import Trace
from model.study.choice import telling_row
from model.study.heads.scores import HeadScore
from model.study.views import Ablations, AttentionBlock
from scenes.kit.attention.wall import PatternWall, shape_of, tiles
from scenes.kit.ground.text import Formula
from scenes.kit.moves.assemble import Assemble
from scenes.kit.numbers.sums import SumTable
from scenes.lesson.attention_lesson import AttentionLesson
from scenes.lesson.runs import MOST_RUNS
from scenes.lesson.steps import give_way
from scenes.lessons.heads import names, one_off, output, patterns, question, resting

FORMULA = '"attn_out" = op("Concat")_h ({{ z^((h)) : z }}) {{ W_O : w }} = sum_h {{ z^((h)) : y }} {{ W_O^((h)) : v }}'


@lru_cache(maxsize=8)
def measured(model: str, stack: str | None = None) -> dict[str, HeadScore]:
    """What the heads of a checkpoint, or of one of its stacks, score over samples of texts."""
    from model import head_scores, load
    from model.study.heads.stacks import stack_scores

    return stack_scores(load(model), stack) if stack else head_scores(load(model))


class MultiHead(AttentionLesson):
    """Multi-head attention (Vaswani et al. 2017, § 3.2.2): heads side by side, each with its own pattern, all adding
    to one row.

    Afterwards you know what a head is called and why, that the output is a sum with one term for each head, and
    how to find out what a head is good for: switch it off and look. It opens with what comes next, and closes with what
    would come without one head.
    """

    controls = ("layer", "head", "token")
    text = "The flowers on the table"

    def construct(self) -> None:
        dots = patterns.one_head(self, question.ask(self))
        wall = patterns.siblings(self, dots)
        patterns.answers(self, wall)
        wall, labels = patterns.wall_of_all(self, wall)
        standing = resting.on_the_first_word(self, wall, labels)
        scores = measured(self.model_asked, self.stack)
        minis = names.names(self, scores, wall, standing)
        wall = names.named(self, scores, minis)
        strip = output.concatenated(self, wall)
        product = output.output_matrix(self, strip)
        table = output.contributions(self, product)
        self.formula(table)
        effects, ours = one_off.search(self)
        bars = one_off.switch_off(self, effects, ours)
        one_off.difference(self, bars)

    # ── which head, and which runs ───────────────────────────────────────────────────────────────
    def prepare(self) -> None:
        """`off` are the runs with one head off each, `blocks` the attention of all layers, `block` that of ours."""
        super().prepare()
        self.blocks = [AttentionBlock(self.trace, layer) for layer in range(self.trace.config.n_layers)]
        self.block = self.blocks[self.layer]
        self.query = self.block.head(self.head).query(self.position)
        self.phrases |= dict(l=self.layer, h=self.head, i=self.position, w=self.words[self.position])
        self.phrases |= dict(asks=self.called(self.position), before=self.before_next(self.position))
        self.phrases |= dict(model=self.model_name, n=self.block.n_heads)

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        if self.whole.config.kind == "encoder" or trace.config.n_heads < 2:
            raise UsageError(
                f"{type(self).__name__} needs a model that predicts the next word with two heads or more in a layer."
            )
        return trace

    def telling(self) -> tuple[int, int, int, float]:
        """(layer, head, position, measure): the head that looks at other words most and without which the next word
        after `position` changes most, among those asked for.

        The position is the last one, or, of a stack of an encoder–decoder, the most telling. The measure is that of
        `telling_row`; all heads are tried, or, in a model of more than MOST_RUNS heads, those of the layer that was
        asked for or that attends most widely."""
        config, options = self.trace.config, self.options
        usual = super().telling()[2] if self.stack else len(self.trace.tokens) - 1
        position = options.token if options.token is not None else usual
        if not 0 <= position < len(self.trace.tokens):
            return 0, 0, position, 0.0
        layers: Iterable[int] = range(config.n_layers)
        if config.n_layers * config.n_heads > MOST_RUNS:
            asked = options.layer
            layers = [asked if asked is not None and asked in layers else super().telling()[0]]
        tried = tuple((layer, head) for layer in layers for head in range(config.n_heads))
        self.off = Ablations(self.whole, self.without(tried), self.place_of(position))
        for run in self.off.without.values():
            self.keep_run(run)
        return telling_row(self.trace, (options.layer, options.head, position), self.off.without, self.places)

    # ── what was seen ────────────────────────────────────────────────────────────────────────────
    def formula(self, table: SumTable) -> None:
        """The formula, assembled from the patterns of the heads and what they add."""
        n, wide = self.block.n_heads, self.wide
        with self.step(
            "Multi-head attention",
            "{n} heads look, each in its own way; what they find is added up.",
            keep=(table,),
            subtitle="Concat(z) W_O is a sum, one term for each head · rows are queries, columns are keys",
        ):
            upper, lower = self.stage.rows(1, 1)
            places = tiles(upper, *((1, n) if wide else shape_of(upper, n)))[:n]
            wall = PatternWall(upper, list(self.block.pattern), places, row=self.position)
            typst = FORMULA if wide else FORMULA.replace("= sum", r"\ = sum")
            formula = lower.fit(Formula(typst, 0.75, z="value", y="value", w="positive", v="positive"))
            left, right = (wall.panel(k).center for k in (n // 3, 2 * n // 3))
            below = lower.center
            self.play(*give_way([table], wall), run_time=1)
            self.play(Assemble(formula, dict(z=left, w=below, y=right, v=below)), run_time=2.4)
