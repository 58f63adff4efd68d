"""Frames that no right server sends and a right client outlives: in words, with opcode and payload. Pure data.

Each is a whole frame by RFC 6455; what is odd is what it carries. A client may end the connection over any of them.
"""

from __future__ import annotations

from harness.wire.frame import BINARY, TEXT, write_frame

LARGE_BYTES = 1 << 20

ODD_FRAMES: dict[str, tuple[int, bytes]] = {
    "what is not JSON": (TEXT, b'{"id": "half a mess'),
    "an empty text": (TEXT, b""),
    "a JSON null": (TEXT, b"null"),
    "a message without a channel": (TEXT, b'{"data": {"reply": "from nowhere"}}'),
    "a message on an unknown channel": (TEXT, b'{"id": "nobody_knows_this", "data": {"note": "hear me"}}'),
    "a message on a channel called __proto__": (TEXT, b'{"id": "__proto__", "data": {"polluted": true}}'),
    "a binary message": (BINARY, bytes(range(256))),
    "a megabyte of text": (TEXT, b"x" * LARGE_BYTES),
}
"""By the words that a plan says them with."""


def odd_frame(words: str) -> bytes:
    """Return the frame, as a server would send it."""
    opcode, payload = ODD_FRAMES[words]
    return write_frame(opcode, payload, masked=False)
