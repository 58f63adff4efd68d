"""Reads WebSocket messages out of one direction of a byte stream, for an observer who must not disturb it.

Sans-I/O. Bytes in, messages out; text and close only, the rest is passed over. What is no WebSocket traffic ends the
reading, never the stream: whoever forwards the bytes does so whatever is found here. Source: RFC 6455, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.wire.frame import BINARY, CLOSE, CONTINUATION, TEXT, measure, unmask

_NO_CODE = 1005


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A whole text message, its fragments joined; bytes that are no UTF-8 are replaced."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryMessage:
    """A whole binary message, of which only the size is kept."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class CloseMessage:
    """A close frame; `code` is None when it carries none."""

    code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """From here on nothing can be read: `why` is one clause. Said once."""

    why: str


Message: TypeAlias = TextMessage | BinaryMessage | CloseMessage | Unreadable


class FrameReader:
    """Follows one direction of a connection after its handshake. Messages above `limit_bytes` are not kept."""

    def __init__(self, *, limit_bytes: int = 64 * 1024 * 1024) -> None:
        self._limit = limit_bytes
        self._buffer = bytearray()
        self._parts = bytearray()
        self._opcode: int | None = None
        self._readable = True

    def feed(self, data: bytes) -> list[Message]:
        """Take in the next bytes and return the messages that they complete."""
        if not self._readable:
            return []
        self._buffer += data
        found: list[Message] = []
        while self._readable:
            frame = self._next_frame(found)
            if frame is None:
                break
            self._take(*frame, found)
        return found

    def _next_frame(self, found: list[Message]) -> tuple[bool, int, bytes] | None:
        """Cut the next whole frame off the buffer: fin, opcode and unmasked payload."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first = buffer[0]
        if first & 0x70:
            self._give_up("a reserved bit is set", found)
            return None
        measured = measure(buffer)
        if measured is None:
            return None
        if measured.length_bytes + len(self._parts) > self._limit:
            self._give_up(f"a message of more than {self._limit} bytes", found)
            return None
        if len(buffer) < measured.end:
            return None
        payload = unmask(bytes(buffer[measured.start : measured.end]), measured.mask)
        del buffer[: measured.end]
        return bool(first & 0x80), first & 0x0F, payload

    def _take(self, fin: bool, opcode: int, payload: bytes, found: list[Message]) -> None:  # noqa: FBT001 # a bit of the frame
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None
            found.append(CloseMessage(None if code == _NO_CODE else code, payload[2:].decode("utf-8", "replace")))
            return
        if opcode & 0x8:
            return
        if opcode in {TEXT, BINARY} and self._opcode is None:
            self._opcode = opcode
        elif opcode != CONTINUATION or self._opcode is None:
            self._give_up(f"a frame with opcode {opcode} out of place", found)
            return
        self._parts += payload
        if fin:
            whole = bytes(self._parts)
            text = self._opcode == TEXT
            found.append(TextMessage(whole.decode("utf-8", "replace")) if text else BinaryMessage(len(whole)))
            self._parts.clear()
            self._opcode = None

    def _give_up(self, why: str, found: list[Message]) -> None:
        self._readable = False
        self._buffer.clear()
        self._parts.clear()
        found.append(Unreadable(why))
