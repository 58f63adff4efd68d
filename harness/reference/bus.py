"""Carries signals to every instance: inside this process, or through Redis pub/sub. Never picks receivers.

With Redis, an instance delivers its own messages when it hears them back, so that all deliver in the broker's
one order; ends of sessions are applied here at once as well, before anything is awaited. While Redis is away, also at
the start, delivery goes on inside this instance and the others miss it; `resync` then lets the owner end what it is not
told about, again and again, and once more when the subscription is back. What is no parcel of ours is nobody's.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
import msgspec

from harness.reference.broker_signal import Parcel, SessionEnded, Signal, UserEnded, read_parcel
from harness.reference.done import DONE

OWN_ECHO_TIMEOUT_S = 1.0
FIRST_CONNECT_TIMEOUT_S = 2.0
FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 1.0
"""Between two attempts to subscribe: each time twice as long, and a random part of it, as all instances lose the broker
at the same moment."""

Deliver = Callable[[Signal], None]

_logger = logging.getLogger("onesocket.reference")


class Bus(Protocol):
    """How a signal gets to every instance."""

    def publish(self, signal: Signal) -> Awaitable[None]:
        """Be done once the signal has taken effect in this instance and is on its way to the others."""
        ...

    @asynccontextmanager
    def running(self) -> AsyncIterator[None]:
        """Keep the bus connected while the context is open."""


class LocalBus:
    """One instance only: publishing is delivering, and nobody has to wait for it."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def publish(self, signal: Signal) -> Awaitable[None]:
        """Deliver here and now."""
        self._deliver(signal)
        return DONE

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing to keep connected."""
        yield


class RedisBus:
    """Several instances on one Redis topic."""

    def __init__(self, url: str, *, topic: str, deliver: Deliver, resync: Callable[[], None]) -> None:
        self._url = url
        self._topic = topic
        self._deliver = deliver
        self._resync = resync
        self._origin = secrets.token_hex(8)
        self._number = 0
        self._awaited: dict[int, anyio.Event] = {}
        self._subscribed = anyio.Event()
        # Imported here: it takes as long to import as all the rest, and a single instance has no use for it.
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        self._gone = (RedisError, OSError)
        # Nothing is tried twice by the library: a publication that did arrive would be heard twice.
        self._redis = Redis.from_url(
            url,
            socket_connect_timeout=1.0,
            socket_timeout=1.0,
            health_check_interval=5,
            retry=Retry(NoBackoff(), 0),
        )

    async def publish(self, signal: Signal) -> None:
        """Deliver through the broker, or only here when it cannot be reached."""
        ended = isinstance(signal, SessionEnded | UserEnded)
        if ended:
            self._deliver(signal)
        self._number += 1
        number = self._number
        echoed = anyio.Event()
        if not ended:
            self._awaited[number] = echoed
        if await self._reaches_broker(Parcel(self._origin, number, signal)) and not ended:
            with anyio.move_on_after(OWN_ECHO_TIMEOUT_S):
                await echoed.wait()
        if self._awaited.pop(number, None) is not None:
            self._resync()
            self._deliver(signal)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Subscribe, and stay subscribed through every loss of the broker."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            with anyio.move_on_after(FIRST_CONNECT_TIMEOUT_S):
                await self._subscribed.wait()
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                with anyio.move_on_after(1.0, shield=True):
                    await self._redis.aclose()

    async def _reaches_broker(self, parcel: Parcel) -> bool:
        if not self._subscribed.is_set():
            return False
        try:
            await self._redis.publish(self._topic, msgspec.json.encode(parcel))
        except self._gone as error:
            _logger.warning("redis cannot be reached, delivering in this instance only: %s", error)
            return False
        return True

    async def _listen(self) -> None:
        delay_s = FIRST_DELAY_S
        while True:
            try:
                await self._subscribe()
            except self._gone as error:
                _logger.warning("redis subscription lost, trying again: %s", error)
            if self._subscribed.is_set():
                delay_s = FIRST_DELAY_S
                self._subscribed = anyio.Event()
            self._resync()
            await anyio.sleep(delay_s * random.uniform(0.5, 1.0))
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def _subscribe(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=False) as pubsub:
            await pubsub.subscribe(self._topic)
            while True:
                message = await pubsub.get_message(timeout=5.0)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    # Confirmed: nothing published from here on is missed, so now is the time to compare.
                    self._resync()
                    # Connections to the broker of before would fail the next publication, which would stay here.
                    await self._redis.connection_pool.disconnect(inuse_connections=False)
                    self._subscribed.set()
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, payload: bytes) -> None:
        parcel = read_parcel(payload)
        if parcel is None:
            return
        if parcel.origin == self._origin:
            echoed = self._awaited.pop(parcel.number, None)
            if echoed is None:
                return
            echoed.set()
        try:
            self._deliver(parcel.signal)
        except Exception:
            # The subscription outlives whatever one parcel does: everybody's messages come through it.
            _logger.exception("a parcel from the broker could not be delivered")
