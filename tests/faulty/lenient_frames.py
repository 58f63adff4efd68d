"""WebSocket protocols for uvicorn that let through what RFC 6455 forbids: frames are rewritten before they are read."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from harness.wire.frame import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.faulty.loose_sockets import Loose

LONG = 65_536


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame as it came: first byte, length bytes with the mask bit, mask, payload (none of a long frame)."""

    first: int
    size: bytes
    mask: bytes
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    @property
    def clear(self) -> bytes:
        """The payload without its mask."""
        return bytes(byte ^ self.mask[at % 4] for at, byte in enumerate(self.payload)) if self.mask else self.payload

    def __bytes__(self) -> bytes:
        return bytes([self.first]) + self.size + self.mask + self.payload


class Lenient(Loose):
    """Hands each frame to `let_through`. One of more than LONG bytes goes by its head alone, the rest as it comes."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.waiting = bytearray()
        self.passing = 0
        self.in_message = False

    def data_received(self, data: bytes) -> None:
        if not self.handshake_complete:
            super().data_received(data)
            return
        self.waiting += data
        allowed = bytearray()
        while self.waiting:
            if self.passing:
                taken = min(self.passing, len(self.waiting))
                allowed += self.waiting[:taken]
                del self.waiting[:taken]
                self.passing -= taken
                continue
            raw = self._next()
            if raw is None:
                break
            allowed += bytes(self.let_through(raw) or b"")
            if raw.opcode < CLOSE:
                self.in_message = not raw.first & 0x80
        if allowed:
            super().data_received(bytes(allowed))

    def let_through(self, raw: Raw) -> Raw | None:
        """Return what is read instead of this frame, None to pass it over."""
        return raw

    def _next(self) -> Raw | None:
        buffer = self.waiting
        if len(buffer) < 2:
            return None
        length, end = buffer[1] & 0x7F, 2
        if length > 125:
            end = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:end], "big")
        body = end + (4 if buffer[1] & 0x80 else 0)
        whole = length if length <= LONG else 0
        if len(buffer) < body + whole:
            return None
        self.passing = length - whole
        raw = Raw(buffer[0], bytes(buffer[1:end]), bytes(buffer[end:body]), bytes(buffer[body : body + whole]))
        del buffer[: body + whole]
        return raw


class AcceptsUnmasked(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        # A mask of zeros changes nothing.
        return replace(raw, size=bytes([raw.size[0] | 0x80]) + raw.size[1:], mask=raw.mask or bytes(4))


class IgnoresReservedBits(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        return replace(raw, first=raw.first & 0x8F)


class PassesOverReservedOpcodes(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        return raw if raw.opcode in {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG} else None


class AcceptsLongPings(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        if raw.opcode == PING and len(raw.payload) > 125:
            return replace(raw, size=bytes([0x80 | 125]), payload=raw.payload[:125])
        return raw


class PassesOverStrayContinuations(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        return None if raw.opcode == CONTINUATION and not self.in_message else raw


class JoinsMessagesInsideMessages(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        return replace(raw, first=raw.first & 0xF0) if raw.opcode == TEXT and self.in_message else raw


class AsksWhetherAnythingWasKept(Lenient):
    """A message of which nothing has come yet is not begun."""

    empty = True

    def let_through(self, raw: Raw) -> Raw | None:
        if raw.opcode > BINARY:
            return raw
        begun_again = self.in_message and self.empty and raw.opcode != CONTINUATION
        self.empty = (self.empty or not self.in_message) and not raw.size[0] & 0x7F
        return replace(raw, first=raw.first & 0xF0) if begun_again else raw


class IgnoresBadCloses(Lenient):
    """A close frame that it can make no sense of is not there."""

    def let_through(self, raw: Raw) -> Raw | None:
        code = int.from_bytes(raw.clear[:2], "big") if len(raw.payload) != 1 else 0
        bad = raw.opcode == CLOSE and len(raw.payload) > 0 and (code < 1000 or code in {1004, 1005, 1006})
        return None if bad else raw


class ClosesAtPongs(Lenient):
    """A pong of which it knows no ping is nonsense to it."""

    def let_through(self, raw: Raw) -> Raw | None:
        unasked = raw.opcode == PONG and raw.clear != self.pending_ping_payload
        return replace(raw, first=raw.first | 0x70) if unasked else raw


class CrashesAtBinary(Lenient):
    def let_through(self, raw: Raw) -> Raw | None:
        if raw.opcode == BINARY:
            os._exit(1)
        return raw


class ReadsOneAtATime(Lenient):
    """While a long frame is not whole, nobody else is read."""

    _long: ClassVar[set[object]] = set()
    _held_back: ClassVar[list[tuple[ReadsOneAtATime, bytes]]] = []

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and self._long - {self}:
            self._held_back.append((self, data))
            return
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self.passing = 0
        self._look()
        super().connection_lost(exc)

    def _look(self) -> None:
        if self.passing:
            self._long.add(self)
        elif self in self._long:
            self._long.discard(self)
            waiting, self._held_back[:] = list(self._held_back), []
            for other, data in waiting:
                if not other.transport.is_closing():
                    other.data_received(data)
