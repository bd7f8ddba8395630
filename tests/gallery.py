"""The clips of the gallery, made again: `python -m tests.gallery` for all, with names for some of them.

Each is one step of a lesson, drawn at 480p, as large and as many bytes as stands here. The README shows them: whoever
changes a lesson or its model makes its clip again and looks at it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from model.paths import ROOT

GALLERY = ROOT / "renders" / "gallery"
PAGE = "unembedding.html"  # the one page that is kept


class Clip(NamedTuple):
    step: str
    width: int = 480  # pixels
    size: str = "350kB"
    options: tuple[str, ...] = ()


CLIPS = {
    "overview": Clip("Block after block", 640, "550kB"),
    "tokens": Clip("How many numbers?", 420, "650kB"),
    "embedding": Clip("A direction", 640),
    "position": Clip("Waves", 640, "550kB"),
    "attention": Clip("Scores", 720, "650kB"),
    "scaling": Clip("Random sums", size="500kB"),
    "heads": Clip("Switch it off", 640, "500kB"),
    "residual": Clip("Divide by the spread"),
    "mlp": Clip("All of them"),
    "unembedding": Clip("Temperature"),
    "generation": Clip("Turn after turn"),
    "anatomy": Clip("Through the blocks"),
    "training": Clip("What it would say"),
    "induction": Clip("Said once, found again"),
    "facts": Clip("Every row"),
    "compare": Clip("Layer by layer"),
    "compare-models": Clip("After every word", size="250kB", options=("--other-model", "tiny-none")),
    "encoder_decoder": Clip("It reads the encoder"),
    "cross_attention": Clip("Word by word"),
}


def make(name: str, folder: Path) -> None:
    """Renders a clip, or the page, into the gallery."""
    lesson, clip = re.split(r"[-.]", name)[0], CLIPS.get(name)
    kind = ["--format", "html", "--width", "640"]
    if clip is not None:
        kind = [
            "--format",
            "gif",
            "--step",
            clip.step,
            "--width",
            str(clip.width),
            "--max-size",
            clip.size,
            *clip.options,
        ]
    render = [sys.executable, "-m", "studio.cli", "render", lesson, *kind, "-q", "l", "-o", str(folder)]
    subprocess.run(render, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    (file,) = [file for file in folder.iterdir() if file.suffix in (".gif", ".html")]
    kept = GALLERY / (name.removesuffix(".html") + file.suffix)
    shutil.copyfile(file, kept)
    print(f"{kept.relative_to(ROOT)}: {kept.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    if unknown := [name for name in sys.argv[1:] if name not in (*CLIPS, PAGE)]:
        sys.exit(f"no clip “{unknown[0]}”; there are {', '.join((*CLIPS, PAGE))}")
    with TemporaryDirectory() as made:
        for wanted in sys.argv[1:] or (*CLIPS, PAGE):
            make(wanted, Path(made) / wanted.replace(".", "-"))
