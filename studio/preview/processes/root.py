"""The root of all drawing processes: Manim and the model are loaded in it once; all else is forked from it.

`python -m studio.preview.processes.root SOCKET PARENT` connects to the server and waits for orders. It imports no
lesson itself: that is the business of the loader, a fork that has read the lessons' code and from which each session
is forked. When that code changes, the loader is replaced.
"""

from __future__ import annotations

import gc
import importlib
import signal
import sys

from studio.preview.processes.forks import adopt, end_with_parent, fork
from studio.preview.wire import Wire


def main(address: str, parent: int) -> None:
    """Warm up, then fork a loader whenever the server orders one."""
    end_with_parent(parent)
    adopt()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's business
    wire = Wire(address)
    gc.disable()  # imports make much that stays and hardly any garbage: to look for it costs a sixth of the start
    for module in ("studio.play.session", "studio.film.render", "PIL.JpegImagePlugin", "PIL.WebPImagePlugin", "yaml"):
        importlib.import_module(module)
    from model import names, run
    from model.families import packages

    run("tiny", "the")
    gc.freeze()  # the collector must not touch, and so copy, what all forks share
    gc.enable()
    wire.send({"role": "root", "models": [*names(), *packages.there()]})
    while (order := wire.receive()) is not None:
        if not fork():
            from studio.preview.processes.loader import serve

            wire.close()
            serve(address, order["revision"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
