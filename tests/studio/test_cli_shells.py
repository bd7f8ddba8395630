"""The command line in odd shells: other encodings, pasted commands, folders called like a model, rates of film."""

import os
import subprocess
import sys
from fractions import Fraction

import av
import pytest
from toy import Entry, job

from model.paths import ROOT
from studio.cli.options import RATE
from studio.film.render import Request, render
from studio.film.verify import verify
from studio.play.picture import Picture, rate_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-16", "ascii:strict", "utf-8"])
@pytest.mark.parametrize(
    "args", [["list"], ["render", "—text"], ["render", "attention", "--theme", "“ノ”"], ["--help"]]
)
def test_any_encoding_will_do(encoding, args):
    env = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-m", "studio.cli", *args], cwd=ROOT, env=env, capture_output=True)
    said = (done.stdout + done.stderr).decode(encoding.split(":")[0], "replace")
    assert done.returncode in (0, 2) and "bug" not in said and "Traceback" not in said and len(said) > 50, said
    if encoding.startswith("ascii") and args == ["list"]:
        assert '"A fluffy blue creature" - tiny' in said


@pytest.mark.parametrize(
    ("arg", "meant"),
    [
        ("—text", "--text"),
        ("–text=x", "--text=x"),
        ("–-text", "--text"),
        ("−q", "-q"),
        ("—t", "-t"),
        ("-—text", "--text"),
    ],
)
def test_a_pasted_dash_gets_a_hint(run, arg, meant):
    code, out, err = run("render", "attention", arg, "“The cat sat”")
    assert code == 2 and not out and err.count("\n") == 1 and f"type {meant}," in err


def test_a_text_may_begin_with_a_dash(run, tmp_path):
    code, _, err = run("render", "attention", "--head", "99", "--text", "—hello", "-o", tmp_path)
    assert code == 2 and "heads go from" in err


@pytest.mark.parametrize("args", [["--text", "“The", "cat", "sat”"], ["--text=„The", "cat“"], ["“The", "cat”"]])
def test_round_quotes_get_a_hint(run, args):
    code, _, err = run("render", "attention", *args)
    assert code == 2 and "straight" in err and err.count("\n") == 1


def test_a_folder_called_like_a_model(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "note" not in run("trace", "the cat", "-m", "tiny")[2]
    (tmp_path / "tiny").mkdir()
    code, _, err = run("trace", "the cat", "-m", "tiny")
    assert code == 0 and "note: tiny is the shipped checkpoint; the folder here is called ./tiny" in err
    code, _, err = run("trace", "the cat", "-m", "./tiny")
    assert code == 1 and "it has no config.json" in err


@pytest.mark.parametrize(
    ("text", "words"), [("แมวนั่งบนเสื่อ", 1), ("แมว นั่ง บน เสื่อ", 4), ("猫坐在", 3), ("the zyzzyva", 2)]
)
def test_a_script_without_blanks(run, text, words):
    code, _, err = run("trace", text)
    assert code == 0 and f"of {words} token{'s' if words > 1 else ''}: " in err
    assert ("told apart by the blanks" in err) == (words == 1)


def shell(command: str, folder, **env: str) -> subprocess.CompletedProcess:
    """Run a command line in which `clearhead` stands for the program."""
    words = command.replace("clearhead", f"{sys.executable} -m studio.cli")
    path = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", words], cwd=folder, env=os.environ | path | env, capture_output=True, text=True
    )


def test_a_current_folder_that_is_gone(tmp_path):
    done = shell("mkdir gone; cd gone; rmdir ../gone; clearhead list", tmp_path)
    assert done.returncode == 1 and done.stderr.startswith("error: the current folder has been deleted")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-"])
def test_streams_that_are_closed(tmp_path, closed):
    assert shell(f"clearhead list {closed}", tmp_path).returncode == 0
    assert shell(f"clearhead nonsense {closed}", tmp_path).returncode == 2


def test_a_user_without_a_home(tmp_path):
    """As in a container that runs under a number: no $HOME, and nobody of that number is known."""
    container = "unshare --user --map-user=12345 --map-group=12345"
    if shell(f"{container} true", tmp_path).returncode:
        pytest.skip("no namespaces here")
    done = shell(f"unset HOME CLEARHEAD_CACHE; {container} clearhead trace 'the cat'", tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 0 and "note: this user has no home folder" in done.stderr
    render = "render attention --width 96 --fps 10 --step 2 -f png -o out"
    done = shell(f"unset HOME CLEARHEAD_CACHE; {container} clearhead {render}", tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("asked", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stop_that_comes_while_a_library_calls_us_is_not_lost(tmp_path, asked):
    """C code that calls Python cannot pass an exception on: HarfBuzz drawing a letter, ctypes here."""
    code = (
        "import ctypes, signal, time; from studio.cli.main import stop_in_order; stop_in_order()\n"
        f"callback = ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.{asked}))\n"
        "try: callback(); time.sleep(9)\nexcept KeyboardInterrupt: print('stopped')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("stopped\n", "")


def test_a_terminal_without_width(tmp_path):
    assert "attention" in shell("clearhead list", tmp_path, COLUMNS="0", TERM="dumb").stdout


# ── frame rates ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("said", "rate"),
    [
        *(("29.97", "30000/1001"), ("30000/1001", "30000/1001"), ("23.976", "24000/1001"), ("23.98", "24000/1001")),
        *(("59.94", "60000/1001"), ("119.88", "120000/1001"), ("25", "25"), ("30.0", "30"), ("12.5", "25/2")),
    ],
)
def test_rates_as_film_people_write_them(said, rate):
    assert RATE.convert(said, None, None) == float(Fraction(rate))
    assert isinstance(RATE.convert("30.0", None, None), int)


@pytest.mark.parametrize("said", ["fast", "30/0", "", "nan", "inf", "-30", "0", "29.97.1", "1e400"])
def test_what_is_no_rate(run, said):
    code, _, err = run("render", "attention", f"--fps={said}")
    assert code == 2 and err.count("\n") == 1 and "bug" not in err


@pytest.mark.parametrize("fmt", ["mp4", "webm"])
def test_a_film_of_2997(tmp_path, fmt):
    rate = rate_of(Fraction("29.97"))
    result = render(Request(job(rate), tmp_path, format=fmt))
    assert result.files[0].stem == "toy-180p29.97" and verify(result.files[0], [Entry()]).findings == []
    with av.open(result.files[0]) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == Fraction(30000, 1001)
        times = [frame.pts * stream.time_base for frame in film.decode(video=0)]
    assert len(times) == result.film.frames or fmt == "webm"
    assert float(times[-1]) == pytest.approx((result.film.frames - 1) / rate, abs=1e-3)
    assert Picture.of("l", fps=rate).name == "480p29.97"
