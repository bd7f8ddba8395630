"""`clearhead train`: nothing is lost without a word, and what cannot be written is said before the first step."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.paths import ASSETS, ROOT
from model.runs import checkpoints
from model.training import train
from studio.cli import main as cli


@pytest.fixture
def run(capsys, monkeypatch):
    """Run `train` without training; returns (exit code, stderr, what was trained)."""
    trained = []
    monkeypatch.setattr(train, "train", lambda *args, **kwargs: trained.append((args, kwargs)) or Path("x"))

    def run(*args) -> tuple[int, str, list]:
        trained.clear()
        return cli.main(["train", *map(str, args)]), capsys.readouterr().err, [*trained]

    return run


def test_a_checkpoint_is_replaced_only_when_it_is_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(train, "TRIALS", tmp_path / "trials")
    for folder in ("shipped/tiny", "trials/tiny-seed-0-20-steps", "mine"):
        shutil.copytree(ASSETS / "checkpoints/tiny-none", tmp_path / folder)
    for args in (["tiny"], ["tiny", "--steps", 20], ["tiny", "-o", tmp_path / "mine"]):
        code, err, trained = run(*args)
        assert code == 2 and "--replace" in err and "-o" in err and not trained and err.count("\n") == 1
        assert run(*args, "--replace")[2]
    assert run("tiny", "-o", tmp_path / "new")[2]
    assert not (tmp_path / "new").exists(), "the folder was only tried"


@pytest.mark.parametrize("where", ["tiny", "tiny-none", "tiny/inside", "."])
def test_a_shipped_checkpoint_is_kept_whatever_is_said(run, tmp_path, monkeypatch, where):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    (tmp_path / "own.txt").write_text("some words. " * 200)
    others = (["tiny", "--steps", 20], ["tiny", "--seed", 1], ["tiny-learned"], ["--corpus", tmp_path / "own.txt"])
    for args in others:
        code, err, trained = run(*args, "-o", tmp_path / where, "--replace")
        assert code == 2 and "shipped" in err and err.count("\n") == 1 and not trained
    assert train.target("tiny") == tmp_path / "tiny" == train.target("tiny", steps=12_500)
    for trial in ({"steps": 20}, {"seed": 1}):
        assert not train.target("tiny", **trial).is_relative_to(tmp_path), "a trial leaves the shipped model alone"


TEXT = "\n".join(
    f"{one} sees the {other} and then it runs." for one in "ABCDEFGHIJ" for other in ("cat", "dog", "hen", "fox")
)


def test_what_is_no_text_is_said_in_one_line_before_any_work(capsys, tmp_path):
    """(what is in the file, what the line names)"""
    cases = {
        "empty": (b"", "no words"),
        "blank": (b" \n\t \n", "no words"),
        "binary": (bytes(range(256)) * 50, "not a text file"),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(2000), "not a text file"),
        "short": (b"The cat sat.\nThe dog ran.", "too short"),
        "one-word": (b"word " * 5000, "one"),
        "one-word-lines": (b"word\n" * 5000, "over and over"),
    }
    for name, (data, told) in cases.items():
        (tmp_path / name).write_bytes(data)
        for tokenizer in ("words", "bpe"):
            code = cli.main(
                ["train", "--corpus", str(tmp_path / name), "--tokenizer", tokenizer, "-o", str(tmp_path / "out")]
            )
            err = capsys.readouterr().err
            assert code == 2 and told in err and err.count("\n") == 1, (name, err)
    for path, told in ((tmp_path / "none.txt", "no file"), (tmp_path, "folder")):
        assert cli.main(["train", "--corpus", str(path), "-o", str(tmp_path / "out")]) == 2
        assert told in capsys.readouterr().err
    (tmp_path / "good").write_text(TEXT)
    wrong = [[], ["tiny", "--corpus", tmp_path / "good"], ["tiny", "--minutes", 1], ["tiny", "--tokenizer", "bpe"]]
    for args in [
        *wrong,
        ["--corpus", tmp_path / "good", "-o", tmp_path / "good"],
        ["--corpus", tmp_path / "good", "--minutes", 0],
    ]:
        assert cli.main(["train", *map(str, args)]) == 2 and capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_written_is_said_before_the_first_step(run, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("/proc/none", tmp_path / "file/x"):
        code, err, trained = run("tiny", "-o", folder)
        assert code == 1 and str(folder).rsplit("/", 1)[0] in err and "bug" not in err and not trained


def test_messages_name_options_that_there_are(capsys):
    cli.main(["train", "--help"])
    told = capsys.readouterr().out
    source = "".join(file.read_text() for file in (ROOT / "model/training").glob("*.py"))
    assert (
        "--restart" in source and all(word in told for word in ("--restart", "--replace")) and "--resume" not in source
    )


@pytest.mark.slow
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_keeps_what_was_trained(tmp_path, asked):
    code = (
        "import pathlib, sys; from model.training import resumable, train;"
        "from model.training.recipes import Recipe, RECIPES;"
        "RECIPES['tiny'] = Recipe({'n_layers': 1, 'tied': True}, steps=100000, words=20000, batch=2);"
        f"train.WORK = pathlib.Path({str(tmp_path)!r}); resumable.SAVE_EVERY = 1e9;"
        "advance = train.Run.advance; train.Run.advance = lambda self: print(self.step, flush=True) or advance(self);"
        f"from studio.cli import main; out = {str(tmp_path / 'out')!r};"
        "sys.exit(main.main(['train', 'tiny', '--steps', '100000', '-o', out]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while int(process.stdout.readline() or 9) < 3:
        time.sleep(0.01)
    process.send_signal(asked)
    assert process.communicate(timeout=60)[1].splitlines()[-1].startswith("stopped; what is done so far is kept")
    assert process.returncode == 130 and os.path.exists(tmp_path / "tiny-0-100000/state.pt")


def test_a_preview_that_trains_asks_for_a_text_that_can_be_read(capsys, tmp_path, monkeypatch):
    import studio.preview
    from model import paths

    served = []
    monkeypatch.setattr(studio.preview, "serve", lambda *args: served.append(args))
    monkeypatch.setattr(paths, "RENDERS", tmp_path / "renders")
    (tmp_path / "good").write_text(TEXT)
    (tmp_path / "bad").write_bytes(bytes(range(256)) * 9)
    good, bad, none = (["--corpus", str(tmp_path / name)] for name in ("good", "bad", "none"))
    for args in (bad, none, [*good, "--model", "tiny"], ["--minutes", "3"], ["--tokenizer", "bpe"]):
        assert cli.main(["preview", "attention", *args]) == 2
        assert capsys.readouterr().err.count("\n") == 1 and not served
    assert not cli.main(["preview", "attention", *good, "--minutes", "3"])
    ((_, options, *_, training),) = served
    assert training["minutes"] == 3 and training["tokenizer"] == "words" and options["text"] in TEXT
    assert Path(training["folder"]).is_dir() and Path(training["folder"]).is_relative_to(tmp_path / "renders")
