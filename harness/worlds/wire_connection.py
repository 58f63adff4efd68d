"""One raw WebSocket connection: websockets' Sans-I/O client protocol on an anyio stream, every message told to a
listener.

Knows nothing of plans, users or envelopes. Pings are answered; no compression is offered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.abc import ByteStream
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from harness.targets.dial import dial

HANDSHAKE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0
RECEIVE_BYTES = 65536
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""More than this from a server ends the connection, so that a flood cannot fill our memory."""


@dataclass(slots=True, eq=False)
class Refused(Exception):
    """The handshake ended without an upgrade; `status` is 0 when nothing that is HTTP came back, `silent`: in time."""

    status: int
    reason: str
    silent: bool = False


@dataclass(slots=True)
class WireConnection:
    """A connection that is open.

    `on_text` is called with each message, `on_close` once with code, reason and who began.
    """

    stream: ByteStream
    protocol: ClientProtocol
    on_text: Callable[[str], None]
    on_binary: Callable[[bytes], None]
    on_close: Callable[[int | None, str, str], None]
    closing: bool = False
    done: anyio.Event = field(default_factory=anyio.Event)
    _writing: anyio.Lock = field(default_factory=anyio.Lock)
    _parts: list[bytes] = field(default_factory=list)
    _binary: bool = False

    @property
    def open(self) -> bool:
        return self.protocol.state is State.OPEN and not self.done.is_set()

    async def run(self) -> None:
        """Read until the connection ends; run this in a task group."""
        try:
            await self._handle_events()
            while not self.done.is_set():
                try:
                    data = await self.stream.receive(RECEIVE_BYTES)
                except anyio.EndOfStream:
                    self.protocol.receive_eof()
                    await self._handle_events()
                    break
                self.protocol.receive_data(data)
                await self._handle_events()
                if self.protocol.close_expected() and self.protocol.state is State.CLOSED:
                    break
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            pass
        finally:
            self._finish()
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self.stream)

    async def send_text(self, text: str) -> bool:
        """Send one text message; False when the connection is no longer open."""
        if not self.open:
            return False
        self.protocol.send_text(text.encode())
        return await self._flush()

    async def close(self) -> None:
        """Close politely and wait for the server's half, at most CLOSE_TIMEOUT_S."""
        self.closing = True
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(1000)
            await self._flush()
        with anyio.move_on_after(CLOSE_TIMEOUT_S):
            await self.done.wait()
        await self.drop()

    async def drop(self) -> None:
        """End it without a close frame."""
        self.closing = True
        self._finish()
        await anyio.aclose_forcefully(self.stream)

    async def _handle_events(self) -> None:
        for event in self.protocol.events_received():
            if isinstance(event, Frame):
                self._handle_frame(event)
        await self._flush()

    def _handle_frame(self, frame: Frame) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return
        if frame.opcode is not Opcode.CONT:
            self._parts, self._binary = [], frame.opcode is Opcode.BINARY
        self._parts.append(bytes(frame.data))
        if frame.fin:
            whole, self._parts = b"".join(self._parts), []
            if self._binary:
                self.on_binary(whole)
            else:
                self.on_text(whole.decode("utf-8", "replace"))

    async def _flush(self) -> bool:
        try:
            # Who sends and who reads both write: a pong or the answer to a close may be due in the middle of a message.
            async with self._writing:
                for data in self.protocol.data_to_send():
                    if data:
                        await self.stream.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return False
        return True

    def _finish(self) -> None:
        if self.done.is_set():
            return
        self.done.set()
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        frame = received or sent
        by = "client" if self.closing or (received is None and sent is not None) else "server"
        self.on_close(frame.code if frame else None, frame.reason if frame else "", by)


_NO_HANDSHAKE = (TimeoutError, OSError, anyio.BrokenResourceError, WebSocketException)


async def connect(
    url: str,
    *,
    origin: str | None,
    cookie: str | None,
    headers: Sequence[tuple[str, str]] = (),
    subprotocols: tuple[str, ...] = (),
    before_end: Callable[[], Awaitable[object]] | None = None,
    on_text: Callable[[str], None],
    on_binary: Callable[[bytes], None],
    on_close: Callable[[int | None, str, str], None],
) -> WireConnection:
    """Open a connection to a ws:// or wss:// `url` with exactly these headers; `headers` may name one twice.

    The last line of the handshake goes out only when `before_end` is done.

    Raises:
        Refused: the server answered without upgrading, answered nonsense, hung, or cannot be reached.
    """
    uri = parse_uri(url)
    protocol = ClientProtocol(
        uri,
        subprotocols=[Subprotocol(each) for each in subprotocols] or None,
        max_size=MAX_MESSAGE_BYTES,
    )
    request = protocol.connect()
    if origin is not None:
        request.headers["Origin"] = origin
    if cookie is not None:
        request.headers["Cookie"] = cookie
    for name, value in headers:
        request.headers[name] = value
    protocol.send_request(request)
    stream: ByteStream | None = None
    try:
        with anyio.fail_after(HANDSHAKE_TIMEOUT_S):
            stream = await dial(url)
            data = b"".join(protocol.data_to_send())
            if before_end is not None:
                await stream.send(data[:-2])
                await before_end()
            await stream.send(data if before_end is None else data[-2:])
            await _handshake(protocol, stream)
    except BaseException as error:
        if stream is not None:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(stream)
        if isinstance(error, _NO_HANDSHAKE):
            silent = isinstance(error, TimeoutError)
            raise Refused(_status(error), str(error) or type(error).__name__, silent) from error
        raise
    return WireConnection(stream, protocol, on_text, on_binary, on_close)


async def _handshake(protocol: ClientProtocol, stream: ByteStream) -> None:
    # A server may upgrade and close in one breath: the handshake is over all the same.
    while protocol.handshake_exc is None and protocol.state is State.CONNECTING:
        try:
            protocol.receive_data(await stream.receive(RECEIVE_BYTES))
        except anyio.EndOfStream:
            protocol.receive_eof()
            if protocol.handshake_exc is None:
                raise Refused(0, "the connection ended during the handshake") from None
    if protocol.handshake_exc is not None:
        raise protocol.handshake_exc


def _status(error: BaseException) -> int:
    if isinstance(error, InvalidStatus) and isinstance(error.response, Response):
        return error.response.status_code
    return 0 if not isinstance(error, InvalidHandshake) else -1
