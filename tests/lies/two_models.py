"""Lies about two models: which is called A, what either says and in which words, and whose heads are most alike."""

from typing import Any

from tests.lies.lie import Lie

LESSON, STORY, BASES, PARTNERS, HEADS, LAST = (
    f"scenes/lessons/compare/{name}.py" for name in ("lesson", "story", "bases", "partners", "heads", "last")
)
STUDY = "model/study/inside/models.py"
FALSE, LABEL = "false claim", "wrong label"
TWO = {"other_model": "tiny-none"}
ITALY = TWO | {"text": "The capital of Italy is"}


def lie(what: str, file: str, old: str, new: str, kind: str, options: dict[str, Any] = TWO) -> Lie:
    return Lie(what, file, old, new, "compare", kind, options=options)


LIES = [
    lie(
        "both models are said to be the first one",
        LESSON,
        'o=self.second.info["checkpoint"]',
        "o=self.model_name",
        FALSE,
    ),
    lie(
        "over the bars and in grey each model has the other’s name",
        STORY,
        'say("{run}: {m}", run="AB"[k], m=lesson.runs[k].info["checkpoint"])',
        'say("{run}: {m}", run="AB"[k], m=lesson.runs[1 - k].info["checkpoint"])',
        FALSE,
    ),
    lie(
        "over rows and angles each model has the other’s name",
        BASES,
        'say("{run}: {m}", run="AB"[k], m=lesson.runs[k].info["checkpoint"])',
        'say("{run}: {m}", run="AB"[k], m=lesson.runs[1 - k].info["checkpoint"])',
        LABEL,
    ),
    lie(
        "the second model’s chances stand beside the words of the first one’s order",
        STUDY,
        "return p, q if order is None else q[order]",
        "return p, q",
        LABEL,
    ),
    lie(
        "the last word with more than half is called the first",
        STUDY,
        "return int(far[0]) if len(far)",
        "return int(far[-1]) if len(far)",
        FALSE,
        ITALY,
    ),
    lie(
        "the frame is around the word before",
        STORY,
        "Frame(bars.bar_corners(column,",
        "Frame(bars.bar_corners(column - 1,",
        LABEL,
    ),
    lie(
        "at the first place the likeliest words of A and B are exchanged",
        STORY,
        "word, other = (int(np.argmax(probs.values)) for probs in (p, q))",
        "other, word = (int(np.argmax(probs.values)) for probs in (p, q))",
        FALSE,
        ITALY,
    ),
    lie(
        "both rows are the first model’s",
        BASES,
        "rows = [run[name][place] for run, place in zip(lesson.runs, at, strict=True)]",
        "rows = [lesson.trace[name][place] for run, place in zip(lesson.runs, at, strict=True)]",
        LABEL,
    ),
    lie(
        "both tables of angles are the first model’s",
        BASES,
        "tables = found.cosines(0), found.cosines(1)",
        "tables = found.cosines(0), found.cosines(0)",
        LABEL,
    ),
    lie(
        "two words that differ little are said to differ more than all others",
        BASES,
        "np.unravel_index(int(gaps.argmax()), gaps.shape)",
        "np.unravel_index(int(np.where(gaps > 0, gaps, 9).argmin()), gaps.shape)",
        FALSE,
    ),
    lie(
        "in B the line is of the words that have those ids in A",
        LAST,
        "return lesson.models.id_in(run, lesson.word), lesson.models.id_in(run, lesson.rival)",
        "return lesson.word, lesson.rival",
        FALSE,
    ),
    lie(
        "the head of B is the one that looks least alike",
        STUDY,
        "return _place(found, int(found.argmax()))",
        "return _place(found, int(found.argmin()))",
        FALSE,
    ),
    lie(
        "the head that shares least is said to look most alike",
        STUDY,
        "return _place(self.alike.values, int(self.alike.values.argmax()))",
        "return _place(self.alike.values, int(np.sort(self.alike.values, axis=None).size // 2))",
        FALSE,
    ),
    lie(
        "each model’s head is said to be the other’s",
        PARTNERS,
        "pair=called_pair((layer, head), found.partner(layer, head))",
        "pair=called_pair(found.partner(layer, head), (layer, head))",
        FALSE,
    ),
    lie(
        "the heads of A are numbered one too high",
        "scenes/lessons/compare/heads.py",
        'columns = [say("head {k}", k=k) for k in range(numbers.shape[1])]',
        'columns = [say("head {k}", k=k + 1) for k in range(numbers.shape[1])]',
        LABEL,
    ),
    lie(
        "the pattern of A is called B’s, and that of B A’s",
        PARTNERS,
        'say("{run}: layer {l}, head {h}", run=run, l=layer, h=head) for run, (layer, head) in zip("AB", (self',
        'say("{run}: layer {l}, head {h}", run=run, l=layer, h=head) for run, (layer, head) in zip("BA", (self',
        LABEL,
    ),
    lie(
        "the two heads that look most alike are shown as the least alike",
        PARTNERS,
        "return self.lesson.models.most_alike if self.most else self.lesson.models.least_alike",
        "return self.lesson.models.least_alike if self.most else self.lesson.models.most_alike",
        FALSE,
    ),
    lie("two models: the difference is A − B, and is called B − A", PARTNERS, "gap = b - a", "gap = a - b", FALSE),
]
