"""Forks that end with their parent, however it ends (prctl, Linux)."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None)


def end_with_parent(parent: int) -> None:
    """Be killed when the parent ends, however it ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt() -> None:
    """Become the parent of all forks' forks whose parent ends, so that none is left as a zombie."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def fork() -> int:
    """As os.fork; the child ends with its parent."""
    parent = os.getpid()
    child = os.fork()
    if not child:
        end_with_parent(parent)
    return child
