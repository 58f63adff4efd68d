"""Stories on two instances: `on(2)` says where what follows is done, the rest is as in `stories`."""

from __future__ import annotations

from typing import Self

import msgspec

from harness.history import (
    AnyEvent,
    BrokerReturned,
    BrokerStopped,
    ConnectionOpening,
    ElsewherePublished,
    GarbagePublished,
    GarbagePublishing,
    IdentityChanging,
    InstancesJoined,
    Malformed,
    PublishStarted,
    Received,
)
from harness.wire.token import make_token
from tests.model.stories import Story

FOREIGN = make_token("0000cafe", 999)


class Several(Story):
    """A history on two instances."""

    def __init__(self) -> None:
        super().__init__()
        self._here = 1
        self._add(InstancesJoined(at_s=0.0, count=2))

    def on(self, instance: int) -> Self:
        self._here = instance
        return self

    def stop_broker(self) -> Self:
        return self._add(BrokerStopped(at_s=self._tick()))

    def start_broker(self, *, crossed: bool = True, waited_s: float = 0.2) -> Self:
        note = "" if crossed else "nothing crosses from 1 to 2"
        return self._add(BrokerReturned(at_s=self._tick(), crossed=crossed, waited_s=waited_s, note=note))

    def garbage(self) -> Self:
        return self._add(GarbagePublishing(at_s=self._tick(), tokens=(FOREIGN,)))

    def digested(self, *, heard: int = 3, crossed: bool = True, waited_s: float = 0.2) -> Self:
        note = "" if crossed else "instance 2 has ended"
        return self._add(
            GarbagePublished(at_s=self._tick(), heard=heard, crossed=crossed, waited_s=waited_s, note=note)
        )

    def elsewhere(self, *, arrived: bool = True) -> Self:
        return self._add(ElsewherePublished(at_s=self._tick(), token=FOREIGN, kind="broadcast", arrived=arrived))

    def foreign(self, connection: str) -> Self:
        return self._add(Received(at_s=self._tick(), observer=connection, channel="c", data=FOREIGN, tokens=(FOREIGN,)))

    def rubbish(self, connection: str, *, named: bool = True) -> Self:
        tokens = (FOREIGN,) if named else ()
        return self._add(Malformed(at_s=self._tick(), observer=connection, raw="{", why="not JSON", tokens=tokens))

    def _add(self, event: AnyEvent) -> Self:
        if isinstance(event, ConnectionOpening | PublishStarted | IdentityChanging):
            event = msgspec.structs.replace(event, instance=self._here)
        return super()._add(event)
