"""The wire world: raw WebSocket clients, one per tab of the plan, with a cookie jar per browser.

Performs steps and waits; judges nothing. A browser is polite: after a sign-in or sign-out it closes its socket and
opens another, as the seed's client does. A ghost (`keeping the socket`) opens the other and keeps the old one too.
A family of steps of its own has its module `wire_<concept>.py` and one line in `_perform_family`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias

import anyio
from anyio.abc import TaskGroup

from harness.plan import (
    AtOnce,
    Broadcast,
    Close,
    Drop,
    Echo,
    KillDuringBroadcasts,
    LifeStep,
    MalformedStep,
    NetworkFault,
    Open,
    PlaceStep,
    Reload,
    Restart,
    SendOn,
    SendOnNearMisses,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    SizeStep,
    Step,
    Tab,
)
from harness.plan.frames import FrameStep
from harness.plan.full_load import FullLoadStep
from harness.plan.handshakes import HandshakeStep
from harness.plan.identity import IdentityStep
from harness.plan.instances import BrokerStep, OnInstance
from harness.plan.limits import LimitStep
from harness.plan.network import NetworkStep
from harness.plan.outages import OutageStep
from harness.plan.people import PeopleStep
from harness.plan.streams import StreamStep
from harness.plan.views import ViewStep
from harness.targets.control import Control
from harness.targets.instances import Instances
from harness.targets.process import RunningTarget
from harness.wire.channel import near_misses
from harness.worlds.at_once import perform_at_once
from harness.worlds.wire_browser import NO_CONNECTION
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_frames import FrameTrials
from harness.worlds.wire_handshake import WireHandshake
from harness.worlds.wire_identity import perform_identity
from harness.worlds.wire_instances import WireInstances
from harness.worlds.wire_limits import go_to_limit
from harness.worlds.wire_network import WireNetwork
from harness.worlds.wire_odd import perform_odd
from harness.worlds.wire_server import kill_during_broadcasts, note_death, restart, watch
from harness.worlds.wire_settle import settle
from harness.worlds.wire_streams import stream
from harness.worlds.world import Recorder, ids_like, publish, typed_id

FamilyStep: TypeAlias = (
    MalformedStep
    | FrameStep
    | HandshakeStep
    | IdentityStep
    | NetworkStep
    | LimitStep
    | StreamStep
    | OnInstance
    | BrokerStep
)


class WireWorld:
    """Implements `World` on raw connections. Use as an async context manager."""

    def __init__(
        self,
        live: RunningTarget,
        *,
        recorder: Recorder,
        control: Control,
        patience_s: float | None = None,
        in_vain: Collection[str] = (),
        instances: Instances | None = None,
        disturbed: Collection[str] = (),
        faults: Sequence[NetworkFault] = (),
        proves: tuple[str, ...] = (),
    ) -> None:
        """`patience_s` is how long to wait for what is owed, instead of the target's `delivery_s`; `in_vain` are the
        requirements on frames that the target was seen to break, for which it is not waited long again. `live` is the
        first of `instances`, for plans that speak of several. `disturbed` are the browsers that faults of the network
        are put on later, `faults` those on every browser's way from the beginning; `proves` is what the plan is to
        show.
        """
        self.recorder = recorder
        self._tasks: TaskGroup = anyio.create_task_group()
        self._clients = WireClients(
            live,
            recorder=recorder,
            control=control,
            patience_s=live.target.promises.delivery_s if patience_s is None else patience_s,
            tasks=self._tasks,
        )
        self._frames = FrameTrials(self._clients, in_vain=in_vain)
        self._network = WireNetwork(self._clients, disturbed=disturbed, faults=faults)
        self._proves = proves
        self._several = WireInstances(self._clients, instances) if instances is not None else None
        self._handshakes = WireHandshake(self._clients)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._clients.lag.run)
        self._tasks.start_soon(partial(watch, self._clients, proves=self._proves))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
            await self._frames.aclose()
            await self._clients.aclose()
        self._tasks.cancel_scope.cancel()
        # The error of the block goes on by itself; handed to the task group it would come out wrapped in a group.
        await self._tasks.__aexit__(None, None, None)

    async def perform(self, step: Step) -> str | None:
        """Carry out one step; the note says why it was left out."""
        clients = self._clients
        match step:
            case Open() | Close() | Drop() | Reload() | SignIn() | SignOut():
                return await self._perform_people(step)
            case Broadcast() | SendToUser() | SendToLookAlikes():
                await self._publish(step)
            case Echo(tab) | SendOn(tab) | SendOnNearMisses(tab):
                return await self._send(tab, step)
            case Settle():
                await settle(clients)
            case Restart(kill):
                await restart(clients, kill=kill)
            case KillDuringBroadcasts():
                await kill_during_broadcasts(clients, step)
            case AtOnce(steps):
                await clients.control.prepare()
                return await perform_at_once(steps, self.perform)
            case _ if isinstance(step, LifeStep | PlaceStep):
                return "only a page can do this"
            case _:
                if isinstance(step, OutageStep | FullLoadStep | ViewStep | SizeStep):
                    return "only a page can do this"
                return await self._perform_family(step)
        return None

    async def _perform_family(self, step: FamilyStep) -> str | None:
        """Hand a step to the part of this world that knows its family."""
        if isinstance(step, MalformedStep):
            return await perform_odd(self._clients, step)
        if isinstance(step, FrameStep):
            return await self._frames.perform(step)
        if isinstance(step, HandshakeStep):
            return await self._handshakes.perform(step)
        if isinstance(step, IdentityStep):
            return await perform_identity(step, self._clients)
        if isinstance(step, NetworkStep):
            return await self._network.perform(step)
        if isinstance(step, LimitStep):
            return await go_to_limit(self._clients, self._network, step)
        if isinstance(step, StreamStep):
            return await stream(self._clients, step)
        return await self._several.perform(step, self.perform) if self._several else "there is one instance only"

    async def finish(self) -> None:
        """Settle, then close every connection politely."""
        try:
            await settle(self._clients)
            for browser in self._clients.browsers.values():
                await self._clients.close(browser.open_peers)
        finally:
            await self._network.finish()
            await self._clients.live.await_death()
            note_death(self._clients, proves=self._proves)

    async def _perform_people(self, step: PeopleStep) -> str | None:
        browser = self._clients.browser(step.tab.browser)
        if isinstance(step, SignIn):
            user = self.recorder.user_name(step.user)
            await self._clients.change_user(browser, user, ghost=step.keep_socket)
            return None
        if isinstance(step, SignOut):
            if browser.user is None:
                return "nobody is signed in"
            await self._clients.change_user(browser, None, ghost=step.keep_socket)
            return None
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
        peer = self._clients.current(tab)
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
