"""What is believed because of how one picture follows another: between the steps, and on the way."""

from tests.lies.lie import Lie

STEPS, OUTPUT, ONE_OFF = "scenes/lesson/steps.py", "scenes/lessons/heads/output.py", "scenes/lessons/heads/one_off.py"

LIES = [
    Lie(
        "what a step does not keep is gone before anything comes",
        STEPS,
        "self._show(*leave(*old)",
        "self._show(*leave(*old, *gone)",
        "heads",
        "blank stage",
    ),
    Lie(
        "what heads add up to is taken away, and comes back as another thing",
        OUTPUT,
        "Fly(product.y, expected)",
        "FadeOut(product.y)",
        "heads",
        "vanish and return",
    ),
    Lie(
        "words of bars are pulled along when the chart goes into a corner",
        "scenes/kit/charts/bars.py",
        "number_size: Mix[float] natural: Mix[tuple[float, float]]",
        "number_size: Mix[float]\n    natural: tuple[float, float]",
        "overview",
        "stretched text",
    ),
    Lie(
        "“on” and “off” are seen through each other",
        ONE_OFF,
        "Transform(on, off), run_time=1.4",
        "on.animate.set_opacity(0), FadeIn(off), run_time=1.4",
        "heads",
        "double exposure",
    ),
    Lie(
        "what comes does not wait for what leaves",
        STEPS,
        "hand_over(compiled, self.get_mobject_family_members())",
        "compiled",
        "induction",
        "double exposure",
    ),
    Lie(
        "the bars of the next picture are there, as a whole, while the last one leaves",
        "scenes/kit/moves/reveal.py",
        "self.mobject.opacity = self.opacity * come_so_far(late, (1 - self.after) * self.run_time, SOON)",
        "self.mobject.opacity = self.opacity",
        "facts",
        "double exposure",
    ),
    Lie(
        "bars that nobody has seen are there for the moment in which they go",
        "scenes/lessons/unembedding/logits.py",
        "lesson.play(SoftmaxRow(table), run_time=3.6)",
        "lesson.play(*come(table.exps, table.weights, table.labels, table.sum, table.one), run_time=3.6)",
        "unembedding",
        "pops up",
    ),
    Lie(
        "the number that is asked for stands there when it is asked for",
        "scenes/lessons/attention/scores.py",
        "n=len(q), s=score)",
        "n=len(q), s=queries.tensor[i, 0])",
        "attention",
        "result before cause",
    ),
    Lie(
        "nobody is asked which word will come",
        "scenes/lessons/overview/turns.py",
        'ask="All chances end to end, and a random number u between none and all: whose interval will it hit?"',
        'caption="All chances end to end, and a random number u between none and all."',
        "overview",
        "no question",
    ),
    Lie(
        "captions are gone when half of them has been read",
        STEPS,
        "left = reading_time(said) - (self.time - shown)",
        "left = 0.5 * reading_time(said) - (self.time - shown)",
        "heads",
        "caption too short-lived",
    ),
    Lie(
        "minus is a lighter blue than plus",
        "assets/themes/night.toml",
        'negative = "#FF6B5B"',
        'negative = "#78B4FF"',
        "heads",
        "colours alike",
    ),
]
