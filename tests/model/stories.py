"""Histories told as sentences: `Story().open("a").sign_in("a", "ada").settle().private("ada").arrives("a#2").settle()`.

Each word appends the events that a world records for it, a hundredth of a second apart; `wait` lets more pass. Knows
events and names only; what a history means is for the model and the checks under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from harness.checks.registry import Judgement, judge
from harness.history import (
    AnyEvent,
    BrowserLimited,
    BrowserSettled,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
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
    SessionRotated,
    SessionRotating,
    Settled,
    TabClosed,
    TabOpened,
    TabReady,
    TargetRestarted,
    TargetRestarting,
    Uplink,
    WhoAnswered,
    WhoAsked,
)
from harness.model.model import Model
from harness.wire.template import Json
from harness.wire.token import Token, make_token

USERS = {"ada": "1", "bob": "2", "cyd": "11", "admin": "99"}
POSTS, NOTES, CHAT = "site_posts_changed", "core_notes_new", "site_chat_echo"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The promises of the target of these stories, in seconds."""

    failover_s: float = 1.0
    reconnect_s: float = 5.0
    sign_out_s: float = 1.0
    revoke_s: float = 1.0
    delivery_s: float = 5.0
    stop_s: float = 5.0
    half_open_s: float | None = 2.0
    slow_reader_s: float | None = 2.0


class Story:
    """A history in the making. A message is called by its `name`, or is the one that was spoken of last."""

    def __init__(self, *, world: str = "wire", offers: tuple[str, ...] = ()) -> None:
        self.events: list[AnyEvent] = [
            RunStarted(at_s=0.0, plan="story", world=world, target="t", users=USERS, offers=offers)
        ]
        self._now_s = 0.0
        self._tokens: dict[str, Token] = {}
        self._expected: dict[Token, tuple[str, Json]] = {}
        self._last: Token | None = None
        self._connections: dict[str, list[str]] = {}
        self._over: set[str] = set()

    def __iter__(self) -> Iterator[AnyEvent]:
        return iter(self.events)

    def wait(self, seconds: float) -> Self:
        self._now_s += seconds
        return self

    def dial(self, browser: str, *, origin: str | None = None, replayed: bool = False) -> Self:
        """Send a handshake; `open` is this, `upgrade` and `ready`."""
        mine = self._connections.setdefault(browser, [])
        mine.append(f"{browser}#{len(mine) + 1}")
        return self._add(
            ConnectionOpening(
                at_s=self._tick(),
                connection=ConnectionId(mine[-1]),
                browser=browser,
                origin=origin,
                replayed=replayed,
            )
        )

    def upgrade(self, connection: str) -> Self:
        return self._add(ConnectionOpened(at_s=self._tick(), connection=ConnectionId(connection)))

    def ready(self, connection: str, *, probed: bool = True) -> Self:
        return self._add(ConnectionReady(at_s=self._tick(), connection=ConnectionId(connection), probed=probed))

    def refuse(self, connection: str, *, status: int = 403) -> Self:
        self._over.add(connection)
        return self._add(ConnectionRefused(at_s=self._tick(), connection=ConnectionId(connection), status=status))

    def open(self, *browsers: str, origin: str | None = None, replayed: bool = False) -> Self:
        for browser in browsers:
            self.dial(browser, origin=origin, replayed=replayed)
            connection = self._connections[browser][-1]
            self.upgrade(connection).ready(connection)
        return self

    def closing(self, connection: str) -> Self:
        return self._add(ConnectionClosing(at_s=self._tick(), connection=ConnectionId(connection)))

    def closed(self, connection: str, *, by: str = "server", code: int | None = 4001) -> Self:
        self._over.add(connection)
        return self._add(ConnectionClosed(at_s=self._tick(), connection=ConnectionId(connection), by=by, code=code))

    def close(self, browser: str) -> Self:
        """Close every open connection of a browser from our side."""
        for connection in self._connections.get(browser, []):
            if connection not in self._over:
                self.closing(connection).closed(connection, by="client")
        return self

    def changing(self, browser: str, user: str | None, *, lasts_s: float | None = None) -> Self:
        return self._add(IdentityChanging(at_s=self._tick(), browser=browser, user=user, lasts_s=lasts_s))

    def changed(self, browser: str, user: str | None, *, ok: bool = True) -> Self:
        return self._add(IdentityChanged(at_s=self._tick(), browser=browser, user=user, ok=ok))

    def sign_in(self, browser: str, user: str | None, *, keep_socket: bool = False) -> Self:
        """Change who a browser is; if it has a connection, open another and, unless it is kept, close the old one."""
        live = [each for each in self._connections.get(browser, []) if each not in self._over]
        self.changing(browser, user).changed(browser, user)
        if live and not keep_socket:
            self.close(browser)
        return self.open(browser) if live else self

    def sign_out(self, browser: str, *, keep_socket: bool = False) -> Self:
        return self.sign_in(browser, None, keep_socket=keep_socket)

    def revoke(self, user: str, *, ok: bool = True) -> Self:
        self._add(Revoking(at_s=self._tick(), user=user))
        return self._add(Revoked(at_s=self._tick(), user=user, ok=ok))

    def expire(self, browser: str, *, after_s: float = 2.0) -> Self:
        self._add(SessionExpiring(at_s=self._tick(), browser=browser)).wait(after_s)
        return self._add(SessionExpired(at_s=self._tick(), browser=browser))

    def rotate(self, browser: str, *, ok: bool = True) -> Self:
        self._add(SessionRotating(at_s=self._tick(), browser=browser))
        return self._add(SessionRotated(at_s=self._tick(), browser=browser, ok=ok))

    def who(self, connection: str, user_id: str | None) -> Self:
        """Ask on a connection whose it is, and be told."""
        self._add(WhoAsked(at_s=self._tick(), connection=ConnectionId(connection)))
        return self._add(WhoAnswered(at_s=self._tick(), connection=ConnectionId(connection), user_id=user_id))

    def tab(self, *tabs: str, ready: bool = True) -> Self:
        for tab in tabs:
            self._add(TabOpened(at_s=self._tick(), tab=tab, browser=tab.partition("/")[0]))
            if ready:
                self._add(TabReady(at_s=self._tick(), tab=tab, ready_state=1))
        return self

    def come_back(self, tab: str) -> Self:
        """Have a tab that went away come back, not yet ready."""
        return self._add(TabOpened(at_s=self._tick(), tab=tab, browser=tab.partition("/")[0], back=True))

    def limit(self, browser: str, how: str = "insecure") -> Self:
        return self._add(BrowserLimited(at_s=self._tick(), browser=browser, how=how))

    def tab_ready(self, *tabs: str) -> Self:
        for tab in tabs:
            self._add(TabReady(at_s=self._tick(), tab=tab, ready_state=1))
        return self

    def end_tab(self, tab: str, *, how: str = "close") -> Self:
        return self._add(TabClosed(at_s=self._tick(), tab=tab, how=how))

    def browser_settled(
        self,
        browser: str,
        *,
        tabs: int = 2,
        live: int = 1,
        overdue_s: float = 0.0,
        away: int = 0,
        deaf: tuple[str, ...] = (),
        ready: int | None = None,
    ) -> Self:
        return self._add(
            BrowserSettled(
                at_s=self._tick(),
                browser=browser,
                tabs=tabs,
                live_sockets=live,
                waited_s=0.5 + overdue_s,
                ready_tabs=tabs if ready is None else ready,
                overdue_s=overdue_s,
                away=away,
                deaf=deaf,
            )
        )

    def ask_broadcast(self, name: str = "", *, more: str = "") -> Self:
        """Ask the server to broadcast a text that has `more` than its token; `broadcast` is this and `answered`."""
        return self._ask(name, kind="broadcast", channel=POSTS, more=more)

    def ask_private(
        self, user: str | None, name: str = "", *, to_id: str | None = None, may_be: str | None = None
    ) -> Self:
        to_id = to_id if user is None else USERS[user]
        return self._ask(name, kind="private", channel=NOTES, to_user=user, to_id=to_id, may_be=may_be)

    def answered(self, name: str = "", *, accepted: bool = True, status: int = 500) -> Self:
        token = self.token(name)
        return self._add(
            PublishFinished(at_s=self._tick(), token=token, accepted=accepted, status=200 if accepted else status)
        )

    def broadcast(self, name: str = "") -> Self:
        return self.ask_broadcast(name).answered(name)

    def private(self, user: str, name: str = "") -> Self:
        return self.ask_private(user, name).answered(name)

    def private_to_nobody(self, to_id: str, name: str = "", *, may_be: str | None = None) -> Self:
        """`may_be` is whose id it may rightly be read as."""
        return self.ask_private(None, name, to_id=to_id, may_be=may_be).answered(name)

    def echo(self, observer: str, name: str = "") -> Self:
        token = self._new(name)
        expected: Json = {"reply": f"You said: {token}"}
        self._expected[token] = (CHAT, expected)
        return self._add(
            Sent(at_s=self._tick(), token=token, sender=observer, channel=CHAT, kind="echo", expected=expected)
        )

    def stray(self, observer: str, name: str = "", *, channel: str = "nobody", expects: bool = True) -> Self:
        token = self._new(name)
        expected: Json = {"reply": f"You said: {token}"}
        self._expected[token] = (channel, expected)
        return self._add(
            Sent(
                at_s=self._tick(),
                token=token,
                sender=observer,
                channel=channel,
                kind="stray",
                expected=expected if expects else None,
            )
        )

    def uplink(self, connection: str, name: str = "") -> Self:
        tokens = (self.token(name),)
        return self._add(Uplink(at_s=self._tick(), connection=ConnectionId(connection), tokens=tokens))

    def arrives(self, *observers: str, name: str = "", data: Json = None, channel: str | None = None) -> Self:
        """Hand a message to observers: as it was published, or with other data or on another channel."""
        token = self.token(name)
        own_channel, expected = self._expected[token]
        for observer in observers:
            self._add(
                Received(
                    at_s=self._tick(),
                    observer=observer,
                    channel=own_channel if channel is None else channel,
                    data=expected if data is None else data,
                    tokens=(token,),
                )
            )
        return self

    def arrives_malformed(self, *observers: str, name: str = "") -> Self:
        token = self.token(name)
        for observer in observers:
            self._add(
                Malformed(at_s=self._tick(), observer=observer, raw=f"<{token}>", why="not JSON", tokens=(token,))
            )
        return self

    def settle(self) -> Self:
        return self._add(Settled(at_s=self._tick(), waited_s=0.1, complete=True))

    def restart(self) -> Self:
        """Restart the server; every connection ends."""
        self._add(TargetRestarting(at_s=self._tick(), kill=False))
        for connection in [each for mine in self._connections.values() for each in mine if each not in self._over]:
            self.closed(connection)
        return self._add(TargetRestarted(at_s=self._tick()))

    def token(self, name: str = "") -> Token:
        """Return the token of the message called `name`, by default the last one."""
        token = self._tokens[name] if name else self._last
        assert token is not None
        return token

    @property
    def model(self) -> Model:
        return Model.of(self.events, promises=Deadlines())

    def judged(self) -> Judgement:
        return judge(self.events, promises=Deadlines())

    @property
    def broken(self) -> list[str]:
        """The requirement of each finding, in the order of the checks."""
        return [each.requirement for each in self.judged().findings]

    def holds(self, requirement: str) -> bool:
        """Whether the requirement was put to the test and held."""
        return self.judged().held.get(requirement, 0) > 0

    def _ask(
        self,
        name: str,
        *,
        kind: str,
        channel: str,
        to_user: str | None = None,
        to_id: str | None = None,
        may_be: str | None = None,
        more: str = "",
    ) -> Self:
        token = self._new(name)
        expected: Json = {"note": token + more}
        self._expected[token] = (channel, expected)
        return self._add(
            PublishStarted(
                at_s=self._tick(),
                token=token,
                kind=kind,
                channel=channel,
                expected=expected,
                to_user=to_user,
                to_id=to_id,
                may_be=may_be,
            )
        )

    def _new(self, name: str) -> Token:
        self._last = make_token("0000cafe", len(self._expected) + 1)
        if name:
            self._tokens[name] = self._last
        return self._last

    def _add(self, event: AnyEvent) -> Self:
        self.events.append(event)
        return self

    def _tick(self) -> float:
        self._now_s += 0.01
        return self._now_s
