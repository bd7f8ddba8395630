"""What a frame costs: the same grid animation drawn by Manim's own mobjects and by the kit, and the encoder alone.

    python -m tests.benchmarks.drawing            # the table (several minutes)
    python -m tests.benchmarks.drawing --quick    # 12 × 12 only

Every ratio is of runs side by side in one call. "per frame" is drawing alone; "whole process" is a fresh Python that
imports, draws and encodes; "encoder" is the conversion and encoding of the kit's very frames, in one thread.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import numpy as np

SECONDS = 4.0
QUALITIES = ("l", "h")


def scene_class(which: str, n: int):
    """A grid of n × n numbers that fades in, moves, shrinks and turns: Manim's way or the kit's."""
    from manim import FadeIn, Scene

    from model.numbers.tensor import Tensor

    values = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)

    def kit_grid():
        from scenes.kit.numbers import grid
        from scenes.kit.numbers.grid import TensorGrid

        grid.smallest = lambda: 0.0  # the kit would leave out numbers that are too small to read; here they count
        cell = 6.4 / n
        return TensorGrid(
            Tensor.recorded("benchmark", values, ("row", "column")),
            "weight",
            cell=(cell, cell),
            width=99,
            height=99,
            size=cell / 3,
        )

    def manim_grid():
        from manim import DecimalNumber, Square, Text, VGroup

        from scenes.kit.ground.style import theme

        colors = theme().hex
        cells = VGroup()
        for value in values.ravel():
            square = Square(
                6.2 / n,
                stroke_width=0,
                fill_opacity=min(abs(value) / 3, 1),
                fill_color=colors["positive" if value > 0 else "negative"],
            )
            number = DecimalNumber(value, num_decimal_places=2, include_sign=True, mob_class=Text, font_size=110 / n)
            cells.add(VGroup(square, number.move_to(square)))
        return cells.arrange_in_grid(n, n, buff=0.2 / n)

    class Moving(Scene):
        def construct(self):
            grid = (kit_grid if which == "kit" else manim_grid)()
            self.play(FadeIn(grid), run_time=SECONDS / 4)
            self.play(grid.animate.scale(0.7).shift((2, 0.5, 0)), run_time=SECONDS / 4)
            self.play(grid.animate.rotate(0.2), run_time=SECONDS / 4)
            self.play(grid.animate.set_opacity(0.4), run_time=SECONDS / 4)

    return Moving


def play(which: str, n: int, quality: str, encode: bool, keep: bool = False) -> dict:
    """Draw (and encode) the scene in this process; seconds of drawing and of all, and the frames if `keep`."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from manim import tempconfig

    from scenes.kit.ground.painting import PaintingCamera
    from studio.play.picture import Picture
    from studio.play.playback import Playback
    from studio.play.writer import FILM

    frames, clock = [], {"draw": 0.0, "frames": 0}

    class Timed(Playback):
        def shoot(self, scene, play):
            if encode:
                path = self.file_writer.output_plan.segment_path(f"play-{play.index}")
                self.file_writer.add_partial_movie_file(f"play-{play.index}")
                self.file_writer.begin_animation(True, animation_index=play.index, file_path=path)
            drawing = self.frames(scene, play)
            while True:
                start = time.thread_time()
                drawn = next(drawing, None)
                clock["draw"] += time.thread_time() - start
                if drawn is None:
                    break
                clock["frames"] += 1
                if encode:
                    self.file_writer.write_frame(drawn[0], repeat=drawn[2])
                if keep:
                    frames.append(drawn[0].copy())
            if encode:
                self.file_writer.end_animation(True)
            return True

        def scene_finished(self, scene):
            if encode:
                self.file_writer.join_all_encode_jobs()

    picture = Picture.of(quality)
    with TemporaryDirectory() as folder:
        settings = {
            "pixel_width": picture.width,
            "pixel_height": picture.height,
            "frame_rate": picture.fps,
            "frame_width": picture.frame[0],
            "frame_height": picture.frame[1],
            "progress_bar": "none",
            "verbosity": "ERROR",
            "media_dir": folder,
            "disable_caching": True,
            "format": "mp4",
            **FILM,
        }
        with tempconfig(settings):
            start = time.perf_counter()
            scene_class(which, n)(renderer=Timed(PaintingCamera)).render()
            clock["all"] = time.perf_counter() - start
        clock["bytes"] = sum(f.stat().st_size for f in Path(folder).rglob("*.mp4"))
    return clock | {"kept": frames}


def encoder_alone(frames: list[np.ndarray], fps: int) -> float:
    """Seconds to convert and encode the frames with the settings of a render, in one thread."""
    import io

    import av

    from studio.play.writer import FILM

    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = container.add_stream(FILM["video_codec"], rate=fps, options=FILM["video_encoder_options"])
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], FILM["pixel_format"]
        start = time.perf_counter()
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")))
        container.mux(stream.encode(None))
        return time.perf_counter() - start


def process(which: str, n: int, quality: str) -> tuple[float, dict]:
    """Wall seconds of a fresh Python that draws and encodes, and what it measured inside."""
    start = time.perf_counter()
    out = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--one", which, str(n), quality],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - start, json.loads(out.stdout.strip().splitlines()[-1])


def measure(n: int, quality: str) -> list[str]:
    manim_wall, manim = process("manim", n, quality)
    kit_wall, kit = process("kit", n, quality)
    drawn = play("kit", n, quality, encode=False, keep=True)
    fps = drawn["frames"] / SECONDS
    encoder = encoder_alone(drawn.pop("kept"), round(fps))
    both = play("kit", n, quality, encode=True)
    per = [1000 * clock["draw"] / clock["frames"] for clock in (manim, kit)]
    return [
        f"{n} × {n}",
        {"l": "480p15", "h": "1080p60"}[quality],
        f"{per[0]:.1f}",
        f"{per[1]:.1f}",
        f"{per[0] / per[1]:.1f} ×",
        f"{manim_wall:.1f}",
        f"{kit_wall:.1f}",
        f"{manim_wall / kit_wall:.1f} ×",
        f"{1000 * encoder / drawn['frames']:.1f}",
        f"{both['all'] / encoder:.2f} ×",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=3, metavar=("WHICH", "N", "QUALITY"), help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="12 × 12 only")
    options = parser.parse_args()
    if options.one:
        which, n, quality = options.one
        print(json.dumps({k: v for k, v in play(which, int(n), quality, encode=True).items() if k != "kept"}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="The same grid animation, Manim's mobjects and the kit")
    heads = (
        "grid",
        "size",
        "Manim ms/frame",
        "kit ms/frame",
        "ratio",
        "Manim process s",
        "kit process s",
        "ratio",
        "encoder ms/frame",
        "draw + encode / encoder",
    )
    for head in heads:
        table.add_column(head, justify="right")
    for n in (12,) if options.quick else (12, 24):
        for quality in QUALITIES:
            table.add_row(*measure(n, quality))
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
