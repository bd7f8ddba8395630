"""What stands between a browser and the preview in real life: a hub that adds a path, a line that dies silently."""

from __future__ import annotations

import socket
import threading

PREFIX = "/user/me/proxy/8765/"


class Proxy:
    """Forwards to a port of this machine; what is asked for below PREFIX is asked for without it there.

    `freeze()`: the connections that there are stay open and say nothing more; new ones work."""

    def __init__(self, port: int):
        self.port, self.frozen = port, 0  # connections up to that number are frozen
        self.count, self.sockets = 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}{PREFIX}"
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self.frozen = self.count

    def close(self) -> None:
        self.listener.close()
        for each in self.sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            server = socket.create_connection(("127.0.0.1", self.port))
            self.sockets += [client, server]
            for ends in ((client, server, PREFIX.encode()), (server, client, None)):
                threading.Thread(target=self._forward, args=(self.count, *ends), daemon=True).start()

    def _forward(self, number: int, source: socket.socket, target: socket.socket, prefix: bytes | None) -> None:
        try:
            while data := source.recv(1 << 16):
                if number <= self.frozen:
                    return  # and leave both open
                if prefix is not None and data.startswith(b"GET "):
                    assert data.startswith(b"GET " + prefix), f"asked beside the sub-path: {data.splitlines()[0]!r}"
                    data = data.replace(b"GET " + prefix, b"GET /", 1)
                target.sendall(data)
            if number > self.frozen:
                target.shutdown(socket.SHUT_WR)
        except (OSError, AssertionError):
            source.close()
            target.close()
