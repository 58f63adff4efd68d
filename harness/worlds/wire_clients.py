"""The clients of the wire world: browsers with their cookie jars, the connections they open, and waiting for news.

Every family of steps works through this. Records what is seen, judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    Sent,
)
from harness.targets.codec import codec_of
from harness.targets.control import Control, Session, socket_url
from harness.targets.process import RunningTarget
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill
from harness.wire.token import Token
from harness.worlds.arrival import heard, heard_binary
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_connection import HANDSHAKE_TIMEOUT_S, Refused, WireConnection, connect
from harness.worlds.world import Recorder

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
        self.control = control
        self.codec = codec_of(live.target)
        self.echo_channel = ChannelId(live.target.echo.channel)
        self.patience_s = patience_s
        self.tasks = tasks
        self.browsers: dict[str, WireBrowser] = {}
        self._probe_s = patience_s
        self._news = anyio.Event()
        recorder.history.on_event.append(self._wake)

    def browser(self, name: str) -> WireBrowser:
        """Return the browser called `name`, new and without cookies at its first mention."""
        if name not in self.browsers:
            session = Session(self.target, base_url=self.live.url)
            self.browsers[name] = WireBrowser(name, session)
        return self.browsers[name]

    async def open(
        self,
        browser: WireBrowser,
        tab: int,
        *,
        origin: str | None = None,
        cookie: str | None = None,
        path: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Peer:
        """Open a connection and wait for its echo.

        `origin`, when given, makes it a foreign one. `cookie` replaces the jar's, `path` the target's, `headers` are
        added.
        """
        browser.count += 1
        peer = Peer(ConnectionId(f"{browser.name}#{browser.count}"), tab=tab, foreign=origin is not None)
        browser.peers.append(peer)
        recorder = self.recorder
        recorder.record(ConnectionOpening(at_s=recorder.now(), connection=peer.id, browser=browser.name, origin=origin))
        url = socket_url(self.live.url, path or self.target.socket.path)
        try:
            connection = await connect(
                url,
                origin=origin or self.live.url,
                cookie=browser.session.cookie_header if cookie is None else cookie,
                headers=headers,
                subprotocols=self.target.socket.subprotocols,
                on_text=lambda text: self._hear(heard(text, codec=self.codec, observer=peer.id, at_s=recorder.now())),
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
            lambda: bool(model.delivered(peer.id, token)) or not _is_open(peer.connection),
            timeout_s=min(self._probe_s, 1.0) if peer.foreign else self._probe_s,
        )
        if not probed:
            self._probe_s = min(self._probe_s, PROBE_AGAIN_S)
        if _is_open(peer.connection):
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
                expected=fill(echo.receive, values),
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

    async def change_user(self, browser: WireBrowser, user: str | None, *, ghost: bool = False) -> None:
        """Sign in as the target's user, or out (None), then reconnect as the seed's client does.

        A ghost opens the new connections too, and keeps the old ones.

        Raises:
            ControlFailed: it was refused.
        """
        tabs = browser.tabs
        recorder = self.recorder
        recorder.record(IdentityChanging(at_s=recorder.now(), browser=browser.name, user=user))
        answer = await (browser.session.sign_in(user) if user else browser.session.sign_out())
        recorder.record(IdentityChanged(at_s=recorder.now(), browser=browser.name, user=user, ok=answer.ok))
        if not answer.ok:
            raise ControlFailed(
                f"{'the sign-in' if user else 'the sign-out'} was answered with {answer.status}",
                where=answer.url,
                todo="check [users], [sign_in] and [sign_out] with: onesocket doctor",
            )
        browser.user = user
        if not ghost:
            await self.close(browser.open_peers)
        for tab in tabs:
            await self.open(browser, tab)

    async def until(self, done: Callable[[], bool], *, timeout_s: float) -> bool:
        """Wait until `done` holds, looking again whenever something was recorded; return whether it does."""
        with anyio.move_on_after(timeout_s):
            while not done():
                self._news = anyio.Event()
                await self._news.wait()
        return done()

    async def aclose(self) -> None:
        """Drop every connection and close every cookie jar."""
        for browser in self.browsers.values():
            for peer in browser.open_peers:
                if peer.connection is not None:
                    await peer.connection.drop()
            await browser.session.aclose()

    def _hear(self, event: AnyEvent | None) -> None:
        if event is not None:
            self.recorder.record(event)

    def _wake(self, _event: AnyEvent) -> None:
        self._news.set()


def _is_open(connection: WireConnection | None) -> bool:
    return connection is not None and connection.open
