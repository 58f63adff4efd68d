"""What the proxy tells its listener about a browser's sockets and requests, in the order it sees it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class SocketOpening:
    """A handshake came from the browser. `socket` counts from 1; `origin` is set when it is not the page's own."""

    socket: int
    origin: str | None


@dataclass(frozen=True, slots=True)
class SocketOpened:
    """The target upgraded it."""

    socket: int
    status: int


@dataclass(frozen=True, slots=True)
class SocketRefused:
    """There was no upgrade; `status` is 0 when the target gave no answer."""

    socket: int
    status: int
    reason: str


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
class RequestAnswered:
    """The target answered a plain request; told before the browser has the answer."""

    method: str
    path: str
    status: int


SocketEvent: TypeAlias = SocketOpening | SocketOpened | SocketRefused | SocketText | SocketClosing | SocketClosed
ProxyEvent: TypeAlias = SocketEvent | RequestAnswered
