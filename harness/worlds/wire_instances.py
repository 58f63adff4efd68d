"""Several instances in the wire world: steps on one of them, the loss of their broker, foreign messages on it.

Performs and records, judges nothing. A connection counts as ready once a message of another instance has reached it: an
instance may subscribe only when it has somebody to subscribe for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import anyio

from harness.errors import ControlFailed, TargetUnreachable
from harness.history import (
    BrokerReturned,
    BrokerStopped,
    GarbagePublished,
    GarbagePublishing,
    InstancesJoined,
)
from harness.plan import (
    BrokerStep,
    OnInstance,
    Open,
    PlacedStep,
    PublishElsewhere,
    PublishGarbage,
    StartBroker,
    StopBroker,
)
from harness.targets.broker_traffic import channels_heard, put
from harness.targets.control import Control, Session
from harness.targets.instances import Instances
from harness.wire.token import Token
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_clients import PROBE_AGAIN_S, WireClients
from harness.worlds.wire_crossing import AGAIN_S, REFUSED_S, Crossing, Crossings
from harness.worlds.wire_elsewhere import publish_elsewhere
from harness.worlds.world import publish

NOTHING_CROSSES = "messages do not cross between the instances"
CROSSES_S = 3.0


class WireInstances:
    """The `Place` of a wire world on several instances, and the steps about them."""

    def __init__(self, clients: WireClients, instances: Instances) -> None:
        self._clients = clients
        self._instances = instances
        self._recorder = clients.recorder
        self._controls = {1: clients.control}
        self._at = 1
        self._reach_s = clients.patience_s
        self._crossings = Crossings(clients, instances, control_of=self._control)
        self._broker_gone = False
        self._lost = False
        self._recorder.record(InstancesJoined(at_s=self._recorder.now(), count=instances.count))
        clients.place = self

    # -- the place of the clients

    @property
    def control(self) -> Control:
        """What makes the instance publish on which the current step is carried out."""
        return self._control(self._at)

    def controls(self) -> Sequence[Control]:
        """One an instance; none while messages do not cross."""
        return [] if self._broker_gone or self._lost else [self._control(each) for each in self._instances.numbers]

    def url(self, instance: int) -> str:
        """Where an instance answers."""
        return self._instances.member(instance).url

    def session(self, browser: WireBrowser) -> tuple[Session, int]:
        """The browser's cookies at the current instance; at the first where another host would not be sent them."""
        first, here = self.url(1), self.url(self._at)
        if urlsplit(first).hostname != urlsplit(here).hostname or self._at == 1:
            return browser.session, 1
        if self._at not in browser.away:
            browser.away[self._at] = browser.session.elsewhere(here)
        return browser.away[self._at], self._at

    async def reach(self, peer: Peer) -> None:
        """Wait until a broadcast of another instance reached the connection, and a private message if it has a user.

        What is published for this is owed to everybody else.
        """
        if self._crossings.looking or self._broker_gone or self._lost or peer.foreign or peer.connection is None:
            return
        clients, model, connection = self._clients, self._recorder.model, peer.connection
        opened = model.connections[peer.id]
        control = self._control(opened.instance % self._instances.count + 1)
        user = clients.browser(opened.browser).user
        waiting: list[tuple[str | None, list[Token]]] = [(None, []), *([(user, [])] if user else [])]

        def missing() -> list[tuple[str | None, list[Token]]]:
            return [each for each in waiting if not any(model.delivered(peer.id, token) for token in each[1])]

        until_s = self._recorder.now() + self._reach_s
        while connection.open and missing() and self._recorder.now() < until_s:
            for to, tokens in missing():
                tokens.append(await publish(self._recorder, control, to=to))
            await clients.until(lambda: not missing() or not connection.open, timeout_s=AGAIN_S)
        if missing():
            self._reach_s = min(self._reach_s, PROBE_AGAIN_S)

    async def aclose(self) -> None:
        """Close the sessions that publish on other instances than the first, which is not ours."""
        for number, control in self._controls.items():
            if number != 1:
                await control.aclose()

    # -- steps

    async def perform(
        self, step: OnInstance | BrokerStep, perform: Callable[[PlacedStep], Awaitable[str | None]]
    ) -> str | None:
        """Carry out one step, what is placed with `perform`; the note says why it was left out."""
        if self._lost:
            return NOTHING_CROSSES
        match step:
            case OnInstance(placed, number):
                return await self._perform_on(placed, (number - 1) % self._instances.count + 1, perform)
            case StopBroker():
                return await self._stop_broker()
            case StartBroker():
                return await self._start_broker()
            case PublishGarbage():
                return await self._publish_garbage()
            case PublishElsewhere():
                await publish_elsewhere(self._clients, await self._instances.other_application())
                return None

    async def _perform_on(
        self, step: PlacedStep, number: int, perform: Callable[[PlacedStep], Awaitable[str | None]]
    ) -> str | None:
        if isinstance(step, Open):
            browser = self._clients.browser(step.tab.browser)
            if browser.current(step.tab.number) is None:
                browser.homes[step.tab.number] = number
        self._at = number
        try:
            if not self._broker_gone:
                return await perform(step)
            with anyio.move_on_after(REFUSED_S):
                try:
                    return await perform(step)
                except (ControlFailed, TargetUnreachable) as refusal:
                    return f"not without the broker: {refusal.what}"
            return "no answer without the broker"
        finally:
            self._at = 1

    async def _stop_broker(self) -> str | None:
        if self._broker_gone:
            return "it is stopped already"
        if not (await self._cross(within_s=self._before_s)).done:
            return NOTHING_CROSSES
        self._recorder.record(BrokerStopped(at_s=self._recorder.now()))
        self._broker_gone = True
        await self._instances.stop_broker()
        return None

    async def _start_broker(self) -> str | None:
        if not self._broker_gone:
            return "it runs"
        await self._instances.start_broker()
        crossing = await self._cross(within_s=self._recovery_s)
        self._broker_gone = False
        self._recorder.record(
            BrokerReturned(
                at_s=self._recorder.now(), crossed=crossing.done, waited_s=crossing.waited_s, note=crossing.note
            )
        )
        return None

    async def _publish_garbage(self) -> str | None:
        if self._broker_gone:
            return "the broker is stopped"
        crossings: list[Crossing] = []

        async def cross() -> None:
            crossings.append(await self._cross(within_s=self._before_s))

        broker = self._clients.target.broker
        ours = broker is not None and broker.ours
        channels = await channels_heard(self._instances.broker_url, during=cross, idle_too=ours)
        if not crossings[0].done:
            return NOTHING_CROSSES
        tokens = tuple(self._recorder.token() for _ in range(4))
        self._recorder.record(GarbagePublishing(at_s=self._recorder.now(), tokens=tokens))
        heard = await put(self._instances.broker_url, garbage(tokens), on=channels)
        crossing = await self._cross(within_s=self._recovery_s)
        self._recorder.record(
            GarbagePublished(
                at_s=self._recorder.now(),
                heard=heard,
                crossed=crossing.done,
                waited_s=crossing.waited_s,
                note=crossing.note,
            )
        )
        return None if heard else "nobody listens to a channel of the broker"

    # -- what crosses

    async def _cross(self, *, within_s: float) -> Crossing:
        """Wait until all crosses; where it does not, nothing more is done here, and the next plan begins anew."""
        crossing = await self._crossings.wait(within_s=within_s)
        if not crossing.done:
            self._lost = True
            self._instances.spoil()
        return crossing

    @property
    def _before_s(self) -> float:
        """How long all may take to cross before a step: that judges nothing, and a busy machine takes longer."""
        return max(self._clients.patience_s, CROSSES_S)

    @property
    def _recovery_s(self) -> float:
        """As long again as promised, and a little: what comes back late is told as late."""
        return 2 * self._clients.target.promises.reconnect_s + 1.0

    def _control(self, number: int) -> Control:
        if number not in self._controls:
            base_url = self.url(number)
            self._controls[number] = Control(self._clients.target, base_url=base_url, instance=number)
        return self._controls[number]


def garbage(tokens: Sequence[Token]) -> list[bytes]:
    """Return messages that no application means: not JSON, cut off, of another shape, of another application."""
    text, cut, listed, foreign = tokens
    return [
        b"",
        b"\x00\xff\xfe\x80",
        text.encode(),
        f'{{"{cut}":'.encode(),
        b"null",
        b"42",
        b"{}",
        f'["{listed}"]'.encode(),
        f'{{"onesocket_foreign": "{foreign}"}}'.encode(),
    ]
