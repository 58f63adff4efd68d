"""The opening handshake as bytes: a request that may break every rule it is asked to, and the head of any answer.

Sans-I/O; judges nothing. Source: RFC 6455, sections 4.1 and 4.2.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of RFC 6455, section 1.3."""
HEAD_END = b"\r\n\r\n"
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
        return ", ".join(value for each, value in self.headers if each.lower() == name.lower())

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


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer; `headers` by lower-case name, values of one name joined with commas."""

    status: int
    headers: dict[str, str]

    def get(self, name: str) -> str:
        """Return a header's value; empty without one."""
        return self.headers.get(name.lower(), "")


def read_head(data: bytes) -> Head | None:
    """Return the head that `data` begins with; None when its end is not there yet, or it is not HTTP."""
    head, end, _ = data.partition(HEAD_END)
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not end or len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return Head(int(words[1]), headers)


def listed(value: str) -> tuple[str, ...]:
    """Return the names in a header that lists them, without their parameters."""
    return tuple(name for each in value.split(",") if (name := each.partition(";")[0].strip()))
