"""One socket that goes through the proxy: its bytes pass as they came, its messages are told to a listener.

Decides when a socket counts as live: from the upgrade until either side begins to end it.
"""

from __future__ import annotations

import contextlib
import socket as socketlib
import struct
from collections.abc import Callable

import anyio
from anyio.abc import ByteStream, SocketAttribute, SocketStream

from harness.faults.frames import CloseMessage, FrameReader, TextMessage
from harness.faults.head import Head
from harness.faults.socket_event import Side, SocketClosed, SocketClosing, SocketEvent, SocketOpened, SocketText

AFTER_CLOSE_S = 3.0
_ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)


class WatchedSocket:
    """A socket after its handshake, between the browser and the target."""

    def __init__(
        self, number: int, *, browser: SocketStream, upstream: ByteStream, listener: Callable[[SocketEvent], None]
    ) -> None:
        self._number = number
        self._browser = browser
        self._upstream = upstream
        self._listener = listener
        self._ended_by: Side | None = None
        self._leaving: set[Side] = set()
        self._close: CloseMessage | None = None

    @property
    def live(self) -> bool:
        """Whether neither side has begun to end it."""
        return self._ended_by is None

    async def run(self, answer: Head, *, early: bytes, rest: bytes) -> None:
        """Hand the upgrade to the browser and pass bytes both ways until the socket is gone.

        `early` came from the target, `rest` from the browser, together with their heads.
        """
        self._listener(SocketOpened(self._number, answer.status))
        try:
            with anyio.CancelScope() as scope:
                with contextlib.suppress(*_ENDED):
                    await self._browser.send(answer.dump())
                async with anyio.create_task_group() as directions:
                    directions.start_soon(self.pump, "server", early, scope)
                    directions.start_soon(self.pump, "client", rest, scope)
        finally:
            by = self._ended_by or "server"
            code, reason = (self._close.code, self._close.reason) if self._close else (None, "")
            self._ended_by = by
            self._listener(SocketClosed(self._number, code, reason, by))

    async def pump(self, side: Side, first: bytes, scope: anyio.CancelScope) -> None:
        """Pass on what `side` sends, beginning with `first`, until it ends; then the other side has little time."""
        source, sink = (self._browser, self._upstream) if side == "client" else (self._upstream, self._browser)
        reader = FrameReader()
        data = first
        while True:
            if data:
                self._observe(side, reader, data)
                try:
                    await sink.send(data)
                except _ENDED:
                    self._end("server" if side == "client" else "client")
                    break
            try:
                data = await source.receive()
            except _ENDED:
                self._end(side)
                break
        await end_bytes(sink)
        scope.deadline = min(scope.deadline, anyio.current_time() + AFTER_CLOSE_S)

    async def reset(self) -> None:
        """Break it with a TCP reset on both sides."""
        self._end("server")
        for stream in (self._browser, self._upstream):
            with contextlib.suppress(*_ENDED):
                raw = stream.extra(SocketAttribute.raw_socket)
                # No lingering: the kernel drops what is unsent and says RST instead of FIN.
                raw.setsockopt(socketlib.SOL_SOCKET, socketlib.SO_LINGER, struct.pack("ii", 1, 0))
                await stream.aclose()

    def _observe(self, side: Side, reader: FrameReader, data: bytes) -> None:
        for message in reader.feed(data):
            match message:
                case TextMessage(text=text) if side == "client" or "client" not in self._leaving:
                    self._listener(SocketText(self._number, side, text))
                case CloseMessage():
                    self._close = self._close or message
                    self._end(side)
                case _:
                    pass

    def _end(self, side: Side) -> None:
        self._leaving.add(side)
        if self._ended_by is None:
            self._ended_by = side
            self._listener(SocketClosing(self._number, side))


async def copy_bytes(source: ByteStream, sink: ByteStream) -> None:
    """Pass bytes on until `source` ends or either breaks; then tell `sink` that no more will come."""
    with contextlib.suppress(*_ENDED):
        while True:
            await sink.send(await source.receive())
    await end_bytes(sink)


async def end_bytes(sink: ByteStream) -> None:
    """Say that no more bytes will come; what cannot be half closed is left as it is."""
    with contextlib.suppress(*_ENDED, NotImplementedError, RuntimeError):
        await sink.send_eof()
