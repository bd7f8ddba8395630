"""Lies about logits, the chart of the next word, the logit lens and the loss."""

from tests.lies.lie import Lie

LOGITS, CUTTING = "scenes/lessons/unembedding/logits.py", "scenes/lessons/unembedding/cutting.py"
LAYERS, PREFIXES = "scenes/lessons/unembedding/layers.py", "scenes/lessons/unembedding/prefixes.py"
STUDY = "model/study/inside/lens.py"

LIES = [
    Lie(
        "the words beside the logits are the next ones",
        LOGITS,
        "words = [lesson.trace.vocabulary[k] for k in chosen]",
        "words = [lesson.trace.vocabulary[k - 1] for k in chosen]",
        "unembedding",
        "wrong label",
    ),
    Lie(
        "the largest logits, but the second is left out",
        LOGITS,
        "chosen = order[:HIGH] + order[-LOW:]",
        "chosen = order[:1] + order[2 : HIGH + 1] + order[-LOW:]",
        "unembedding",
        "false claim",
    ),
    Lie(
        "the column of another word meets the row",
        LOGITS,
        'column, logit = lesson.trace["W_U"][:, lesson.word], lesson.logits[lesson.word]',
        'column, logit = lesson.trace["W_U"][:, lesson.word - 1], lesson.logits[lesson.word]',
        "unembedding",
        "wrong sum",
    ),
    Lie(
        "the title of the hot chart over the cold one",
        CUTTING,
        "for t in (1.0, warm, cool)]",
        "for t in (1.0, cool, warm)]",
        "unembedding",
        "wrong label",
    ),
    Lie(
        "top-k keeps others than the likeliest",
        "model/runs/sampling.py",
        "kept[order[top_k:]] = False",
        "kept[order[:1]] = kept[order[top_k + 1 :]] = False",
        "unembedding",
        "false claim",
    ),
    Lie(
        "the stops of the stream are named one too far",
        LAYERS,
        "zip(lens.stops, best, strict=True)]",
        "zip([*lens.stops[1:], lens.stops[0]], best, strict=True)]",
        "unembedding",
        "wrong label",
    ),
    Lie(
        "the rank that is said is one better than it is",
        STUDY,
        "int((row >= row[word]).sum())",
        "int((row > row[word]).sum())",
        "unembedding",
        "false claim",
    ),
    Lie(
        "the lens without the last norm’s shift",
        STUDY,
        '.sqrt() * w + self.trace["ln_final.b"]',
        ".sqrt() * w",
        "unembedding",
        "false claim",
    ),
    Lie(
        "surprise at the word itself, and not at the next one",
        STUDY,
        "trace.ids[k + 1]] for k",
        "trace.ids[k]] for k",
        "unembedding",
        "false claim",
    ),
    Lie(
        "the words before those that cost are shifted by one",
        PREFIXES,
        "a=lesson.words[position], b=lesson.words[position + 1])",
        "a=lesson.words[position - 1], b=lesson.words[position + 1])",
        "unembedding",
        "wrong label",
    ),
    Lie(
        "the line of the mean stands at half of it",
        "scenes/kit/charts/signed.py",
        "self.zero + self.unit * self.mark_at, Place",
        "self.zero + self.unit * self.mark_at / 2, Place",
        "unembedding",
        "wrong shape",
    ),
]
