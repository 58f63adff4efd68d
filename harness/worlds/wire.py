"""The wire world: raw WebSocket clients, one per tab of the plan, with a cookie jar per browser.

Performs steps and waits; judges nothing. A browser is polite: after a sign-in or sign-out it closes its socket and
opens another, as the seed's client does. A ghost (`keeping the socket`) opens the other and keeps the old one too.
A family of steps of its own has its module `wire_<concept>.py` and one arm in `perform`.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self, assert_never

import anyio
from anyio.abc import TaskGroup

from harness.history import TargetRestarted, TargetRestarting
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
from harness.targets.control import Control
from harness.targets.process import RunningTarget
from harness.wire.channel import near_misses
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_settle import settle
from harness.worlds.world import Recorder, ids_like, publish, typed_id

NO_CONNECTION = "it has no open connection"


class WireWorld:
    """Implements `World` on raw connections. Use as an async context manager."""

    def __init__(
        self, live: RunningTarget, *, recorder: Recorder, control: Control, patience_s: float | None = None
    ) -> None:
        """`patience_s` is how long to wait for what is owed, instead of the target's `delivery_s`."""
        self.recorder = recorder
        self._tasks: TaskGroup = anyio.create_task_group()
        self._clients = WireClients(
            live,
            recorder=recorder,
            control=control,
            patience_s=live.target.promises.delivery_s if patience_s is None else patience_s,
            tasks=self._tasks,
        )

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
            await self._clients.aclose()
        self._tasks.cancel_scope.cancel()
        # The error of the block goes on by itself; handed to the task group it would come out wrapped in a group.
        await self._tasks.__aexit__(None, None, None)

    async def perform(self, step: Step) -> str | None:
        """Carry out one step; the note says why it was left out."""
        clients = self._clients
        match step:
            case Open() | Close() | Drop() | Reload():
                return await self._perform_on_tab(step)
            case SignIn(tab, role, keep_socket):
                await clients.change_user(
                    clients.browser(tab.browser), self.recorder.user_name(role), ghost=keep_socket
                )
            case SignOut(tab, keep_socket):
                browser = clients.browser(tab.browser)
                if browser.user is None:
                    return "nobody is signed in"
                await clients.change_user(browser, None, ghost=keep_socket)
            case Broadcast() | SendToUser() | SendToLookAlikes():
                await self._publish(step)
            case Echo(tab) | SendOn(tab) | SendOnNearMisses(tab):
                return await self._send(tab, step)
            case Settle():
                await settle(clients)
            case Restart(kill):
                await self._restart(kill=kill)
            case _:
                assert_never(step)
        return None

    async def finish(self) -> None:
        """Settle, then close every connection politely."""
        await settle(self._clients)
        for browser in self._clients.browsers.values():
            await self._clients.close(browser.open_peers)

    async def _perform_on_tab(self, step: Open | Close | Drop | Reload) -> str | None:
        browser = self._clients.browser(step.tab.browser)
        if isinstance(step, Open):
            if step.origin is None and browser.current(step.tab.number) is not None:
                return "its connection is open already"
            await self._clients.open(browser, step.tab.number, origin=step.origin)
            return None
        mine = [peer for peer in browser.open_peers if peer.tab == step.tab.number]
        if not mine:
            return NO_CONNECTION
        await self._clients.close(mine, drop=isinstance(step, Drop))
        if isinstance(step, Reload):
            await self._clients.open(browser, step.tab.number)
        return None

    async def _publish(self, step: Broadcast | SendToUser | SendToLookAlikes) -> None:
        recorder, control = self.recorder, self._clients.control
        match step:
            case Broadcast(times, tab, text):
                by = self._clients.browser(tab.browser) if tab else None
                session, name = (by.session, by.name) if by else (None, None)
                for _ in range(times):
                    await publish(recorder, control, text=text, by=session, by_browser=name)
            case SendToUser(role, times, text):
                for _ in range(times):
                    await publish(recorder, control, to=recorder.user_name(role), text=text)
            case SendToLookAlikes(role):
                for each in ids_like(self._clients.target, recorder.user_name(role)):
                    await publish(recorder, control, to_id=typed_id(self._clients.target, each))

    async def _send(self, tab: Tab, step: Echo | SendOn | SendOnNearMisses) -> str | None:
        peer = self._clients.browser(tab.browser).current(tab.number)
        if peer is None:
            return NO_CONNECTION
        match step:
            case Echo(_, times, text):
                for _ in range(times):
                    await self._clients.send_echo(peer, text)
            case SendOn(_, channel):
                await self._clients.send_stray(peer, channel)
            case SendOnNearMisses():
                for each in near_misses(self._clients.echo_channel):
                    await self._clients.send_stray(peer, each)
        return None

    async def _restart(self, *, kill: bool) -> None:
        recorder, clients = self.recorder, self._clients
        open_tabs = {browser.name: browser.tabs for browser in clients.browsers.values() if browser.tabs}
        recorder.record(TargetRestarting(at_s=recorder.now(), kill=kill))
        await clients.live.restart(kill=kill)
        clients.control.forget_sessions()
        recorder.record(TargetRestarted(at_s=recorder.now()))
        for name, tabs in open_tabs.items():
            browser = clients.browsers[name]
            if browser.user is not None:
                await clients.change_user(browser, browser.user)
            for tab in tabs:
                if browser.current(tab) is None:
                    await clients.open(browser, tab)
