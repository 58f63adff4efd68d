"""Two instances on one Redis and one database act as one; without Redis each goes on for its own clients."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from websockets.asyncio.client import ClientConnection

from harness.reference.channel import ChannelId
from harness.reference.hub import SESSION_ENDED, Hub
from harness.reference.settings import Settings
from tests.reference.running import (
    DEADLINE_S,
    NOTIFICATIONS,
    POSTS,
    Running,
    close_code,
    hear,
    hears_only,
    running,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH"),
]


@dataclass(slots=True)
class Broker:
    """A redis-server of our own; it can be stopped and started again on its port."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        # Popen returns at once, and its owner outlives any one event loop.
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        with anyio.fail_after(DEADLINE_S):
            async with Redis.from_url(self.url) as client:
                while True:
                    try:
                        await client.ping()
                    except (OSError, RedisError):
                        await anyio.lowlevel.checkpoint()
                    else:
                        return

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(DEADLINE_S)
            self.process = None


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    broker = Broker(port)
    try:
        await broker.start()
        yield broker
    finally:
        broker.stop()


@asynccontextmanager
async def two_instances(broker: Broker, folder: Path) -> AsyncIterator[tuple[Running, Running]]:
    settings = Settings(database=str(folder / "shared.sqlite"), redis_url=broker.url)
    async with running(settings) as first, running(settings) as second:
        yield first, second


async def test_a_broadcast_reaches_both_instances_once(broker: Broker, tmp_path: Path) -> None:
    async with (
        two_instances(broker, tmp_path) as (first, second),
        first.browser() as browser,
        first.socket() as here,
        second.socket() as there,
    ):
        for number in range(20):
            await browser.post("/api/posts", json={"action": "updated", "note": str(number)})
        expected = [(POSTS, {"action": "updated", "note": str(number)}) for number in range(20)]
        assert [await hear(there) for _ in range(20)] == expected
        assert await hears_only(here, *expected)
        assert await hears_only(there)


async def test_a_private_message_reaches_the_user_on_both_instances_and_nobody_else(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        two_instances(broker, tmp_path) as (first, second),
        first.browser("admin") as admin,
        second.browser("ada") as ada,
        second.browser("cyd") as cyd,
        first.socket(ada) as here,
        second.socket(ada) as there,
        second.socket(cyd) as other,
        second.socket() as guest,
    ):
        await admin.post("/api/notify/1", json={"title": "secret"})
        assert await hear(there) == (NOTIFICATIONS, {"title": "secret"})
        assert await hears_only(here, (NOTIFICATIONS, {"title": "secret"}))
        for one in (there, other, guest):
            assert await hears_only(one)


async def test_sign_out_and_revocation_on_one_instance_end_sockets_on_the_other(broker: Broker, tmp_path: Path) -> None:
    async with (
        two_instances(broker, tmp_path) as (first, second),
        first.browser("admin") as admin,
        first.browser("ada") as ada,
        first.browser("bob") as bob,
        second.socket(ada) as signed_out,
        second.socket(bob) as revoked,
    ):
        await ada.post("/api/sign_out")
        assert await close_code(signed_out) == SESSION_ENDED
        await admin.post("/api/revoke/2")
        assert await close_code(revoked) == SESSION_ENDED


async def test_a_private_message_sent_after_a_sign_out_elsewhere_never_arrives(broker: Broker, tmp_path: Path) -> None:
    async with (
        two_instances(broker, tmp_path) as (first, second),
        first.browser("admin") as admin,
        first.browser("ada") as ada,
        second.socket(ada) as socket,
    ):
        await ada.post("/api/sign_out")
        await admin.post("/api/notify/1", json={"title": "secret"})
        assert await close_code(socket) == SESSION_ENDED


BROADCAST = b'{"origin":"x","number":1,"signal":{"type":"Broadcast","channel":"c","data":%s}}'


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"origin":"x","number":1,"signal":{"type":"Other"}}',
        BROADCAST % b'"\xff\xfe"',
        BROADCAST % b'{"cut',
        b'{"origin":"x","number":1,"signal":{"type":"Private","user_id":"1","channel":"c","data":1}}',
    ],
)
async def test_foreign_messages_on_the_broker_reach_nobody(broker: Broker, tmp_path: Path, payload: bytes) -> None:
    async with (
        two_instances(broker, tmp_path) as (first, second),
        second.socket() as guest,
        first.browser() as browser,
    ):
        async with Redis.from_url(broker.url) as client:
            await client.publish("onesocket", payload)
        await browser.post("/api/posts", json={"action": "updated"})
        assert await hear(guest) == (POSTS, {"action": "updated", "note": ""})


class StumblesOnce(Hub):
    """The first broadcast that it is to deliver fails inside."""

    stumbled = False

    def broadcast(self, channel: ChannelId, data: object) -> None:
        if not self.stumbled:
            self.stumbled = True
            raise RuntimeError("a defect of ours")
        super().broadcast(channel, data)


async def test_a_delivery_that_fails_does_not_end_the_subscription(broker: Broker, tmp_path: Path) -> None:
    settings = Settings(database=str(tmp_path / "shared.sqlite"), redis_url=broker.url)
    async with (
        running(settings) as first,
        running(settings, hub=StumblesOnce()) as second,
        first.browser() as browser,
        second.socket() as there,
    ):
        for number in range(2):
            await browser.post("/api/posts", json={"action": "updated", "note": str(number)})
        assert await hear(there) == (POSTS, {"action": "updated", "note": "1"})


async def test_another_system_on_the_same_broker_is_not_heard(broker: Broker) -> None:
    ours, theirs = Settings(redis_url=broker.url), Settings(redis_url=broker.url, redis_topic="other")
    async with running(ours) as first, running(theirs) as second, second.browser() as browser, first.socket() as guest:
        await browser.post("/api/posts", json={"action": "updated"})
        assert await hears_only(guest)


async def test_losing_the_broker_keeps_local_delivery_and_its_return_brings_back_the_rest(
    broker: Broker, tmp_path: Path
) -> None:
    settings = Settings(database=str(tmp_path / "shared.sqlite"), redis_url=broker.url)
    async with (
        running(settings) as first,
        running(settings) as second,
        first.browser() as browser,
        first.browser("ada") as ada,
        first.socket() as here,
        second.socket(ada) as there,
    ):
        broker.stop()
        await browser.post("/api/posts", json={"action": "created", "note": "alone"})
        assert await hear(here) == (POSTS, {"action": "created", "note": "alone"})
        await ada.post("/api/sign_out")  # the other instance cannot be told
        assert await close_code(there) == SESSION_ENDED  # it asks the database while it is alone
        await broker.start()
        async with second.socket() as guest:
            assert await _crosses(browser, guest)  # the first instance may still be alone for a while


async def test_an_instance_starts_without_the_broker_and_finds_it_later(broker: Broker, tmp_path: Path) -> None:
    broker.stop()
    async with (
        two_instances(broker, tmp_path) as (first, second),
        first.browser() as browser,
        first.socket() as here,
        second.socket() as there,
    ):
        await browser.post("/api/posts", json={"action": "created", "note": "alone"})
        assert await hear(here) == (POSTS, {"action": "created", "note": "alone"})
        await broker.start()
        assert await _crosses(browser, there)


async def _crosses(browser: httpx.AsyncClient, socket: ClientConnection) -> bool:
    """Post until one post has reached the socket of the other instance."""
    with anyio.fail_after(DEADLINE_S):
        while True:
            await browser.post("/api/posts", json={"action": "updated", "note": "again"})
            with anyio.move_on_after(0.1):
                return await hear(socket) == (POSTS, {"action": "updated", "note": "again"})
