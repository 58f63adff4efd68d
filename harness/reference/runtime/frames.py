"""Reads what a client sends and writes what a server sends, frame by frame (RFC 6455, section 5). Bytes in, events out.

Made for many short messages: one that arrives whole in one frame costs a few steps. websockets' `ServerProtocol` is its
oracle in the tests; it lends the close frame, the mask and the compression. Knows no transport, and no envelope.
"""

from __future__ import annotations

from dataclasses import dataclass

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.extensions import Extension
from websockets.frames import Close, Frame, Opcode

try:
    from websockets.speedups import apply_mask
except ImportError:  # an installation without a compiler
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_FIN, _RSV1, _RESERVED, _MASKED = 0x80, 0x40, 0x70, 0x80
_LONGEST_CONTROL_BYTES = 125
_WHOLE_TEXT = _FIN | TEXT

PROTOCOL_ERROR = 1002
NOT_TEXT = 1007
TOO_BIG = 1009


@dataclass(frozen=True, slots=True)
class Asked:
    """A ping, to be answered with its payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A pong, asked for or not."""


@dataclass(frozen=True, slots=True)
class Left:
    """A close frame, to be answered with its payload; the client says nothing after it."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The client broke a rule: the connection fails with this code, and nothing more is read."""

    code: int
    reason: str


Event = str | bytes | Asked | Answered | Left | Broken
"""A text message, a binary message, or a frame that says something about the connection."""


def write_frame(opcode: int, payload: bytes = b"", *, packed: bool = False) -> bytes:
    """Return one whole frame of a server; `packed` says that the payload is compressed."""
    first = _FIN | opcode | (_RSV1 if packed else 0)
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def write_close(code: int, reason: str = "") -> bytes:
    """Return a close frame; of a reason only what fits."""
    told = reason.encode()[: _LONGEST_CONTROL_BYTES - 2].decode(errors="ignore")
    return write_frame(CLOSE, code.to_bytes(2, "big") + told.encode())


class FrameReader:
    """What one client sends, from the handshake on."""

    __slots__ = ("_buffer", "_extension", "_limit_bytes", "_needed_bytes", "_opcode", "_parts", "_size_bytes", "over")

    def __init__(self, *, limit_bytes: int, extension: Extension | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._extension = extension
        self._buffer: bytearray | None = None
        self._needed_bytes = 0
        self._opcode = CONTINUATION
        self._parts: list[bytes] | None = None
        self._size_bytes = 0
        self.over = False
        """Whether the last event was Left or Broken: what comes now is passed over."""

    def feed(self, data: bytes) -> list[Event]:
        """Return what has become known with these bytes, in their order."""
        if self.over:
            return []
        buffer: bytes | bytearray = data
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._needed_bytes:
                return []
            buffer, self._buffer, self._needed_bytes = self._buffer, None, 0
        events: list[Event] = []
        at, end = 0, len(buffer)
        try:
            while end - at >= 2:
                first, second = buffer[at], buffer[at + 1]
                size, body = second & 0x7F, at + 6
                if size > 125:
                    body = at + (8 if size == 126 else 14)
                    if end < body - 4:
                        break
                    size = int.from_bytes(buffer[at + 2 : body - 4], "big")
                quick = first == _WHOLE_TEXT and second >= _MASKED and self._parts is None and size <= self._limit_bytes
                if not quick:
                    self._check_head(first, second, size)
                if end < body + size:
                    self._needed_bytes = body + size - at
                    break
                payload = apply_mask(buffer[body : body + size], buffer[body - 4 : body])
                at = body + size
                if quick:
                    events.append(payload.decode())
                elif not self._take(first, payload, events):
                    return events
            if at < end:
                self._buffer = bytearray(buffer[at:])
        except ProtocolError as error:
            events.append(self._fail(PROTOCOL_ERROR, str(error)))
        except UnicodeDecodeError as error:
            events.append(self._fail(NOT_TEXT, f"{error.reason} at position {error.start}"))
        except PayloadTooBig as error:
            events.append(self._fail(TOO_BIG, str(error)))
        return events

    def _check_head(self, first: int, second: int, size: int) -> None:
        opcode = first & 0x0F
        if opcode not in _OPCODES:
            raise ProtocolError("invalid opcode")
        if not second & _MASKED:
            raise ProtocolError("incorrect masking")
        if size > self._limit_bytes - self._size_bytes:
            raise PayloadTooBig(size, self._limit_bytes - self._size_bytes)
        reserved = first & _RESERVED
        if reserved and not (self._extension is not None and reserved == _RSV1 and opcode in {TEXT, BINARY}):
            raise ProtocolError("reserved bits must be 0")
        if opcode >= CLOSE:
            if size > _LONGEST_CONTROL_BYTES:
                raise ProtocolError("control frame too long")
            if not first & _FIN:
                raise ProtocolError("fragmented control frame")
        elif (opcode == CONTINUATION) != (self._parts is not None):
            raise ProtocolError("a message inside a message, or a continuation of none")

    def _take(self, first: int, payload: bytes, events: list[Event]) -> bool:
        opcode, last = first & 0x0F, bool(first & _FIN)
        if opcode == PING:
            events.append(Asked(payload))
        elif opcode == PONG:
            events.append(Answered())
        elif opcode == CLOSE:
            Close.parse(payload)
            if self._parts is not None:
                raise ProtocolError("incomplete fragmented message")
            self.over = True
            events.append(Left(payload))
            return False
        else:
            self._take_data(first, opcode, payload, events, last=last)
        return True

    def _take_data(self, first: int, opcode: int, payload: bytes, events: list[Event], *, last: bool) -> None:
        if self._extension is not None:
            packed = Frame(Opcode(opcode), payload, fin=last, rsv1=bool(first & _RSV1))
            payload = bytes(self._extension.decode(packed, max_size=self._limit_bytes - self._size_bytes).data)
        if self._parts is None:
            self._opcode, self._parts = opcode, []
        if payload:
            self._parts.append(payload)
            self._size_bytes += len(payload)
        if last:
            whole = b"".join(self._parts)
            self._parts, self._size_bytes = None, 0
            events.append(whole.decode() if self._opcode == TEXT else whole)

    def _fail(self, code: int, reason: str) -> Broken:
        self.over = True
        self._buffer = self._parts = None
        return Broken(code, reason)
