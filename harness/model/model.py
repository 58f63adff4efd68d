"""The model: folds a history event by event into what happened, and files deliveries under observer and message.

The same fold serves a world that waits for what is still owed and the checks that judge afterwards. Pure: no clock,
no I/O.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from harness.history import (
    AnyEvent,
    BrowserSettled,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    Event,
    FaultArmed,
    FaultHealed,
    FrameFaulted,
    IdentityChanged,
    IdentityChanging,
    Malformed,
    PublishFinished,
    PublishStarted,
    Received,
    Revoked,
    Revoking,
    RunStarted,
    Sent,
    SessionExpired,
    SessionExpiring,
    Settled,
    TabClosed,
    TabOpened,
    TabReady,
    TargetRestarting,
    Uplink,
    ViewChanged,
    ViewChanging,
)
from harness.model.promises import Promises
from harness.model.session_end import apply_session_end
from harness.model.state import Browser, Connection, Delivery, IdentitySpan, Message, Moment, Stall, TabLife, ViewChange
from harness.wire.token import Token

EventT = TypeVar("EventT", bound=Event)
_CAUSES = {
    "reset": "loss", "half-close": "loss", "refuse": "loss", "cut off": "silence",
    "close": "close code",
    "refusal": "refusal",
}  # fmt: skip
"""What befell a browser's connection, by what a fault did to it."""


class Model:
    """What a history says, so far. `now` is its last moment."""

    def __init__(self, *, promises: Promises) -> None:
        self.promises = promises
        self.now = Moment(-1, 0.0)
        self.ids: dict[str, str] = {}
        self.offers: frozenset[str] = frozenset()
        self.settles: list[Moment] = []
        self.browsers: dict[str, Browser] = {}
        self.connections: dict[str, Connection] = {}
        self.tabs: dict[str, TabLife] = {}
        self.messages: dict[Token, Message] = {}
        self.deliveries: defaultdict[str, defaultdict[Token, list[Delivery]]] = defaultdict(lambda: defaultdict(list))
        self.malformed: list[tuple[Moment, Malformed]] = []
        self.shapeless: defaultdict[str, dict[Token, Delivery]] = defaultdict(dict)
        self.settled_browsers: list[tuple[Moment, BrowserSettled, str]] = []
        self.unsettled: list[Message] = []
        self.unmarked: list[tuple[Moment, Received]] = []
        self._asked_for: list[Message] = []
        self._changing: set[str] = set()
        self._facts: defaultdict[type[Event], list[tuple[Moment, Event]]] = defaultdict(list)

    @classmethod
    def of(cls, history: Iterable[AnyEvent], *, promises: Promises) -> Model:
        """Return the model of a whole history."""
        model = cls(promises=promises)
        for event in history:
            model.apply(event)
        return model

    def apply(self, event: AnyEvent) -> None:
        """Take in the next event."""
        self.now = Moment(self.now.index + 1, event.at_s)
        match event:
            case RunStarted():
                self.ids, self.offers = event.users, frozenset(event.offers)
            case (
                ConnectionOpening()
                | ConnectionOpened()
                | ConnectionReady()
                | ConnectionRefused()
                | ConnectionClosing()
                | ConnectionClosed()
            ):
                self._apply_connection(event)
            case TabOpened() | TabReady() | TabClosed():
                self._apply_tab(event)
            case ViewChanging() | ViewChanged():
                self._apply_view(event)
            case IdentityChanging() | IdentityChanged():
                self._apply_identity(event)
            case PublishStarted() | PublishFinished() | Sent() | Uplink():
                self._apply_message(event)
            case Received():
                self._receive(event)
            case Malformed():
                self._receive_malformed(event)
            case BrowserSettled():
                self.settled_browsers.append((self.now, event, self.browser(event.browser).cause))
            case Settled():
                self._settle()
            case TargetRestarting():
                self._restart()
                self._keep(event)
            case FaultArmed() | FaultHealed() | FrameFaulted():
                self._apply_fault(event)
                self._keep(event)
            case Revoking() | Revoked() | SessionExpiring() | SessionExpired():
                grace_s = self.promises.revoke_s
                apply_session_end(event, self.browsers.values(), now=self.now, grace_s=grace_s)
            case _:
                self._keep(event)

    def facts(self, kind: type[EventT]) -> list[tuple[Moment, EventT]]:
        """Return the events of a kind that the model does not fold, with their moments, oldest first."""
        return [(moment, event) for moment, event in self._facts.get(kind, ()) if isinstance(event, kind)]

    @property
    def kinds(self) -> frozenset[type[Event]]:
        """The kinds of events that the model does not fold."""
        return frozenset(self._facts)

    def browser(self, name: str) -> Browser:
        """Return the browser called `name`; one not heard of before is a guest without tabs."""
        if name not in self.browsers:
            self.browsers[name] = Browser(name, [IdentitySpan(None, Moment(-1, 0.0))])
        return self.browsers[name]

    def lives(self) -> Iterator[TabLife]:
        """Every life of every tab."""
        for browser in self.browsers.values():
            yield from browser.tabs

    def delivered(self, key: str, token: Token) -> list[Delivery]:
        """Return the arrivals of a message at a connection id or a tab life's key, oldest first."""
        return self.deliveries[key][token] if key in self.deliveries and token in self.deliveries[key] else []

    def _apply_connection(
        self,
        event: ConnectionOpening
        | ConnectionOpened
        | ConnectionReady
        | ConnectionRefused
        | ConnectionClosing
        | ConnectionClosed,
    ) -> None:
        if isinstance(event, ConnectionOpening):
            connection = Connection(event.connection, event.browser, self.now, event.origin)
            connection.instance, connection.replayed = event.instance, event.replayed
            self.connections[event.connection] = connection
            self.browser(event.browser).connections.append(connection)
            return
        connection = self.connections[event.connection]
        match event:
            case ConnectionOpened():
                connection.opened = self.now
            case ConnectionReady():
                connection.ready, connection.probed = self.now, event.probed
            case ConnectionRefused():
                connection.refused, connection.closed, connection.status = True, self.now, event.status
            case ConnectionClosing():
                connection.closing = connection.closing or self.now
            case _:
                if connection.closed is None:
                    connection.closed, connection.by, connection.code = self.now, event.by, event.code
                    connection.reason = event.reason

    def _apply_tab(self, event: TabOpened | TabReady | TabClosed) -> None:
        match event:
            case TabOpened():
                browser = self.browser(event.browser)
                number = 1 + sum(each.id == event.tab for each in browser.tabs)
                life = TabLife(event.tab, event.browser, number, self.now, back=event.back)
                browser.cause = "back" if event.back else browser.cause
                self.tabs[event.tab] = life
                browser.tabs.append(life)
            case TabReady():
                self.tabs[event.tab].ready = self.now
            case _:
                life = self.tabs[event.tab]
                life.closed, life.how = self.now, event.how
                # A full load is how somebody signs in or out: that is what happened to the browser.
                if event.how != "full load":
                    self.browser(life.browser).cause = event.how

    def _apply_view(self, event: ViewChanging | ViewChanged) -> None:
        life = self.tabs[event.tab]
        if isinstance(event, ViewChanging):
            change = ViewChange(event.channel, event.mounted, event.times, self.now)
            # Without one that is open the view is mounted into an outage.
            change.down = all(each.over_by(self.now.index) for each in self.browser(life.browser).connections)
            life.views.append(change)
        else:
            life.views[-1].done, life.views[-1].looked = self.now, event.looked

    def _apply_identity(self, event: IdentityChanging | IdentityChanged) -> None:
        browser = self.browser(event.browser)
        if isinstance(event, IdentityChanging):
            span = IdentitySpan(event.user, self.now, lasts_s=event.lasts_s, instance=event.instance)
            browser.spans.append(span)
            self._changing.add(event.browser)
            self._note_concurrency()
        else:
            self._changing.discard(event.browser)
            for span in browser.spans[:-1] if event.ok else ():
                if span.until is None:
                    span.until, span.end = self.now, "sign-out"
        browser.cause = "identity"

    def _apply_message(self, event: PublishStarted | PublishFinished | Sent | Uplink) -> None:
        match event:
            case PublishStarted():
                message = Message(
                    event.token,
                    event.kind,
                    event.channel,
                    event.expected,
                    self.now,
                    to_user=event.to_user,
                    to_id=event.to_id,
                    may_be=event.may_be,
                    by=event.by,
                    instance=event.instance,
                )
                self.messages[event.token] = message
                self.unsettled.append(message)
                self._asked_for.append(message)
                if len(self._asked_for) > 1 or self._changing:
                    self._note_concurrency()
            case PublishFinished():
                message = self.messages[event.token]
                message.finished, message.accepted, message.status = self.now, event.accepted, event.status
                self._asked_for = [each for each in self._asked_for if each is not message]
            case Sent():
                message = Message(
                    event.token,
                    event.kind,
                    event.channel,
                    event.expected,
                    self.now,
                    self.now,
                    accepted=True,
                    by=event.sender,
                )
                self.messages[event.token] = message
                self.unsettled.append(message)
            case _:
                self._keep(event)
                for token in event.tokens:
                    if token in self.messages:
                        self.messages[token].uplinks += 1
                        self.messages[token].went_up_on.add(event.connection)

    def _note_concurrency(self) -> None:
        for message in self._asked_for:
            message.concurrent = True

    def _receive(self, event: Received) -> None:
        if not event.tokens:
            self.unmarked.append((self.now, event))
        life = self.tabs.get(event.observer)
        key = life.key if life else event.observer
        for token in event.tokens:
            delivery = Delivery(token, event.observer, self.now, event.channel, event.data, event.shown)
            self.deliveries[key][token].append(delivery)

    def _receive_malformed(self, event: Malformed) -> None:
        """Keep it apart from the deliveries: it serves nobody, but whoever reads along can read it."""
        self.malformed.append((self.now, event))
        for token in event.tokens:
            self.shapeless[event.observer].setdefault(token, Delivery(token, event.observer, self.now, "", event.raw))

    def _settle(self) -> None:
        self.settles.append(self.now)
        for message in self.unsettled:
            if message.finished is not None:
                message.settled = self.now
        self.unsettled = [message for message in self.unsettled if message.settled is None]

    def _keep(self, event: Event) -> None:
        self._facts[type(event)].append((self.now, event))

    def _apply_fault(self, event: FaultArmed | FaultHealed | FrameFaulted) -> None:
        if event.connection is None:
            return
        connection = self.connections[event.connection]
        befell = event.deed if isinstance(event, FrameFaulted) else event.kind
        if befell in _CAUSES and not isinstance(event, FaultHealed):
            self.browser(connection.browser).cause = _CAUSES[befell]
        match event:
            case FrameFaulted():
                connection.tampered = True
            case FaultHealed():
                for stall in connection.stalls:
                    stall.until = stall.until or self.now
            case _:
                if event.kind == "stall":
                    connection.stalls.append(Stall(self.now))

    def _restart(self) -> None:
        """From here on nobody knows whether a session survived, until the next sign-in or sign-out."""
        for browser in self.browsers.values():
            if any(span.user is not None and span.until is None for span in browser.spans):
                browser.spans.append(IdentitySpan(None, self.now))
            browser.cause = "restart"
