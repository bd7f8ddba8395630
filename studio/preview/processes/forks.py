"""Forks that end with their parent, however it ends (prctl, Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
import time

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


def fork_beside(parent: int) -> int:
    """A fork that is a child of this process's parent, and ends with it: it may outlive this process.

    Returns its number here, 0 in the fork."""
    reader, writer = os.pipe()
    if middle := os.fork():
        os.close(writer)
        with os.fdopen(reader) as told:
            return int(told.read())
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == middle:
        time.sleep(0.001)
    end_with_parent(parent)
    os.write(writer, str(os.getpid()).encode())
    os.close(writer)
    os.close(reader)
    return 0
