"""Cuts the bytes that a server sends into messages, fast: no object per frame, no copy where one read is one message.

Sans-I/O, for connections without extensions. Source: RFC 6455, section 5; `websockets` is its oracle in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_WHOLE_TEXT = 0x81
_CONTROLS = {_CLOSE, _PING, _PONG}


@dataclass(frozen=True, slots=True)
class Pinged:
    """A ping, and what its pong must carry."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """A close frame; nothing of what follows it counts."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What no server may send; nothing after it can be read. `why` is one clause."""

    why: str


class Splitter:
    """The server's half of one connection after its handshake.

    `notices` holds the frames that want an answer, in order, for whoever feeds this to take out.
    """

    __slots__ = ("_over", "_parts", "_rest", "notices")

    def __init__(self) -> None:
        self.notices: list[Pinged | Closed | Broken] = []
        self._rest = b""
        self._parts: list[bytes] | None = None
        self._over = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take in the next bytes; return the messages that they complete, text and binary alike, as bytes."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        # The common case: one read, one short text, nothing else.
        size = len(data)
        if size > 1 and data[0] == _WHOLE_TEXT and data[1] == size - 2 < 126 and self._parts is None:
            return [data[2:]] if not self._over else []
        found: list[bytes] = []
        at = 0
        while not self._over and size - at >= 2:
            first, length = data[at], data[at + 1]
            start = at + 2
            if length >= 126:
                if length > 127:
                    self._break("a frame is masked")
                    break
                width = 2 if length == 126 else 8
                if size < start + width:
                    break
                length = int.from_bytes(data[start : start + width], "big")
                start += width
            end = start + length
            if end > size:
                break
            at = end
            if first == _WHOLE_TEXT and self._parts is None:
                found.append(data[start:end])
            else:
                self._take(first, data[start:end], found)
        self._rest = b"" if self._over or at == size else data[at:]
        return found

    def _take(self, first: int, payload: bytes, found: list[bytes]) -> None:
        opcode, final = first & 0x0F, bool(first & 0x80)
        if first & 0x70:
            self._break("a reserved bit is set")
        elif opcode in _CONTROLS:
            self._take_control(opcode, payload, length_ok=final and len(payload) < 126)
        elif opcode in {_TEXT, _BINARY} and self._parts is None:
            if final:
                found.append(payload)
            else:
                self._parts = [payload]
        elif opcode == 0 and self._parts is not None:
            self._parts.append(payload)
            if final:
                found.append(b"".join(self._parts))
                self._parts = None
        else:
            self._break(f"a frame with opcode {opcode} is out of place")

    def _take_control(self, opcode: int, payload: bytes, *, length_ok: bool) -> None:
        if not length_ok:
            self._break("a control frame is fragmented or too long")
        elif opcode == _CLOSE:
            self.notices.append(Closed())
            self._over = True
        elif opcode == _PING:
            self.notices.append(Pinged(payload))

    def _break(self, why: str) -> None:
        self.notices.append(Broken(why))
        self._over = True
