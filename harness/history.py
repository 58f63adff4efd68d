"""History: what every observer saw, append-only and typed, one JSON line an event.

An observer is a connection ("a#1": the first of browser a) or a tab ("a/2"). Events carry names and numbers only. Times
are seconds since the history began, by the recorder's clock; order is the order of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NewType, TypeAlias

import msgspec

from harness.wire.template import Json
from harness.wire.token import Token

ConnectionId = NewType("ConnectionId", str)
ObserverId = NewType("ObserverId", str)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all events have: when they were seen, in seconds since the history began."""

    at_s: float


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """The world was built. `users` maps each user of the target to its id as text."""

    plan: str
    world: str
    target: str
    users: dict[str, str]
    seed: str = ""


class StepStarted(Event, frozen=True, kw_only=True, tag="step_started"):
    index: int
    step: str


class StepFinished(Event, frozen=True, kw_only=True, tag="step_finished"):
    """`outcome` is "done", "skipped" (made no sense here) or "failed"; `note` says why."""

    index: int
    outcome: str = "done"
    note: str = ""


class ConnectionOpening(Event, frozen=True, kw_only=True, tag="connection_opening"):
    """A handshake was sent with the browser's cookies. `origin` is set when it is not the target's own."""

    connection: ConnectionId
    browser: str
    origin: str | None = None


class ConnectionOpened(Event, frozen=True, kw_only=True, tag="connection_opened"):
    connection: ConnectionId


class ConnectionRefused(Event, frozen=True, kw_only=True, tag="connection_refused"):
    """The handshake was answered without an upgrade (`status`) or not at all (0)."""

    connection: ConnectionId
    status: int = 0
    reason: str = ""


class ConnectionReady(Event, frozen=True, kw_only=True, tag="connection_ready"):
    """From here on the server must count the connection in. `probed`: an echo came back on it."""

    connection: ConnectionId
    probed: bool


class ConnectionClosing(Event, frozen=True, kw_only=True, tag="connection_closing"):
    """Our side began to end it."""

    connection: ConnectionId


class ConnectionClosed(Event, frozen=True, kw_only=True, tag="connection_closed"):
    """It ended; `code` is None without a close frame; `by` is "client" or "server", whoever began."""

    connection: ConnectionId
    code: int | None = None
    reason: str = ""
    by: str = "server"


class TabOpened(Event, frozen=True, kw_only=True, tag="tab_opened"):
    tab: str
    browser: str


class TabReady(Event, frozen=True, kw_only=True, tag="tab_ready"):
    """The page is loaded, its channels are mounted and it says that the connection is open."""

    tab: str
    ready_state: int | None = None


class TabClosed(Event, frozen=True, kw_only=True, tag="tab_closed"):
    """`how` is "close", "reload" or "crash"; recorded before it is done."""

    tab: str
    how: str


class IdentityChanging(Event, frozen=True, kw_only=True, tag="identity_changing"):
    """A sign-in (`user`) or sign-out (None) was asked for in this browser."""

    browser: str
    user: str | None


class IdentityChanged(Event, frozen=True, kw_only=True, tag="identity_changed"):
    """It was answered; with `ok` false the browser may be either user."""

    browser: str
    user: str | None
    ok: bool = True


class PublishStarted(Event, frozen=True, kw_only=True, tag="publish_started"):
    """The server was asked to publish.

    `kind` is "broadcast" or "private"; `to_user` is None when no user has `to_id`.
    """

    token: Token
    kind: str
    channel: str
    expected: Json
    to_user: str | None = None
    to_id: str | None = None
    by: str | None = None


class PublishFinished(Event, frozen=True, kw_only=True, tag="publish_finished"):
    """The server answered; `accepted` is a 2xx or 3xx status."""

    token: Token
    accepted: bool
    status: int = 0


class Sent(Event, frozen=True, kw_only=True, tag="sent"):
    """An observer sent a message. `kind` is "echo" (one reply is owed) or "stray" (nobody handles the channel)."""

    token: Token
    sender: str
    channel: str
    kind: str
    expected: Json = None


class Received(Event, frozen=True, kw_only=True, tag="received"):
    """A connection or a tab was handed a message; `raw` may be cut, `tokens` are those of the whole text."""

    observer: str
    channel: str
    data: Json
    tokens: tuple[Token, ...] = ()


class Malformed(Event, frozen=True, kw_only=True, tag="malformed"):
    """A connection was sent something that is not an envelope; `raw` is its beginning."""

    observer: str
    raw: str
    why: str
    tokens: tuple[Token, ...] = ()


class Uplink(Event, frozen=True, kw_only=True, tag="uplink"):
    """The proxy saw a browser's connection send these tokens to the server."""

    connection: ConnectionId
    tokens: tuple[Token, ...]


class BrowserSettled(Event, frozen=True, kw_only=True, tag="browser_settled"):
    """State of a browser at the end of a settle: open tabs, live sockets, how long it took to get there.

    `allowed_s` is how long it was waited for; `overdue_s` how far past its promise it was, 0 when in time.
    """

    browser: str
    tabs: int
    live_sockets: int
    waited_s: float
    ready_tabs: int
    overdue_s: float = 0.0


class Settled(Event, frozen=True, kw_only=True, tag="settled"):
    """All that must arrive has arrived (`complete`) or was waited for in vain; every open connection was flushed."""

    waited_s: float
    complete: bool


class TargetRestarting(Event, frozen=True, kw_only=True, tag="target_restarting"):
    kill: bool


class TargetRestarted(Event, frozen=True, kw_only=True, tag="target_restarted"):
    pass


class PageError(Event, frozen=True, kw_only=True, tag="page_error"):
    """An uncaught error or rejection in a page, first line only."""

    tab: str
    text: str


class Lag(Event, frozen=True, kw_only=True, tag="lag"):
    """Our own machine was late by this much; promises are measured with it in mind."""

    lag_s: float


class RunEnded(Event, frozen=True, kw_only=True, tag="run_ended"):
    """`outcome` is "done", "interrupted" or "target lost"."""

    outcome: str = "done"
    note: str = ""


AnyEvent: TypeAlias = (
    RunStarted
    | StepStarted
    | StepFinished
    | ConnectionOpening
    | ConnectionOpened
    | ConnectionRefused
    | ConnectionReady
    | ConnectionClosing
    | ConnectionClosed
    | TabOpened
    | TabReady
    | TabClosed
    | IdentityChanging
    | IdentityChanged
    | PublishStarted
    | PublishFinished
    | Sent
    | Received
    | Malformed
    | Uplink
    | BrowserSettled
    | Settled
    | TargetRestarting
    | TargetRestarted
    | PageError
    | Lag
    | RunEnded
)


class History:
    """An append-only list of events. `on_event` is called with each event as it is recorded."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self._events: list[AnyEvent] = list(events)
        self.on_event: list[Callable[[AnyEvent], None]] = []

    def record(self, event: AnyEvent) -> None:
        """Append `event` and tell those who listen."""
        self._events.append(event)
        for listener in self.on_event:
            listener(event)

    def __iter__(self) -> Iterator[AnyEvent]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: int) -> AnyEvent:
        return self._events[index]

    def dump(self) -> str:
        """Return the history as JSON Lines."""
        return "".join(dump_event(event) + "\n" for event in self._events)

    @classmethod
    def load(cls, lines: Iterable[str]) -> History:
        """Return the history that `dump` wrote; blank lines and a cut last line are left out."""
        events = []
        for line in lines:
            if line.strip():
                try:
                    events.append(_DECODER.decode(line))
                except msgspec.DecodeError:
                    break
        return cls(events)


def dump_event(event: AnyEvent) -> str:
    """Return one event as one JSON line, without the line break."""
    return _ENCODER.encode(event).decode()


_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
