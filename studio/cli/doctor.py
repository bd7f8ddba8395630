"""What is there, what is missing, and how to get it: `clearhead doctor`.

Imports nothing at the top but the standard library and what needs no more, so that it can speak when the rest cannot.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from model.paths import ROOT
from studio.play.files import cores

PYTHON = (3, 11)
SPACE_NEEDED, SPACE_WISHED = 200 * 2**20, 2 * 2**30  # bytes: a short clip; an evening of 1080p60 lectures
SIGNS = {"ok": ("✓", "green"), "note": ("–", "yellow"), "missing": ("✗", "red")}
SYSTEM_LIBRARIES = (
    "brew install cairo pango" if sys.platform == "darwin" else "apt-get install libcairo2 libpangocairo-1.0-0"
)
REINSTALL = "rm -f .venv/.installed && ./clearhead doctor"


@dataclass(frozen=True)
class Check:
    """One line of the report. `state` is "ok", "note" (works without) or "missing" (needed)."""

    name: str
    state: str
    detail: str
    remedy: str = ""


def report() -> list[Check]:
    """Look at everything Clearhead uses on this machine. Takes a few seconds: it imports torch and Manim."""
    sections = (_python, _imports, _packages, _system, _encoders, _fonts, _checkpoints, _storage, _programs)
    return [check for section in sections for check in _guarded(section)]


def main() -> int:
    """Print the report as a table and return the exit code: 1 if something needed is missing, else 0."""
    checks = report()
    _print(checks)
    missing = [check for check in checks if check.state == "missing"]
    if missing:
        print(f"\n{len(missing)} missing: " + ", ".join(check.name for check in missing))
    else:
        print("\nEverything needed is here.")
    return 1 if missing else 0


def _guarded(section: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A section that breaks is itself a finding; the ones after it still run."""
    try:
        yield from section()
    except Exception as error:
        yield Check(section.__name__.strip("_"), "missing", _line(error), REINSTALL)


def _line(error: object) -> str:
    """The last line of a message: in a traceback the one that names the error."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _python() -> Iterator[Check]:
    found = f"{platform.python_version()} in {sys.prefix}"
    wanted = ".".join(map(str, PYTHON))
    yield Check("Python", "ok" if sys.version_info >= PYTHON else "missing", found, f"install Python {wanted} or newer")
    yield Check("cores", "ok", f"{cores()} on {platform.system()} {platform.machine()}")


def _imports() -> Iterator[Check]:
    """The two heavy libraries, each in a process of its own: one that crashes must not take the report along."""
    runs = {
        module: subprocess.Popen(
            [sys.executable, "-c", f"import {module}; print({module}.__version__)"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )  # fmt: skip
        for module in ("torch", "manim")
    }
    for module, run in runs.items():
        output, errors = run.communicate()
        if run.returncode:
            yield Check(f"import {module}", "missing", _line(errors) if errors else f"exit {run.returncode}", REINSTALL)
        else:
            yield Check(f"import {module}", "ok", _line(output))


def pins() -> dict[str, str]:
    """{package: version} of constraints.txt, without those that only other Python versions need."""
    rows = re.findall(
        r"^([\w.-]+)==([^\s;]+)\s*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(rows)


def _packages() -> Iterator[Check]:
    wanted = pins()
    absent, different = [], []
    for name, version in wanted.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
            continue
        if found.split("+")[0] != version:  # a local tag (+cpu) names the build, not the version
            different.append(f"{name} {found}, pinned {version}")
    for name in absent:
        yield Check(name, "missing", "not installed", REINSTALL)
    for row in different:
        yield Check(row.split()[0], "note", row.partition(" ")[2], REINSTALL)
    good = len(wanted) - len(absent) - len(different)
    yield Check(
        "packages", "ok" if good else "missing", f"{good} of {len(wanted)} as pinned in constraints.txt", REINSTALL
    )


def _system() -> Iterator[Check]:
    for name, module, version in (("cairo", "cairo", "cairo_version_string"), ("pango", "manimpango", "pango_version")):
        try:
            yield Check(name, "ok", str(getattr(__import__(module), version)()))
        except Exception as error:
            yield Check(name, "missing", _line(error), SYSTEM_LIBRARIES)


def _encoders() -> Iterator[Check]:
    import av

    for name, use, state in (("libx264", "MP4", "missing"), ("libvpx-vp9", "WebM", "note")):
        found = name in av.codecs_available
        detail = f"PyAV {av.__version__} {'writes' if found else 'cannot write'} {use}"
        yield Check(name, "ok" if found else state, detail, REINSTALL)


def _fonts() -> Iterator[Check]:
    files = sorted((ROOT / "assets" / "fonts").glob("*.otf"))
    if not files:
        yield Check("fonts", "missing", "assets/fonts is empty", "git checkout -- assets/fonts")
        return
    import manimpango
    import uharfbuzz

    name = uharfbuzz.OTNameIdPredefined
    families = set()
    for file in files:
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)))
        family = face.get_name(name.TYPOGRAPHIC_FAMILY) or face.get_name(name.FONT_FAMILY)
        if not face.glyph_count or not family:
            yield Check(file.name, "missing", "not a readable font", f"git checkout -- assets/fonts/{file.name}")
            continue
        manimpango.register_font(str(file))
        families.add(family)
    unknown = families - set(manimpango.list_fonts())
    if unknown:
        yield Check("fonts", "note", f"Pango does not take {', '.join(sorted(unknown))}", "apt-get install fontconfig")
    else:
        yield Check("fonts", "ok", f"{len(files)} faces of {', '.join(sorted(families))}")
    yield from _writing()


def _writing() -> Iterator[Check]:
    """What people write that no font here has: shown as codes, so a note."""
    try:
        from scenes.kit.ground.typesetting import lacking
        from studio.cli.fonts import SAMPLES, package_for

        lacking("中")
    except Exception:  # what draws is broken: said above
        return
    for name, sample in SAMPLES.items():
        if missing := lacking(sample):
            package = next((found for c in missing if (found := package_for(c))), None)
            cure = f"apt-get install {package}" if package else ""
            yield Check("fonts", "note", f"none for {name} (shown as codes)", cure)


def _checkpoints() -> Iterator[Check]:
    """Every shipped checkpoint, and every one that a lesson asks for. Reads the header of the weights alone."""
    from scenes import course

    folder = ROOT / "assets" / "checkpoints"
    names = {entry.model for entry in course()} | {path.name for path in folder.iterdir() if path.is_dir()}
    for name in sorted(names):
        absent = [
            file
            for file in ("config.json", "model.safetensors", "tokenizer.json")
            if not (folder / name / file).is_file()
        ]
        remedy = f"git checkout -- assets/checkpoints/{name} (or train it: ./clearhead train {name})"
        if absent:
            yield Check(f"model {name}", "missing", "lacks " + ", ".join(absent), remedy)
            continue
        try:
            tensors, values = _read_header(folder / name / "model.safetensors")
            yield Check(f"model {name}", "ok", f"{values:,} values in {tensors} tensors")
        except (OSError, ValueError) as error:
            yield Check(f"model {name}", "missing", f"model.safetensors is damaged: {_line(error)}", remedy)


def _read_header(file: Path) -> tuple[int, int]:
    """(number of tensors, number of values) of a safetensors file. Raises ValueError if its length is wrong.

    The format: 8 bytes little-endian length of a JSON header, the header, the data.
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > file.stat().st_size:
            raise ValueError("not a safetensors file")
        header = json.loads(stream.read(length))
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    end = max((entry["data_offsets"][1] for entry in tensors), default=0)
    if file.stat().st_size != 8 + length + end:
        raise ValueError(f"{file.stat().st_size} bytes instead of {8 + length + end}")
    count = 0
    for entry in tensors:
        values = 1
        for size in entry["shape"]:
            values *= size
        count += values
    return len(tensors), count


def _storage() -> Iterator[Check]:
    free = shutil.disk_usage(ROOT).free
    state = "missing" if free < SPACE_NEEDED else "note" if free < SPACE_WISHED else "ok"
    yield Check("disk space", state, f"{free / 2**30:.1f} GiB free", "free some space, or render elsewhere with -o DIR")
    try:
        (ROOT / "renders").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=ROOT / "renders"):
            yield Check("renders/", "ok", "writable")
    except OSError as error:
        yield Check(
            "renders/", "missing", error.strerror or _line(error), "make it writable, or render elsewhere with -o DIR"
        )


def _programs() -> Iterator[Check]:
    """What lessons do without: the tests use it, and gifsicle is for GIFs of at most so many bytes."""
    on_mac = sys.platform == "darwin"
    for names, package in (
        (("ffprobe",), "ffmpeg"),
        (("chromium", "chromium-browser", "google-chrome"), "chromium"),
        (("firefox-esr", "firefox"), "firefox" if on_mac else "firefox-esr"),
        (("gifsicle",), "gifsicle"),
    ):
        found = next(filter(None, map(shutil.which, names)), None)
        install = f"brew install {package}" if on_mac else f"apt-get install {package}"
        state, detail = (
            ("ok", found)
            if found
            else (
                "note",
                "for the tests" + (", and for better GIFs of --max-size" if package == "gifsicle" else " only"),
            )
        )
        yield Check(names[0], state, detail, f"{install} (./clearhead test does it)")


def _print(checks: list[Check]) -> None:
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table
    except ImportError:
        for check in checks:
            print(check.state, check.name, check.detail, "" if check.state == "ok" else f"→ {check.remedy}", sep="  ")
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for check in checks:
        sign, colour = SIGNS[check.state]
        remedy = "" if check.state == "ok" else f"\n[bold]→[/] {escape(check.remedy)}"
        table.add_row(f"[{colour}]{sign}[/]", escape(check.name), escape(check.detail) + remedy)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
