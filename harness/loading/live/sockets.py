"""All connections of one worker, and what the worker counts.

Runs inside the live thread; `report` may be asked for from any. Decides whom a message was for, nothing about loss.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio

from harness.errors import ControlFailed, HarnessError, OnesocketError, TargetUnreachable
from harness.loading.arrivals import Arrival
from harness.loading.delivery import Damaged, Echoed, Reader, Received, Sound
from harness.loading.evidence import EXAMPLES, Counters, Report, message_name, whose
from harness.loading.histogram import Histogram
from harness.loading.live.connection import Address, Connection
from harness.loading.stamp import BROADCAST_STREAM, Mark
from harness.targets.control import Session, socket_url
from harness.targets.file import Target

LAG_PROBE_S = 0.05
BUSY_WINDOW_S = 1.0


@dataclass(slots=True)
class _Cookie:
    """A user's cookie header, got by the first connection that needs it while the others wait."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    header: str | None = None
    known: bool = False


class Sockets:
    """The connections of the worker called `worker` in the run `run`; `clock` is the host's monotonic one, in s."""

    def __init__(self, target: Target, *, base_url: str, run: str, worker: str, clock: Callable[[], float]) -> None:
        self.worker = worker
        self._target = target
        self._base_url = base_url
        self._clock = clock
        self._reader = Reader(target, run=run)
        self._users = target.ordinary_users
        self._connections: dict[int, Connection] = {}
        self._cookies = {name: _Cookie() for name in self._users}
        self._counters = Counters()
        self._latency_ms: dict[str, Histogram] = {}
        self._timeline_ms: dict[int, Histogram] = {}
        self._lag_ms = Histogram()
        self._busy_percent = Histogram()
        self._examples: list[str] = []
        self._ended = False

    def live(self, number: int) -> bool:
        """Tell whether connection `number` is ready and open."""
        connection = self._connections.get(number)
        return connection is not None and connection.live

    async def hold(self, number: int, *, user: str, on_ready: Callable[[OnesocketError | None], None]) -> None:
        """Open connection `number` as `user` (empty: a guest) and listen until it closes.

        `on_ready` is called once: when the connection is ready, or with the reason why it never will be.
        """
        told = False

        def tell(error: OnesocketError | None) -> None:
            nonlocal told
            if not told:
                told = True
                on_ready(error)

        connection = Connection(
            f"{self.worker}/{number}", user=user, streams=self._streams(user), reader=self._reader, clock=self._clock
        )
        self._connections[number] = connection

        async def become_ready() -> None:
            if await connection.become_ready():
                self._counters.ready += 1
                self._counters.echoed += 1
                tell(None)
            elif not connection.closed_by_us:
                self._counters.refused += 1
                tell(_never_ready(self._base_url))
                connection.close()

        try:
            async with anyio.create_task_group() as tasks:

                def open_up() -> None:
                    tasks.start_soon(become_ready)

                address = await self._address(user)
                await connection.run(address, on_text=self._take_in, on_open=open_up)
        except* OnesocketError as errors:
            self._counters.refused += 1
            tell(_first(errors))
        finally:
            if connection.ready_s is not None and not connection.closed_by_us:
                self._counters.disconnected += 1
            tell(_never_ready(self._base_url))

    def close(self, number: int) -> None:
        """Close connection `number`, if there is one, at whatever stage it is."""
        if number in self._connections:
            self._connections[number].close()

    def close_all(self) -> None:
        """Close every connection, from our side, for good."""
        self._ended = True
        for connection in self._connections.values():
            connection.close()

    async def echo(self, number: int) -> bool:
        """Make an echo round trip on connection `number`; return whether the answer came."""
        connection = self._connections[number]
        if await connection.echo(deadline_s=self._target.promises.delivery_s):
            self._counters.echoed += 1
            return True
        if connection.live:
            self._counters.unanswered += 1
        return False

    async def flush(self) -> None:
        """Make an echo round trip on every open connection: what the target had sent before, has arrived after it."""
        async with anyio.create_task_group() as tasks:
            for number, connection in self._connections.items():
                if connection.live:
                    tasks.start_soon(self.echo, number)

    async def watch_load(self) -> None:
        """Measure until `close_all`, while messages arrive, how late this loop is and how much of a core is used."""
        window_s, cpu_s, seen = self._clock(), time.process_time(), 0
        while not self._ended:
            before_s = self._clock()
            await anyio.sleep(LAG_PROBE_S)
            now_s = self._clock()
            delivered = sum(each.count for each in self._latency_ms.values())
            if delivered:
                self._lag_ms.record((now_s - before_s - LAG_PROBE_S) * 1000)
            if now_s - window_s >= BUSY_WINDOW_S:
                used_s = time.process_time() - cpu_s
                if delivered > seen:
                    self._busy_percent.record(100 * used_s / (now_s - window_s))
                window_s, cpu_s, seen = now_s, cpu_s + used_s, delivered

    def latency(self) -> dict[str, Histogram]:
        """Return a copy of the latencies so far, per kind of message."""
        return {kind: each.snapshot() for kind, each in tuple(self._latency_ms.items())}

    def report(self, *, whole: bool, ending: bool = False) -> Report:
        """Return what was counted so far; `whole` adds the record of each connection.

        `ending`: this process ends now, so each connection counts as closed by us at this moment.
        """
        if ending:
            self.close_records()
        records = [each.record() for each in tuple(self._connections.values())] if whole else []
        return Report(
            worker=self.worker,
            whole=whole,
            counters=self._counters,
            latency_ms=self.latency(),
            timeline_ms={second: each.snapshot() for second, each in tuple(self._timeline_ms.items())} if whole else {},
            lag_ms=self._lag_ms.snapshot(),
            busy_percent=self._busy_percent.snapshot(),
            connections=tuple(each for each in records if each),
            examples=tuple(self._examples),
        )

    def close_records(self) -> None:
        """Count every open connection as closed by us, now, without touching it."""
        for connection in tuple(self._connections.values()):
            connection.closed_by_us = True
            connection.closed_s = connection.closed_s or self._clock()

    def _take_in(self, connection: Connection, raw: str) -> None:
        now_s = self._clock()
        received: Received = self._reader.read(raw)
        match received:
            case Sound(stamp):
                if self._is_for(connection, stamp.mark):
                    arrival = connection.arrivals[stamp.mark.stream].arrive(stamp.mark.seq, after=stamp.after)
                    self._count(arrival, connection, stamp.mark, now_s=now_s, due_s=stamp.due_us / 1_000_000)
            case Damaged(mark, why):
                if self._is_for(connection, mark):
                    self._counters.corrupt += 1
                    self._note(f"{_name(mark)} arrived damaged at {_whose(connection)}: {why}")
                    if connection.arrivals[mark.stream].arrive(mark.seq) is Arrival.DOUBLED:
                        self._counters.duplicate += 1
            case Echoed(text):
                if not connection.answer(text):
                    self._counters.astray += 1
                    self._note(f"the answer to {text!r} came to {_whose(connection)}, which was not waiting for it")

    def _is_for(self, connection: Connection, mark: Mark) -> bool:
        if mark.stream in connection.arrivals:
            return True
        if connection.user:
            self._counters.leaked += 1
        else:
            self._counters.leaked_to_guest += 1
        whose = self._users[mark.stream - 1] if mark.stream <= len(self._users) else "nobody"
        self._note(f"{_name(mark)}, private to {whose}, reached {_whose(connection)}")
        return False

    def _count(self, arrival: Arrival, connection: Connection, mark: Mark, *, now_s: float, due_s: float) -> None:
        if arrival is Arrival.DOUBLED:
            self._counters.duplicate += 1
            self._note(f"{_name(mark)} arrived again at {_whose(connection)}")
            return
        if arrival is Arrival.OVERTAKEN:
            self._counters.reordered += 1
            self._note(f"{_name(mark)} arrived behind a later one at {_whose(connection)}")
        kind = "broadcast" if mark.stream == BROADCAST_STREAM else "private"
        latency_ms = (now_s - due_s) * 1000
        self._latency_ms.setdefault(kind, Histogram()).record(latency_ms)
        self._timeline_ms.setdefault(int(now_s), Histogram()).record(latency_ms)

    def _note(self, example: str) -> None:
        if len(self._examples) < EXAMPLES:
            self._examples.append(example)

    def _streams(self, user: str) -> tuple[int, ...]:
        return (BROADCAST_STREAM, self._users.index(user) + 1) if user else (BROADCAST_STREAM,)

    async def _address(self, user: str) -> Address:
        cookie = await self._cookie(user) if user else None
        parts = urlsplit(self._base_url)
        return Address(
            url=socket_url(self._base_url, self._target.socket.path),
            origin=f"{parts.scheme}://{parts.netloc}",
            headers={"Cookie": cookie} if cookie else {},
            subprotocols=self._target.socket.subprotocols,
        )

    async def _cookie(self, user: str) -> str | None:
        cookie = self._cookies[user]
        async with cookie.lock:
            if not cookie.known:
                async with Session(self._target, base_url=self._base_url) as session:
                    answer = await session.sign_in(user)
                    if not answer.ok:
                        raise ControlFailed(
                            f"the sign-in of {user!r} was answered with {answer.status}", where=answer.url,
                            todo="check [users] and [sign_in] with: onesocket doctor",
                        )  # fmt: skip
                    cookie.header, cookie.known = session.cookie_header, True
        return cookie.header


def _first(errors: BaseExceptionGroup[OnesocketError]) -> OnesocketError:
    first = errors.exceptions[0]
    if isinstance(first, OnesocketError):
        return first
    return HarnessError(str(first), where="a connection", todo="report this")


def _never_ready(url: str) -> TargetUnreachable:
    what = "the connection never answered an echo"
    return TargetUnreachable(what, where=url, todo="check [echo] with: onesocket doctor")


def _name(mark: Mark) -> str:
    return message_name(mark.stream, mark.seq)


def _whose(connection: Connection) -> str:
    return whose(connection.name, connection.user)
