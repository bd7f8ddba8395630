"""The doctor must see what is missing, say how to get it, and speak even when half the house is gone."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from studio.cli import doctor

ROOT = doctor.ROOT


def named(checks, name):
    return next(check for check in checks if check.name == name)


def doctor_without(*modules: str) -> subprocess.CompletedProcess:
    """Run the doctor in a Python in which importing `modules` fails, also in the processes it starts."""
    block = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {modules!r}: raise ImportError(name + ' is broken')\n"
        "sys.meta_path.insert(0, Block())\n"
    )
    folder = Path(os.environ["BLOCK_FOLDER"])
    (folder / "sitecustomize.py").write_text(block)
    return subprocess.run(
        [sys.executable, "-m", "studio.cli.doctor"], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
    )  # fmt: skip


@pytest.fixture
def blocking(tmp_path, monkeypatch):
    monkeypatch.setenv("BLOCK_FOLDER", str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("module", ["manim", "torch"])
def test_it_speaks_when_a_heavy_library_is_broken(blocking, module):
    run = doctor_without(module)
    assert run.returncode == 1
    assert f"{module} is broken" in run.stdout
    assert "1 missing: import " + module in run.stdout
    assert "libx264" in run.stdout  # the rest of the report is there
    assert run.stderr == ""


def test_it_speaks_when_nearly_everything_is_broken(blocking):
    run = doctor_without("manim", "torch", "cairo", "manimpango", "av", "rich", "yaml", "uharfbuzz", "scenes")
    assert run.returncode == 1
    for name in ("cairo", "pango", "encoders", "fonts", "checkpoints"):
        assert f"missing  {name}" in run.stdout
    assert "disk space" in run.stdout


def test_a_lacking_package_is_missing_and_another_version_a_note(monkeypatch):
    monkeypatch.setattr(doctor, "pins", lambda: {"no-such-package": "1.0", "click": "0.1", "numpy": np.__version__})
    checks = list(doctor._packages())
    assert named(checks, "no-such-package").state == "missing"
    assert named(checks, "click").state == "note"
    assert "pinned 0.1" in named(checks, "click").detail
    assert named(checks, "packages").detail.startswith("1 of 3")


def test_pins_are_the_whole_list():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line and ";" not in line]
    assert [f"{name}=={version}" for name, version in doctor.pins().items()] == lines


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty repository in the doctor's eyes."""
    for folder in ("assets/checkpoints", "assets/fonts"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    return tmp_path


def test_a_checkpoint_is_counted_from_its_header(house):
    folder = house / "assets/checkpoints/some"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    save_file({"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.float32)}, folder / "model.safetensors")
    assert named(doctor._checkpoints(), "model some").detail == "17 values in 2 tensors"


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"\xff" * 64, lambda data: b"", lambda data: b"version https"]
)
def test_a_damaged_checkpoint_is_found(house, damage):
    folder = house / "assets/checkpoints/some"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    file = folder / "model.safetensors"
    save_file({"a": np.zeros((3, 4), np.float32)}, file)
    file.write_bytes(damage(file.read_bytes()))
    check = named(doctor._checkpoints(), "model some")
    assert check.state == "missing"
    assert "damaged" in check.detail


def test_checkpoints_that_lessons_ask_for_are_missed(house):
    check = named(doctor._checkpoints(), "model tiny")
    assert (check.state, check.detail) == ("missing", "lacks config.json, model.safetensors, tokenizer.json")


def test_missing_and_damaged_fonts_are_found(house):
    assert named(doctor._fonts(), "fonts").state == "missing"
    (house / "assets/fonts/x.otf").write_bytes(b"not a font")
    assert named(doctor._fonts(), "x.otf").state == "missing"


def test_an_unwritable_output_folder_is_found(house):
    (house / "renders").write_text("a file where the folder should be")
    check = named(doctor._storage(), "renders/")
    assert check.state == "missing"
    assert "-o DIR" in check.remedy


def test_little_disk_space_is_a_note_and_hardly_any_a_fault(house, monkeypatch):
    usage = doctor.shutil.disk_usage(house)
    for free, state in ((10 * 2**30, "ok"), (2**30, "note"), (2**20, "missing")):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert named(doctor._storage(), "disk space").state == state


def test_programs_for_tests_are_wished_not_needed(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert {check.state for check in doctor._programs()} == {"note"}


def test_the_exit_code_follows_the_report(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "report", lambda: [doctor.Check("a[b]", "note", "c", "d")])
    assert doctor.main() == 0
    assert "a[b]" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "report", lambda: [doctor.Check("a", "missing", "c", "get it[now]")])
    assert doctor.main() == 1
    assert "get it[now]" in capsys.readouterr().out
