"""The wire world: raw WebSocket clients, one per tab of the plan, with a cookie jar per browser.

Performs steps and waits; judges nothing. A browser is polite: after a sign-in or sign-out it closes its socket and
opens another, as the seed's client does. A ghost (`keeping the socket`) opens the other and keeps the old one too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

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
    Settled,
    TargetRestarted,
    TargetRestarting,
)
from harness.model.duty import owed
from harness.plan import (
    Broadcast,
    Close,
    Drop,
    Echo,
    Open,
    Reload,
    Restart,
    SendOn,
    SendOnNearMisses,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
)
from harness.targets.codec import codec_of
from harness.targets.control import Control, Session, socket_url
from harness.targets.process import RunningTarget
from harness.wire.channel import ChannelId, near_misses
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill
from harness.wire.token import Token
from harness.worlds.arrival import heard, heard_binary
from harness.worlds.settling import overtaken
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_connection import HANDSHAKE_TIMEOUT_S, Refused, connect
from harness.worlds.world import Recorder, ids_like, publish, typed_id

PROBE_AGAIN_S = 0.5
"""How long later probes wait once one went unanswered: the finding is made, the run need not crawl."""
NO_CONNECTION = "it has no open connection"
OVERTAKEN_S = 0.3
"""How long to go on waiting for messages that later ones on the same channel have overtaken."""


class WireWorld:
    """Implements `World` on raw connections. Use as an async context manager."""

    def __init__(
        self, live: RunningTarget, *, recorder: Recorder, control: Control, patience_s: float | None = None
    ) -> None:
        """`patience_s` is how long to wait for what is owed, instead of the target's `delivery_s`."""
        self.recorder = recorder
        self._live = live
        self._target = live.target
        self._control = control
        self._codec = codec_of(live.target)
        self._echo_channel = ChannelId(live.target.echo.channel)
        self._browsers: dict[str, WireBrowser] = {}
        self._patience_s = live.target.promises.delivery_s if patience_s is None else patience_s
        self._probe_s = self._patience_s
        self._news = anyio.Event()
        self._tasks: TaskGroup = anyio.create_task_group()
        recorder.history.on_event.append(self._wake)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
            for browser in self._browsers.values():
                for peer in browser.open_peers:
                    if peer.connection is not None:
                        await peer.connection.drop()
                await browser.session.aclose()
        self._tasks.cancel_scope.cancel()
        # The error of the block goes on by itself; handed to the task group it would come out wrapped in a group.
        await self._tasks.__aexit__(None, None, None)

    async def perform(self, step: Step) -> str | None:
        """Carry out one step; the note says why it was left out."""
        match step:
            case Open(tab, origin):
                return await self._open_step(tab, origin)
            case Close(tab) | Drop(tab) | Reload(tab):
                return await self._close_step(tab, step)
            case SignIn(tab, role, keep_socket):
                await self._change_user(self._browser(tab.browser), self.recorder.user_name(role), ghost=keep_socket)
            case SignOut(tab, keep_socket):
                browser = self._browser(tab.browser)
                if browser.user is None:
                    return "nobody is signed in"
                await self._change_user(browser, None, ghost=keep_socket)
            case Broadcast(times, tab, text):
                by = self._browser(tab.browser) if tab else None
                session = by.session if by else None
                for _ in range(times):
                    await publish(
                        self.recorder,
                        self._control,
                        text=text,
                        by=session,
                        by_browser=by.name if by else None,
                    )
            case SendToUser(role, times, text):
                for _ in range(times):
                    await publish(self.recorder, self._control, to=self.recorder.user_name(role), text=text)
            case SendToLookAlikes(role):
                for text in ids_like(self._target, self.recorder.user_name(role)):
                    await publish(self.recorder, self._control, to_id=typed_id(self._target, text))
            case Echo(tab, times, text):
                return await self._echo_step(tab, times, text)
            case SendOn(tab, channel):
                return await self._stray_step(tab, channel)
            case SendOnNearMisses(tab):
                return await self._stray_step(tab, *near_misses(self._echo_channel))
            case Settle():
                await self.settle()
            case Restart(kill):
                await self._restart(kill=kill)
        return None

    async def finish(self) -> None:
        """Settle, then close every connection politely."""
        await self.settle()
        for browser in self._browsers.values():
            await self._close(browser.open_peers)

    async def settle(self) -> None:
        """Wait until all that is owed arrived, and every socket was flushed or had its time to be ended."""
        started = self.recorder.now()
        await self._await_owed()
        await self._await_sign_outs()
        if any(message.kind in {"private", "stray"} for message in self.recorder.model.unsettled):
            await publish(self.recorder, self._control)
        for browser in self._browsers.values():
            for peer in browser.open_peers:
                if not peer.foreign:
                    await self._send_echo(peer, "")
        complete = await self._await_owed()
        now = self.recorder.now()
        self.recorder.record(Settled(at_s=now, waited_s=now - started, complete=complete))

    async def _await_owed(self) -> bool:
        model = self.recorder.model
        if await self._until(lambda: overtaken(model, owed(model)), timeout_s=self._patience_s):
            return await self._until(lambda: not any(owed(model)), timeout_s=OVERTAKEN_S)
        return False

    async def _await_sign_outs(self) -> None:
        """Give the server `sign_out_s` to end sockets that a ghost kept, less when it is quicker."""
        model, grace_s = self.recorder.model, self._target.promises.sign_out_s
        kept = [
            peer.connection
            for browser in self._browsers.values()
            for peer in browser.open_peers
            if peer.connection is not None
            and model.browser(browser.name).changed_within(model.connections[peer.id].opening, model.now)
        ]
        left = [
            span.until.at_s + grace_s - self.recorder.now()
            for browser in self._browsers.values()
            for span in model.browser(browser.name).spans
            if span.until is not None
        ]
        if kept and max(left, default=0.0) > 0:
            await self._until(lambda: not any(each.open for each in kept), timeout_s=max(left) + 0.05)

    async def _open_step(self, tab: Tab, origin: str | None) -> str | None:
        browser = self._browser(tab.browser)
        if origin is None and browser.current(tab.number) is not None:
            return "its connection is open already"
        await self._open(browser, tab.number, origin=origin)
        return None

    async def _close_step(self, tab: Tab, step: Close | Drop | Reload) -> str | None:
        browser = self._browser(tab.browser)
        mine = [peer for peer in browser.open_peers if peer.tab == tab.number]
        if not mine:
            return NO_CONNECTION
        await self._close(mine, drop=isinstance(step, Drop))
        if isinstance(step, Reload):
            await self._open(browser, tab.number)
        return None

    async def _echo_step(self, tab: Tab, times: int, text: str) -> str | None:
        peer = self._browser(tab.browser).current(tab.number)
        if peer is None:
            return NO_CONNECTION
        for _ in range(times):
            await self._send_echo(peer, text)
        return None

    async def _stray_step(self, tab: Tab, *channels: str) -> str | None:
        peer = self._browser(tab.browser).current(tab.number)
        if peer is None:
            return NO_CONNECTION
        for channel in channels:
            await self._send_stray(peer, channel)
        return None

    async def _send_stray(self, peer: Peer, channel: str) -> None:
        token = self.recorder.token()
        values: dict[str, Json] = {"text": token}
        expected = fill(self._target.echo.receive, values)
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
        envelope = Envelope(ChannelId(channel), fill(self._target.echo.send, values))
        if peer.connection is not None:
            await peer.connection.send_text(self._codec.encode(envelope))

    async def _change_user(self, browser: WireBrowser, user: str | None, *, ghost: bool) -> None:
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
            await self._close(browser.open_peers)
        for tab in tabs:
            await self._open(browser, tab)

    async def _restart(self, *, kill: bool) -> None:
        recorder = self.recorder
        open_tabs = {browser.name: browser.tabs for browser in self._browsers.values() if browser.tabs}
        recorder.record(TargetRestarting(at_s=recorder.now(), kill=kill))
        await self._live.restart(kill=kill)
        self._control.forget_sessions()
        recorder.record(TargetRestarted(at_s=recorder.now()))
        for name, tabs in open_tabs.items():
            browser = self._browsers[name]
            if browser.user is not None:
                await self._change_user(browser, browser.user, ghost=False)
            for tab in tabs:
                if browser.current(tab) is None:
                    await self._open(browser, tab)

    async def _open(self, browser: WireBrowser, tab: int, *, origin: str | None = None) -> None:
        browser.count += 1
        peer = Peer(ConnectionId(f"{browser.name}#{browser.count}"), tab=tab, foreign=origin is not None)
        browser.peers.append(peer)
        recorder = self.recorder
        recorder.record(ConnectionOpening(at_s=recorder.now(), connection=peer.id, browser=browser.name, origin=origin))
        try:
            connection = await connect(
                socket_url(self._live.url, self._target.socket.path),
                origin=origin or self._live.url,
                cookie=browser.session.cookie_header,
                subprotocols=self._target.socket.subprotocols,
                on_text=lambda text: self._hear(heard(text, codec=self._codec, observer=peer.id, at_s=recorder.now())),
                on_binary=lambda data: self._hear(heard_binary(data, observer=peer.id, at_s=recorder.now())),
                on_close=lambda code, reason, by: recorder.record(
                    ConnectionClosed(at_s=recorder.now(), connection=peer.id, code=code, reason=reason, by=by)
                ),
            )
        except Refused as refusal:
            if refusal.status == 0 and refusal.silent:
                raise TargetUnreachable(
                    f"the socket did not answer the handshake within {HANDSHAKE_TIMEOUT_S:g} s",
                    where=socket_url(self._live.url, self._target.socket.path),
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
            return
        peer.connection = connection
        recorder.record(ConnectionOpened(at_s=recorder.now(), connection=peer.id))
        self._tasks.start_soon(connection.run)
        await self._probe(peer)

    async def _probe(self, peer: Peer) -> None:
        """Wait for an echo: a server may answer the handshake before it has the connection in its books."""
        token = await self._send_echo(peer, "")
        model = self.recorder.model
        probed = await self._until(
            lambda: bool(model.delivered(peer.id, token)) or peer.connection is None or not peer.connection.open,
            timeout_s=min(self._probe_s, 1.0) if peer.foreign else self._probe_s,
        )
        if not probed:
            self._probe_s = min(self._probe_s, PROBE_AGAIN_S)
        if peer.connection is not None and peer.connection.open:
            self.recorder.record(ConnectionReady(at_s=self.recorder.now(), connection=peer.id, probed=probed))

    async def _send_echo(self, peer: Peer, text: str) -> Token:
        token = self.recorder.token()
        values: dict[str, Json] = {"text": f"{token} {text}" if text else token}
        echo = self._target.echo
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
            envelope = Envelope(self._echo_channel, fill(echo.send, values))
            await peer.connection.send_text(self._codec.encode(envelope))
        return token

    async def _close(self, peers: Sequence[Peer], *, drop: bool = False) -> None:
        for peer in peers:
            if peer.connection is not None:
                self.recorder.record(ConnectionClosing(at_s=self.recorder.now(), connection=peer.id))
                await (peer.connection.drop() if drop else peer.connection.close())

    def _hear(self, event: AnyEvent | None) -> None:
        if event is not None:
            self.recorder.record(event)

    def _browser(self, name: str) -> WireBrowser:
        if name not in self._browsers:
            session = Session(self._target, base_url=self._live.url)
            self._browsers[name] = WireBrowser(name, session)
        return self._browsers[name]

    def _wake(self, _event: AnyEvent) -> None:
        self._news.set()

    async def _until(self, done: Callable[[], bool], *, timeout_s: float) -> bool:
        """Wait until `done` holds, looking again whenever something was recorded."""
        with anyio.move_on_after(timeout_s):
            while not done():
                self._news = anyio.Event()
                await self._news.wait()
        return done()
