"""Who may come in, and by which address."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Access:
    """Who may come in. Without a token (loopback only) everybody may lead; else the token lets in, the key leads."""

    host: str
    port: int
    token: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def open(self) -> bool:
        return self.token is None

    def role(self, connection: HTTPConnection) -> str | None:
        """ "lead", "watch" or None (not let in)."""
        if not self.right_host(connection):
            return None
        given = connection.query_params.get("key", "").encode()
        if self.open or hmac.compare_digest(given, self.key.encode()):
            return "lead"
        return "watch" if self.token is not None and hmac.compare_digest(given, self.token.encode()) else None

    def right_host(self, connection: HTTPConnection) -> bool:
        """Asked for by a name that is ours: a foreign name that leads here is another site's trick (DNS rebinding)."""
        try:
            name = urlsplit(f"//{connection.headers.get('host', '')}").hostname
        except ValueError:
            return False
        return name in (*LOOPBACK, self.host) or (not self.open and name is not None)

    def right_origin(self, connection: HTTPConnection) -> bool:
        """Opened by a page of ours, not by another site's."""
        origin = connection.headers.get("origin", "")
        return origin == f"{connection.url.scheme.replace('ws', 'http')}://{connection.headers.get('host', '')}"

    def url(self, lead: bool) -> str:
        """Where to go: for those who lead, on this machine; for those who watch, in the network."""
        if self.token is None:
            return f"http://{_bracketed(self.host)}:{self.port}/"
        host = "127.0.0.1" if lead and self.host in ("0.0.0.0", "::") else address_of(self.host)
        return f"http://{_bracketed(host)}:{self.port}/?key={quote(self.key if lead else self.token)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def address_of(host: str) -> str:
    """The address that others reach this machine by."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent: this only asks which way it would go
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
