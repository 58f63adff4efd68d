"""Cuts one direction of a byte stream into its frames, so that a fault can be put on one of them.

Sans-I/O. Nothing is held back but the few bytes of an incomplete header, unless whole frames are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.wire.frame import measure, unmask

LONGEST_HELD_BYTES = 4 * 1024 * 1024
"""A longer frame passes in pieces, so that a giant one cannot fill our memory."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Bytes to pass on: a whole frame with its opcode, or with None a piece of one."""

    data: bytes
    opcode: int | None = None

    @property
    def is_data(self) -> bool:
        """Whether it is a whole frame of a message, not a ping or a close."""
        return self.opcode is not None and self.opcode < 0x8

    @property
    def payload(self) -> bytes:
        """The payload of a whole frame, unmasked."""
        measured = measure(self.data)
        return b"" if measured is None else unmask(self.data[measured.start : measured.end], measured.mask)


class FrameCutter:
    """Follows one direction from its first frame on."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._passing = 0

    @property
    def between_frames(self) -> bool:
        """Whether a frame more could pass here without tearing another one."""
        return not self._buffer and not self._passing

    def feed(self, data: bytes, *, whole: bool) -> list[Cut]:
        """Take in the next bytes and return what may pass; with `whole`, frames only once they are complete."""
        self._buffer += data
        found: list[Cut] = []
        while self._buffer:
            if self._passing:
                piece = self._take(min(self._passing, len(self._buffer)))
                self._passing -= len(piece)
                found.append(Cut(piece))
                continue
            measured = measure(self._buffer)
            if measured is None:
                break
            size = measured.end
            if not whole or size > LONGEST_HELD_BYTES:
                self._passing = size
                continue
            if len(self._buffer) < size:
                break
            opcode = self._buffer[0] & 0x0F
            found.append(Cut(self._take(size), opcode))
        return found

    def rest(self) -> bytes:
        """Return what is still held, when no more will come."""
        return self._take(len(self._buffer))

    def _take(self, count: int) -> bytes:
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return piece
