"""Telling lies in copies of the tree, each in a fork of a process that has loaded the libraries but no tree."""

from __future__ import annotations

import compileall
import json
import multiprocessing
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.lies.lie import Lie, StaleLie

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("model", "scenes", "studio", "tests", "assets", "docs")
LARGE = (".safetensors", ".otf", ".webp", ".gif")  # linked, not copied
PATIENCE = 300  # seconds for one lie
FOUND = Path(__file__).with_name("found.json")  # what a lie makes believe → (step, finding) by which it was found


@dataclass(frozen=True)
class Verdict:
    """by: "audit", "test", "nobody" or "stale"; kinds: of all that was found; note: the finding, or why none;
    step: in which the audit found it; seconds: of processor time."""

    what: str
    by: str
    kinds: tuple[str, ...]
    note: str
    step: str
    seconds: float


def tell_all(lies: Sequence[Lie], workers: int = 1) -> Iterator[tuple[int, Verdict]]:
    """(place in the list, verdict) of each lie, as they come. For a process of its own: what it has imported of the
    tree would be believed instead of what the lie says, so RuntimeError where it has."""
    if loaded := sorted(name for name in sys.modules if name.startswith(("scenes.", "studio."))):
        raise RuntimeError(f"lies cannot be told where {loaded[0]} has been imported")
    load_libraries()
    context = multiprocessing.get_context("fork")
    verdicts: Any = context.SimpleQueue()
    with TemporaryDirectory(prefix="lies-") as folder:
        shares = [list(enumerate(lies))[k::workers] for k in range(workers)]
        processes = [
            context.Process(target=tell_some, args=(share, Path(folder) / str(k), verdicts))
            for k, share in enumerate(shares)
        ]
        for process in processes:
            process.start()
        for _ in lies:
            place, verdict = verdicts.get()
            yield place, Verdict(**verdict)
        for process in processes:
            process.join()


def load_libraries() -> None:
    """What takes long to import, before forking; none of the tree's own code."""
    import av  # noqa: F401
    import manim  # noqa: F401
    import rich.markdown  # noqa: F401
    import tokenizers  # noqa: F401
    import torch  # noqa: F401
    import yaml  # noqa: F401


def tell_some(share: list[tuple[int, Lie]], tree: Path, verdicts: Any) -> None:
    """One worker: a copy of the tree, one lie after the other."""
    copy_tree(tree)
    for place, lie in share:
        before = spent()
        by, kinds, note, step = tell(lie, tree)
        verdicts.put((place, asdict(Verdict(lie.what, by, tuple(kinds), note, step, spent() - before))))


def spent() -> float:
    """Seconds of processor time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def copy_tree(tree: Path) -> None:
    """A copy in which files can be changed."""

    def copy(source: str, target: str) -> None:
        if source.endswith(LARGE):
            os.symlink(source, target)
        else:
            shutil.copy2(source, target)

    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tree / room, copy_function=copy, ignore=shutil.ignore_patterns("__pycache__", "golden")
        )
    shutil.copy2(ROOT / "pyproject.toml", tree)
    compileall.compile_dir(tree, quiet=2)


def tell(lie: Lie, tree: Path) -> tuple[str, list[str], str, str]:
    """(by whom it was found, kinds of findings, what was found, in which step)."""
    try:
        undo = lie.tell(tree)
    except StaleLie as error:
        return "stale", [], str(error), ""
    try:
        return run_test(lie, tree) if lie.test else audit(lie, tree)
    finally:
        undo()


def run_test(lie: Lie, tree: Path) -> tuple[str, list[str], str, str]:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *lie.test.split()]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode == 1 and failed:
        return "test", ["test"], failed[0], ""
    return "nobody", [], done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:], ""


def audit(lie: Lie, tree: Path) -> tuple[str, list[str], str, str]:
    """Audit the lie's lesson in a process of its own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with os.fdopen(theirs, "w", encoding="utf-8") as out:
            try:
                json.dump(findings(lie, tree), out)
            except BaseException as error:
                json.dump([["broken", "", f"{type(error).__name__}: {error}"]], out)
        os._exit(0)
    os.close(theirs)
    found = json.loads(read(ours, child) or '[["broken", "", "it took too long, or died"]]')
    os.waitpid(child, 0)
    kinds = [kind for kind, *_ in found]
    for kind, step, what in found:
        if kind == lie.kind:
            return "audit", kinds, what, step
    return "nobody", kinds, found[0][2] if found else "no findings", ""


def read(pipe: int, child: int) -> str:
    """All that the child writes; it is ended where it takes too long."""
    data, deadline = b"", time.monotonic() + PATIENCE
    while select.select([pipe], [], [], max(deadline - time.monotonic(), 0))[0]:
        piece = os.read(pipe, 1 << 16)
        if not piece:
            break
        data += piece
    else:
        os.kill(child, signal.SIGKILL)
        data = b""
    os.close(pipe)
    return data.decode()


def findings(lie: Lie, tree: Path) -> list[tuple[str, str, str]]:
    """(kind, step, what) of what the audit of the tree finds; it stops at the first of the kind that must come.

    Where it is noted in which step the lie was found, and by what, only that step is audited, as long as this gives
    the same finding; else all."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree))
    from tests.lies.impatience import first_findings

    step, what = noted().get(lie.what, ("", ""))
    found = first_findings(lie, step) if step else []
    return found if (lie.kind, step, what) in found else first_findings(lie)


def noted() -> dict[str, tuple[str, str]]:
    """What a lie makes believe → the step in which it was found when all were told last, and the finding."""
    known = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.is_file() else {}
    return {what: (step, found) for what, (step, found) in known.items()}


def note(verdicts: Iterable[Verdict], lies: Iterable[Lie]) -> None:
    """Note the steps in which lies were found; of those that are no longer told nothing is kept."""
    found = {verdict.what: [verdict.step, verdict.note] for verdict in verdicts if verdict.step}
    known = {lie.what: (noted() | found).get(lie.what) for lie in lies}
    told = {what: each for what, each in known.items() if each}
    FOUND.write_text(json.dumps(told, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
