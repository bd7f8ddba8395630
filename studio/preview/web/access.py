"""Who may come in, and by which address."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection

from model.errors import UsageError
from studio.preview.web.addresses import addresses

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")
USUAL_PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII)


@dataclass(frozen=True)
class Access:
    """Who may come in. Without a token (loopback only) everybody may lead; else the token lets in, the key leads.

    public: the address by which a proxy or a tunnel leads here, ending in a slash; None without one."""

    host: str
    port: int
    token: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    public: str | None = None

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
        return name in (*LOOPBACK, self.host, self._public_name) or (not self.open and name is not None)

    @property
    def _public_name(self) -> str | None:
        return urlsplit(self.public).hostname if self.public is not None else None

    def right_origin(self, connection: HTTPConnection) -> bool:
        """Opened by a page of ours, not by another site's."""
        return self.knows(connection, connection.headers.get("origin", ""))

    def knows(self, connection: HTTPConnection, origin: str) -> bool:
        """Whether that is where pages of ours are."""
        own = f"{connection.url.scheme.replace('ws', 'http')}://{connection.headers.get('host', '')}"
        return origin in (own, self._public_origin)

    @property
    def _public_origin(self) -> str | None:
        return None if self.public is None else "{0.scheme}://{0.netloc}".format(urlsplit(self.public))

    @property
    def frames(self) -> list[str]:
        """Who beside the preview itself may show it in a frame, as a Content-Security-Policy names them."""
        return [] if self._public_origin is None else [self._public_origin]

    def why_not(self, connection: HTTPConnection, origin: str) -> str | None:
        """What is wrong with the way that a page has come; None if it may come in."""
        if not self.right_host(connection) or not self.knows(connection, origin):
            return (
                f"This preview was not started for {origin or 'this address'}: add --public-url and the page's address."
            )
        return None if self.role(connection) is not None else "no connection: is the address complete, with its key?"

    def url(self, lead: bool) -> str:
        """Where to go: for those who lead, on this machine or through the proxy; for those who watch, in the network.

        Raises LookupError where nobody else can reach this machine."""
        if lead and self.public is None:
            host = "127.0.0.1" if self.host in EVERYWHERE else self.host
            return self._with_key(f"http://{_bracketed(host)}:{self.port}/", self.key)
        return self._with_key(self.public or "", self.key) if lead else self.ways()[0][1]

    def ways(self) -> list[tuple[str, str]]:
        """(what it leads over, URL) for those who watch, the likeliest first. LookupError where there is none."""
        if self.public is not None:
            return [("public", self._with_key(self.public, self.token))]
        found = addresses(six=self.host == "::") if self.host in EVERYWHERE else [("", self.host)]
        if not found:
            raise LookupError("this machine is in no network: nobody else can reach it")
        return [(n, self._with_key(f"http://{_bracketed(a)}:{self.port}/", self.token)) for n, a in found]

    def _with_key(self, url: str, key: str | None) -> str:
        return url if self.token is None else f"{url}?key={quote(key or '')}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def public_url(url: str) -> str:
    """The address by which a proxy leads here, as browsers say it: small letters, no usual port, a slash at its end.

    UsageError for what is none."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = _bracketed(parts.hostname or ""), parts.port
        right = parts.scheme in USUAL_PORTS and bool(HOST.fullmatch(host)) and "@" not in parts.netloc and port != 0
    except ValueError:
        right = False
    if not right or parts.query or parts.fragment or not url.isascii():
        raise UsageError(
            f"--public-url {url}: give the address of the page, such as https://hub.example.org/me/proxy/8765/"
        )
    beside = "" if port in (None, USUAL_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{beside}{parts.path.rstrip('/')}/"


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
