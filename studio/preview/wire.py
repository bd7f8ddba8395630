"""Messages between the server and its drawing processes: a JSON header and a blob, over a Unix socket.

Both ends are ours, on one machine, in a folder that only the user may enter.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from typing import Any

Message = dict[str, Any]  # JSON: what it holds is said where it is sent
SIZES = struct.Struct(">II")  # bytes of the header, bytes of the blob


def packed(header: Message, blob: bytes = b"") -> bytes:
    """A message as it goes over the socket."""
    text = json.dumps(header).encode()
    return SIZES.pack(len(text), len(blob)) + text + blob


class Wire:
    """A drawing process's end; blocking."""

    def __init__(self, address: str):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)

    def send(self, header: Message, blob: bytes = b"") -> None:
        try:
            self.socket.sendall(packed(header, blob))
        except ConnectionError:
            os._exit(0)  # nobody listens any more

    def receive(self) -> Message | None:
        """The next message's header; None when the other end is gone."""
        try:
            sizes = self._exactly(SIZES.size)
            header, blob = SIZES.unpack(sizes)
            message: Message = json.loads(self._exactly(header + blob)[:header])
            return message
        except (EOFError, ConnectionError):
            return None

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def close(self) -> None:
        self.socket.close()


async def receive(reader: asyncio.StreamReader) -> tuple[Message, bytes] | None:
    """The server's end: the next message, None when the process is gone."""
    try:
        header, blob = SIZES.unpack(await reader.readexactly(SIZES.size))
        text = await reader.readexactly(header)
        return json.loads(text), await reader.readexactly(blob)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
