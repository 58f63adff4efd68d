"""Every way to knock at the socket's door, right and wrong: what is changed in a right handshake, and what follows.

One table; the world sends from it, the check judges by it. Pure: knows no socket and no target.

What each may end in is in its `upgraded` and `silent`: "" is right, "warn" is told without failing the run, "fail" is a
fault. An answer that refuses and a closed connection are always right where they are not asked to be an upgrade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from harness.wire.handshake import SAMPLE_KEY, Request
from harness.wire.head import HEAD_END

Change: TypeAlias = Callable[[Request], Request | bytes]
UNKNOWN_SUBPROTOCOLS = "x-onesocket-unknown, x-onesocket-other"
UNKNOWN_EXTENSIONS = "x-onesocket-unknown; depth=3, x-onesocket-other"
LONG_HEADER_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Knock:
    """One handshake. `must` is "upgrade", "refuse", "repeat" (the same answer every time) or "drop" (in time)."""

    name: str
    requirement: str
    must: str
    change: Change
    source: str
    upgraded: str = "fail"
    silent: str = "fail"
    refusable: bool = False
    """For `must` "upgrade": a server may have its reasons to refuse it."""
    names_versions: bool = False
    """For `must` "refuse": the answer names the versions that the server speaks."""

    def bytes_of(self, right: Request) -> bytes:
        """Return what is sent, given the right handshake."""
        changed = self.change(right)
        return changed if isinstance(changed, bytes) else changed.encode()


def _good(name: str, change: Change, source: str, *, refusable: bool = False) -> Knock:
    return Knock(name, "HS-1", "upgrade", change, source, refusable=refusable)


def _bad(name: str, change: Change, source: str, *, upgraded: str = "fail", silent: str = "fail") -> Knock:
    return Knock(name, "HS-2", "refuse", change, source, upgraded, silent)


def _version(name: str, value: str, *, upgraded: str = "fail", names_versions: bool = True) -> Knock:
    return Knock(
        name,
        "HS-3",
        "refuse",
        lambda right: right.having("Sec-WebSocket-Version", value),
        "RFC 6455 §4.2.2: an error code and the versions understood",
        upgraded=upgraded,
        names_versions=names_versions,
    )


def _odd_case(right: Request) -> Request:
    headers = tuple((name.upper() if number % 2 else name.lower(), value) for number, (name, value) in _numbered(right))
    return replace(right, headers=headers)


def _numbered(right: Request) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(right.headers))


def _with_company(right: Request) -> Request:
    return replace(
        right,
        headers=(
            *right.headers,
            ("User-Agent", "onesocket"),
            ("Accept-Language", "en, de;q=0.7"),
            ("Cache-Control", "no-cache"),
            ("Sec-Fetch-Mode", "websocket"),
            ("X-Onesocket", "=:;, \t value"),
        ),
    )


GOOD = (
    _good("plain", lambda right: right, "RFC 6455 §4.2.2"),
    _good("header names in odd case", _odd_case, "RFC 9110 §5.1: field names are case-insensitive"),
    _good(
        "connection keep-alive, Upgrade",
        lambda right: right.having("Connection", "keep-alive, Upgrade"),
        "RFC 6455 §4.2.1: a field that includes the token; Firefox sends this",
    ),
    _good(
        "upgrade WebSocket",
        lambda right: right.having("Upgrade", "WebSocket"),
        "RFC 6455 §4.2.1: treated as an ASCII case-insensitive value",
    ),
    _good("extra headers", _with_company, "RFC 6455 §4.2.1: other fields may be there"),
    _good(
        "a key with + and /",
        lambda right: right.having("Sec-WebSocket-Key", "+/+/+/+/+/+/+/+/+/+/+w=="),
        "RFC 6455 §4.2.2: the key as it came",
    ),
    _good(
        "a key of zeros",
        lambda right: right.having("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        "RFC 6455 §4.2.2: the key as it came",
    ),
    _good(
        "unknown extensions",
        lambda right: right.having("Sec-WebSocket-Extensions", UNKNOWN_EXTENSIONS),
        "RFC 6455 §4.2.2: only what was offered is answered; none is",
    ),
    _good(
        "unknown subprotocols",
        lambda right: right.having("Sec-WebSocket-Protocol", UNKNOWN_SUBPROTOCOLS),
        "RFC 6455 §4.2.2: only what was offered is answered",
        refusable=True,
    ),
)
BAD = (
    _bad("no Upgrade", lambda right: right.without("Upgrade"), "RFC 6455 §4.2.1, 3"),
    # Another protocol's upgrade is no WebSocket handshake: that it is left without an answer is HTTP's matter.
    _bad(
        "Upgrade to another protocol",
        lambda right: right.having("Upgrade", "x-onesocket"),
        "RFC 6455 §4.2.1, 3",
        silent="warn",
    ),
    # A proxy in front writes this field anew, and Bun does not look at it: no harm comes of it.
    _bad("no Connection", lambda right: right.without("Connection"), "RFC 6455 §4.2.1, 4", upgraded="warn"),
    _bad(
        "Connection without upgrade",
        lambda right: right.having("Connection", "keep-alive"),
        "RFC 6455 §4.2.1, 4",
        upgraded="warn",
    ),
    _bad("no key", lambda right: right.without("Sec-WebSocket-Key"), "RFC 6455 §4.2.1, 5"),
    # §4.2.2: "It is not necessary for the server to base64-decode the value": refused or not, it must not hang or die.
    _bad("an empty key", lambda right: right.having("Sec-WebSocket-Key", ""), "RFC 6455 §4.2.2", upgraded=""),
    _bad("a short key", lambda right: right.having("Sec-WebSocket-Key", "c2hvcnQ="), "RFC 6455 §4.2.2", upgraded=""),
    _bad(
        "a key that is not base64",
        lambda right: right.having("Sec-WebSocket-Key", "!" * len(SAMPLE_KEY)),
        "RFC 6455 §4.2.2",
        upgraded="",
    ),
    _bad(
        "two keys",
        lambda right: right.plus("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        "RFC 6455 §11.3.1 binds the client only",
        upgraded="",
    ),
    _bad("POST", lambda right: replace(right, method="POST").plus("Content-Length", "0"), "RFC 6455 §4.2.1, 1"),
    _bad("PUT", lambda right: replace(right, method="PUT").plus("Content-Length", "0"), "RFC 6455 §4.2.1, 1"),
    # Frameworks route HEAD with GET, and common servers upgrade HTTP/1.0 or a request without Host.
    _bad("HEAD", lambda right: replace(right, method="HEAD"), "RFC 6455 §4.2.1, 1", upgraded=""),
    _bad("HTTP/1.0", lambda right: replace(right, version="HTTP/1.0"), "RFC 6455 §4.2.1, 1", upgraded=""),
    _bad("no Host", lambda right: right.without("Host"), "RFC 6455 §4.2.1, 2", upgraded=""),
    _bad("a header without a colon", lambda right: _with_line(right, b"no colon here"), "RFC 9112 §5", upgraded=""),
    _bad("a header with a NUL", lambda right: right.plus("X-Onesocket", "a\x00b"), "RFC 9110 §5.5", upgraded=""),
    # What becomes of these two is HTTP's matter, as long as the server goes on; uvicorn leaves the first one waiting.
    _bad(
        "a very long header",
        lambda right: right.plus("X-Onesocket", "x" * LONG_HEADER_CHARS),
        "RFC 9110 §5.4",
        upgraded="",
        silent="",
    ),
    _bad("no HTTP at all", lambda _: b"\x16\x03\x01\x02\x00\x01\x00" + HEAD_END, "RFC 9112 §2.2", silent=""),
)
VERSIONS = (
    _version("version 12", "12"),
    _version("version 14", "14"),
    _version("version 99", "99"),
    _version("version 0", "0"),
    _version("version x", "x", names_versions=False),
    # A client names one; who reads a list of them finds 13 in it.
    _version("version 13, 8", "13, 8", upgraded="", names_versions=False),
    Knock(
        "no version",
        "HS-3",
        "refuse",
        lambda right: right.without("Sec-WebSocket-Version"),
        "RFC 6455 §4.2.1, 6",
    ),
)
NO_ORIGIN = Knock(
    "no Origin",
    "HS-6",
    "repeat",
    lambda right: right.without("Origin"),
    "RFC 6455 §10.2: such a client is no browser; the policy is the server's",
)
UNFINISHED = tuple(
    Knock(name, "HS-9", "drop", change, "OWASP: unfinished handshakes are bounded in time")
    for name, change in (
        ("silence", lambda _: b""),
        ("half a request line", lambda right: right.encode()[:8]),
        ("headers without an end", lambda right: right.encode()[: -len(HEAD_END)] + b"\r\n"),
        ("a byte at a time", lambda right: right.encode()[: -len(HEAD_END)] + b"\r\nX-Onesocket: "),
    )
)
"""Handshakes that never complete. What follows the last one, a byte at a time, is for the world."""
TRICKLE = "a byte at a time"


def _with_line(right: Request, line: bytes) -> bytes:
    return right.encode()[: -len(HEAD_END)] + b"\r\n" + line + HEAD_END


GROUPS = {"right": GOOD, "bad": BAD, "other-version": VERSIONS, "unfinished": UNFINISHED}
"""What `every ... handshake` stands for."""
KNOCKS = {knock.name: knock for knock in (*GOOD, *BAD, *VERSIONS, NO_ORIGIN, *UNFINISHED)}
