"""All deviations by what they say. Sources: RFC 6455; the cases of Autobahn, 2 to 9, by kind.

Pure data. What is left out: what the RFC leaves open (lengths in more bytes than needed, masked frames of a server).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from harness.wire.deviation import Asks, Deviation, Material, close_payload, in_pieces
from harness.wire.frame import (
    BINARY,
    CLOSE,
    CONTINUATION,
    LARGEST_HEADER_BYTES,
    PING,
    PONG,
    RSV1,
    TEXT,
    write_fragments,
    write_frame,
)

DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
SMALL_FRAGMENT_BYTES = 65_536
_ALL_BYTES = bytes(range(256))
_END, _CLOSE, _LIVE, _REFUSE = Asks.END, Asks.CLOSE, Asks.LIVE, Asks.REFUSE


def _framed(requirement: str, asks: Asks, says: str, *frames: bytes, bad_close: bool = False) -> Deviation:
    return Deviation(says, requirement, asks, lambda _: frames, bad_close=bad_close)


def _closing(says: str, payload: bytes) -> Deviation:
    return _framed("FR-2", _END, says, write_frame(CLOSE, payload), bad_close=True)


def pinging(says: str, *pings: bytes) -> Deviation:
    """Return the deviation of some pings at once, and a message after them."""
    writes = b"".join(write_frame(PING, each) for each in pings)
    return Deviation(says, "FR-3", Asks.ANSWER, lambda it: [writes, write_frame(TEXT, it.first)], 1, pings)


def _deflated(payload: bytes) -> bytes:
    writer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = writer.compress(payload) + writer.flush(zlib.Z_SYNC_FLUSH)
    return write_frame(TEXT, packed[:-4], rsv=RSV1)


def _announced(length: int) -> Callable[[Material], Sequence[bytes]]:
    return lambda it: [
        write_frame(TEXT, b'"' + b"x" * (it.limit_bytes + SMALL_FRAGMENT_BYTES), announced_bytes=length),
    ]


def _half(it: Material) -> Sequence[bytes]:
    whole = write_frame(TEXT, it.below)
    return [whole[: LARGEST_HEADER_BYTES + len(it.below) // 2]]


def _small_fragments(message: bytes) -> list[bytes]:
    return write_fragments(message, (SMALL_FRAGMENT_BYTES,) * (len(message) // SMALL_FRAGMENT_BYTES))


_UNMASKED = (
    Deviation("a text without a mask", "FR-1", _END, lambda it: [write_frame(TEXT, it.first, masked=False)]),
    _framed("FR-1", _END, "a ping without a mask", write_frame(PING, b"ping", masked=False)),
    Deviation(
        "a continuation without a mask",
        "FR-1",
        _END,
        lambda it: [
            write_frame(TEXT, it.first[:9], more=True),
            write_frame(CONTINUATION, it.first[9:], masked=False),
        ],
    ),
)


def _reserved_bits(number: int) -> Deviation:
    return Deviation(
        f"a text with RSV{number}", "FR-2", _END, lambda it: [write_frame(TEXT, it.first, rsv=8 >> number)]
    )


def _reserved_opcode(opcode: int) -> Deviation:
    return Deviation(f"opcode {opcode}", "FR-2", _END, lambda it: [write_frame(opcode, it.first[:125])])


_WRONG = (
    *(_reserved_bits(number) for number in (1, 2, 3)),
    _framed("FR-2", _END, "a ping with RSV2", write_frame(PING, b"ping", rsv=2)),
    *(_reserved_opcode(opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    _framed("FR-2", _END, "a ping of 126 bytes", write_frame(PING, b"x" * 126)),
    _framed("FR-2", _END, "a ping in fragments", write_frame(PING, b"pi", more=True), write_frame(CONTINUATION, b"ng")),
    _framed("FR-2", _END, "a continuation of nothing", write_frame(CONTINUATION, b"x")),
    Deviation(
        "a continuation of a message that is whole",
        "FR-2",
        _END,
        lambda it: [write_frame(TEXT, it.first), write_frame(CONTINUATION, b"x")],
    ),
    Deviation(
        "a text inside a fragmented text",
        "FR-2",
        _END,
        lambda it: [write_frame(TEXT, it.first[:9], more=True), write_frame(TEXT, it.second)],
    ),
    # Who asks whether anything was kept of a message, and not whether one was begun, takes it for a new one.
    Deviation(
        "a text inside a text whose first fragment was empty",
        "FR-2",
        _END,
        lambda it: [write_frame(TEXT, b"", more=True), write_frame(TEXT, it.second)],
    ),
    _closing("a close of 1 byte", b"\x03"),
    _closing("a close of 126 bytes", close_payload(1000, b"x" * 124)),
    _closing("a close whose reason is not UTF-8", close_payload(1000, b"\xc0\xaf")),
    *(
        _closing(f"a close with code {code}", close_payload(code))
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    ),
)
_CONTROL = (
    pinging("an empty ping", b""),
    pinging("a ping of 1 byte", b"\x00"),
    pinging("a ping of 125 bytes", b"p" * 125),
    *(pinging(f"a ping of the bytes from {at}", _ALL_BYTES[at : at + 125]) for at in (0, 125, 250)),
    pinging("ten pings at once", *(b"burst %d" % number for number in range(10))),
    Deviation(
        "a ping between two fragments",
        "FR-3",
        Asks.ANSWER,
        lambda it: in_pieces(it.first, fragments=(9,), pings=(b"in the middle",)),
        1,
        (b"in the middle",),
    ),
    Deviation(
        "a pong that nobody asked for",
        "FR-3",
        Asks.ANSWER,
        lambda it: [write_frame(PONG, b"unasked"), write_frame(PONG), write_frame(TEXT, it.first)],
        1,
    ),
)
_PIECES = (
    Deviation(
        "a frame and a half at once, then the rest",
        "FR-4",
        Asks.ANSWER,
        lambda it: [
            write_frame(TEXT, it.first) + (second := write_frame(TEXT, it.second))[: len(it.second) // 2],
            second[len(it.second) // 2 :],
        ],
        2,
    ),
    Deviation(
        "empty fragments first, between and last",
        "FR-4",
        Asks.ANSWER,
        lambda it: in_pieces(it.first, fragments=(0, 0, 9, 0, len(it.first))),
        1,
    ),
)
_BINARY = (
    Deviation("the echo's message as binary", "FR-6", _LIVE, lambda it: [write_frame(BINARY, it.first)]),
    Deviation(
        "the echo's message as binary in fragments",
        "FR-6",
        _LIVE,
        lambda it: write_fragments(it.first, (9, 0, 9), opcode=BINARY),
    ),
    _framed("FR-6", _LIVE, "a binary message that is no text", write_frame(BINARY, _ALL_BYTES)),
    _framed("FR-6", _LIVE, "an empty binary message", write_frame(BINARY)),
)
_CLOSES = (
    _framed("FR-7", _CLOSE, "a close with code 1000", write_frame(CLOSE, close_payload(1000))),
    _framed("FR-7", _CLOSE, "a close without a code", write_frame(CLOSE)),
    _framed("FR-7", _CLOSE, "a close with a code of its own", write_frame(CLOSE, close_payload(3000, b"bye"))),
    _framed(
        "FR-7",
        _CLOSE,
        "a close with the longest reason",
        write_frame(CLOSE, close_payload(4999, "ü".encode() * 61 + b"!")),
    ),
    Deviation(
        "a close, and a message after it",
        "FR-7",
        _CLOSE,
        lambda it: [write_frame(CLOSE, close_payload(1000)) + write_frame(TEXT, it.first)],
    ),
    Deviation(
        "messages, and a close at once",
        "FR-7",
        _CLOSE,
        lambda it: [write_frame(TEXT, it.first) * 20 + write_frame(CLOSE, close_payload(1000))],
    ),
)
_SIZES = (
    Deviation(
        "a message just below the limit",
        "LIM-1",
        Asks.ANSWER,
        lambda it: [write_frame(TEXT, it.below)],
        1,
        sized=True,
    ),
    Deviation(
        "fragments just below the limit",
        "LIM-1",
        Asks.ANSWER,
        lambda it: _small_fragments(it.below),
        1,
        sized=True,
    ),
    Deviation("a message above the limit", "LIM-1", _REFUSE, lambda it: [write_frame(TEXT, it.above)], sized=True),
    Deviation(
        "fragments above the limit together", "LIM-1", _REFUSE, lambda it: _small_fragments(it.above), sized=True
    ),
    Deviation("a frame that says it has 2^62 bytes", "LIM-1", _END, _announced(1 << 62), sized=True),
    Deviation("a length with the top bit set", "LIM-1", _END, _announced((1 << 63) + 5), sized=True),
    Deviation("half a message of the largest size", "LIM-1", _LIVE, _half, sized=True),
)
_DEFLATE = (
    Deviation("a compressed message", "FR-9", Asks.ANSWER, lambda it: [_deflated(it.first)], 1, offer=DEFLATE),
    Deviation(
        "a small frame that unpacks to far more than the limit",
        "FR-9",
        _REFUSE,
        lambda it: [_deflated(it.sized(it.limit_bytes * 2))],
        offer=DEFLATE,
        sized=True,
    ),
)
DEVIATIONS: dict[str, Deviation] = {
    each.says: each for each in (*_UNMASKED, *_WRONG, *_CONTROL, *_PIECES, *_BINARY, *_CLOSES, *_SIZES, *_DEFLATE)
}
"""All of them by what they say."""
