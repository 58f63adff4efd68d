"""Instances that do not act as one: what is wrong is how they tell each other, on a Redis of their own.

Each is right as long as it is alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import anyio
import msgspec

from harness.reference.broker_signal import Broadcast, Parcel, Private, SessionEnded, Signal, UserEnded, read_parcel
from harness.reference.bus import RedisBus
from harness.reference.channel import ChannelId
from tests.faulty.fault import Fault

SHOWN_ON = ChannelId("onesocket_posts_changes")


class NoBus(RedisBus):
    """Every instance is alone."""

    async def publish(self, signal: Signal) -> None:
        self._deliver(signal)


class HearsItself(RedisBus):
    """What was delivered at once is delivered again when it comes back from the broker."""

    async def publish(self, signal: Signal) -> None:
        self._deliver(signal)
        await self._reaches_broker(Parcel(self._origin, 0, signal))

    def _hear(self, payload: bytes) -> None:
        parcel = read_parcel(payload)
        if parcel is not None:
            self._deliver(parcel.signal)


class HearsTwiceAfterTheReturn(RedisBus):
    """Each new subscription adds a handler to those that there are."""

    handlers = 0

    async def _subscribe(self) -> None:
        self.handlers += 1
        await super()._subscribe()

    def _hear(self, payload: bytes) -> None:
        parcel = read_parcel(payload)
        times = self.handlers if parcel is not None and parcel.origin != self._origin else 1
        for _ in range(times):
            super()._hear(payload)


class KeepsPrivateMessagesHome(RedisBus):
    """A private message looks for its user among its own connections."""

    async def publish(self, signal: Signal) -> None:
        if isinstance(signal, Private):
            self._deliver(signal)
        else:
            await super().publish(signal)


class BroadcastsWhatWasPrivate(RedisBus):
    """A private message of another instance is for everybody."""

    def _hear(self, payload: bytes) -> None:
        parcel = read_parcel(payload)
        if parcel is not None and parcel.origin != self._origin and isinstance(parcel.signal, Private):
            self._deliver(Broadcast(parcel.signal.channel, parcel.signal.data))
        else:
            super()._hear(payload)


class KeepsSignOutsHome(RedisBus):
    """The others are not told of a sign-out."""

    async def publish(self, signal: Signal) -> None:
        if isinstance(signal, SessionEnded):
            self._deliver(signal)
        else:
            await super().publish(signal)


class KeepsRevocationsHome(RedisBus):
    """The others are not told of a revocation."""

    async def publish(self, signal: Signal) -> None:
        if isinstance(signal, UserEnded):
            self._deliver(signal)
        else:
            await super().publish(signal)


class SubscribesOnce(RedisBus):
    """The subscription that was lost is not made again."""

    async def _listen(self) -> None:
        try:
            await self._subscribe()
        except self._gone:
            await anyio.sleep_forever()


class ReturnsForBroadcastsOnly(RedisBus):
    """Each user has a channel, and after the loss only the common one is subscribed to again."""

    subscriptions = 0

    async def _subscribe(self) -> None:
        self.subscriptions += 1
        await super()._subscribe()

    def _hear(self, payload: bytes) -> None:
        parcel = read_parcel(payload)
        of_another = parcel is not None and parcel.origin != self._origin
        if not (self.subscriptions > 1 and of_another and parcel is not None and isinstance(parcel.signal, Private)):
            super()._hear(payload)


class DiesWithTheBroker(RedisBus):
    """Nobody handles the error of the connection that was lost."""

    async def _listen(self) -> None:
        try:
            await self._subscribe()
        except self._gone:
            os._exit(1)


class GivesUpPublishing(RedisBus):
    """One failure to publish, and the broker is taken for gone for ever."""

    given_up = False

    async def _reaches_broker(self, parcel: Parcel) -> bool:
        if not self.given_up:
            self.given_up = not await super()._reaches_broker(parcel)
        return not self.given_up


class StopsListeningAtGarbage(RedisBus):
    """What cannot be read ends the listener, and nobody notices."""

    deaf = False

    def _hear(self, payload: bytes) -> None:
        self.deaf = self.deaf or read_parcel(payload) is None
        if not self.deaf:
            super()._hear(payload)


class DiesOnNull(RedisBus):
    """`null` is JSON, and has no keys."""

    def _hear(self, payload: bytes) -> None:
        if payload == b"null":
            os._exit(1)
        super()._hear(payload)


class PassesForeignMessagesOn(RedisBus):
    """What comes from the broker is taken for a broadcast."""

    def _hear(self, payload: bytes) -> None:
        if read_parcel(payload) is None:
            self._deliver(Broadcast(SHOWN_ON, msgspec.Raw(msgspec.json.encode(payload.decode("utf-8", "replace")))))
        else:
            super()._hear(payload)


class HasNoPrefix(RedisBus):
    """Every application speaks on the same channel."""

    def __init__(self, url: str, *, topic: str, deliver: Callable[[Signal], None], resync: Callable[[], None]) -> None:
        del topic
        super().__init__(url, topic="realtime", deliver=deliver, resync=resync)


RETURN, GARBAGE = ("the_broker_goes_and_returns",), ("garbage_on_the_broker",)
APART = ("two_applications_on_one_broker",)
SIGN_OUT, REVOCATION = ("a_sign_out_is_told_to_every_instance",), ("a_revocation_is_told_to_every_instance",)
FAULTS = (
    Fault("has_no_bus", "MI-1", redis_bus=NoBus),
    Fault("hears_its_own_messages_again", "MI-1", redis_bus=HearsItself),
    Fault("hears_twice_after_the_broker_returned", "MI-1", redis_bus=HearsTwiceAfterTheReturn, plans=RETURN),
    Fault("keeps_private_messages_on_its_instance", "MI-2", redis_bus=KeepsPrivateMessagesHome),
    Fault("broadcasts_private_messages_of_other_instances", "MI-2", redis_bus=BroadcastsWhatWasPrivate),
    Fault("tells_no_instance_of_a_sign_out", "MI-3", redis_bus=KeepsSignOutsHome, plans=SIGN_OUT),
    Fault("tells_no_instance_of_a_revocation", "MI-3", redis_bus=KeepsRevocationsHome, plans=REVOCATION),
    Fault("subscribes_once", "MI-4", redis_bus=SubscribesOnce),
    Fault("returns_for_broadcasts_only", "MI-4", redis_bus=ReturnsForBroadcastsOnly),
    Fault("dies_with_the_broker", "MI-4", redis_bus=DiesWithTheBroker),
    Fault("gives_up_publishing", "MI-4", redis_bus=GivesUpPublishing),
    Fault("stops_listening_at_garbage", "MI-5", redis_bus=StopsListeningAtGarbage, plans=GARBAGE),
    Fault("dies_on_null_from_the_broker", "MI-5", redis_bus=DiesOnNull, plans=GARBAGE),
    Fault("passes_foreign_messages_on", "MI-5", redis_bus=PassesForeignMessagesOn, plans=GARBAGE),
    Fault("has_no_key_prefix", "MI-5", redis_bus=HasNoPrefix, plans=APART),
)
