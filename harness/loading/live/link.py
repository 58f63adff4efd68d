"""One WebSocket, from the handshake to the end, without a task of its own: bytes in, messages out, controls answered.

`websockets` makes and judges the handshake and writes the frames; without extensions our splitter reads them. Knows
nothing of users or of what messages say.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # a protocol class that a loop drives: a task for each of ten thousand sockets is too dear
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import anyio
from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.extensions.permessage_deflate import enable_client_permessage_deflate
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from harness.errors import TargetUnreachable
from harness.loading.live.intake import Intake
from harness.loading.splitter import Broken, Pinged, Splitter
from harness.targets.trust import trusted

OPEN_TIMEOUT_S = 15.0
HEAD_BYTES = 65536
NARROW_BYTES = 4096
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect and as whom: the socket's url, the origin and headers that a browser would send.

    `compress` offers permessage-deflate, as browsers do. `narrow` keeps what waits unread in our kernel small.
    """

    url: str
    origin: str
    headers: Mapping[str, str]
    subprotocols: tuple[str, ...] = ()
    compress: bool = False
    narrow: bool = False


class Link(asyncio.Protocol):
    """One connection. `on_messages` is handed whole messages as they come. `on_over` is called as soon as the target
    ends it, `over` is set when nothing is left of it.

    `broken` says why the target broke the protocol, if it did.
    """

    def __init__(
        self,
        address: Address,
        *,
        intake: Intake,
        on_messages: Callable[[list[bytes]], object],
        on_over: Callable[[], object],
    ) -> None:
        uri = parse_uri(address.url)
        self.over = anyio.Event()
        self.broken = ""
        self._address = address
        self._host, self._port, self._secure = uri.host, uri.port, uri.secure
        self._intake = intake
        self._on_messages = on_messages
        self._on_over = on_over
        self._opened = anyio.Event()
        self._refusal = ""
        self._open = False
        self._head = b""
        self._parts: list[bytes] = []
        self._splitter = Splitter()
        self._receive: Callable[[bytes], object] = self._receive_head
        self._transport: asyncio.Transport | None = None
        self._descriptor = -1
        self._protocol = ClientProtocol(
            uri, origin=Origin(address.origin), max_size=None,
            extensions=enable_client_permessage_deflate(None) if address.compress else None,
            subprotocols=[Subprotocol(each) for each in address.subprotocols] or None,
        )  # fmt: skip

    async def open(self) -> None:
        """Connect and make the handshake.

        Raises:
            TargetUnreachable: the target refused the connection or did not answer in time.
        """
        try:
            with anyio.fail_after(OPEN_TIMEOUT_S):
                await self._connect()
                await self._opened.wait()
        except (OSError, WebSocketException, ValueError) as error:
            self.abort()
            raise self._refused(str(error) or type(error).__name__) from error
        except BaseException:
            self.abort()
            raise
        if not self._open:
            self.abort()
            raise self._refused(self._refusal or "the connection ended in the handshake")

    def send(self, text: str) -> bool:
        """Send a text message; return whether it could be sent."""
        if not self._open or self._protocol.state is not State.OPEN:
            return False
        self._protocol.send_text(text.encode("utf-8", "replace"))
        self._flush()
        return True

    def stop_reading(self) -> None:
        """Read no more, as a reader that stalls does; what is sent fills the buffers of both sides."""
        self._forget_descriptor()
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def say_goodbye(self) -> None:
        """Begin the closing handshake; `over` is set when the target has answered it."""
        if self._open and self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()

    def abort(self) -> None:
        """End the connection at once."""
        self._forget_descriptor()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request of the handshake."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        request = self._protocol.connect()
        for name, value in self._address.headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take in what arrived, when the transport reads."""
        self._receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that this is the end."""
        self._forget_descriptor()
        self._open = False
        self._on_over()
        self._opened.set()
        self.over.set()

    async def _connect(self) -> None:
        loop, tls = asyncio.get_running_loop(), trusted() if self._secure else None
        if not self._address.narrow:
            await loop.create_connection(lambda: self, self._host, self._port, ssl=tls)
            return
        narrow = await self._connect_narrow()
        named = self._host if tls is not None else None
        await loop.create_connection(lambda: self, sock=narrow, ssl=tls, server_hostname=named)

    async def _connect_narrow(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        failure: OSError = ConnectionRefusedError("no address")
        for family, kind, protocol, _, address in await loop.getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM
        ):
            narrow = socket.socket(family, kind, protocol)
            try:
                narrow.settimeout(0)
                # Before it connects: the window is agreed on then.
                narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
                await loop.sock_connect(narrow, address)
            except OSError as error:
                narrow.close()
                failure = error
                continue
            return narrow
        raise failure

    def _receive_head(self, data: bytes) -> None:
        self._head += data
        head, found, rest = self._head.partition(_HEAD_END)
        if not found:
            if len(self._head) > HEAD_BYTES:
                self._refuse("the answer to the handshake has no end")
            return
        status = head[9:12].decode("latin-1")
        if not head.startswith(b"HTTP/1.") or status != "101":
            self._refuse(f"it answered {status}" if head.startswith(b"HTTP/") else "the answer is not HTTP")
            return
        self._protocol.receive_data(head + found)
        self._protocol.events_received()
        if self._protocol.handshake_exc is not None:
            self._refuse(str(self._protocol.handshake_exc))
            return
        self._head = b""
        self._open = True
        fast = not self._protocol.extensions
        self._receive = self._receive_frames if fast else self._receive_extended
        if not self._secure:
            self._take_over_reading()
        self._opened.set()
        if rest:
            self._receive(rest)

    def _take_over_reading(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()
            self._descriptor = self._transport.get_extra_info("socket").fileno()
            self._intake.add(self._descriptor, self._take)

    def _take(self, data: bytes) -> None:
        if data:
            self._receive(data)
        else:
            self._end()

    def _receive_frames(self, data: bytes) -> None:
        messages = self._splitter.feed(data)
        if messages:
            self._on_messages(messages)
        if self._splitter.notices:
            self._answer_notices()

    def _answer_notices(self) -> None:
        notices, self._splitter.notices = self._splitter.notices, []
        for notice in notices:
            if isinstance(notice, Pinged):
                if self._protocol.state is State.OPEN:
                    self._protocol.send_pong(notice.payload)
                    self._flush()
                continue
            if isinstance(notice, Broken):
                self.broken = notice.why
            elif self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._flush()
            self._end()

    def _receive_extended(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        messages = []
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                self._parts.append(bytes(event.data))
                if event.fin:
                    messages.append(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
                    self._parts = []
        self._flush()
        if messages:
            self._on_messages(messages)
        if self._protocol.parser_exc is not None:
            self.broken = str(self._protocol.parser_exc)
        if self._protocol.parser_exc is not None or self._protocol.close_rcvd is not None:
            self._end()

    def _end(self) -> None:
        self._open = False
        self._on_over()
        self._forget_descriptor()
        if self._transport is not None:
            self._transport.close()

    def _forget_descriptor(self) -> None:
        # Once: after that the number may be another connection's.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._intake.remove(descriptor)

    def _flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self.abort()
        self._opened.set()

    def _refused(self, why: str) -> TargetUnreachable:
        what = f"the connection was refused: {why}"
        return TargetUnreachable(what, where=self._address.url, todo="check the target's log")
