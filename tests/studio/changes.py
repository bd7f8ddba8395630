"""One-line changes in every room, and a harness: after each, no segment that the cache has is another than drawn anew.

`python -m tests.studio.changes [WORDS…]` tries those with one of the words in them and prints a line for each. A change
is made in a copy of the tree; it is tried in a fork of a process that has loaded the libraries, but none of the tree.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.lies.harness import LARGE, ROOT, copy_tree, load_libraries, spent

WIDTH, FPS = 160, 5  # of the pictures
TEXTS = {"position": "The dog saw the cat"}
TEXT = "The dog ran"


@dataclass(frozen=True)
class Change:
    """In `file`, `old` (there once, or its first place) becomes `new`; without `old`, the file `new` takes its place.

    shown: the step of `lesson` in which it can be seen. seen: whether it can."""

    file: str
    old: str
    new: str
    lesson: str
    shown: str
    seen: bool = True

    @property
    def what(self) -> str:
        return f"{self.file}: {self.old} → {self.new}"

    def make(self, tree: Path) -> None:
        path = tree / self.file
        if not self.old:
            path.unlink()
            path.symlink_to(ROOT / self.new)
            return
        text = path.read_text(encoding="utf-8")
        if self.old not in text:
            raise LookupError(f"{self.file} no longer has {self.old!r}: the change must be written anew")
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")

    def undo(self, tree: Path) -> None:
        path = tree / self.file
        path.unlink()
        path.symlink_to(ROOT / self.file) if path.name.endswith(LARGE) else shutil.copy2(ROOT / self.file, path)


KIT, ATTENTION, HEADS = "scenes/kit", "scenes/lessons/attention", "scenes/lessons/heads"
TINY = "assets/checkpoints/tiny"
ONE, ENTRY, LAYER = "One score", "One number of the query", "Heads of a layer"
NAMES, SCORES = "Names", "Scores"

CHANGES = [
    # ── how the kit paints ───────────────────────────────────────────────────────────────────────
    Change(f"{KIT}/numbers/grid.py", "self.values >= 0", "self.values < 0", "attention", SCORES),
    Change(f"{KIT}/numbers/grid.py", "(0.25 * np.clip(self.glow", "(0.5 * np.clip(self.glow", "attention", ONE),
    Change(f"{KIT}/numbers/grid.py", "0.6 if c is None", "0.8 if c is None", "attention", ONE),
    Change(f"{KIT}/numbers/frames.py", "line: float = 0.035", "line: float = 0.08", "heads", LAYER),
    Change(f"{KIT}/numbers/terms.py", '" + " if i', '" − " if i', "attention", ONE),
    Change(f"{KIT}/attention/wall.py", "y + self.row * cell", "y + (self.row - 1) * cell", "heads", LAYER),
    Change(f"{KIT}/attention/wall.py", "np.sqrt(weights[i, j])", "weights[i, j]", "heads", LAYER),
    Change(f"{KIT}/attention/wall.py", "pad = 0.05", "pad = 0.1", "heads", LAYER),
    Change(f"{KIT}/ground/cairopen.py", "set_line_width(", "set_line_width(2 * ", "heads", LAYER),
    Change(f"{KIT}/ground/typesetting.py", '"kern": True', '"kern": False', "attention", ONE),
    Change(f"{KIT}/ground/typesetting.py", "0.76, 0.24", "0.70, 0.30", "attention", ONE),
    Change(f"{KIT}/ground/text.py", "LABEL, DIGIT = 0.64", "LABEL, DIGIT = 0.5", "attention", ONE),
    Change(f"{KIT}/ground/say.py", 'text.replace("-", MINUS)', 'text.replace("-", "")', "attention", ONE),
    Change(f"{KIT}/ground/layout.py", "gap: float = 0.3", "gap: float = 0.5", "attention", ONE),
    Change(f"{KIT}/ground/theme.py", "/ 255", "/ 300", "attention", ONE),
    Change(f"{KIT}/ground/timing.py", "10 - 15 * t", "8 - 13 * t", "attention", ONE),
    Change(f"{KIT}/moves/reveal.py", '"rows": rows,', '"rows": columns,', "attention", SCORES),
    Change(f"{KIT}/moves/products.py", "products[: i + 1]", "products[: i + 2]", "attention", ENTRY),
    Change(f"{KIT}/charts/bars.py", "0.72 * self.pitch", "0.5 * self.pitch", "heads", "One head"),
    # ── what all lessons are ─────────────────────────────────────────────────────────────────────
    Change("scenes/lesson/steps.py", "(smooth, 0, 0.6)", "(smooth, 0.3, 0.6)", "attention", ONE),
    Change("scenes/lesson/steps.py", "READING, FIGURE = 13.0", "READING, FIGURE = 12.0", "attention", ONE),
    Change("scenes/lesson/stage.py", "MARGIN = 0.4", "MARGIN = 0.6", "attention", ONE),
    Change("scenes/lesson/stage.py", "wide=0.56", "wide=0.5", "attention", ONE),
    # ── lessons: steps, words, notes ─────────────────────────────────────────────────────────────
    Change(f"{HEADS}/patterns.py", "block.pattern), places", "block.pattern)[::-1], places", "heads", LAYER),
    Change(f"{HEADS}/patterns.py", 'say("head {k}", k=k), size', 'say("head {k}", k=n - 1 - k), size', "heads", LAYER),
    Change(f"{HEADS}/patterns.py", "each in its own way.\"", "each in another way.\"", "heads", LAYER),
    Change(f"{HEADS}/names.py", "minis.framed[:] = 0.0", "minis.framed[:] = 1.0", "heads", NAMES),
    Change(f"{HEADS}/scores.py", "float(score.value) * grown", "float(score.value) ** 0.5 * grown", "heads", NAMES),
    Change(f"{HEADS}/notes.yaml", "Heads of a layer: >-", "Heads of a layer: >-\n  Look.", "heads", LAYER, False),
    Change(f"{KIT}/attention/meeting.py", 'TensorGrid(k, "key",', 'TensorGrid(k, "value",', "attention", ONE),
    Change(f"{ATTENTION}/scores.py", "total, run_time=3)", "total, run_time=2)", "attention", ONE),
    Change(f"{ATTENTION}/scores.py", "view.k_met[j]", "view.k_met[i]", "attention", ONE),
    Change(f"{ATTENTION}/lesson.py", "0.2 * UP", "0.6 * UP", "attention", "1"),
    Change(f"{ATTENTION}/lesson.py", "sizes=(0.34, 0.3, 0.36)", "sizes=(0.3, 0.3, 0.36)", "attention", "1"),
    Change("scenes/lesson/following.py", "min(room.width, 9.0)", "min(room.width, 7.0)", "attention", "1"),
    Change(f"{ATTENTION}/lesson.py", "Which words told it so?", "Which words said so?", "attention", "1"),
    Change("scenes/course.yaml", "title: Self-attention", "title: Attention", "attention", "1", False),
    # ── the model, and what was measured ─────────────────────────────────────────────────────────
    Change("model/net/layers.py", "scores_raw / math.sqrt(", "scores_raw / (", "attention", SCORES, False),
    Change("model/net/layers.py", '"pattern", scores.softmax(-1)', '"pattern", scores.sigmoid()', "heads", LAYER),
    Change("model/net/layers.py", "+ self.eps).sqrt()", "+ 2 + self.eps).sqrt()", "attention", ONE),
    Change("model/study/heads/naming.py", "(score.chance + 1) / 2", "(score.chance + 2) / 3", "heads", NAMES),
    Change(f"{TINY}/report.json", "0.9271", "0.6319", "heads", NAMES),
    Change(f"{TINY}/report.json", "the word before it", "the word after it", "heads", NAMES),
    Change(f"{TINY}/report.json", '"chance": 0.1776', '"chance": 0.2776', "heads", NAMES),
    Change(f"{TINY}/model.safetensors", "", f"{TINY}/snapshots/step-001777.safetensors", "attention", ONE),
    Change("assets/vectors/glove-6b-50d.words.txt", "the\nof", "of\nthe", "embedding", "2"),
    Change("assets/corpora/lexicon.yaml", "hamster kitten", "kitten hamster", "attention", ONE, False),
    Change("assets/themes/night.toml", '#FFD166"', '#66D1FF"', "attention", ONE),
    Change("assets/themes/night.toml", 'background = "#000000"', 'background = "#101010"', "attention", ONE),
    Change("assets/themes/day.toml", "#", "#  ", "attention", ONE, False),
    Change("assets/fonts/lmroman10-regular.otf", "", "assets/fonts/lmroman10-bold.otf", "attention", ONE),
    Change("assets/fonts/latinmodern-math.otf", "", "assets/fonts/lmroman10-bold.otf", "attention", ONE),
]  # fmt: skip


def in_a_fork(work: Any, *arguments: Any) -> Any:
    """What work(*arguments) returns, as JSON has it; it is done in a process of its own."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        os.close(ours)
        with os.fdopen(theirs, "w", encoding="utf-8") as out:
            try:
                json.dump(work(*arguments), out)
            except BaseException as error:
                json.dump({"error": f"{type(error).__name__}: {error}"}, out)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as result:
        found = json.load(result)
    os.waitpid(child, 0)
    return found


def planned(tree: Path, lesson: str, step: str) -> Any:
    """The film of a step, small, as the tree has it; its segments are in tree/warm."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree))
    os.environ["CLEARHEAD_CACHE"] = str(tree / "cache")
    from scenes import course
    from scenes.lesson import Options
    from studio.film.film import plan
    from studio.play.picture import Picture
    from studio.play.session import Job
    from studio.play.writer import LOSSLESS

    (entry,) = [entry for entry in course() if entry.id == lesson]
    picture = Picture.of("l", fps=FPS, width=WIDTH)
    return plan(Job(entry, Options(text=TEXTS.get(lesson, TEXT)), picture, LOSSLESS, tree / "warm"), step)


def warm(tree: Path, lesson: str, step: str) -> dict[str, int]:
    """Draw a step of the unchanged tree."""
    film = planned(tree, lesson, step)
    from studio.film.film import draw

    return {"plays": len(film.plays), "drawn": draw(film, 1)}


def outcome(tree: Path, lesson: str, step: str) -> dict[str, int]:
    """Of the changed tree's step: how many segments the cache has, and how many of them are not what is drawn anew."""
    film = planned(tree, lesson, step)
    from dataclasses import replace

    from studio.film.film import draw

    cached = replace(film, plays=tuple(p for p, s in zip(film.plays, film.segments, strict=True) if s.exists()))
    with TemporaryDirectory(dir=tree) as empty:
        anew = replace(cached, job=replace(film.job, segments=Path(empty)))
        if cached.plays:
            draw(anew, 1)
        stale = sum(frames(a) != frames(b) for a, b in zip(cached.segments, anew.segments, strict=True))
    return {"plays": len(film.plays), "cached": len(cached.plays), "stale": stale}


def frames(segment: Path) -> list[bytes]:
    """The bytes of all frames."""
    import av

    with av.open(segment) as video:
        return [frame.to_ndarray().tobytes() for frame in video.decode(video=0)]


def try_all(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The outcome of every change."""
    load_libraries()
    found = []
    with TemporaryDirectory(prefix="changes-") as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        for lesson, step in dict.fromkeys((change.lesson, change.shown) for change in changes):
            if "error" in (drawn := in_a_fork(warm, tree, lesson, step)):
                raise RuntimeError(f"{lesson}, {step}: {drawn['error']}")
        for change in changes:
            before = spent()
            change.make(tree)
            result = in_a_fork(outcome, tree, change.lesson, change.shown)
            change.undo(tree)
            found.append({"what": change.what, "seen": change.seen, **result, "seconds": round(spent() - before, 1)})
            print(found[-1], file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    words = sys.argv[1:]
    print(json.dumps(try_all([c for c in CHANGES if not words or any(w in c.what + c.shown for w in words)])))
