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

from harness.faults.frame_cutter import FrameCutter
from harness.faults.frames import CloseMessage, FrameReader, TextMessage
from harness.faults.link import Link
from harness.faults.socket_event import (
    Side,
    SocketClosed,
    SocketClosing,
    SocketEvent,
    SocketFreed,
    SocketOpened,
    SocketTampered,
    SocketText,
)
from harness.plan.network import CutOff, HalfClose, Reset, Way
from harness.wire.frame import CLOSE, write_frame
from harness.wire.head import Head

AFTER_CLOSE_S = 3.0
_ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)


class WatchedSocket:
    """A socket after its handshake, between the browser and the target. `port` is the browser's end of it."""

    def __init__(
        self,
        number: int,
        *,
        browser: SocketStream,
        upstream: ByteStream,
        listener: Callable[[SocketEvent], None],
        link: Link | None = None,
        port: int = 0,
    ) -> None:
        self.port = port
        self._number = number
        self._browser = browser
        self._upstream = upstream
        self._listener = listener
        self._link = link or Link()
        self._ended_by: Side | None = None
        self._leaving: set[Side] = set()
        self._close: CloseMessage | None = None
        self._severed = False
        self._freed = False
        self._keeps_browser = False
        self._writing = anyio.Lock()
        self._cutter = FrameCutter()
        self._slipped: list[bytes] = []
        self.left = False
        """Whether the browser has begun to end it."""
        self._gates: dict[Side, anyio.Event] = {"client": _open_gate(), "server": _open_gate()}

    @property
    def live(self) -> bool:
        """Whether neither side has begun to end it."""
        return self._ended_by is None

    @property
    def severed(self) -> bool:
        """Whether a fault has parted it from the browser; the target may not know yet."""
        return self._severed

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
        reader, cutter = FrameReader(), self._cutter if side == "server" else FrameCutter()
        data, how = first, "end of bytes"
        while True:
            if data:
                if not self._gates[side].is_set():
                    self._link.hold()
                await self._gates[side].wait()
                # Told when it passes: what is held back has reached nobody.
                self._observe(side, reader, data)
                if not self._severed and not await self._carry(side, data, cutter, sink):
                    break
            await self._gates[side].wait()
            try:
                data = await source.receive()
            except _ENDED as error:
                how = "end of bytes" if isinstance(error, anyio.EndOfStream) else "reset"
                self.left = self.left or side == "client"
                self._end(side)
                break
        if self._severed:
            if side == "server":
                self._free(how)
                if not self._keeps_browser:
                    scope.cancel()
            return
        await end_bytes(sink)
        scope.deadline = min(scope.deadline, anyio.current_time() + AFTER_CLOSE_S)

    async def reset(self) -> None:
        """Break it with a TCP reset on both sides."""
        self._end("server")
        for stream in (self._browser, self._upstream):
            await break_off(stream)

    async def end_with(self, code: int) -> None:
        """End it with a close frame to the browser, as a server does, and towards the target without a word."""
        self._close = CloseMessage(code, "")
        self._end("server")
        # What the target still says is for nobody, and only the browser ends its half.
        self._severed = self._freed = self._keeps_browser = True
        with contextlib.suppress(*_ENDED):
            async with self._writing:
                await self._browser.send(write_frame(CLOSE, code.to_bytes(2, "big"), masked=False))
        await end_bytes(self._browser)
        await break_off(self._upstream)

    async def slip(self, frame: bytes) -> None:
        """Hand the browser a frame that the target never sent, between two of its own."""
        async with self._writing:
            if self._cutter.between_frames:
                with contextlib.suppress(*_ENDED):
                    await self._browser.send(frame)
            else:
                self._slipped.append(frame)

    async def sever(self, fault: Reset | HalfClose | CutOff, *, keep_browser: bool = False) -> None:
        """Part it from the browser; what the target still sends is read and dropped, until it ends its half.

        `keep_browser`: the browser is not told when the target does.
        """
        self._severed = True
        self._keeps_browser = keep_browser
        self._freed = isinstance(fault, Reset)
        self._end("client")
        self.resume()
        if isinstance(fault, Reset):
            await break_off(self._upstream)
        elif isinstance(fault, HalfClose):
            with contextlib.suppress(*_ENDED):
                self._upstream.extra(SocketAttribute.raw_socket).shutdown(socketlib.SHUT_WR)

    def stall(self, way: Way) -> None:
        """Take no more bytes off one side or both."""
        for side in _sides(way):
            if self._gates[side].is_set():
                self._gates[side] = anyio.Event()

    def resume(self) -> None:
        """Take bytes off both sides again."""
        for gate in self._gates.values():
            gate.set()

    @property
    def stalled(self) -> bool:
        """Whether bytes are not taken off a side."""
        return not all(gate.is_set() for gate in self._gates.values())

    async def _carry(self, side: Side, data: bytes, cutter: FrameCutter, sink: ByteStream) -> bool:
        """Pass bytes on; False when that ends the direction."""

        def tell(deed: str, payload: bytes) -> None:
            self._listener(SocketTampered(self._number, deed, payload))

        try:
            async with self._writing if side == "server" else contextlib.nullcontext():
                await self._link.carry(side, data, cutter=cutter, send=sink.send, tell=tell)
                while self._slipped and side == "server" and cutter.between_frames:
                    await sink.send(self._slipped.pop(0))
        except _ENDED:
            if self._severed:
                return side == "server"
            self._end("server" if side == "client" else "client")
            return False
        return True

    def _observe(self, side: Side, reader: FrameReader, data: bytes) -> None:
        for message in reader.feed(data):
            self.left = self.left or (side == "client" and isinstance(message, CloseMessage))
            match message:
                case CloseMessage() if self._severed and side == "server":
                    self._close = message
                    self._free("close frame")
                case TextMessage() if side == "client" and self._severed:
                    pass  # it goes nowhere
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

    def _free(self, how: str) -> None:
        if self._freed:
            return
        self._freed = True
        code = self._close.code if how == "close frame" and self._close else None
        self._listener(SocketFreed(self._number, how, code))


def _open_gate() -> anyio.Event:
    gate = anyio.Event()
    gate.set()
    return gate


def _sides(way: Way) -> tuple[Side, ...]:
    return {"to": ("server",), "from": ("client",), "of": ("client", "server")}[way]  # type: ignore[return-value] # the literals are widened


async def break_off(stream: ByteStream) -> None:
    """End a connection with a TCP reset: the kernel drops what is unsent and says RST instead of FIN."""
    with contextlib.suppress(*_ENDED):
        raw = stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socketlib.SOL_SOCKET, socketlib.SO_LINGER, struct.pack("ii", 1, 0))
        # anyio's own way of closing says FIN first, which a server may take for a polite end.
        inner = getattr(stream, "transport_stream", stream)
        abort = getattr(getattr(inner, "_transport", None), "abort", None)
        if abort is not None:
            abort()
        await stream.aclose()


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
