"""One of each of the kit's mobjects, and a scene that plays them without writing."""

import numpy as np
from manim import CairoRenderer, Scene

from model.numbers.tensor import Tensor
from scenes.kit import (
    AttentionArcs,
    DotPattern,
    Formula,
    Frame,
    Heading,
    Label,
    Number,
    PaintingCamera,
    ProbabilityBars,
    TensorGrid,
    TermSum,
    TokenNumbers,
    TokenRow,
)
from scenes.kit.ground.say import say

WORDS = ("A", "fluffy", "blue", "creature")


def tensor(*shape, seed=0, name="t"):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return Tensor.recorded(name, values, [f"axis{k}" for k in range(len(shape))])


def weights(n, seed=0):
    scores = np.random.default_rng(seed).normal(size=(n, n)) + np.where(np.triu(np.ones((n, n)), 1), -np.inf, 0)
    exps = np.exp(scores)
    return Tensor.recorded("pattern", (exps / exps.sum(1, keepdims=True)).astype(np.float32), ("query", "key"))


def make(kind, seed=0):
    row = TokenRow(WORDS, target=3)
    return {
        "grid": lambda: TensorGrid(tensor(4, 3, seed=seed), "weight"),
        "row": lambda: TensorGrid(tensor(5, seed=seed), "query"),
        "column": lambda: TensorGrid(tensor(5, seed=seed), "data", upright=True),
        "elided": lambda: TensorGrid(tensor(64, 64, seed=seed), "weight", rows=6, columns=6),
        "image": lambda: TensorGrid(tensor(64, 64, seed=seed), "weight", cell=(0.05, 0.05)),
        "headed": lambda: TensorGrid(tensor(4, 4, seed=seed), "score", row_labels=WORDS, column_labels=WORDS),
        "dots": lambda: DotPattern(weights(4, seed), row_labels=WORDS, column_labels=WORDS),
        "arcs": lambda: AttentionArcs(row, weights(4, seed)[3], 3),
        "numbers": lambda: TokenNumbers(row, weights(4, seed)[3]),
        "tokens": lambda: TokenRow(WORDS, target=seed),
        "bars": lambda: ProbabilityBars(weights(4, seed)[3], WORDS, count=2, total=True),
        "terms": lambda: TermSum(
            tensor(8, seed=seed),
            tensor(8, seed=seed + 1),
            (tensor(8, seed=seed) * tensor(8, seed=seed + 1)).sum(0),
            width=9,
        ),
        "label": lambda: Label(say("entry {i} is {v:+.2f}", i=3, v=tensor(3, seed=seed)[0])),
        "number": lambda: Number(tensor(3, seed=seed)[0]),
        "heading": lambda: Heading("Title", say("layer {n}", n=seed)),
        "formula": lambda: Formula("q = x W_Q"),
        "frame": lambda: Frame(TensorGrid(tensor(4, 3), "weight").corners(0, 0, 1, 1)),
    }[kind]()


KINDS = (
    "grid",
    "row",
    "column",
    "elided",
    "image",
    "headed",
    "dots",
    "arcs",
    "numbers",
    "tokens",
    "bars",
    "terms",
    "label",
    "number",
    "heading",
    "formula",
    "frame",
)
WITH_TEXT = [k for k in KINDS if k not in ("image", "arcs", "formula", "frame")]


def picture(*mobjects) -> np.ndarray:
    camera = PaintingCamera()
    camera.capture_mobjects(mobjects)
    return camera.pixel_array[..., :3].astype(float)


class Silent(CairoRenderer):
    """Draws every frame and writes none."""

    def __init__(self):
        super().__init__(camera_class=PaintingCamera)
        self.frames = []

    def add_frame(self, frame, num_frames=1):
        self.frames += [frame[..., :3].astype(float)] * num_frames


def play(*makers, before=()):
    """Play animations made by the functions on a scene that shows `before`; the frames."""

    class Once(Scene):
        def construct(self):
            self.add(*before)
            for animation in makers:
                self.play(animation(), run_time=0.5)

    scene = Once(renderer=Silent())
    scene.render()
    return scene, scene.renderer.frames
