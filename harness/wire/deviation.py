"""What a deviation is: a way to speak on a socket that not every client does, and what it asks of a right server.

Pure data. Must not know how it is sent, nor what came back. `deviations` is the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.wire.frame import PING, write_fragments, write_frame

ROOM_BYTES = 1024
"""How far from the limit a message stays, above and below: what a server counts beside the payload."""
LARGEST_TRIED_BYTES = 32 * 1024 * 1024
"""A limit above this is not tried with whole messages."""


class Asks(Enum):
    """What a right server does."""

    END = "end"
    """It ends the connection, by a close frame or without."""
    ANSWER = "answer"
    """It answers each message once and each ping (or the last of several), and the connection goes on."""
    CLOSE = "close"
    """It replies with one close frame, sends no data after it, and ends the TCP connection."""
    REFUSE = "refuse"
    """It does not process the message: it ends the connection, says an error or ignores it, and goes on."""
    LIVE = "live"
    """Whatever it does with this connection, the others go on."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is sent: two messages that the echo answers, each with its token, and the first one of any size."""

    first: bytes
    second: bytes
    sized: Callable[[int], bytes]
    limit_bytes: int

    @property
    def below_bytes(self) -> int:
        """A size close below the limit."""
        return max(self.limit_bytes - ROOM_BYTES, self.limit_bytes // 2)

    @property
    def below(self) -> bytes:
        """The first message, close below the limit."""
        return self.sized(self.below_bytes)

    @property
    def above(self) -> bytes:
        """The first message, larger than the limit."""
        return self.sized(self.limit_bytes + ROOM_BYTES)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way to speak.

    `says` is what it does, as the end of "the client sends ...". `answers` is how many of the two messages are to be
    answered, `pings` are the payloads of what it pings. `silent`: not even a message that ends the connection may be
    answered. `bad_close`: it is itself a close frame that no answer can fit. `offer` is the extension that it needs;
    `sized`: it is as large as the limit.
    """

    says: str
    requirement: str
    asks: Asks
    build: Callable[[Material], Sequence[bytes]]
    answers: int = 0
    pings: tuple[bytes, ...] = ()
    silent: bool = False
    bad_close: bool = False
    offer: str = ""
    sized: bool = False


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """Return the payload of a close frame."""
    return code.to_bytes(2, "big") + reason


def in_pieces(
    message: bytes, *, fragments: tuple[int, ...], slice_bytes: int = 0, pings: Sequence[bytes] = ()
) -> list[bytes]:
    """Return the writes of one message: in fragments, a ping after each but the last, in TCP slices of some bytes."""
    frames = write_fragments(message, fragments)
    paired = [frame + write_frame(PING, ping) for frame, ping in zip(frames[:-1], pings, strict=False)]
    whole = [*paired, *frames[len(paired) :]]
    if not slice_bytes:
        return whole
    joined = b"".join(whole)
    return [joined[at : at + slice_bytes] for at in range(0, len(joined), slice_bytes)]


def pings_between(fragments: tuple[int, ...]) -> tuple[bytes, ...]:
    """Return the payloads of the pings that go between these fragments and the rest."""
    return tuple(b"between %d" % number for number in range(len(fragments)))
