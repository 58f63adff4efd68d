"""The clients of the wire world: browsers with their cookie jars, the connections they open, and waiting for news.

Every family of steps works through this. Records what is seen, judges nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio
from anyio.abc import TaskGroup

from harness.errors import ControlFailed, TargetUnreachable
from harness.history import (
    AnyEvent,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    IdentityChanged,
    IdentityChanging,
    Overwhelmed,
    Sent,
)
from harness.plan import Tab
from harness.targets.capability import expiry_of
from harness.targets.codec import codec_of
from harness.targets.control import Control, Session, socket_url, user_values
from harness.targets.process import RunningTarget
from harness.wire.abbreviation import abbreviated
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill
from harness.wire.token import Token
from harness.worlds.arrival import heard, heard_binary
from harness.worlds.lag import LagMeter
from harness.worlds.secret_watch import SecretWatch
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_connection import HANDSHAKE_TIMEOUT_S, Refused, connect
from harness.worlds.wire_place import OnePlace, Place
from harness.worlds.world import Recorder

MOST_UNASKED, MOST_UNASKED_BYTES = 20_000, 64_000_000
"""A server may say much that nobody asked for; a connection on which it says more than this in one plan is left."""
PROBE_AGAIN_S = 0.5
"""How long later probes wait once one went unanswered: the finding is made, the run need not crawl."""


class WireClients:
    """Browsers by name, on one live target. `tasks` is where their readers run."""

    def __init__(
        self, live: RunningTarget, *, recorder: Recorder, control: Control, patience_s: float, tasks: TaskGroup
    ) -> None:
        self.recorder = recorder
        self.live = live
        self.target = live.target
        self.codec = codec_of(live.target)
        self.echo_channel = ChannelId(live.target.echo.channel)
        self.patience_s = patience_s
        self.tasks = tasks
        self.browsers: dict[str, WireBrowser] = {}
        self.lag = LagMeter(recorder)
        self.place: Place = OnePlace(live, control=control)
        self.way: Callable[[str, str], Awaitable[str]] = _straight
        """Where a browser finds the server at an address: through a proxy, for one that faults are put on."""
        self._probe_s = patience_s
        self._news = anyio.Event()
        watch = SecretWatch(recorder, browsers=self.browsers.values)
        recorder.history.on_event += [watch.look, self._wake]

    @property
    def control(self) -> Control:
        """What makes the target publish, where the current step is carried out."""
        return self.place.control

    def browser(self, name: str) -> WireBrowser:
        """Return the browser called `name`, new and without cookies at its first mention."""
        if name not in self.browsers:
            session = Session(self.target, base_url=self.live.url)
            self.browsers[name] = WireBrowser(name, session)
        return self.browsers[name]

    def current(self, tab: Tab) -> Peer | None:
        """Return the newest open connection of one tab that the target's own page opened."""
        return self.browser(tab.browser).current(tab.number)

    async def open(
        self,
        browser: WireBrowser,
        tab: int,
        *,
        origin: str | None = None,
        cookie: str | None = None,
        path: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        replayed: bool = False,
        before_end: Callable[[], Awaitable[object]] | None = None,
    ) -> Peer:
        """Open a connection and wait for its echo.

        `origin`, when given, makes it a foreign one. `cookie` replaces the jar's, `path` the target's, `headers` are
        added. `replayed`: the cookies are those of before the last sign-in or sign-out. `before_end` is done while the
        last line of the handshake is held back.
        """
        browser.count += 1
        peer = Peer(ConnectionId(f"{browser.name}#{browser.count}"), tab=tab, foreign=origin is not None or replayed)
        browser.peers.append(peer)
        recorder = self.recorder
        instance = browser.homes.get(tab, 1)
        recorder.record(
            ConnectionOpening(
                at_s=recorder.now(),
                connection=peer.id,
                browser=browser.name,
                origin=origin,
                instance=instance,
                replayed=replayed,
            )
        )
        home = self.place.url(instance)
        url = socket_url(await self.way(browser.name, home), path or self.target.socket.path)
        try:
            connection = await connect(
                url,
                origin=origin or home,
                cookie=browser.session.cookie_header if cookie is None else cookie or None,
                before_end=before_end,
                headers=headers,
                subprotocols=self.target.socket.subprotocols,
                on_text=lambda text: self._hear_text(peer, text),
                on_binary=lambda data: self._hear(heard_binary(data, observer=peer.id, at_s=recorder.now())),
                on_close=lambda code, reason, by: recorder.record(
                    ConnectionClosed(at_s=recorder.now(), connection=peer.id, code=code, reason=reason, by=by)
                ),
            )
        except Refused as refusal:
            if refusal.status == 0 and refusal.silent:
                raise TargetUnreachable(
                    f"the socket did not answer the handshake within {HANDSHAKE_TIMEOUT_S:g} s",
                    where=url,
                    todo="check [socket] path, and that the server upgrades there",
                ) from refusal
            recorder.record(
                ConnectionRefused(
                    at_s=recorder.now(),
                    connection=peer.id,
                    status=refusal.status,
                    reason=refusal.reason[:200],
                )
            )
            return peer
        peer.connection = connection
        recorder.record(ConnectionOpened(at_s=recorder.now(), connection=peer.id))
        self.tasks.start_soon(connection.run)
        await self.probe(peer)
        return peer

    async def probe(self, peer: Peer) -> None:
        """Wait for an echo: a server may answer the handshake before it has the connection in its books."""
        token = await self.send_echo(peer)
        model = self.recorder.model
        probed = await self.until(
            lambda: bool(model.delivered(peer.id, token)) or not peer.is_open,
            timeout_s=min(self._probe_s, 1.0) if peer.foreign else self._probe_s,
        )
        if not probed:
            self._probe_s = min(self._probe_s, PROBE_AGAIN_S)
        await self.place.reach(peer)
        if peer.is_open:
            self.recorder.record(ConnectionReady(at_s=self.recorder.now(), connection=peer.id, probed=probed))

    async def send_echo(self, peer: Peer, text: str = "") -> Token:
        """Send one message on the echo's channel, to which one reply is owed; return its token."""
        token = self.recorder.token()
        values: dict[str, Json] = {"text": f"{token} {text}" if text else token}
        echo = self.target.echo
        self.recorder.record(
            Sent(
                at_s=self.recorder.now(),
                token=token,
                sender=peer.id,
                channel=echo.channel,
                kind="echo",
                expected=abbreviated(fill(echo.receive, values)),
            )
        )
        if peer.connection is not None:
            envelope = Envelope(self.echo_channel, fill(echo.send, values))
            await peer.connection.send_text(self.codec.encode(envelope))
        return token

    async def send_stray(self, peer: Peer, channel: str) -> None:
        """Send a message of the echo's form on a channel that nobody handles."""
        token = self.recorder.token()
        values: dict[str, Json] = {"text": token}
        expected = fill(self.target.echo.receive, values)
        self.recorder.record(
            Sent(
                at_s=self.recorder.now(),
                token=token,
                sender=peer.id,
                channel=channel,
                kind="stray",
                expected=expected,
            )
        )
        envelope = Envelope(ChannelId(channel), fill(self.target.echo.send, values))
        if peer.connection is not None:
            await peer.connection.send_text(self.codec.encode(envelope))

    async def close(self, peers: Sequence[Peer], *, drop: bool = False) -> None:
        """Close connections politely, or without a word with `drop`."""
        for peer in peers:
            if peer.connection is not None:
                self.recorder.record(ConnectionClosing(at_s=self.recorder.now(), connection=peer.id))
                await (peer.connection.drop() if drop else peer.connection.close())

    async def change_user(
        self, browser: WireBrowser, user: str | None, *, ghost: bool = False, for_a_while: bool = False
    ) -> None:
        """Sign in as the target's user, or out (None), then reconnect as the seed's client does.

        A ghost opens the new connections too, and keeps the old ones. The session that is begun `for_a_while` is one
        that the target ends by itself.

        Raises:
            ControlFailed: it was refused.
        """
        tabs = browser.tabs
        await self.identify(browser, user, for_a_while=for_a_while)
        if not ghost:
            await self.close(browser.open_peers)
        for tab in tabs:
            await self.open(browser, tab)

    async def identify(self, browser: WireBrowser, user: str | None, *, for_a_while: bool = False) -> None:
        """Sign in or out as `change_user` does, and leave the connections as they are.

        Raises:
            ControlFailed: it was refused.
        """
        recorder = self.recorder
        expiry = expiry_of(self.target)
        short = expiry is not None and (for_a_while or expiry.sign_in is None)
        lasts_s = expiry.ttl_s if expiry is not None and short and user is not None else None
        if browser.user is not None:
            browser.old_cookie = browser.session.cookie_header
        session, instance = self.place.session(browser)
        recorder.record(
            IdentityChanging(at_s=recorder.now(), browser=browser.name, user=user, instance=instance, lasts_s=lasts_s)
        )
        if user is None:
            answer = await session.sign_out()
        elif for_a_while and expiry is not None and expiry.sign_in is not None:
            values = user_values(user, self.target.users[user])
            answer = await session.request(expiry.sign_in, key="capabilities.expiry", values=values)
        else:
            answer = await session.sign_in(user)
        recorder.record(IdentityChanged(at_s=recorder.now(), browser=browser.name, user=user, ok=answer.ok))
        if not answer.ok:
            raise ControlFailed(
                f"{'the sign-in' if user else 'the sign-out'} was answered with {answer.status}",
                where=answer.url,
                todo="check [users], [sign_in] and [sign_out] with: onesocket doctor",
            )
        browser.user = user

    async def until(self, done: Callable[[], bool], *, timeout_s: float) -> bool:
        """Wait until `done` holds, looking again whenever something was recorded; return whether it does.

        What our own machine was late meanwhile is waited for once more.
        """
        before_s = self.lag.total_s
        for _ in range(2):
            with anyio.move_on_after(timeout_s):
                while not done():
                    await self._news.wait()
            timeout_s = self.lag.total_s - before_s
            if timeout_s <= 0 or done():
                break
        return done()

    def look_again(self) -> None:
        """Have whoever waits look again, for news that are not recorded."""
        news, self._news = self._news, anyio.Event()  # several may wait at the same time, each for the next news
        news.set()

    async def aclose(self) -> None:
        """Drop every connection and close every cookie jar."""
        for browser in self.browsers.values():
            for peer in browser.open_peers:
                if peer.connection is not None:
                    await peer.connection.drop()
            for session in (browser.session, *browser.away.values()):
                await session.aclose()
        await self.place.aclose()

    def _hear_text(self, peer: Peer, text: str) -> None:
        if peer.takes is not None and peer.takes(text):
            return
        event = heard(text, codec=self.codec, observer=peer.id, at_s=self.recorder.now())
        if event is None or not event.tokens:
            peer.unasked, peer.unasked_bytes = peer.unasked + 1, peer.unasked_bytes + len(text)
            if peer.unasked > MOST_UNASKED or peer.unasked_bytes > MOST_UNASKED_BYTES:
                self._give_up(peer)
                return
        self._hear(event)

    def _give_up(self, peer: Peer) -> None:
        """Leave a server that never stops sending: else its messages would fill our memory."""
        if peer.connection is not None and not peer.connection.closing:
            peer.connection.closing = True
            now_s = self.recorder.now()
            self.recorder.record(
                Overwhelmed(at_s=now_s, connection=peer.id, messages=peer.unasked, size_bytes=peer.unasked_bytes)
            )
            self.recorder.record(ConnectionClosing(at_s=now_s, connection=peer.id))
            self.tasks.start_soon(peer.connection.drop)

    def _hear(self, event: AnyEvent | None) -> None:
        if event is not None:
            self.recorder.record(event)

    def _wake(self, _event: AnyEvent) -> None:
        self.look_again()


async def _straight(_browser: str, home: str) -> str:
    return home
