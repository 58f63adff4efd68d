"""The things a history speaks of: connections, tabs, browsers with their identities, messages and deliveries.

Plain records, filled by `model.Model`; they decide nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from harness.wire.template import Json
from harness.wire.token import Token


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A place in the history: the event's index, and its time in seconds."""

    index: int
    at_s: float


@dataclass(slots=True)
class Stall:
    """A time in which a fault kept bytes from passing on a connection."""

    since: Moment
    until: Moment | None = None


@dataclass(slots=True)
class Connection:
    """One socket of a browser. `origin` is set when the handshake named a foreign one.

    `replayed`: its cookies were those that the browser had before its last sign-in or sign-out. `by` and `code` say who
    closed it, and how.
    """

    id: str
    browser: str
    opening: Moment
    origin: str | None = None
    opened: Moment | None = None
    ready: Moment | None = None
    probed: bool = False
    closing: Moment | None = None
    closed: Moment | None = None
    refused: bool = False
    replayed: bool = False
    by: str = ""
    code: int | None = None
    reason: str = ""
    status: int = 0
    """With what a handshake that was refused was answered; 0: with no HTTP at all."""
    instance: int = 1

    stalls: list[Stall] = field(default_factory=list)
    tampered: bool = False
    """Whether a fault changed frames of it: what it carries then is not the server's to answer for."""

    @property
    def in_order(self) -> bool:
        """Whether it was opened from the site itself with the cookies of that time, and no fault changed its frames."""
        return self.origin is None and not self.replayed and not self.tampered

    def stalled_at(self, index: int) -> bool:
        """Whether a fault kept its bytes from passing at `index`."""
        return any(
            each.since.index <= index and (each.until is None or each.until.index > index) for each in self.stalls
        )

    def over_by(self, index: int) -> bool:
        """Whether it was ending, ended or refused at `index`."""
        return self.refused or any(each is not None and each.index <= index for each in (self.closing, self.closed))


@dataclass(slots=True)
class ViewChange:
    """A tab's view of a channel is mounted or unmounted, `times` > 1: in turn; `done` when the page has answered.

    `down`: its browser had no connection then. `looked`: what the tab was handed before `done` is recorded before it.
    """

    channel: str
    mounted: bool
    times: int
    asked: Moment
    done: Moment | None = None
    down: bool = False
    looked: bool = False


@dataclass(slots=True)
class TabLife:
    """One life of a tab, from open or reload to close or reload; `number` counts the lives of this tab id."""

    id: str
    browser: str
    number: int
    opened: Moment
    ready: Moment | None = None
    closed: Moment | None = None
    back: bool = False
    """Whether it began with a tab that had been away and came back."""
    how: str = ""
    """How it ended."""
    views: list[ViewChange] = field(default_factory=list)

    def view_before(self, channel: str, index: int) -> ViewChange | None:
        """Return the last change of the tab's view of a channel that was asked for before `index`."""
        return next(
            (each for each in reversed(self.views) if each.channel == channel and each.asked.index < index), None
        )

    def quiet_on(self, channel: str, start: int, end: int) -> bool:
        """Whether the tab may have had no view of a channel at any time from `start` to `end`."""
        before = self.view_before(channel, start)
        if before is not None and (not before.mounted or before.done is None or before.done.index > start):
            return True
        return any(each.channel == channel and start <= each.asked.index <= end for each in self.views)

    @property
    def key(self) -> str:
        """What deliveries to this life are filed under."""
        return f"{self.id}~{self.number}"


@dataclass(slots=True)
class IdentitySpan:
    """A time in which a browser may have been `user` (None: a guest); both ends are generous.

    `end` says how it ended: "sign-out" (or the sign-in of somebody else), "revoke" or "expiry". A handshake up to
    `soft_s` later may still be this user's. `lasts_s` is how long the session lives at the least, where it is known.
    """

    user: str | None
    since: Moment
    until: Moment | None = None
    end: str = ""
    soft_s: float = 0.0
    lasts_s: float | None = None
    instance: int = 1
    """Where the sign-in or sign-out was handled."""

    @property
    def over_at_s(self) -> float:
        """From when on the session may have ended by itself."""
        return math.inf if self.lasts_s is None else self.since.at_s + self.lasts_s


@dataclass(slots=True)
class Browser:
    """One cookie jar.

    `cause` is what happened to it last: how a tab ended (`TabClosed`), "back", "identity" or "restart", or what befell
    its connection: "loss", "silence" (without a word), "close code", "refusal" (by a code that says so).
    """

    id: str
    spans: list[IdentitySpan]
    connections: list[Connection] = field(default_factory=list)
    tabs: list[TabLife] = field(default_factory=list)
    cause: str = "open"

    def changed_within(self, start: Moment, end: Moment) -> bool:
        """Whether an identity began or may have ended between two moments: a sign-in, a sign-out, a revocation, the end
        of a session's time, or a restart, which may end a session.
        """
        return any(
            moment is not None and start.index <= moment.index <= end.index
            for span in self.spans
            for moment in (span.since, span.until)
        ) or any(start.at_s < span.over_at_s <= end.at_s for span in self.spans)

    def users(self, start: Moment, end: Moment, *, grace_s: float = 0.0) -> set[str | None]:
        """Everybody this browser may have been between two moments; one who left counts for `grace_s` longer."""
        spans = [
            span
            for span in self.spans
            if span.since.index <= end.index
            and (
                span.until is None
                or span.until.index >= start.index
                or start.at_s < span.until.at_s + max(grace_s, span.soft_s)
            )
        ]
        found = {span.user for span in spans}
        return found | {None} if any(span.over_at_s <= end.at_s for span in spans) else found


@dataclass(slots=True)
class Message:
    """One published or sent message. `kind` is "broadcast", "private", "echo" or "stray"."""

    token: Token
    kind: str
    channel: str
    expected: Json
    started: Moment
    finished: Moment | None = None
    accepted: bool = False
    to_user: str | None = None
    to_id: str | None = None
    may_be: str | None = None
    """Whose id `to_id` may rightly be read as, where nobody has it."""
    by: str | None = None
    settled: Moment | None = None
    uplinks: int = 0
    went_up_on: set[str] = field(default_factory=set)
    status: int = 0
    """What the request to publish was answered with; 0 without an answer."""
    concurrent: bool = False
    """Whether another message was asked for, or somebody signed in or out, while this one was."""
    instance: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One arrival of a message at an observer."""

    token: Token
    observer: str
    moment: Moment
    channel: str
    data: Json
    shown: bool = False
