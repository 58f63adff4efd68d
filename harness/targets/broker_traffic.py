"""What goes over a Redis that instances share: which channels somebody listens to, and messages put there from outside.

Knows nothing of what the messages mean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from harness.errors import TargetUnreachable

if TYPE_CHECKING:
    from redis.asyncio import Redis

ANSWER_TIMEOUT_S = 2.0
MOST_CHANNELS, MOST_MESSAGES = 20, 1000
"""A target may listen to a channel for each user: some of them stand for all."""


async def channels_heard(url: str, *, during: Callable[[], Awaitable[None]], idle_too: bool) -> list[bytes]:
    """Return the channels on which something is said in the meantime.

    With `idle_too` also all others that somebody is subscribed to: on a broker that strangers share, leave them alone.

    Raises:
        TargetUnreachable: the broker does not answer.
    """
    async with _connected(url) as redis, redis.pubsub() as everything:
        await everything.psubscribe("*")
        await during()
        said: list[bytes] = []
        for _ in range(MOST_MESSAGES):
            message = await everything.get_message(timeout=0.05)
            if message is None:
                break
            if message["type"] == "pmessage":
                said.append(message["channel"])
        idle = await redis.pubsub_channels() if idle_too else []
        listed = sorted(each for each in idle if isinstance(each, bytes))
    return list(dict.fromkeys([*said, *listed]))[:MOST_CHANNELS]


async def put(url: str, payloads: Iterable[bytes], *, on: Sequence[bytes]) -> int:
    """Publish each payload on each channel; return how many were handed to at least one subscriber.

    Raises:
        TargetUnreachable: the broker does not answer.
    """
    heard = 0
    async with _connected(url) as redis:
        for payload in payloads:
            for channel in on:
                heard += bool(await redis.publish(channel, payload))
    return heard


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Redis]:
    from redis.asyncio import Redis  # a third of the whole start, and few targets have one
    from redis.exceptions import RedisError

    try:
        async with Redis.from_url(
            url, socket_connect_timeout=ANSWER_TIMEOUT_S, socket_timeout=ANSWER_TIMEOUT_S
        ) as redis:
            yield redis
    except (RedisError, OSError) as error:
        raise TargetUnreachable(
            f"the broker does not answer: {str(error) or type(error).__name__}",
            where=f"[broker] url = {url!r}",
            todo="check that Redis listens there",
        ) from error
