"""Events of a page whose way to the server is disturbed, beside the faults themselves."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class SilenceEnded(Event, frozen=True, kw_only=True, tag="silence_ended"):
    """A browser that was cut off without a word has noticed, after so long, or (`noticed` False) had not by then."""

    browser: str
    connection: ConnectionId
    noticed: bool
    after_s: float


class HandshakesWatched(Event, frozen=True, kw_only=True, tag="handshakes_watched"):
    """The handshakes of every browser were watched from `since_s` until now."""

    since_s: float


class FrameSlipped(Event, frozen=True, kw_only=True, tag="frame_slipped"):
    """A fault handed the browser, on this connection, a frame that the server never sent: `what` says it in words."""

    connection: ConnectionId
    what: str


OutageEvent: TypeAlias = SilenceEnded | HandshakesWatched | FrameSlipped
