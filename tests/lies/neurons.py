"""Lies about neurons: their curve, what they say, where they are loud, what they are good for."""

from tests.lies.lie import Lie

CURVE, ANSWERS = "scenes/kit/charts/activation.py", "scenes/lessons/mlp/answering.py"
LESSON, STUDY, CHANGES = "scenes/lessons/mlp/lesson.py", "model/study/inside/neurons.py", "model/runs/changes.py"
WRONG, TEST = "wrong shape", "tests/model/study/test_neurons.py"

LIES = [
    Lie(
        "dots lie on the curve of ReLU, whatever the curve",
        CURVE,
        "heights = self.fallen[mine] * self.ys[mine]",
        "heights = self.fallen[mine] * np.maximum(self.xs[mine], 0)",
        "mlp",
        WRONG,
    ),
    Lie(
        "a curve that is straight below nought",
        CURVE,
        "self.zero_y - self.up * ys], axis=-1)",
        "self.zero_y - self.up * np.maximum(ys, 0.1 * xs)], axis=-1)",
        "mlp",
        WRONG,
    ),
    Lie(
        "dots stand one unit further to the right",
        CURVE,
        "points = np.stack([self.zero_x + self.across * self.xs[mine],",
        "points = np.stack([self.zero_x + self.across * (self.xs[mine] + 1),",
        "mlp",
        WRONG,
    ),
    Lie(
        "the numbers on the axis of x are half of what they should be",
        CURVE,
        "x = self.zero_x + self.across * mark",
        "x = self.zero_x + self.across * mark * 2",
        "mlp",
        WRONG,
    ),
    Lie(
        "the words beside the bars are the next ones",
        ANSWERS,
        "words = [lesson.trace.vocabulary[k] for k in chosen]",
        "words = [lesson.trace.vocabulary[k + 1] for k in chosen]",
        "mlp",
        "wrong label",
    ),
    Lie(
        "the words raised most, but not the very first ones",
        ANSWERS,
        "map(int, order[:UP_WORDS])",
        "map(int, order[2 : UP_WORDS + 2])",
        "mlp",
        "false claim",
    ),
    Lie(
        "the places where it is loud have other words",
        ANSWERS,
        "phrases = [phrase(run.tokens, k) for run, (_, k) in zip(runs, places, strict=True)]",
        "phrases = [phrase(run.tokens, k) for run, (_, k) in zip(runs[::-1], places[::-1], strict=True)]",
        "mlp",
        "wrong label",
    ),
    Lie(
        "the neuron's number in the table is that of another",
        ANSWERS,
        '[say("neuron {k}", k=k) for k in chosen]',
        '[say("neuron {k}", k=k + 1) for k in chosen]',
        "mlp",
        "wrong label",
    ),
    Lie(
        "the write of the neuron before",
        STUDY,
        'return self["mlp.W_out"][self.index]',
        'return self["mlp.W_out"][self.index - 1]',
        "mlp",
        "false claim",
    ),
    Lie(
        "a run that is called one without a neuron, and has it",
        CHANGES,
        "value[:, neuron] = 0.0",
        "value[:, neuron] *= 1.0",
        "mlp",
        "wrong number",
    ),
    Lie(
        "another neuron is off", CHANGES, "value[:, neuron] = 0.0", "value[:, neuron - 1] = 0.0", "mlp", "wrong number"
    ),
    Lie(
        "the neuron chosen is the one that matters least",
        STUDY,
        "return max(without, key=",
        "return min(without, key=",
        "mlp",
        "test",
        TEST,
    ),
    Lie(
        "the run without the neuron stands first, under “then without”",
        "scenes/lessons/mlp/lesson.py",
        "self.play(Transform(with_it, without), run_time=1.8)",
        "self.play(FadeIn(without), run_time=0.1)\n            self.play(Transform(without, with_it), run_time=1.8)",
        "mlp",
        "false claim",
    ),
    Lie(
        "the two runs are exchanged",
        "scenes/lessons/mlp/lesson.py",
        'return self.trace["probs"][self.position], self.without["probs"][self.position]',
        'return self.without["probs"][self.position], self.trace["probs"][self.position]',
        "mlp",
        "false claim",
    ),
]
