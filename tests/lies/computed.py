"""What is computed wrongly: by the model, by tensors, on the way of an animation, in the last digit."""

from tests.lies.lie import Lie

TENSOR, LAYERS = "model/numbers/tensor.py", "model/net/layers.py"
MOVES, SAY = "scenes/kit/moves/products.py", "scenes/kit/ground/say.py"

LIES = [
    # ── on the way ───────────────────────────────────────────────────────────────────────────────
    Lie(
        "the running total counts the next product, too",
        MOVES,
        "products[: i + 1].sum()",
        "products[: i + 2].sum()",
        "attention",
        "wrong sum",
    ),
    Lie(
        "an entry counts up to twice its value",
        MOVES,
        "else float(np.mean(shown))",
        "else 2 * float(np.mean(shown))",
        "attention",
        "wrong number",
    ),
    Lie(
        "rows count twice on the way to their sum",
        MOVES,
        "progress[:, None] * self.rows.values",
        "2 * progress[:, None] * self.rows.values",
        "attention",
        "wrong number",
    ),
    # ── in digits ────────────────────────────────────────────────────────────────────────────────
    Lie(
        "numbers are cut, not rounded",
        SAY,
        "text = format(value, spec)",
        "text = format(value * (1 - 1e-3), spec)",
        "attention",
        "wrong number",
    ),
    Lie("minus signs are lost", SAY, 'text.replace("-", MINUS)', 'text.replace("-", "")', "attention", "wrong number"),
    Lie(
        "a table of tensors shows the entry before",
        "scenes/kit/numbers/grid.py",
        "values[r, c]",
        "values[r, c - 1]",
        "attention",
        "wrong number",
    ),
    Lie(
        "losses are rounded before they are averaged",
        "model/study/positions.py",
        "[float(loss) for loss in",
        "[round(float(loss), 1) for loss in",
        "position",
        "wrong number",
    ),
    # ── in tensors ───────────────────────────────────────────────────────────────────────────────
    Lie(
        "another random number than the seed's",
        "model/runs/sampling.py",
        "rng.random(), f",
        "1 - rng.random(), f",
        "overview",
        "wrong number",
    ),
    Lie(
        "a softmax that does not add up to one",
        "model/numbers/operations.py",
        "powers / powers.sum(axis=axis, keepdims=True)",
        "powers / (powers.sum(axis=axis, keepdims=True) + 0.01)",
        "overview",
        "wrong number",
    ),
    Lie(
        "running totals that leave out the first",
        "model/numbers/operations.py",
        '"cumsum", np.cumsum',
        '"cumsum", lambda x, **how: np.cumsum(x, **how) - x[0]',
        "overview",
        "wrong shape",
    ),
    Lie(
        "the word before the one that u falls on is drawn",
        "model/runs/sampling.py",
        "sample(probs.values[ranking], float(u))",
        "max(sample(probs.values[ranking], float(u)) - 1, 0)",
        "overview",
        "test",
        "tests/model/runs/test_sampling.py",
    ),
    # ── in the model ─────────────────────────────────────────────────────────────────────────────
    Lie(
        "every word sees the next one",
        LAYERS,
        ".triu(1)",
        ".triu(2)",
        "attention",
        "test",
        "tests/model/net/test_reference.py",
    ),
    Lie(
        "softmax along the wrong axis",
        LAYERS,
        'tape("pattern", scores.softmax(-1)',
        'tape("pattern", scores.softmax(-2)',
        "attention",
        "test",
        "tests/model/net/test_reference.py",
    ),
    Lie(
        "scores divided by d and not by √d",
        LAYERS,
        "scores_raw / math.sqrt(self.config.d_head)",
        "scores_raw / self.config.d_head",
        "attention",
        "test",
        "tests/model/net/test_reference.py",
    ),
    Lie(
        "recorded probabilities at half of the temperature",
        "model/runs/recorder.py",
        'listen("probs", logits.double()',
        'listen("probs", 2 * logits.double()',
        "heads",
        "wrong number",
    ),
    Lie(
        "queries turned the other way than keys",
        LAYERS,
        'tape("rot_q", rotate(q, angles)',
        'tape("rot_q", rotate(q, -angles)',
        "position",
        "test",
        "tests/model/net/test_reference.py",
    ),
]
