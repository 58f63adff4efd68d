"""Events of connections, from the handshake to the end."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class ConnectionOpening(Event, frozen=True, kw_only=True, tag="connection_opening"):
    """A handshake was sent with the browser's cookies. `origin` is set when it is not the target's own.

    `replayed`: its cookies are those that the browser had before its last sign-in or sign-out.
    """

    connection: ConnectionId
    browser: str
    origin: str | None = None
    instance: int = 1
    replayed: bool = False


class ConnectionOpened(Event, frozen=True, kw_only=True, tag="connection_opened"):
    connection: ConnectionId


class ConnectionRefused(Event, frozen=True, kw_only=True, tag="connection_refused"):
    """The handshake was answered without an upgrade (`status`) or not at all (0)."""

    connection: ConnectionId
    status: int = 0
    reason: str = ""


class ConnectionReady(Event, frozen=True, kw_only=True, tag="connection_ready"):
    """From here on the server must count the connection in. `probed`: an echo came back on it."""

    connection: ConnectionId
    probed: bool


class ConnectionClosing(Event, frozen=True, kw_only=True, tag="connection_closing"):
    """Our side began to end it."""

    connection: ConnectionId


class ConnectionClosed(Event, frozen=True, kw_only=True, tag="connection_closed"):
    """It ended; `code` is None without a close frame; `by` is "client" or "server", whoever began."""

    connection: ConnectionId
    code: int | None = None
    reason: str = ""
    by: str = "server"


ConnectionEvent: TypeAlias = (
    ConnectionOpening | ConnectionOpened | ConnectionRefused | ConnectionReady | ConnectionClosing | ConnectionClosed
)
