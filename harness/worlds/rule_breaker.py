"""A raw client that sends any bytes: the handshake, then whatever it is told; what comes back is kept frame by frame.

Answers pings and a server's close as a client must; all else is left to who uses it. Judges nothing.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from anyio.abc import ByteStream

from harness.targets.dial import dial
from harness.wire.frame import CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, Frame, FrameReader, write_frame
from harness.wire.handshake import Request, listed
from harness.wire.head import HEAD_END, read_answer
from harness.worlds.wire_connection import HANDSHAKE_TIMEOUT_S, RECEIVE_BYTES, Refused

PACE_S, PACED_WRITES = 0.002, 40
"""How long a write is ahead of the next, and how many are: what is sent on its heels would arrive together with it."""
SLICED_S, HURRIED_BYTES = 0.4, 1024 * 1024
"""How long slices are sent one by one, and of how many bytes at most the rest then goes out at once: a busy machine may
need seconds for so many, in which no ping can be answered; in the middle of a frame nobody may stop."""
ANSWER_S = 1.0
HEAD_BYTES = 65_536
MAX_RECEIVED_BYTES = 128 * 1024 * 1024
"""More than this from a server ends the reading, so that a flood cannot fill our memory."""
MAX_FRAMES = 200
"""How many of the frames that came back are kept; of what follows only messages are handed on."""
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


@dataclass(slots=True)
class RuleBreaker:
    """A connection that is open. `on_text` is handed each text message, `changed` called after whatever happens."""

    stream: ByteStream
    on_text: Callable[[str], None]
    changed: Callable[[], None]
    now: Callable[[], float]
    rest: bytes = b""
    deflate: bool = False
    frames: list[tuple[float, Frame]] = field(default_factory=list)
    tcp: str = "open"
    close_sent: bool = False
    _reader: FrameReader = field(default_factory=FrameReader)
    _parts: bytearray = field(default_factory=bytearray)
    _first: Frame | None = None
    _received: int = 0
    _unpacker: zlib._Decompress | None = None
    _owed: list[bytes] = field(default_factory=list)
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def closed(self) -> bool:
        """Whether the server ended it, with a close frame or without."""
        return self.tcp != "open" or any(frame.opcode == CLOSE for _, frame in self.frames)

    async def run(self) -> None:
        """Read until the connection ends; run this in a task group."""
        try:
            await self._take(self.rest)
            while self._received < MAX_RECEIVED_BYTES:
                await self._take(await self.stream.receive(RECEIVE_BYTES))
            self.tcp = "flood"
        except anyio.EndOfStream:
            self.tcp = "eof"
        except _BROKEN:
            self.tcp = "reset"
        finally:
            self.changed()

    async def send(self, *writes: bytes) -> bool:
        """Send each of `writes` in a segment of its own, as long as there is time; False when the connection ended."""
        async with self._lock:
            began_s, may_hurry = self.now(), sum(map(len, writes)) <= HURRIED_BYTES
            try:
                for number, data in enumerate(writes):
                    if self.closed:
                        return False
                    if may_hurry and self.now() > began_s + SLICED_S:
                        await self.stream.send(b"".join(writes[number:]))
                        break
                    if 0 < number < PACED_WRITES:
                        await anyio.sleep(PACE_S)
                    await self.stream.send(data)
                # What was asked meanwhile: an answer between two slices would have stood in the middle of a frame.
                while self._owed:
                    await self.stream.send(self._owed.pop(0))
            except _BROKEN:
                return False
        return True

    async def drop(self) -> None:
        """End the TCP connection."""
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(self.stream)

    async def _take(self, data: bytes) -> None:
        self._received += len(data)
        for frame in self._reader.feed(data):
            if len(self.frames) < MAX_FRAMES or frame.opcode == CLOSE:
                self.frames.append((self.now(), frame))
            if frame.opcode == PING:
                await self._answer(PONG, frame.payload)
            elif frame.opcode == CLOSE and not self.close_sent:
                self.close_sent = True
                await self._answer(CLOSE, frame.payload[:2])
            elif frame.is_data:
                self._assemble(frame)
            self.changed()

    async def _answer(self, opcode: int, payload: bytes) -> None:
        self._owed.append(write_frame(opcode, payload))
        # A write that is stuck must not keep us from reading.
        if not self._lock.statistics().locked:
            with anyio.move_on_after(ANSWER_S), contextlib.suppress(*_BROKEN):
                async with self._lock:
                    while self._owed:
                        await self.stream.send(self._owed.pop(0))

    def _assemble(self, frame: Frame) -> None:
        if frame.opcode != CONTINUATION:
            self._first, self._parts = frame, bytearray()
        self._parts += frame.payload
        if not frame.final or self._first is None:
            return
        whole = bytes(self._parts)
        if self.deflate and self._first.rsv & RSV1:
            whole = self._inflate(whole)
        if self._first.opcode == TEXT:
            self.on_text(whole.decode("utf-8", "replace"))

    def _inflate(self, data: bytes) -> bytes:
        """Unpack a message; it may refer to those before it, since servers that were asked not to do it do it."""
        if self._unpacker is None or self._unpacker.eof:
            self._unpacker = zlib.decompressobj(-15)
        try:
            return self._unpacker.decompress(data + b"\x00\x00\xff\xff", MAX_RECEIVED_BYTES)
        except zlib.error:
            self._unpacker = None
            return b""


async def break_in(
    url: str,
    request: Request,
    *,
    on_text: Callable[[str], None],
    changed: Callable[[], None],
    now: Callable[[], float],
) -> RuleBreaker:
    """Send the handshake `request` to the server at `url` and return the connection.

    Raises:
        Refused: the server answered without upgrading, hung, or cannot be reached.
    """
    stream: ByteStream | None = None
    try:
        with anyio.fail_after(HANDSHAKE_TIMEOUT_S):
            stream = await dial(url)
            await stream.send(request.encode())
            answer = b""
            while (head := read_answer(answer)) is None and len(answer) < HEAD_BYTES:
                answer += await stream.receive(RECEIVE_BYTES)
        if head is None or head.status != 101:
            raise Refused(head.status if head is not None else -1, answer[:200].decode("latin-1"))
    except BaseException as error:
        if stream is not None:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(stream)
        if isinstance(error, (TimeoutError, anyio.EndOfStream, *_BROKEN)):
            raise Refused(0, str(error) or type(error).__name__, isinstance(error, TimeoutError)) from error
        raise
    rest = answer.partition(HEAD_END)[2]
    deflate = "permessage-deflate" in listed(head.get("sec-websocket-extensions"))
    return RuleBreaker(stream, on_text, changed, now, rest, deflate)
