"""Events of several instances and the broker that they share."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event
from harness.wire.token import Token


class InstancesJoined(Event, frozen=True, kw_only=True, tag="instances_joined"):
    """What follows was done on this many instances of the target."""

    count: int


class BrokerStopped(Event, frozen=True, kw_only=True, tag="broker_stopped"):
    """The broker is gone: nothing is owed until its return has crossed."""


class BrokerReturned(Event, frozen=True, kw_only=True, tag="broker_returned"):
    """The broker was back, and messages crossed between all instances `waited_s` later, or (`crossed`) never did."""

    crossed: bool
    waited_s: float
    note: str = ""


class GarbagePublishing(Event, frozen=True, kw_only=True, tag="garbage_publishing"):
    """Malformed and foreign messages are about to be put on the broker; some hold one of these tokens."""

    tokens: tuple[Token, ...]


class GarbagePublished(Event, frozen=True, kw_only=True, tag="garbage_published"):
    """They were, and `heard` of them by somebody; `crossed` and `waited_s` as with `BrokerReturned`."""

    heard: int
    crossed: bool
    waited_s: float
    note: str = ""


class ElsewherePublished(Event, frozen=True, kw_only=True, tag="elsewhere_published"):
    """Another application on the same broker published; `arrived` on a connection of its own, where it belongs."""

    token: Token
    kind: str
    arrived: bool


InstanceEvent: TypeAlias = (
    InstancesJoined | BrokerStopped | BrokerReturned | GarbagePublishing | GarbagePublished | ElsewherePublished
)
