"""The things a history speaks of: connections, tabs, browsers with their identities, messages and deliveries.

Plain records, filled by `model.Model`; they decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.wire.template import Json
from harness.wire.token import Token


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A place in the history: the event's index, and its time in seconds."""

    index: int
    at_s: float


@dataclass(slots=True)
class Connection:
    """One socket of a browser. `origin` is set when the handshake named a foreign one."""

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

    def over_by(self, index: int) -> bool:
        """Whether it was ending, ended or refused at `index`."""
        return self.refused or any(each is not None and each.index <= index for each in (self.closing, self.closed))


@dataclass(slots=True)
class TabLife:
    """One life of a tab, from open or reload to close or reload; `number` counts the lives of this tab id."""

    id: str
    browser: str
    number: int
    opened: Moment
    ready: Moment | None = None
    closed: Moment | None = None

    @property
    def key(self) -> str:
        """What deliveries to this life are filed under."""
        return f"{self.id}~{self.number}"


@dataclass(slots=True)
class IdentitySpan:
    """A time in which a browser may have been `user` (None: a guest); both ends are generous."""

    user: str | None
    since: Moment
    until: Moment | None = None


@dataclass(slots=True)
class Browser:
    """One cookie jar. `cause` is what happened to it last: "close", "reload", "crash", "identity" or "restart"."""

    id: str
    spans: list[IdentitySpan]
    connections: list[Connection] = field(default_factory=list)
    tabs: list[TabLife] = field(default_factory=list)
    cause: str = "open"

    def changed_within(self, start: Moment, end: Moment) -> bool:
        """Whether a sign-in or sign-out (or a restart, which may end a session) was under way between two moments."""
        return any(
            moment is not None and start.index <= moment.index <= end.index
            for span in self.spans
            for moment in (span.since, span.until)
        )

    def users(self, start: Moment, end: Moment, *, grace_s: float = 0.0) -> set[str | None]:
        """Everybody this browser may have been between two moments; one who left counts for `grace_s` longer."""
        return {
            span.user
            for span in self.spans
            if span.since.index <= end.index
            and (span.until is None or span.until.index >= start.index or start.at_s < span.until.at_s + grace_s)
        }


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
    by: str | None = None
    settled: Moment | None = None
    uplinks: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One arrival of a message at an observer."""

    token: Token
    observer: str
    moment: Moment
    channel: str
    data: Json
