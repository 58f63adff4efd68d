"""Events of faults on a browser's way to the server, and of what was tried at a limit.

`kind` of a fault is "reset", "half-close", "cut off" (these end a connection), "stall" (it owes nothing meanwhile),
"tamper" (frames were changed: its stream is nobody's to judge) or "hinder" (it only takes longer).
"""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event
from harness.wire.token import Token


class FaultArmed(Event, frozen=True, kw_only=True, tag="fault_armed"):
    """From here on the fault is between this connection and the server; `fault` is its sentence.

    Without a connection it is on the browser's way, for those to come too.
    """

    browser: str
    connection: ConnectionId | None = None
    kind: str
    fault: str


class FaultHealed(Event, frozen=True, kw_only=True, tag="fault_healed"):
    """From here on bytes pass between this connection and the server as they come."""

    connection: ConnectionId
    kind: str


class FaultBit(Event, frozen=True, kw_only=True, tag="fault_bit"):
    """How often a fault did something, told when it was healed or the plan was over."""

    browser: str
    fault: str
    count: int


class FrameFaulted(Event, frozen=True, kw_only=True, tag="frame_faulted"):
    """A frame to or from this connection was changed on its way; `tokens` are those that it carried."""

    connection: ConnectionId
    deed: str
    tokens: tuple[Token, ...] = ()


class PeerFreed(Event, frozen=True, kw_only=True, tag="peer_freed"):
    """The server ended its half of a severed connection: `how` is "close frame", "end of bytes" or "reset"."""

    connection: ConnectionId
    how: str
    code: int | None = None
    after_s: float = 0.0


class PeerKept(Event, frozen=True, kw_only=True, tag="peer_kept"):
    """The server still held its half of a severed connection when it was waited for no longer."""

    connection: ConnectionId
    after_s: float


class VolumePublished(Event, frozen=True, kw_only=True, tag="volume_published"):
    """So many messages of one size were published; `unanswered` when a request got no answer within `limit_s`."""

    messages: int
    size_bytes: int
    seconds: float
    unanswered: bool = False
    limit_s: float = 0.0


class ReaderResumed(Event, frozen=True, kw_only=True, tag="reader_resumed"):
    """A reader that had stopped for `stopped_s` has read all there was; `ended`: the stream ended while it did."""

    connection: ConnectionId
    stopped_s: float
    ended: bool


class Flooded(Event, frozen=True, kw_only=True, tag="flooded"):
    """A connection sent `sent` messages in `seconds`, of which `answered` were by then; `allowed` were promised."""

    connection: ConnectionId
    sent: int
    answered: int
    allowed: int
    seconds: float
    ended: bool


class Crowded(Event, frozen=True, kw_only=True, tag="crowded"):
    """A browser tried to have `tried` connections where `allowed` are let through; `open_now` were open at the end."""

    browser: str
    tried: int
    allowed: int
    open_now: int


class HandlerBusy(Event, frozen=True, kw_only=True, tag="handler_busy"):
    """A slow handler had `times` messages for `busy_s`; echoes of another connection took `echo_s` at the most.

    `echoed`: none was still missing at the end. `answered` of the slow messages had an answer.
    """

    connection: ConnectionId
    other: ConnectionId
    times: int
    answered: int
    busy_s: float
    echo_s: float
    echoed: bool = True


class Overwhelmed(Event, frozen=True, kw_only=True, tag="overwhelmed"):
    """A connection was sent so much that nobody asked for that it was left."""

    connection: ConnectionId
    messages: int
    size_bytes: int


NetworkEvent: TypeAlias = (
    FaultArmed | FaultHealed | FaultBit | FrameFaulted | PeerFreed | PeerKept | VolumePublished
    | ReaderResumed | Flooded | Crowded | HandlerBusy | Overwhelmed
)  # fmt: skip
