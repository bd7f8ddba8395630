"""The lessons as the drawing processes need them: read, ready to be played, described; and what is wrong with them."""

from __future__ import annotations

import math
import traceback
from dataclasses import asdict
from pathlib import Path

import scenes
from model.errors import ClearheadError
from scenes.course import own_text
from scenes.kit.ground import theme as themes
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import PaintingCamera
from scenes.lesson.lesson import Lesson
from scenes.lesson.options import Options
from scenes.lesson.runs import words_known
from scenes.lesson.steps import SteppedScene
from studio.play.failures import by_author, unnamed
from studio.play.picture import Picture
from studio.play.session import Job
from studio.preview.wire import Message

FOLDER = Path(scenes.__file__).parent


def read() -> None:
    """Import all lessons."""
    typesetting.outline("0")
    for entry in scenes.course():
        entry.load()


def job_of(order: Message) -> Job:
    """The lesson with what was chosen; ImportError and the like where its code is broken."""
    entry = next((e for e in scenes.course() if e.id == order["lesson"]), None)
    if entry is None:
        raise ClearheadError(f"There is no lesson “{order['lesson']}” in course.yaml.")
    chosen = {name: value for name, value in order["options"].items() if value is not None}
    options = Options(**({"text": own_text(entry, chosen.get("model")), "model": entry.model} | chosen))
    return Job(entry, options, Picture.of(order["quality"], options.aspect))


def described(lesson: Lesson) -> Message:
    """The lesson's controls with their values, what it has chosen, the words that its model knows, and its picture."""
    camera, choices = lesson.camera, lesson.choices()
    assert isinstance(camera, PaintingCamera)
    return {
        "controls": [name for name in lesson.controls if name not in choices or choices[name].values],
        "values": {name: list(choice.values) for name, choice in choices.items()},
        "chosen": asdict(lesson.options) | {name: choice.shown for name, choice in choices.items()},
        "words": list(words_known(lesson.model_asked)),
        "themes": sorted(file.stem for file in themes.FOLDER.glob("*.toml")),
        "width": camera.pixel_width,
        "height": camera.pixel_height,
        "fps": int(camera.frame_rate),
        "background": lesson.theme.hex["background"],
    }


def asked(lesson: SteppedScene, step: int) -> Message | None:
    """What the viewer is asked before a step, the numbers behind the answers, and the run that they are of."""
    question = lesson.questions.get(step)
    if question is None:
        return None
    numbers = [float(cell.values) for cell in question.cells]
    runs = question.cells[question.right].runs()
    info = next((getattr(run, "info", {}) for run in getattr(lesson, "traces", ()) if run.run_id in runs), {})
    return asdict(question.asked) | {
        "values": [number if math.isfinite(number) else None for number in numbers],
        "sources": [cell.source() for cell in question.cells],
        "compares": question.compares,
        "shares": question.shares,
        "signed": question.signed,
        "run": {name: info.get(name) for name in ("text", "checkpoint", "checkpoint_hash")},
    }


def complaint(error: BaseException) -> Message:
    """An error as people can use it: what, and where in the lessons' code (None for a request that cannot be met)."""
    if isinstance(error, ClearheadError):
        return {"text": str(error), "file": None, "line": None}
    text = f"{type(error).__name__}: {error}"[:400]
    if isinstance(error, SyntaxError) and error.filename:
        text = f"{type(error).__name__}: {error.msg}"
        return {"text": text, "file": _short(Path(error.filename)), "line": error.lineno}
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if _of_lesson(Path(f.filename))]
    own = own or [f for f in frames if Path(f.filename).is_relative_to(FOLDER)] or frames[-1:]
    if not own:
        return {"text": text, "file": None, "line": None}
    text = unnamed(error) or text
    return {"text": text, "file": _short(Path(own[-1].filename)), "line": own[-1].lineno}


def _of_lesson(file: Path) -> bool:
    """Whether a file is a lesson's, or of whoever has written it: not the kit's."""
    return file.is_relative_to(FOLDER / "lessons") or (not file.is_relative_to(FOLDER) and by_author(file))


def _short(file: Path) -> str:
    return str(file.relative_to(FOLDER.parent)) if file.is_relative_to(FOLDER) else file.name
