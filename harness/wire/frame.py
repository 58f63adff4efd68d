"""Frames as bytes, right and wrong: a writer that breaks every rule it is asked to, and a reader that takes anything.

Sans-I/O; judges nothing. Source: RFC 6455, section 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
RSV1 = 0b100
_MASK = bytes((0x37, 0xFA, 0x21, 0x3D))
LARGEST_HEADER_BYTES = 14


def write_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    more: bool = False,
    rsv: int = 0,
    masked: bool = True,
    announced_bytes: int | None = None,
) -> bytes:
    """Return one frame of a client.

    `more`: FIN is not set. `rsv` holds the three reserved bits. `announced_bytes` is the length that the header says,
    when it is not that of `payload`.
    """
    length = len(payload) if announced_bytes is None else announced_bytes
    head = bytearray([(0 if more else 0x80) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if length < 126:
        head.append(bit | length)
    elif length < 1 << 16:
        head += bytes([bit | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + length.to_bytes(8, "big")
    if masked:
        return bytes(head) + _MASK + unmask(payload, _MASK)
    return bytes(head) + payload


def cut(message: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    """Return `message` in pieces of these sizes, then the rest; a size past the end gives what is left."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(message[at : at + size])
        at = min(at + size, len(message))
    return [*pieces, message[at:]]


def write_fragments(message: bytes, sizes: tuple[int, ...], *, opcode: int = TEXT) -> list[bytes]:
    """Return the frames of one message, fragments of these sizes and one with the rest."""
    pieces = cut(message, sizes)
    last = len(pieces) - 1
    return [
        write_frame(opcode if number == 0 else CONTINUATION, piece, more=number < last)
        for number, piece in enumerate(pieces)
    ]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came."""

    opcode: int
    payload: bytes
    final: bool = True
    rsv: int = 0

    @property
    def is_data(self) -> bool:
        return self.opcode < CLOSE

    @property
    def close_code(self) -> int | None:
        """The code of a close frame; None when it carries none."""
        return int.from_bytes(self.payload[:2], "big") if self.opcode == CLOSE and len(self.payload) > 1 else None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a frame's header says: where the payload starts and how long it is; `mask` is empty without one."""

    start: int
    length_bytes: int
    mask: bytes

    @property
    def end(self) -> int:
        """Where the frame ends."""
        return self.start + self.length_bytes


def measure(buffer: bytes | bytearray) -> Measured | None:
    """Return the measures of the frame that `buffer` begins with; None while its header is incomplete."""
    if len(buffer) < 2:
        return None
    length, at = buffer[1] & 0x7F, 2
    if length >= 126:
        at = 4 if length == 126 else 10
        length = int.from_bytes(buffer[2:at], "big")
    start = at + (4 if buffer[1] & 0x80 else 0)
    if len(buffer) < start:
        return None
    return Measured(start, length, bytes(buffer[at:start]))


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Return `payload` with `mask` taken off, or put on, which is the same; an empty mask changes nothing."""
    if not payload or not mask:
        return payload
    pad = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(payload), "big")


class FrameReader:
    """Cuts a server's bytes into frames, whatever they say; a mask is taken off."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take in the next bytes and return the frames that they complete."""
        self._buffer += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> Frame | None:
        buffer = self._buffer
        measured = measure(buffer)
        if measured is None or len(buffer) < measured.end:
            return None
        payload = unmask(bytes(buffer[measured.start : measured.end]), measured.mask)
        frame = Frame(buffer[0] & 0x0F, payload, bool(buffer[0] & 0x80), buffer[0] >> 4 & 0b111)
        del buffer[: measured.end]
        return frame
