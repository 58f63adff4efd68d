"""What is measured of a server: each measure loads it in one way, and returns what it got out of a processor second.

Every message that was owed is waited for and counted; one that is missing is told, never averaged away.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import anyio.lowlevel
import psutil  # type: ignore[import-untyped] # it has no types of its own

from .process import Measured
from .swarm import Client, Swarm, text_frame

PREFIX = "bench_peer_"
MESSAGE_CHARS = 100
"""About how long a whole envelope is."""
DRAIN_TIMEOUT_S = 15.0
SAMPLED = 20
"""One client in so many tells when a message came."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measure of one peer in one round. `value` is in the measure's unit."""

    peer: str
    measure: str
    round: int
    value: float
    generator_share: float = 0.0
    """How much of a core the clients used meanwhile."""
    server_share: float = 0.0
    lost: int = 0
    p50_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to load a server. `more_is_better` is false for what it costs."""

    name: str
    title: str
    unit: str
    run: Callable[[Measured, Size], Awaitable[Sample]]
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Size:
    """How much: 1 is the benchmark, less is a smoke test."""

    round: int
    scale: float = 1.0
    seconds: float = 4.0

    def of(self, count: int) -> int:
        """Return so many, made smaller."""
        return max(4, round(count * self.scale))


def message(channel: str, data: dict[str, object]) -> bytes:
    """Return the frame of one envelope of the benchmark's usual length."""
    envelope = json.dumps({"id": PREFIX + channel, "data": data}, separators=(",", ":"))
    return text_frame(envelope.encode())


def numbered(number: int) -> str:
    """Return a text that says which message it is."""
    return f"{number:08d}".ljust(MESSAGE_CHARS - 49, ".")


class Window:
    """A stretch of time over which a server and these clients are watched."""

    def __init__(self, server: Measured) -> None:
        self._server = server
        self._own = psutil.Process()
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        own = self._own.cpu_times()
        return self._server.cpu_s(), own.user + own.system, time.perf_counter()

    def sample(self, measure: str, *, round: int, count: int, lost: int = 0, p50_ms: float | None = None) -> Sample:
        """Return what was got out of a processor second since the window opened."""
        cpu_s, own_s, wall_s = (now - began for now, began in zip(self._now(), self._began, strict=True))
        return Sample(
            self._server.name, measure, round, count / max(cpu_s, 0.001), own_s / wall_s, cpu_s / wall_s, lost, p50_ms
        )


async def _arrived(swarm: Swarm, expected: int) -> int:
    """Wait for so many deliveries; return how many did not come."""
    with anyio.move_on_after(DRAIN_TIMEOUT_S):
        while swarm.delivered < expected:  # noqa: ASYNC110 # an event each would be measured with the rest
            await anyio.sleep(0.005)
    return expected - swarm.delivered


async def _broadcasts(
    server: Measured, size: Size, *, measure: str, clients: int, at_once: int, every_s: float
) -> Sample:
    swarm = Swarm(server.port)
    await swarm.open(size.of(clients))
    publisher = swarm.clients[0]
    sent_s: dict[bytes, float] = {}
    delays_s: list[float] = []

    def note(_: Client, text: bytes) -> None:
        at = text.find(b'"text":"') + 8
        sent = sent_s.get(text[at : at + 8])
        if sent is not None:
            delays_s.append(time.perf_counter() - sent)

    for client in swarm.clients[1::SAMPLED]:
        client.on_text = note
    rounds = max(2, round(size.seconds / every_s))
    # The first ones warm up whatever has to be.
    for _ in range(10):
        publisher.write(message("publish", {"text": numbered(0)}))
        await anyio.sleep(every_s / 10)
    expected = 10 * len(swarm.clients)
    lost = await _arrived(swarm, expected)
    window = Window(server)
    number = 0
    for _ in range(rounds):
        began_s = time.perf_counter()
        burst = []
        for _ in range(at_once):
            number += 1
            text = numbered(number)
            sent_s[text[:8].encode()] = began_s
            burst.append(message("publish", {"text": text}))
        publisher.write(b"".join(burst))
        # Never two closer together than this: a late one that hurries would be joined with the next.
        await anyio.sleep(every_s)
    owed = rounds * at_once * len(swarm.clients)
    lost += await _arrived(swarm, expected + owed)
    p50_ms = statistics.median(delays_s) * 1000 if delays_s else None
    sample = window.sample(measure, round=size.round, count=owed, lost=lost, p50_ms=p50_ms)
    swarm.close()
    return sample


async def broadcast_500(server: Measured, size: Size) -> Sample:
    """100 broadcasts a second to 500 connections."""
    return await _broadcasts(server, size, measure="broadcast_500", clients=500, at_once=1, every_s=0.01)


async def broadcast_2000(server: Measured, size: Size) -> Sample:
    """25 broadcasts a second to 2,000 connections."""
    return await _broadcasts(server, size, measure="broadcast_2000", clients=2000, at_once=1, every_s=0.04)


async def burst_16(server: Measured, size: Size) -> Sample:
    """16 broadcasts at once to 500 connections, five times a second."""
    return await _broadcasts(server, size, measure="burst_16", clients=500, at_once=16, every_s=0.2)


async def stream_500(server: Measured, size: Size) -> Sample:
    """Broadcasts to 500 connections without a pause, 4 under way at a time."""
    swarm = Swarm(server.port)
    await swarm.open(size.of(500))
    publisher = swarm.clients[0]
    publish = message("publish", {"text": numbered(1)})
    publisher.on_text = lambda client, _: client.write(publish)
    publisher.write(publish * 4)
    await anyio.sleep(size.seconds / 10)
    window, before = Window(server), swarm.delivered
    await anyio.sleep(size.seconds / 2)
    sample = window.sample("stream_500", round=size.round, count=swarm.delivered - before)
    swarm.close()
    return sample


async def echo(server: Measured, size: Size) -> Sample:
    """64 clients, each with one question under way at a time."""
    swarm = Swarm(server.port)
    await swarm.open(size.of(64))
    question = message("echo", {"text": numbered(1)})
    for client in swarm.clients:
        client.on_text = lambda client, _: client.write(question)
        client.write(question)
    await anyio.sleep(size.seconds / 10)
    window, before = Window(server), swarm.delivered
    await anyio.sleep(size.seconds / 2)
    sample = window.sample("echo", round=size.round, count=swarm.delivered - before)
    swarm.close()
    return sample


async def send_to_user(server: Measured, size: Size) -> Sample:
    """One message after the other to 500 users in turn, 64 under way at a time."""
    swarm = Swarm(server.port)
    users = size.of(500)
    await swarm.open(users, query=lambda number: f"?user={number + 1}")
    await swarm.open(1)
    publisher = swarm.clients[-1]
    letters = [message("notify", {"user": user + 1, "text": numbered(user)}) for user in range(users)]
    due: list[bytes] = []
    sent = 0

    def next_letter(*_: object) -> None:
        nonlocal sent
        due.append(letters[sent % users])
        sent += 1

    for client in swarm.clients[:-1]:
        client.on_text = next_letter
    for _ in range(64):
        next_letter()

    async def publish(seconds: float) -> None:
        until_s = time.perf_counter() + seconds
        while time.perf_counter() < until_s:
            if due:
                publisher.write(b"".join(due))
                due.clear()
            await anyio.lowlevel.checkpoint()

    await publish(size.seconds / 10)
    window, before = Window(server), swarm.delivered
    await publish(size.seconds / 2)
    sample = window.sample("send_to_user", round=size.round, count=swarm.delivered - before)
    swarm.close()
    return sample


async def accepts(server: Measured, size: Size) -> Sample:
    """Connections opened and left again, 32 at a time."""
    swarm = Swarm(server.port)
    opened = 0
    until_s = time.perf_counter() + size.seconds / 2

    async def come_and_go() -> None:
        nonlocal opened
        while time.perf_counter() < until_s:
            await swarm.come_and_go()
            opened += 1

    window = Window(server)
    async with anyio.create_task_group() as group:
        for _ in range(32):
            group.start_soon(come_and_go)
    return window.sample("accepts", round=size.round, count=opened)


async def memory(server: Measured, size: Size) -> Sample:
    """Resident memory of 2,000 connections on which nothing happens, after 100 that warmed up."""
    swarm = Swarm(server.port)
    await swarm.open(size.of(100))
    await anyio.sleep(size.seconds / 8)
    before, idle = server.rss_bytes(), size.of(2000)
    await swarm.open(idle)
    await anyio.sleep(size.seconds / 8)
    grown = server.rss_bytes() - before
    swarm.close()
    return Sample(server.name, "memory", size.round, grown / idle / 1024)


PER_CPU_S = "deliveries per CPU-second"
MEASURES = (
    # Memory comes first: what others have used and given back would be used again.
    Measure("memory", "Memory of an idle connection", "KB", memory, more_is_better=False),
    Measure("broadcast_500", "Broadcast, 500 connections", PER_CPU_S, broadcast_500),
    Measure("broadcast_2000", "Broadcast, 2,000 connections", PER_CPU_S, broadcast_2000),
    Measure("stream_500", "Broadcast without a pause, 500 connections", PER_CPU_S, stream_500),
    Measure("burst_16", "Bursts of 16, 500 connections", PER_CPU_S, burst_16),
    Measure("echo", "Echo", "replies per CPU-second", echo),
    Measure("send_to_user", "To one user", PER_CPU_S, send_to_user),
    Measure("accepts", "Accept and close", "connections per CPU-second", accepts),
)
