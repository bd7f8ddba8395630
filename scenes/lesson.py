"""What a lesson is: a Manim scene made of named steps that draws one trace.

    class SelfAttention(Lesson):
        def construct(self):
            self.scores()
            ...

        def scores(self):
            with self.step("Scores", "The query of “{word}” meets every key.", word=self.word):
                self.play(...)

One step is one idea, one Manim section, one caption, one chapter mark and one pause of the preview.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import yaml
from manim import FadeIn, FadeOut, Mobject, Scene, config, smooth
from manim.utils.rate_functions import squish_rate_func

from model.errors import ClearheadError, UsageError
from model.making import making
from scenes.kit import theme as themes
from scenes.kit.layout import Box
from scenes.kit.painting import PaintingCamera
from scenes.kit.say import Said, say
from scenes.kit.text import Caption, Heading
from scenes.kit.tokens import display

FRAME = {"16:9": (8 * 16 / 9, 8.0), "9:16": (8.0, 8 * 16 / 9), "1:1": (10.0, 10.0)}  # scene units
MARGIN = 0.4
READING = 15.0  # characters a second
SWAP = 0.6  # seconds in which one caption gives way to the next


@dataclass(frozen=True)
class Options:
    """What a user can choose; None leaves the choice to the lesson."""

    text: str | None = None
    model: str | None = None
    layer: int | None = None
    head: int | None = None
    token: int | None = None
    theme: str = "night"
    aspect: str = "16:9"
    pace: float = 1.0
    seed: int = 0
    temperature: float | None = None


@dataclass(frozen=True)
class Step:
    """What was shown when: times in seconds of the finished video, plays as Manim counts them."""

    index: int
    name: str
    caption: str
    notes: str
    start: float
    first_play: int
    end: float = 0.0
    last_play: int = 0


@lru_cache(maxsize=32)
def trace_of(model: str, text: str, **changes):
    """The trace of a text, with what is changed on the way (see `model.run`); kept, because every replay asks for the same one."""
    from model import run

    return run(model, text, **changes)


@cache
def notes_beside(lesson: type) -> dict[str, str]:
    """notes/NAME.yaml beside the class's file NAME.py: step → what a speaker may say, a template with the step's fields."""
    source = getattr(sys.modules.get(lesson.__module__), "__file__", None)
    file = source and Path(source).with_name("notes") / f"{Path(source).stem}.yaml"
    if not file or not file.is_file():
        return {}
    try:
        notes = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ClearheadError(f"scenes/notes/{file.name} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(notes, dict) or not all(isinstance(text, str) for text in notes.values()):
        raise ClearheadError(f"scenes/notes/{file.name} must have a text for each step's name.")
    return notes


def run_in_words(trace) -> str:
    """What a forward pass was of, as far as it tells it from others."""
    off = "".join(f", without layer {layer}, head {head}" for layer, head in trace.info.get("ablate", ()))
    return f"run of {trace.info.get('checkpoint')} on “{' '.join(map(display, trace.tokens))}”{off}"


class Lesson(Scene):
    """Base of all lessons. Subclasses set `tokens` (how many a text may have) and `controls`, and write `construct`."""

    tokens = (2, 24)
    controls: tuple[str, ...] = ()  # of "layer", "head", "token", "temperature", "seed"
    text = "A fluffy blue creature roamed the verdant forest"
    model = "tiny"

    def __init__(self, options: Options | None = None, renderer=None, **kwargs):
        self.options = options or Options()
        self.theme = themes.use(self.options.theme)
        kwargs.setdefault("camera_class", PaintingCamera)
        super().__init__(renderer=renderer, **kwargs)
        self.camera.background_color = self.theme.hex["background"]
        self.camera.init_background()
        self.steps: list[Step] = []
        self.phrases: dict[str, Said] = {}  # fields that every caption and subtitle may use, such as {where}
        self.heading: Heading | None = None
        self.caption: Caption | None = None
        self.trace = self.make_trace()
        self.traces = [self.trace]  # every run that numbers on screen come from
        self.choose()

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    def make_trace(self):
        """Run the model on the text; UsageError if this lesson cannot show it."""
        text = self.options.text if self.options.text is not None else self.text
        trace = trace_of(self.options.model or self.model, text)
        least, most = self.tokens
        if not least <= len(trace.tokens) <= most:
            many = f"{len(trace.tokens)} token{'s' if len(trace.tokens) != 1 else ''}"
            raise UsageError(f"This lesson shows texts of {least} to {most} tokens; this one has {many}.")
        return trace

    def another_trace(self, model: str, text: str, **changes):
        """One more forward pass whose numbers are shown (other model, other text, or something changed: `order`, `ablate` …)."""
        self.traces.append(trace_of(model, text, **changes))
        return self.traces[-1]

    def choose(self) -> None:
        """Settle layer, head and token: what was asked for, or the most telling one by a stated measure."""
        layer, head, query, self.measure = self.telling()
        shape = self.trace.config
        self.layer = self.within("layer", layer, shape.n_layers)
        self.head = self.within("head", head, shape.n_heads)
        self.position = self.within("token", query, len(self.trace.tokens))
        self.words = [display(token) for token in self.trace.tokens]

    @property
    def model_name(self) -> str:
        """What the model is called on screen."""
        return self.trace.info.get("checkpoint", self.options.model or self.model)

    def telling(self) -> tuple[int, int, int, float]:
        """(layer, head, query, measure): the most telling row of attention among those that the options allow.

        The measure is the product of the two largest weights that the query gives to words other than itself and the
        first one (large when it really gathers from several words, 0 when it only rests), times the surprise of the
        query's word, −log p(word | the words before), so that it is a word that says something."""
        config, options = self.trace.config, self.options
        weights = np.stack([self.trace[f"blocks.{layer}.attn.pattern"].values for layer in range(config.n_layers)])
        elsewhere = weights * (1 - np.eye(weights.shape[-1]))
        elsewhere[..., 0] = 0
        two = np.sort(elsewhere, axis=-1)[..., -2:]
        measure = two.prod(axis=-1) + 1e-6 * two[..., -1]  # with one candidate only, its weight decides
        ids, probs = np.array(self.trace.ids), self.trace["probs"].values
        measure[..., 1:] *= -np.log(np.maximum(probs[np.arange(len(ids) - 1), ids[1:]], 1e-9))
        for axis, asked in enumerate((options.layer, options.head, options.token)):
            if asked is not None and 0 <= asked < measure.shape[axis]:
                others = np.arange(measure.shape[axis]) != asked
                measure[(slice(None),) * axis + (others,)] = -1
        layer, head, query = np.unravel_index(measure.argmax(), measure.shape)
        return int(layer), int(head), int(query), float(measure[layer, head, query])

    def within(self, name: str, default: int, size: int) -> int:
        """The option of that name if given (UsageError with the range if outside), else the default."""
        asked = getattr(self.options, name)
        if asked is None:
            return default
        if not 0 <= asked < size:
            raise UsageError(f"There is no {name} {asked}: {name}s go from 0 to {size - 1} here.")
        return asked

    # ── where it is drawn ────────────────────────────────────────────────────────────────────────
    @property
    def portrait(self) -> bool:
        """Whether things are stacked instead of side by side (9:16)."""
        return config.frame_height > config.frame_width

    @property
    def wide(self) -> bool:
        """Whether there is room side by side (16:9)."""
        return config.frame_width > 1.2 * config.frame_height

    @property
    def frame(self) -> Box:
        w, h = config.frame_width / 2, config.frame_height / 2
        return Box(-w, -h, w, h).inset(MARGIN)

    @property
    def stage(self) -> Box:
        """The room between heading and caption."""
        frame, lines = self.frame, 1 if self.wide else 2  # of the heading's grey line
        return Box(frame.left, frame.bottom + 1.2, frame.right, frame.top - 0.9 - 0.45 * lines)

    @property
    def row_height(self) -> float:
        """The largest height of a row of numbers: tall frames have room for taller ones."""
        return 0.56 if self.wide else 1.0 if self.portrait else 0.72

    # ── steps ────────────────────────────────────────────────────────────────────────────────────
    @contextmanager
    def step(self, name: str, caption: str, *, subtitle: str | None = None, keep=None, **fields):
        """One idea. `caption` and `subtitle` are templates for `say`, filled with the fields (Tensors, ints, words).

        keep: the mobjects that stay on the stage; all others fade with the old caption (None: all stay).
        The step lasts at least as long as its caption takes to read."""
        fields = self.phrases | fields
        said = caption if isinstance(caption, Said) else say(caption, **fields)
        self.next_section(name)
        step = Step(len(self.steps), name, str(said), self.notes_for(name, fields) or str(said), self.time, self.renderer.num_plays)
        self.on_step_start(step)
        self._turn_page(name, said, None if subtitle is None else say(subtitle, **fields), keep)
        shown = self.time
        yield step
        reading = len(said) / READING + 1.0
        self.wait(max(reading - (self.time - shown) / self.options.pace, 0.8))
        step = replace(step, end=self.time, last_play=self.renderer.num_plays - 1)
        self.steps.append(step)
        self.on_step_end(step)

    def _turn_page(self, title: str, caption: Said, subtitle: Said | None, keep) -> None:
        """Old caption out, new one in; the heading changes when it has to."""
        frame = self.frame
        heading = Heading(title, subtitle or (self.heading.subtitle if self.heading else ""), frame.width)
        heading.move_to((frame.left + heading.width / 2, frame.top - heading.height / 2, 0))
        new_caption = Caption(caption, frame.width)
        new_caption.move_to((0, frame.bottom + 0.5, 0))
        old = [m for m in (self.heading, self.caption) if m is not None]
        gone = [] if keep is None else [m for m in self.mobjects if m not in old and not _among(m, keep)]
        self.heading, self.caption = heading, new_caption
        leave, come = squish_rate_func(smooth, 0, 0.5), squish_rate_func(smooth, 0.4, 1)
        self.play(
            *[FadeOut(m, rate_func=leave) for m in (*old, *gone)],
            *[FadeIn(m, rate_func=come) for m in (heading, new_caption)], run_time=SWAP,
        )

    def play(self, *animations, **kwargs) -> None:
        """As Manim's, with all run times scaled by the pace."""
        if self.options.pace != 1.0:
            animations = self.compile_animations(*animations, **kwargs)
            for animation in animations:
                animation.set_run_time(animation.get_run_time() * self.options.pace)
            kwargs = {}
        super().play(*animations, **kwargs)
        self.on_play()

    def wait(self, duration: float = 1.0, *args, **kwargs) -> None:
        # Whole frames, so that what is counted is what is written.
        rate = config.frame_rate
        super().wait(max(round(duration * rate), 1) / rate, *args, **kwargs)
        self.mobjects = [m for m in self.mobjects if type(m) is not Mobject]  # Manim leaves an empty one for each wait

    def notes_for(self, name: str, fields: dict) -> str:
        """What a speaker may say at the step of that name; empty if nothing is written down."""
        lessons = [c for c in type(self).__mro__ if issubclass(c, Lesson)]
        template = next((notes[name] for lesson in lessons if name in (notes := notes_beside(lesson))), "")
        try:
            return str(say(template, **fields))
        except (KeyError, ValueError, TypeError) as error:
            raise ClearheadError(f"The notes of step “{name}” (scenes/notes/) cannot be filled: {error}; there are {', '.join(fields)}.") from None

    def making(self, cell) -> str | None:
        """In words, how a number on screen (a Cell of a reading) was made, if a trace recorded it as it is; else, which other runs it is of."""
        made = making(cell.tensor, cell.index, self.traces)
        runs = [t for t in self.traces if getattr(t, "run_id", None) in cell.tensor.runs() and hasattr(t, "ids")]
        if all(run is self.trace for run in runs):
            return made and f"= {made}"
        return (f"= {made} · " if made else "") + "; ".join(map(run_in_words, runs))

    # ── for those who watch: the audit, the preview ──────────────────────────────────────────────
    def on_step_start(self, step: Step) -> None:
        """Called before a step's first play."""

    def on_step_end(self, step: Step) -> None:
        """Called after a step's last play."""

    def on_play(self) -> None:
        """Called after every play and wait, when the screen is in a state that people look at."""


def _among(mobject: Mobject, kept) -> bool:
    family = [member for m in kept for member in m.get_family()]
    return any(member in family for member in mobject.get_family())
