"""A lesson of plain Manim shapes, so that what is tested here is the studio and nothing else."""

from dataclasses import dataclass
from pathlib import Path

from manim import BLUE, RED, RIGHT, Circle, Create, Rotate, Scene, Square, VGroup

from scenes.kit.ground.painting import Painted, ReadingPen
from scenes.lesson import Options, Step
from studio.play.picture import Picture
from studio.play.session import Job
from studio.play.writer import FILM


class Toy(Scene):
    """Three steps: shapes appear, turn, and stand still; 3.3 seconds, with run times that are no whole frames."""

    def __init__(self, options=None, renderer=None):
        self.options, self.steps, self.observers, self.traces = options or Options(), [], [], []
        super().__init__(renderer=renderer)

    def step(self, name, caption, *plays):
        self.next_section(name)
        start, first = self.time, self.renderer.num_plays
        for play in plays:
            play()
        step = Step(len(self.steps), name, caption, "", start, first, self.time, self.renderer.num_plays - 1)
        self.steps.append(step)
        for observer in self.observers:
            observer.step_ended(self, step)

    def construct(self):
        shapes = VGroup(*[Square(0.8, color=BLUE, fill_opacity=0.1 * i) for i in range(9)]).arrange_in_grid(3, 3)
        dot = Circle(0.5, color=RED, fill_opacity=1)
        self.step(
            "Appear",
            "Nine squares & one < text.",
            lambda: self.play(Create(shapes), run_time=0.7),
            lambda: self.wait(0.3),
        )
        self.step(
            "Turn",
            "They turn and move.",
            lambda: self.play(Rotate(shapes, 0.5), dot.animate.shift(RIGHT), run_time=1.03),
        )
        self.step("Rest", "Nothing moves any more.", lambda: self.wait(1.27))


class Broken(Toy):
    """Fails while its last play is drawn."""

    def construct(self):
        super().construct()

        class Bad(Painted):
            def draw(self, pen):
                if not isinstance(pen, ReadingPen):
                    raise ZeroDivisionError("bad paint")

        self.play(Create(Bad(1, 1)), run_time=0.4)


@dataclass
class Entry:
    """As scenes.course() has it."""

    lesson: type = Toy
    id: str = "toy"
    scene: str = "Toy"
    title: str = "A toy"
    summary: str = ""
    text: str = "hello"
    model: str = "tiny"
    own: Path | None = None

    def load(self):
        return self.lesson

    @property
    def file(self):
        return Path(__file__)


def job(fps: int = 15, encoder=FILM, lesson: type = Toy, width: int = 320, **options) -> Job:
    """A small picture of the toy."""
    return Job(Entry(lesson), Options(**options), Picture(width, width * 9 // 16, fps, (14.222, 8)), encoder)
