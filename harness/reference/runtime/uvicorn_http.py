"""uvicorn's own HTTP protocol, with an end to requests that never begin in earnest. Decides nothing else.

A request's head is there within HANDSHAKE_S of the connection, or of its first byte on a connection that was used
before, however slowly it trickles in; else the connection is closed. Only HTTP/1.1 is upgraded.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HANDSHAKE_S = 2.0
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedHeadProtocol(H11Protocol):
    """Closes a connection whose request head does not come."""

    handshake_s = HANDSHAKE_S
    head_by_s: float | None = None
    """When the first head must be there, in the loop's time, where that was set before."""
    _head_timer: asyncio.TimerHandle | None = None
    _any_byte = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take in bytes; the wait is over with the blank line after the headers."""
        self._any_byte = True
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self._await_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _should_upgrade(self) -> bool:
        return self.scope["http_version"] == "1.1" and super()._should_upgrade()

    def _await_head(self) -> None:
        if self._head_timer is None:
            by_s = self.loop.time() + self.handshake_s if self.head_by_s is None else self.head_by_s
            self.head_by_s = None
            self._head_timer = self.loop.call_at(by_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        # Who said nothing at all, a browser that connected ahead of need for one, is told nothing.
        if self._any_byte:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
