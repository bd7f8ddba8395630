"""The command line as people use it: right input gives files, wrong input one clear line and the right exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from model.paths import ROOT
from scenes import course

SMALL = ["--width", "192", "--fps", "10"]
REAL = course()
QUICK = [*SMALL, "--step", "2"]  # one step of a real lesson


def clearhead(*args: str, **kwargs) -> subprocess.CompletedProcess:
    """Run the program as its own process."""
    return subprocess.run(
        [sys.executable, "-m", "studio.cli", *args], cwd=ROOT, capture_output=True, text=True, **kwargs
    )


def is_one_line(err: str) -> bool:
    return err.startswith("error: ") and err.count("\n") == 1 and "Traceback" not in err


# ── right ────────────────────────────────────────────────────────────────────────────────────────
def test_help_and_list_answer_at_once():
    """Without importing Manim or torch, which take seconds."""
    for args in (["--help"], ["list"], ["render", "--help"], ["render", "nonsense"], ["--version"]):
        program = (
            f"import sys; from studio.cli import main as cli; cli.main({args!r})\n"
            "print({'manim', 'torch', 'numpy'} & set(sys.modules), file=sys.stderr)"
        )
        seen = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True).stderr
        assert seen.endswith("set()\n"), (args, seen)


def test_list_shows_the_course(run):
    code, out, _ = run("list")
    assert code == 0 and "attention" in out and "Self-attention" in out


@pytest.mark.slow
def test_render_gives_a_video_with_all_that_belongs_to_it(tmp_path):
    done = clearhead("render", "attention", *SMALL, "-o", str(tmp_path), "--text", "The cat sat on the mat")
    assert done.returncode == 0, done.stderr
    video = Path(ROOT, done.stdout.strip())
    assert video.parent == tmp_path and video.suffix == ".mp4" and "the-cat-sat" in video.name
    about = json.loads(video.with_suffix(".json").read_text())
    assert (
        about["text"] == "The cat sat on the mat"
        and len(about["model"]["hash"]) == 64
        and {len(t) for t in about["traces"]} == {64}
    )
    assert {Path(f["name"]).suffixes[-1] for f in about["files"]} == {".mp4", ".srt", ".vtt", ".txt", ".png"}
    with av.open(video) as film:
        stream = film.streams.video[0]
        assert stream.frames == about["picture"]["frames"] and stream.average_rate == 10
        assert [c["metadata"]["title"] for c in film.chapters()] == [s["name"] for s in about["steps"]]
    assert len(about["steps"]) >= 12
    assert "\r" not in done.stderr and "\x1b" not in done.stderr, "no progress bar where nobody watches"
    again = clearhead("render", "attention", *SMALL, "-o", str(tmp_path), "--text", "The cat sat on the mat")
    assert ", 0 of " in again.stderr, "everything comes from the cache"


@pytest.mark.slow
def test_ffprobe_agrees(run, tmp_path):
    run("render", "attention", *QUICK, "-o", tmp_path)
    video = next(tmp_path.glob("*.mp4"))
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_chapters", "-of", "json", str(video)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(probe.stdout)
    stream = told["streams"][0]
    assert (stream["codec_name"], stream["width"], stream["height"], stream["r_frame_rate"]) == (
        "h264",
        192,
        108,
        "10/1",
    )
    assert stream["color_space"] == "bt709" and int(stream["nb_frames"]) > 20
    assert len(told["chapters"]) == 1


@pytest.mark.parametrize("fmt", ["gif", "webp", "webm", "png"])
@pytest.mark.slow
def test_other_formats(run, tmp_path, fmt):
    code, out, err = run("render", "attention", *QUICK, "-f", fmt, "-o", tmp_path, "--theme", "day")
    assert code == 0, err
    path = Path(out.strip())
    assert path.is_file() and path.suffix == f".{fmt}"
    if fmt != "webm":
        with Image.open(path) as image:
            assert image.size == (192, 108)
            assert min(image.convert("RGB").getpixel((2, 2))) > 240, "the day is white"


@pytest.mark.parametrize(("aspect", "size"), [("9:16", (192, 342)), ("1:1", (192, 192))])
@pytest.mark.slow
def test_other_aspects(run, tmp_path, aspect, size):
    code, out, err = run("render", "attention", *QUICK, "-f", "png", "-o", tmp_path, "--aspect", aspect)
    assert code == 0, err
    with Image.open(out.strip()) as image:
        assert image.size == size


@pytest.mark.parametrize(("asks", "name"), [("--questions", "-questions"), ("--no-questions", "")])
@pytest.mark.slow
def test_a_film_asks_where_it_is_told_to(run, tmp_path, asks, name):
    code, out, err = run("render", "unembedding", *SMALL, asks, "--step", "Softmax", "-o", tmp_path)
    assert code == 0, err
    film = Path(out.strip())
    assert film.stem.startswith(f"unembedding{name}-softmax-")
    told = json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))
    (step,) = told["steps"]
    asked = step["quiz"]["text"]
    assert step["quiz"]["answers"][step["quiz"]["right"]] == "19%"
    assert (step["lines"][0]["kind"] == "quiz") == bool(name)
    said = " ".join(film.with_suffix(".srt").read_text(encoding="utf-8").split())
    assert (asked in said) == bool(name)
    code, out, err = run("verify", film)
    assert code == 0, out + err


def test_a_word_that_the_model_does_not_know_is_mentioned(run, tmp_path):
    code, _, err = run("render", "attention", *QUICK, "-f", "png", "-o", tmp_path, "--text", "the zzyzx cat sat")
    assert code == 0 and "note: the model does not know this word and reads it as <unk>: zzyzx" in err


@pytest.mark.parametrize(
    "text",
    [
        "the cat 🙂 sat",
        "القط جلس على السجادة",
        "the\x07cat\tsat\non the mat",
        "e\u0301cole d'e\u0301te\u0301",
        "the \udcff cat sat",
    ],
)
def test_any_text_can_be_shown(run, tmp_path, text):
    code, out, err = run("render", "attention", *QUICK, "-f", "png", "-o", tmp_path, "--text", text)
    assert code == 0, err
    assert Path(out.strip()).is_file()
    json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))


def test_storyboard(run, tmp_path):
    code, out, err = run("storyboard", "attention", "-q", "l", "-o", tmp_path, "--frames", tmp_path / "frames")
    assert code == 0, err
    sheet, *frames = out.splitlines()
    with Image.open(sheet) as image:
        assert image.width == 3 * 664 + 24 and image.height > 1500
    assert len(frames) >= 12 and all(Image.open(f).size == (854, 480) for f in frames)
    assert Path(frames[0]).name.startswith("01-")


@pytest.mark.slow
def test_storyboard_shows_transitions(run, tmp_path):
    code, out, _ = run(
        "storyboard",
        "attention",
        *SMALL,
        "-o",
        tmp_path,
        "--step",
        "3",
        "--transitions",
        tmp_path / "t",
        "--every",
        "2",
    )
    frames = [Path(line) for line in out.splitlines()[1:]]
    assert (
        code == 0 and 5 <= len(frames) <= 11
    )  # a second before and after, every second frame of ten; a still counts once
    numbers = [int(f.name.split("-")[0]) for f in frames]
    assert numbers == sorted(set(numbers)) and numbers[-1] - numbers[0] <= 20


def test_trace_lists_and_saves_every_tensor(run, tmp_path):
    code, out, err = run("trace", "The cat sat", "-o", tmp_path / "t.safetensors")
    assert code == 0, err
    assert "blocks.0.attn.pattern" in out and "head, query, key" in out and "3 × 3" in out
    from model import Trace

    assert Trace.load(tmp_path / "t.safetensors").tokens == ("The", "cat", "sat")


def test_trace_as_transformer_lens_names_it(run, tmp_path):
    code, out, err = run("trace", "The cat sat", "--like", "transformer-lens", "-o", tmp_path / "t.safetensors")
    assert code == 0 and "74 tensors of 3 tokens" in err
    row = "blocks.3.attn.hook_attn_scores  batch, head_index, query_pos, key_pos  1 × 8 × 3 × 3"
    assert row in out, "a listing is not cut where no terminal is"
    from safetensors.numpy import load_file

    assert load_file(tmp_path / "t.safetensors")["blocks.3.attn.hook_pattern"].shape == (1, 8, 3, 3)
    code, _, err = run("trace", "", "-m", "translator", "--source", "the cat sleeps", "--like", "transformer-lens")
    assert code == 2 and "this model has an encoder" in err


def test_every_option_of_a_lesson_can_be_said():
    from dataclasses import fields

    from scenes.lesson import Options
    from studio.cli.commands.render import render

    assert {field.name for field in fields(Options)} <= {option.name for option in render.params}


@pytest.mark.slow
def test_one_lesson_that_fails_does_not_stop_the_others(run, tmp_path, monkeypatch):
    """A step that only one of the lessons has."""
    from toy import Entry

    import scenes

    toys = [Entry(id="first"), Entry(id="second")]
    monkeypatch.setattr(scenes, "course", lambda: (toys[0], *[e for e in REAL if e.id == "attention"], toys[1]))
    code, out, err = run("render", "--all", *SMALL, "--step", "Turn", "-o", tmp_path)
    assert code == 2 and [Path(line).name for line in out.splitlines()] == [
        "first-turn-108p10.mp4",
        "second-turn-108p10.mp4",
    ]
    assert [line for line in err.splitlines() if line.startswith("error: ")][0].startswith(
        "error: attention: there is no step"
    )


# ── wrong ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nolesson"], "there is no lesson “nolesson”: there are: overview, "),
        (["atention"], "; or name a file: my_lesson.py, or my_lesson.py:Class."),
        (["atention"], "did you mean “attention”?"),
        (["SelfAttentoin"], "did you mean “attention”?"),
        (["qqq"], "there are: "),
        ([], "which lesson?"),
        (["attention", "--all"], "not both"),
        (["attention", "--text", ""], "empty"),
        (["attention", "--text", " \t\n "], "empty"),
        (["attention", "--text", "\x00\x07"], "empty"),
        (["attention", "--text", "cat"], "1 token"),
        (["attention", "--text", "cat " * 25], "25 tokens"),
        (["attention", "--text", "cat " * 100_000], "tokens"),
        (["attention", "--layer", "99"], "layers go from 0 to 3"),
        (["attention", "--layer", "-1"], "layers go from 0 to 3"),
        (["attention", "--head", "8"], "heads go from 0 to 7"),
        (["attention", "--token", "99"], "tokens go from 0 to "),
        (["attention", "--theme", "noon"], "day, night"),
        (["attention", "--model", "nonesuch"], "no checkpoint 'nonesuch'"),
        (["attention", "--step", "Sofmax"], "did you mean “Softmax”?"),
        (["attention", "--format", "gif", "--fps", "30"], "--fps 10, 20, 25, 50"),
        (["attention", "--transparent"], "mp4 has no transparency"),
        (["attention", "--fps", "0"], "--fps 0"),
        (["attention", "--width", "5"], "64 to 7680"),
        (["attention", "--pace", "0"], "--pace"),
        (["attention", "--pace", "nan"], "nan"),
        (["attention", "--format", "avi"], "avi"),
        (["attention", "--workers", "0"], "--workers"),
        (["attention", "-q", "x"], "'x'"),
        (["attention", "--nonsense"], "--nonsense"),
        (["attention", "-o", "talk.mp4"], "-o takes a folder"),
    ],
)  # fmt: skip
def test_wrong_usage(run, tmp_path, monkeypatch, args, words):
    monkeypatch.chdir(tmp_path)
    out_dir = [] if "-o" in args else ["-o", str(tmp_path / "out")]
    code, out, err = run("render", *SMALL, *args, *out_dir)
    assert code == 2 and is_one_line(err) and words in err and not out, err
    assert not [p for p in tmp_path.rglob("*") if p.is_file()], "nothing is half-written"


def test_an_unknown_command(run):
    code, _, err = run("rendr")
    assert code == 2 and is_one_line(err) and "render" in err


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_checkpoint_that_cannot_be_read(run, tmp_path, name):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / file).write_bytes((ROOT / "assets/checkpoints/tiny" / file).read_bytes())
    (folder / name).write_bytes(b"\x80\x04garbage")
    code, _, err = run("render", "attention", *SMALL, "-m", folder, "-o", tmp_path / "out")
    assert code == 1 and is_one_line(err) and name in err
    (folder / name).unlink()
    code, _, err = run("render", "attention", *SMALL, "-m", folder, "-o", tmp_path / "out")
    assert code == 1 and is_one_line(err) and name in err


def test_a_folder_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("here")
    code, _, err = run("render", "attention", *QUICK, "-o", tmp_path / "file" / "out")
    assert code == 1 and is_one_line(err) and "a file stands where a folder is needed" in err
    code, _, err = run("render", "attention", *QUICK, "-o", "/proc/clearhead")
    assert code == 1 and is_one_line(err) and "/proc/clearhead" in err


def test_a_bug_is_called_one_and_shown_on_demand(run, monkeypatch):
    import scenes

    monkeypatch.setattr(scenes, "course", lambda: 1 / 0)
    code, _, err = run("list")
    assert code == 1 and is_one_line(err) and "--debug" in err
    code, _, err = run("render", "attention", "--debug")
    assert code == 1 and "Traceback" in err and "ZeroDivisionError" in err.splitlines()[-1]


@pytest.mark.slow
def test_a_pipe_that_closes_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m studio.cli trace 'the cat sat' | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "tensor" in done.stdout and "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_stopped_in_the_middle_old_files_stay_and_the_next_run_goes_on(tmp_path, own_cache, end, code):
    args = [
        "render",
        "attention",
        "--width",
        "640",
        "--fps",
        "30",
        "--step",
        "3",
        "-o",
        str(tmp_path),
        "--workers",
        "2",
    ]
    first = subprocess.Popen(
        [sys.executable, "-m", "studio.cli", *args], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list((own_cache / "segments").glob("attention/[!.]*.mp4")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(first.pid, end) if end == signal.SIGINT else first.kill()
    err = first.communicate()[1]
    assert first.returncode == code, err
    if end == signal.SIGINT:
        assert err.splitlines()[-1].startswith("stopped") and "Traceback" not in err
    assert not [p for p in tmp_path.iterdir() if not p.name.startswith(".")], "nothing half-written"
    done = clearhead(*args)
    assert done.returncode == 0, done.stderr
    drawn, total = (int(word) for word in done.stderr.split(" frames drawn")[0].rsplit(", ", 1)[1].split(" of "))
    assert 0 < drawn < total
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_disk_that_is_really_full(tmp_path, own_cache):
    """A file system of 300 kB: first for the films, then for the cache."""
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        for env, out in (({}, small), ({"CLEARHEAD_CACHE": str(small)}, tmp_path / "out")):
            done = clearhead(
                "render",
                "attention",
                "--width",
                "1280",
                "--fps",
                "10",
                "--step",
                "3",
                "-o",
                str(out),
                env=os.environ | env,
            )
            assert done.returncode == 1 and is_one_line(done.stderr) and "the disk is full" in done.stderr, done.stderr
            assert not [p for p in out.rglob("*") if p.is_file()]
        for path in small.rglob("*.mp4"):
            with av.open(path) as video:
                assert sum(1 for _ in video.decode(video=0)) > 0
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.slow
def test_audit_takes_what_render_takes(run):
    code, out, _ = run("audit", "attention", "--layer", "1", "--head", "2", "--token", "3", "--seed", "4")
    assert code == 0 and "no findings" in out
    code, _, err = run("audit", "attention", "--head", "99")
    assert code == 2 and "There is no head 99: heads go from 0 to 7 here." in err


def test_a_render_says_which_characters_have_no_font(run, tmp_path):
    options = ("-q", "l", "-f", "png", "--step", "Self-attention", "-o", tmp_path)
    code, _, err = run("render", "attention", "-t", "The \ue123 cat", *options)
    assert code == 0 and "note: no font for \ue123 (shown as their codes)" in err


def test_a_text_without_blanks_is_told_to_have_some(run):
    """Thai has several words here, and the model reads one."""
    code, out, err = run("storyboard", "tokens", "--text", "ฉันรักแมว")
    assert (code, out) == (2, "")
    assert "1 token: words are told apart by the blanks between them: put some into “ฉันรักแมว”" in err
