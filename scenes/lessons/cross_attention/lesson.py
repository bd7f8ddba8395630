"""Cross-attention: how a decoder reads what an encoder has made of a sentence of another language."""

from __future__ import annotations

import numpy as np
from manim import UP, FadeIn, Mobject

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.runs.ablation import moved
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look
from scenes.kit.words.links import Threads
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import most
from scenes.lesson.options import Choice
from scenes.lesson.runs import second_runs, snapshot_runs
from scenes.lesson.stacks import TranslationLesson
from scenes.lesson.steps import give_way
from scenes.lessons.cross_attention import learning, looking, search, slip, writing


class CrossAttention(TranslationLesson):
    """The decoder's queries meet the encoder's keys (Vaswani et al. 2017, § 3.2.3): which English word each French
    word is made from, and how the model came to know.

    Afterwards you can recompute a score, a weight and an entry of what is gathered by hand, read an alignment, and
    say what beam search, teacher forcing and warm-up are for. A translation without lines between its words opens it;
    the same words with the lines that the decoder's weights draw close it.
    """

    controls = ("layer", "head", "token")
    text = "The tired dog saw the white house."

    def prepare(self) -> None:
        """`position`: the row of the decoder that is followed, which asks for the next word; `asked`: the English word
        that its head weighs most; `one_off`, `without`: runs in which this head, and in which no head, brings anything
        from the encoder."""
        super().prepare()
        from model.runs.checkpoints import load

        self.checkpoint, config = load(self.model_asked), self.trace.config
        every = tuple((layer, head) for layer in range(config.n_layers) for head in range(config.n_heads))
        found = second_runs(self.model_asked, self.target, every, self.source, "cross")
        self.layer, self.head, self.position = self.telling(found)
        self.without = self.translation(self.source, self.target, ablate=every, stack="cross")
        self.one_off = self.translation(self.source, self.target, ablate=((self.layer, self.head),), stack="cross")
        self.asked = int(np.argmax(self.weights.values))
        self.phrases |= dict(model=self.model_name, l=self.layer, h=self.head, i=self.position, j=self.asked)
        self.phrases |= dict(word=self.words[self.position], read=self.source_words[self.asked])
        self.phrases |= dict(said=self.said[self.position])

    def make_trace(self) -> Trace:
        """The last of the runs at the snapshots: that of the model as it is."""
        super().make_trace()
        return snapshot_runs(self.model_asked, self.target, self.source)[-1]

    def telling(self, without: dict[tuple[int, int], Trace]) -> tuple[int, int, int]:
        """(layer, head, row): where the weight on the row's most weighed word, times the probability of the next word
        that goes elsewhere without the head, is largest; of those that were asked for."""
        config, count = self.trace.config, len(self.trace)
        asked = [
            None if getattr(self.options, name) is None else self.within(name, 0, size)
            for name, size in (("layer", config.n_layers), ("head", config.n_heads), ("token", count))
        ]

        def measure(at: tuple[int, int, int]) -> float:
            layer, head, row = at
            weights = self.trace.array(f"decoder.blocks.{layer}.cross_attn.pattern")[head, row]
            return float(weights.max()) * float(moved(self.trace, without[layer, head], row))

        among = [(*pair, row) for pair in without for row in range(count)]
        fits = [at for at in among if all(a is None or a == b for a, b in zip(asked, at, strict=True))]
        return max(fits, key=measure)

    def choices(self) -> dict[str, Choice]:
        return {**super().choices(), "token": Choice.of_words(self.position, self.words)}

    def construct(self) -> None:
        rows = self.question()
        strips = looking.who_asks(self, rows)
        meeting = looking.one_score(self, strips)
        table = looking.softmax(self, strips, meeting)
        gathered = looking.gather(self, strips, table)
        grid = writing.word_by_word(self, gathered)
        bars = writing.without_reading(self, grid)
        tree = search.beam_search(self, bars)
        costs = writing.teacher(self, tree)
        pair = slip.against(self, costs)
        chart = learning.warm_up(self, pair)
        grid = learning.alignment(self, chart)
        self.answer_to_the_question(grid)

    # ── what several steps use ───────────────────────────────────────────────────────────────────
    @property
    def name(self) -> str:
        """What the tensors of the layer's cross-attention begin with."""
        return f"decoder.blocks.{self.layer}.cross_attn"

    @property
    def targets(self) -> list[int]:
        """The id of the word that follows each row; the last one ends the sentence."""
        end = self.checkpoint.tokenizer.end_id
        assert end is not None
        return [*self.trace.ids[1:], end]

    @property
    def said(self) -> list[str]:
        """These words, as they are shown."""
        return [*self.words[1:], "<end>"]

    @property
    def weights(self) -> Tensor:
        """What the head that is shown gives each English word, in the row that is followed. [key]"""
        return self.trace[f"{self.name}.pattern"][self.head, self.position]

    def alignment(self, run: Trace | None = None) -> Tensor:
        """The mean over the layer's heads, by which training was guided. [query, key]"""
        return (run or self.trace)[f"{self.name}.pattern"].mean(0)

    @property
    def reads(self) -> list[int]:
        """The English word that weighs most in each row of the alignment."""
        return [int(j) for j in np.argmax(self.alignment().values, axis=1)]

    @property
    def back(self) -> list[int]:
        """The rows that read an English word before that of the row above."""
        reads = self.reads
        return [i for i in range(1, len(reads)) if reads[i] < reads[i - 1]]

    def strips(self) -> tuple[SentenceStrip, SentenceStrip]:
        """English with room for keys and values, and French with room for queries, at the top of the stage.

        Side by side where it is wide."""
        run, name, h = self.trace, self.name, self.head
        letters = [3 * len(words) + sum(map(len, words)) for words in (run.source_tokens, run.tokens)]
        parts = self.stage.columns(*letters, gap=0.2) if self.wide else [self.stage] * 2
        look: Look = dict(size=self.by(wide=0.34, square=0.3, tall=0.42))
        look |= dict(lines=self.by(wide=1, square=1, tall=3))
        english = SentenceStrip(run.source_tokens, width=parts[0].width, chips=2, offered=self.asked, **look)
        french = SentenceStrip(run.tokens, width=parts[1].width, chips=1, target=self.position, **look)
        english.add("k", run[f"{name}.k"][h], "key")
        english.add("v", run[f"{name}.v"][h], "value")
        french.add("q", run[f"{name}.q"][h], "query")
        for strip, part in zip((english, french), parts, strict=True):
            strip.move_to(part.center).align_to((0, self.stage.top, 0), UP)
        if not self.wide:
            french.align_to((0, float(english.get_bottom()[1]) - 0.1, 0), UP)
        return english, french

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def two_rows(self) -> tuple[TokenRow, TokenRow]:
        """English and French, one above the other; in tall frames side by side."""
        stage, down = self.stage, self.portrait
        boxes = stage.columns(1, 1, gap=1.6) if down else stage.rows(1, 1, gap=1.6)
        texts = (self.source_words, self.words[1:])
        rows = [
            TokenRow(words, width=box.width, height=box.height, size=0.9, down=down)
            for words, box in zip(texts, boxes, strict=True)
        ]
        for row, box, side in zip(rows, boxes, (-0.3, 0.3), strict=True):
            row.move_to(box.center)
            row.shift((-side, 0, 0) if down else (0, side, 0))
        return rows[0], rows[1]

    def threads(self, english: TokenRow, french: TokenRow) -> Threads:
        """From the English word that each French word reads most."""
        leaves, arrives = ((1.0, 0.5), (0.0, 0.5)) if self.portrait else ((0.5, 1.0), (0.5, 0.0))
        reads = self.reads[:-1]  # without the end, which is no word
        starts = np.array([english.edge_point(j, leaves)[:2] for j in reads])
        ends = np.array([french.edge_point(i, arrives)[:2] for i in range(len(reads))])
        return Threads(starts, ends, down=self.portrait, fill="probability", line=0.05, opacity=0.9)

    def question(self) -> list[Mobject]:
        with self.step(
            "Two languages",
            ask="Which English word is each French word made from, and who decides the order?",
            keep=(),
            subtitle=self.by(
                wide="model {model} · above what its encoder reads, below what its decoder writes",
                square="model {model} · above what its encoder reads, below what its decoder writes",
                tall="model {model} · left what its encoder reads, right what its decoder writes",
            ),
        ):
            english, french = self.two_rows()
            self.play(FadeIn(english, shift=0.2 * UP), run_time=1)
            self.play(Grow(french, "emphasis", lag=0.6), run_time=2.2)
        return [english, french]

    def answer_to_the_question(self, before: list[Mobject]) -> None:
        pattern, back = self.alignment(), len(self.back)
        with self.step(
            "Who reads what",
            ask="And so: which word is each one made from?",
            subtitle="{model} · layer {l}, mean of its heads · a line from the English word with most weight",
            claims=[most(pattern[i], j) for i, j in enumerate(self.reads)],
            keep=before,
        ):
            english, french = self.two_rows()
            threads = self.threads(english, french)
            self.play(*give_way(before, english, french), run_time=0.8)
            self.play(Grow(threads, "grown", lag=0.7), run_time=2.4)
            times = "{n} times" if back > 1 else "once" if back else ""
            self.answer(
                f"The decoder decides: its query picks the English word. Here its eye goes back {times}."
                if back
                else "The decoder decides: its query picks the English word. Here its eye never goes back.",
                **({"n": back} if back > 1 else {}),
            )


__all__ = ["CrossAttention"]
