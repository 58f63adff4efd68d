"""What the proxy tells its listener about a browser's sockets and requests, in the order it sees it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class SocketOpening:
    """A handshake came from the browser. `socket` counts from 1; `origin` is set when it is not the page's own.

    `port` is the browser's end of it.
    """

    socket: int
    origin: str | None
    port: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SocketOpened:
    """The target upgraded it."""

    socket: int
    status: int


@dataclass(frozen=True, slots=True)
class SocketRefused:
    """There was no upgrade; `status` is 0 when the target gave no answer.

    `fault`: a fault answered in the target's place, with "refuse", or with "close" and a close frame of `code`.
    """

    socket: int
    status: int
    reason: str
    fault: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class SocketText:
    """`sender` sent a whole text message; nothing is told of what the server sends to a client that is leaving."""

    socket: int
    sender: Side
    text: str


@dataclass(frozen=True, slots=True)
class SocketClosing:
    """`by` began to end it: a close frame, or the end of its bytes."""

    socket: int
    by: Side


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """It is gone; `code` is the first close frame's, None without one."""

    socket: int
    code: int | None
    reason: str
    by: Side


@dataclass(frozen=True, slots=True)
class SocketTampered:
    """A fault did `deed` to a frame with this payload."""

    socket: int
    deed: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SocketFreed:
    """The target ended its half of a socket that a fault had severed from the browser; `how` is one of HOW_FREED."""

    socket: int
    how: str
    code: int | None


HOW_FREED = ("close frame", "end of bytes", "reset")


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """The target answered a plain request; told before the browser has the answer."""

    method: str
    path: str
    status: int


SocketEvent: TypeAlias = (
    SocketOpening
    | SocketOpened
    | SocketRefused
    | SocketText
    | SocketClosing
    | SocketClosed
    | SocketTampered
    | SocketFreed
)
ProxyEvent: TypeAlias = SocketEvent | RequestAnswered
