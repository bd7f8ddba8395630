"""Run the project's tests: the fast ones first, the slow ones last, in one pytest run.

This module is also the pytest plugin that does the sorting (`-p studio.cli.testing`).
"""

import os
import sys
from typing import Any, NoReturn

from model.paths import ROOT

WORKERS = 2


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Move the tests marked slow behind the others, so that a plain mistake shows within seconds; of those, the ones
    that say that they take long (`slow(seconds=…)`) go first, so that no worker waits for them alone at the end."""
    items.sort(key=lambda item: _seconds(item.get_closest_marker("slow")))


def _seconds(slow: Any) -> tuple[bool, float]:
    return slow is not None, 0.0 if slow is None else -slow.kwargs.get("seconds", 0.0)


def arguments(args: list[str]) -> list[str]:
    """Return pytest's arguments for `clearhead test [fast|all] [pytest arguments]`."""
    selection = []
    if args and args[0] in ("fast", "all"):
        selection = ["-m", "not slow"] if args[0] == "fast" else []
        args = args[1:]
    workers = min(WORKERS, os.cpu_count() or 1)
    shared = ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]  # a file's tests share what is loaded
    return ["-p", "studio.cli.testing", *shared, *selection, *args]


def main(args: list[str]) -> NoReturn:
    """Become pytest: the exit code is pytest's (0: all passed).

    The first argument may be `fast` (without the slow tests) or `all` (the default); the others go to
    pytest as they are. The paths among them are meant from the root of the repository.
    """
    # One thread a worker: the workers already fill the cores, and threads would only fight over them.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments(args)])


if __name__ == "__main__":
    main(sys.argv[1:])
