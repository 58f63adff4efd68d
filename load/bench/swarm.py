"""The clients of the benchmark: as little as can tell that a message came, so that they are not what is measured.

Protocol classes on bare transports; they read frames, answer pings, count. Knows no server and no clock but the loop's.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # bare transports: whatever is between them and the socket would be measured too
from collections.abc import Callable
from typing import cast

_HEAD_END = b"\r\n\r\n"
_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_NO_MASK = b"\0\0\0\0"
"""A mask that changes nothing: the server unmasks as ever, and the client need not mask."""


def frame(opcode: int, payload: bytes) -> bytes:
    """Return one frame of a client."""
    size = len(payload)
    if size < 126:
        return bytes((opcode, 0x80 | size)) + _NO_MASK + payload
    return bytes((opcode, 0x80 | 126)) + size.to_bytes(2, "big") + _NO_MASK + payload


def text_frame(payload: bytes) -> bytes:
    """Return one text message of a client, of less than 64 KB."""
    return frame(_TEXT, payload)


def handshake(port: int, query: str = "") -> bytes:
    """Return the request for a socket, as a client that is no browser sends it."""
    lines = (
        f"GET /ws{query} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + _HEAD_END


class Client(asyncio.Protocol):
    """One connection: open after its handshake; counts texts, and hands them to `on_text` where that is set."""

    __slots__ = ("_rest", "_transport", "count", "on_open", "on_text", "over", "request", "upgraded")

    def __init__(self, request: bytes, on_open: Callable[[Client], None]) -> None:
        self.request = request
        self.on_open = on_open
        self.on_text: Callable[[Client, bytes], None] | None = None
        self.count = 0
        self.upgraded = False
        self.over: asyncio.Event | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._transport.write(self.request)

    def write(self, data: bytes) -> None:
        """Send frames."""
        self._transport.write(data)

    def leave(self) -> None:
        """Send a close frame; the server ends the connection."""
        self._transport.write(frame(_CLOSE, b"\x03\xe8"))

    def abort(self) -> None:
        """Be gone."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # what for is no matter
        """Tell whoever waits for it."""
        if self.over is not None:
            self.over.set()

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        if self._rest:
            data = self._rest + data
        if not self.upgraded:
            head, end, data = data.partition(_HEAD_END)
            if not end:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(head[:80].decode("latin-1"))
            self.upgraded = True
            self.on_open(self)
        at, length = 0, len(data)
        while length - at >= 2:
            size, body = data[at + 1], at + 2
            if size == 126:
                size, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if body + size > length:
                break
            if data[at] == _TEXT:
                self.count += 1
                if self.on_text is not None:
                    self.on_text(self, data[body : body + size])
            elif data[at] == _PING:
                self._transport.write(frame(_PONG, data[body : body + size]))
            at = body + size
        self._rest = data[at:] if at < length else b""


class Swarm:
    """Many clients of one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.clients: list[Client] = []

    async def open(self, count: int, *, query: Callable[[int], str] = lambda _: "", at_once: int = 64) -> None:
        """Connect `count` more, so many at a time."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Queue[Client] = asyncio.Queue()
        started = 0

        async def start() -> None:
            nonlocal started
            request = handshake(self.port, query(started))
            started += 1
            await loop.create_connection(lambda: Client(request, opened.put_nowait), "127.0.0.1", self.port)

        for _ in range(min(at_once, count)):
            await start()
        for _ in range(count):
            self.clients.append(await asyncio.wait_for(opened.get(), 10.0))
            if started < count:
                await start()

    async def come_and_go(self) -> None:
        """Open one connection, leave it, and wait until it is over."""
        over = asyncio.Event()
        request = handshake(self.port)

        def begin() -> Client:
            client = Client(request, Client.leave)
            client.over = over
            return client

        await asyncio.get_running_loop().create_connection(begin, "127.0.0.1", self.port)
        await asyncio.wait_for(over.wait(), 10.0)

    @property
    def delivered(self) -> int:
        """How many texts have come to all of them."""
        return sum(client.count for client in self.clients)

    def close(self) -> None:
        """Be gone, all of them."""
        for client in self.clients:
            client.abort()
        self.clients.clear()
