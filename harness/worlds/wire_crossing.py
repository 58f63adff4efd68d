"""What crosses between instances, tried through an onlooker on each, signed in as the last user of the target.

Publishes again and again until a message of each kind has come from each instance to each other; judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import anyio

from harness.errors import ControlFailed, TargetUnreachable
from harness.targets.control import Control
from harness.targets.instances import Instances
from harness.wire.token import Token
from harness.worlds.wire_browser import Peer
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import publish

AGAIN_S = 0.2
"""How long one message has to cross before another is sent after it."""
REFUSED_S = 1.0
"""How long to wait for an answer while the broker is away: a server may hold it back until the broker returns."""
KINDS = ("broadcast", "private")


@dataclass(frozen=True, slots=True)
class Way:
    """What must cross: a message of one instance, a broadcast or a private one, to the onlooker on another."""

    source: int
    sink: int
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} from {self.source} to {self.sink}"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Whether all ways were open in the end, after how long, and what was missing."""

    done: bool
    waited_s: float
    note: str = ""


class Crossings:
    """Tries what crosses; `looking` while it does."""

    def __init__(self, clients: WireClients, instances: Instances, *, control_of: Callable[[int], Control]) -> None:
        self.looking = False
        self._clients = clients
        self._instances = instances
        self._recorder = clients.recorder
        self._control_of = control_of

    async def wait(self, *, within_s: float) -> Crossing:
        """Publish on every instance again and again until all that must has crossed; what fails is tried again.

        Signing in and connecting to listen takes our time, not that of the messages.
        """
        recorder, numbers = self._recorder, self._instances.numbers
        for number in numbers:
            await self._onlooker(number)
        started_s = recorder.now()
        wanted = [Way(source, sink, kind) for source, sink in permutations(numbers, 2) for kind in KINDS]
        sent: defaultdict[tuple[int, str], list[Token]] = defaultdict(list)
        self.looking = True
        try:
            while True:
                onlookers = {number: await self._onlooker(number) for number in numbers}
                missing = self._missing(wanted, sent, onlookers)
                waited_s = recorder.now() - started_s
                if not missing:
                    return Crossing(done=True, waited_s=waited_s)
                if (ended := self._instances.ended) is not None:
                    return Crossing(done=False, waited_s=waited_s, note=f"instance {ended} has ended")
                if waited_s > within_s and sent:
                    return Crossing(
                        done=False, waited_s=waited_s, note=f"what does not cross: {', '.join(map(str, missing))}"
                    )
                for source, kind in dict.fromkeys((each.source, each.kind) for each in missing):
                    sent[source, kind] += await self._say(source, kind)
                await self._clients.until(
                    lambda: not self._missing(wanted, sent, onlookers),  # noqa: B023 # used up in this turn
                    timeout_s=AGAIN_S,
                )
        finally:
            self.looking = False

    def _missing(
        self,
        wanted: Sequence[Way],
        sent: Mapping[tuple[int, str], Sequence[Token]],
        onlookers: Mapping[int, Peer | None],
    ) -> list[Way]:
        model = self._recorder.model

        def crossed(way: Way) -> bool:
            peer, tokens = onlookers[way.sink], sent.get((way.source, way.kind), ())
            return peer is not None and any(model.delivered(peer.id, token) for token in tokens)

        return [way for way in wanted if not crossed(way)]

    async def _onlooker(self, number: int) -> Peer | None:
        """A connection on an instance, new and signed in anew where there is none; None where it cannot be had."""
        browser = self._clients.browser(f"onlooker{number}")
        browser.homes[1] = number
        if browser.current() is None:
            with anyio.move_on_after(REFUSED_S):
                try:
                    await self._clients.change_user(browser, self._onlooking_user)
                    await self._clients.open(browser, 1)
                except (ControlFailed, TargetUnreachable):
                    pass
        return browser.current()

    @property
    def _onlooking_user(self) -> str:
        return self._clients.target.ordinary_users[-1]

    async def _say(self, number: int, kind: str) -> list[Token]:
        to = self._onlooking_user if kind == "private" else None
        with anyio.move_on_after(REFUSED_S):
            try:
                return [await publish(self._recorder, self._control_of(number), to=to)]
            except (ControlFailed, TargetUnreachable):
                pass
        return []
