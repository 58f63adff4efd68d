"""The opening handshake as bytes: a request that may break every rule it is asked to, and what answers it.

Sans-I/O; judges nothing. Source: RFC 6455, sections 4.1 and 4.2.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from harness.wire.head import HEAD_END, values_of

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of RFC 6455, section 1.3."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_for(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers `key`."""
    digest = hashlib.sha1(key.strip().encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Request:
    """A request head. `headers` keep their order and spelling, and one may be there twice."""

    path: str
    headers: tuple[tuple[str, str], ...]
    method: str = "GET"
    version: str = "HTTP/1.1"

    def get(self, name: str) -> str:
        """Return the values of a header, joined with commas as HTTP does; empty without one."""
        return values_of(self.headers, name)

    def without(self, name: str) -> Self:
        """Return it without a header."""
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name.lower()))

    def plus(self, name: str, value: str) -> Self:
        """Return it with one header more, after the others."""
        return replace(self, headers=(*self.headers, (name, value)))

    def having(self, name: str, value: str) -> Self:
        """Return it with `value` as the only one of a header."""
        return self.without(name).plus(name, value)

    def encode(self) -> bytes:
        """Return its bytes, with the blank line that ends it."""
        lines = [f"{self.method} {self.path} {self.version}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + HEAD_END


def right_request(
    url: str,
    path: str,
    *,
    cookie: str | None = None,
    subprotocols: tuple[str, ...] = (),
    key: str = SAMPLE_KEY,
) -> Request:
    """Return the handshake of a page of the site at `url` (http or https), as a browser sends it."""
    headers = [
        ("Host", urlsplit(url).netloc),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Origin", url),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    ]
    if subprotocols:
        headers.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    if cookie:
        headers.append(("Cookie", cookie))
    return Request(path, tuple(headers))


def listed(value: str) -> tuple[str, ...]:
    """Return the names in a header that lists them, without their parameters."""
    return tuple(name for each in value.split(",") if (name := each.partition(";")[0].strip()))
