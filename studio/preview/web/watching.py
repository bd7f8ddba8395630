"""Notices when a file is saved that pictures are made of: lessons, notes, themes, reports, fonts."""

from __future__ import annotations

import asyncio
import errno
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from watchfiles import awatch

PAINTED = (".py", ".yaml", ".toml", ".json", ".otf", ".safetensors", ".txt")
LOOK_EVERY = 1000  # milliseconds, where the system does not tell


async def saved(folders: list[Path], stop: asyncio.Event, deep: bool = True) -> AsyncIterator[None]:
    """Yields whenever something was saved in one of the folders, until `stop` is set. deep: or in folders in them."""
    how: dict[str, Any] = {"recursive": deep, "watch_filter": _matters, "debounce": 200, "step": 50, "stop_event": stop}
    how["rust_timeout"] = 500  # so that it ends soon
    try:
        async for _ in awatch(*folders, **how):
            yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EMFILE, errno.ENOSYS) and "limit" not in str(error):
            raise
        print(
            "note: the system watches no more files for you (see fs.inotify.max_user_watches); "
            "the preview looks for saved ones every second instead.",
            file=sys.stderr,
            flush=True,
        )
        async for _ in awatch(*folders, force_polling=True, poll_delay_ms=LOOK_EVERY, **how):
            yield


def _matters(change: object, path: str) -> bool:
    return path.endswith(PAINTED) and "__pycache__" not in path
