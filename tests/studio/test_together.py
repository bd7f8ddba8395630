"""Several at work in one folder, on one machine or from two containers: nobody's files are taken for leftovers."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from toy import job

from model.files import alone, at_work, one_at_a_time
from model.paths import ROOT
from studio.film.render import Request, render
from studio.film.staging import Staging
from studio.play import cache
from studio.play.writer import hidden, working

HOLD = """
import sys, time
from pathlib import Path
from studio.film.staging import Staging
with Staging(Path(sys.argv[1])) as files:
    (files / "film.mp4").write_text("half")
    print(files.hidden, flush=True)
    time.sleep(60)
"""
CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]  # the same files, numbers of its own


def can_unshare() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run([*CONTAINER, "true"], capture_output=True).returncode


@pytest.mark.parametrize("container", [False, True], ids=["here", "another container"])
def test_what_is_at_work_is_left_alone_and_what_was_killed_is_removed(tmp_path, container):
    if container and not can_unshare():
        pytest.skip("no namespaces here")
    command = [*(CONTAINER if container else []), sys.executable, "-c", HOLD, str(tmp_path)]
    other = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        theirs = Path(other.stdout.readline().strip())
        render(Request(job(), tmp_path))
        assert (theirs / "film.mp4").read_text() == "half", "it is still at work"
    finally:
        os.killpg(other.pid, signal.SIGKILL)
        other.wait()
    while not lonely(tmp_path):  # a killed container takes its time
        time.sleep(0.02)
    with Staging(tmp_path):
        assert not theirs.exists()


def lonely(folder: Path) -> bool:
    with alone(folder) as free:
        return free


def test_leftovers_of_earlier_versions_are_removed_and_other_files_not(tmp_path):
    mine = [".render.4000000.tmp", ".abc.77.mp4", hidden(tmp_path / "abc.mov").name]
    others = [".a.b.c", ".gitignore", ".x.py.swp", "film.mp4"]
    for name in (*mine, *others):
        (tmp_path / name).write_text("")
    with working(tmp_path):
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted(others)


def test_a_fork_that_outlives_its_parent_is_still_at_work(tmp_path):
    """A drawing process whose render was killed still writes its segment."""
    with ExitStack() as stack:
        stack.enter_context(at_work(tmp_path))
        context = multiprocessing.get_context("fork")
        child = context.Process(target=time.sleep, args=(60,))
        child.start()
        stack.close()
        assert not lonely(tmp_path)
        child.kill()
        child.join()
    assert lonely(tmp_path)


def test_where_there_are_no_locks_only_what_is_old_is_removed(tmp_path, monkeypatch):
    def none(descriptor, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", none)
    old, new = hidden(tmp_path / "old.mp4"), hidden(tmp_path / "new.mp4")
    old.write_text("")
    new.write_text("")
    os.utime(old, (1_000_000, 1_000_000))
    with working(tmp_path):
        assert [p.name for p in tmp_path.iterdir()] == [new.name]


def test_segments_that_somebody_needs_are_not_pruned(own_cache):
    for lesson in ("busy", "idle"):
        (own_cache / "segments" / lesson).mkdir(parents=True)
        (own_cache / "segments" / lesson / "a.mp4").write_bytes(bytes(100))
    unfinished = hidden(own_cache / "segments/idle/b.mp4")
    unfinished.write_bytes(bytes(100))
    with working(own_cache / "segments/busy"):
        cache.prune(limit=0)
    assert [p.parent.name for p in (own_cache / "segments").glob("*/a.mp4")] == ["busy"] and unfinished.exists()


RENDER = """
import sys
from pathlib import Path
from toy import job
from studio.film.render import Request, render
render(Request(job(10), Path(sys.argv[1]), format=sys.argv[2]))
"""


@pytest.mark.slow
def test_renders_that_end_together_all_stand_in_the_manifest(tmp_path):
    kinds = ("mp4", "gif", "webp")
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    processes = [subprocess.Popen([sys.executable, "-c", RENDER, str(tmp_path), kind], env=env) for kind in kinds]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    listed = [f["name"] for f in json.loads((tmp_path / "toy-180p10.json").read_text())["files"]]
    assert {f"toy-180p10.{kind}" for kind in kinds} <= set(listed)
    assert not list(tmp_path.glob(".*"))


def count_up(folder: Path) -> None:
    for _ in range(50):
        with one_at_a_time(folder):
            number = int((folder / "n").read_text())
            (folder / "n").write_text(str(number + 1))


def test_one_at_a_time(tmp_path):
    (tmp_path / "n").write_text("0")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=count_up, args=(tmp_path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "n").read_text() == "200" and [p.name for p in tmp_path.iterdir()] == ["n"]
