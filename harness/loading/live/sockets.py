"""The connections of one process, in its live thread, all read by one intake and counted by one tally.

Knows the target and the run; not why a connection is opened, closed or stalled.
"""

from __future__ import annotations

from collections.abc import Callable
from selectors import BaseSelector
from urllib.parse import urlsplit

import anyio

from harness.errors import OnesocketError, TargetUnreachable
from harness.loading.delivery import Reader
from harness.loading.evidence import Report, whose
from harness.loading.histogram import Histogram
from harness.loading.live.browser import Browser, Cookies
from harness.loading.live.connection import Connection
from harness.loading.live.intake import Intake
from harness.loading.live.link import Address
from harness.loading.live.watch import Watch
from harness.loading.stamp import BROADCAST_STREAM
from harness.loading.tally import CONNECT, Tally
from harness.targets.control import socket_url
from harness.targets.file import Target

FLUSHES_AT_ONCE = 500
RETRY_S = 0.1


class Sockets:
    """The connections of the worker called `worker` in the run `run`; `clock` is the leader's monotonic one, in s.

    They are spread over `urls`, instances of one target; whatever else is asked for goes to the first.
    `compress` offers compression on every connection.
    """

    def __init__(
        self,
        target: Target,
        *,
        urls: tuple[str, ...],
        run: str,
        worker: str,
        clock: Callable[[], float],
        selector: BaseSelector,
        compress: bool = False,
    ) -> None:
        self.worker = worker
        self.target = target
        self.users = target.ordinary_users
        self._urls = urls
        self._clock = clock
        self._compress = compress
        self._reader = Reader(target, run=run)
        self._tally = Tally(self._reader, users=self.users)
        self._watch = Watch(self._tally, clock=clock)
        self._intake = Intake(selector)
        self._cookies = Cookies(target, base_url=self.base_url, clock=clock)
        self._open: dict[int, Connection] = {}
        self._over: list[Connection] = []
        self._left: set[int] = set()
        self._ended = False
        self._quiet = False

    @property
    def base_url(self) -> str:
        """Where the target answers, its first instance if it has several."""
        return self._urls[0]

    @property
    def held(self) -> int:
        """How many connections are not over yet, at whatever stage."""
        return len(self._open)

    def connection(self, number: int) -> Connection | None:
        """Return connection `number`, if it is there and not over."""
        return self._open.get(number)

    def live(self, number: int) -> bool:
        """Tell whether connection `number` is ready and open."""
        connection = self._open.get(number)
        return connection is not None and connection.live

    async def hold(
        self,
        number: int,
        *,
        user: str,
        on_ready: Callable[[OnesocketError | None], None],
        cookie: str | None = None,
        narrow: bool = False,
        since_s: float = 0.0,
        turn: int = 0,
    ) -> bool:
        """Open connection `number` as `user` (empty: a guest) and stay until it closes; `cookie` is of a browser of its
        own, without it the user's browsers all have one session, not older than `since_s`.

        `on_ready` is called once: when the connection is ready, or with the reason why it never will be. `turn` is how
        many attempts there were before: from then on a refusal is only one of many. Returns whether it ever was ready.
        """
        told = False

        def tell(error: OnesocketError | None) -> None:
            nonlocal told
            if not told:
                told = True
                on_ready(error)

        name = f"{self.worker}/{number}" + (f".{turn}" if turn else "")
        connection = Connection(
            name, user=user, streams=self._streams(user), reader=self._reader, tally=self._tally,
            clock=self._clock,
        )  # fmt: skip
        self._open[number] = connection
        counters = self._tally.counters

        def ready() -> None:
            counters.ready += 1
            counters.echoed += 1
            self._tally.measured(CONNECT, self._clock() - connection.opening_s)
            tell(None)

        try:
            held = cookie if cookie is not None or not user else await self._cookies.header(user, since_s=since_s)
            await connection.run(self._address(number, held, narrow=narrow), intake=self._intake, on_ready=ready)
        except OnesocketError as error:
            self._count_refusal(connection, turn=turn)
            tell(error)
        else:
            if connection.ready_s is None:
                self._count_refusal(connection, turn=turn)
        finally:
            self._close_book(number, connection)
            tell(_never_ready(self._url(number)))
        return connection.ready_s is not None

    def close(self, number: int) -> None:
        """Close connection `number`, if there is one, at whatever stage it is."""
        self._left.add(number)
        if number in self._open:
            self._open[number].close()

    def be_quiet(self) -> None:
        """Ask for no more echoes than those that are under way."""
        self._quiet = True

    def close_all(self) -> None:
        """Close every connection, from our side, for good."""
        self._ended = True
        self._watch.end()
        for connection in tuple(self._open.values()):
            connection.close()

    def release(self) -> None:
        """Let go of what the system lent."""
        self._intake.close()

    async def stay(self, number: int, *, user: str, on_ready: Callable[[OnesocketError | None], None]) -> None:
        """Hold connection `number`, and open it again as soon as the target lets us when the target ended it."""
        torn_s, turn = 0.0, 0
        while not self._ended and number not in self._left:
            # A session from before may be gone with the target.
            if await self.hold(number, user=user, on_ready=on_ready, since_s=torn_s, turn=turn):
                torn_s = self._clock()
            turn += 1
            await anyio.sleep(RETRY_S)

    async def sign_out(self, browser: Browser, *, number: int) -> None:
        """Sign `browser` out; connection `number` is of it, and its user's no longer after what the target promises.

        Raises:
            ControlFailed: the sign-out was refused.
            TargetUnreachable: nothing answers.
        """
        connection = self._open.get(number)
        if connection is not None:
            connection.book.leaving_s = self._clock()
        await browser.sign_out()
        self._tally.counters.signed_out += 1
        if connection is not None:
            connection.book.part(self._clock() + self.target.promises.sign_out_s)

    async def sign_in(self, browser: Browser, *, user: str) -> None:
        """Sign `browser` in as `user`.

        Raises:
            ControlFailed: the sign-in was refused.
            TargetUnreachable: nothing answers.
        """
        await browser.sign_in(user)
        self._tally.counters.signed_in += 1

    async def echo(self, number: int) -> bool:
        """Make an echo round trip on connection `number`; return whether the answer came, or the connection ended."""
        connection = self._open.get(number)
        return connection is not None and await self._echo(connection)

    def stall(self, number: int) -> None:
        """Read nothing any more on connection `number`."""
        connection = self._open.get(number)
        if connection is not None and connection.live:
            connection.stall()
            self._tally.counters.slow += 1

    async def talk(self, number: int, *, every_s: float) -> None:
        """Ask for an echo on connection `number` every so often, whether or not the last one was answered."""
        connection = self._open.get(number)
        if connection is None:
            return
        # Neighbours begin apart, not all at once.
        start_s = self._clock() + every_s * (number * 0.618 % 1.0)
        turn = 0
        deadline_s = self.target.promises.delivery_s
        while connection.live and not self._quiet:
            due_s = start_s + turn * every_s
            await anyio.sleep(max(0.0, due_s - self._clock()))
            if not self._quiet:
                connection.ask_for_echo(due_s=due_s)
            self._tally.counters.unanswered += connection.give_up_echoes(asked_before_s=self._clock() - deadline_s)
            turn += 1

    async def flush(self) -> None:
        """Make an echo round trip on every open connection: what the target had sent before, has arrived after it."""
        limit = anyio.CapacityLimiter(FLUSHES_AT_ONCE)

        async def flush_one(connection: Connection) -> None:
            async with limit:
                await self._echo(connection)

        async with anyio.create_task_group() as tasks:
            for connection in tuple(self._open.values()):
                if connection.reads:
                    tasks.start_soon(flush_one, connection)

    async def watch_load(self) -> None:
        """Measure until `close_all` how late and how busy we are, and how many connections are open."""
        await self._watch.keep(lambda: sum(each.live for each in self._open.values()))

    def report(self, *, whole: bool, ending: bool = False) -> Report:
        """Return what was counted so far; `whole` adds the record of each connection.

        `ending`: this process ends now, so each connection counts as closed by us at this moment.
        """
        if ending:
            self.close_records()
        tally, watch = self._tally, self._watch
        # The loop's own thread empties what was gathered; others ask only for what is counted.
        if whole and not ending:
            tally.fold(now_s=self._clock())
        connections = [*self._over, *tuple(self._open.values())] if whole else []
        return Report(
            worker=self.worker,
            whole=whole,
            counters=tally.counters,
            latency_ms=self.latency(),
            timeline_ms={second: each.snapshot() for second, each in tuple(tally.timeline_ms.items())} if whole else {},
            lag_ms=watch.lag_ms.snapshot(),
            busy_percent=watch.busy_percent.snapshot(),
            open_at=dict(watch.open_at) if whole else {},
            waiting=sum(each.waiting for each in connections),
            connections=tuple(record for each in connections if (record := each.record())),
            examples={sort: tuple(kept) for sort, kept in tuple(tally.examples.items())},
        )

    def latency(self) -> dict[str, Histogram]:
        """Return a copy of the latencies so far, per kind of message."""
        return {kind: each.snapshot() for kind, each in tuple(self._tally.latency_ms.items())}

    def close_records(self) -> None:
        """Count every open connection as closed by us, now, without touching it."""
        for connection in tuple(self._open.values()):
            if connection.closed_s is None:
                connection.closed_by_us, connection.closed_s = True, self._clock()

    async def _echo(self, connection: Connection) -> bool:
        if await connection.echo(deadline_s=self.target.promises.delivery_s):
            self._tally.counters.echoed += 1
            return True
        if connection.reads:
            self._tally.counters.unanswered += 1
            return False
        return connection.closed_by_us

    def _close_book(self, number: int, connection: Connection) -> None:
        if self._open.get(number) is connection:
            del self._open[number]
        counters = self._tally.counters
        link = connection.link
        if link is not None and link.broken:
            counters.broken += 1
            whom = whose(connection.book.name, connection.book.user)
            self._tally.note("protocol", f"the target broke the protocol on {whom}: {link.broken}")
        if connection.ready_s is None:
            return
        self._over.append(connection)
        if connection.closed_by_us:
            return
        if connection.book.spared:
            counters.slow_ended += 1
        elif connection.book.leaving_s is None:
            counters.disconnected += 1

    def _count_refusal(self, connection: Connection, *, turn: int) -> None:
        if connection.closed_by_us:
            return
        if turn:
            self._tally.counters.retried += 1
        else:
            self._tally.counters.refused += 1

    def _streams(self, user: str) -> tuple[int, ...]:
        return (BROADCAST_STREAM, self.users.index(user) + 1) if user else (BROADCAST_STREAM,)

    def _url(self, number: int) -> str:
        return self._urls[number % len(self._urls)]

    def _address(self, number: int, cookie: str | None, *, narrow: bool) -> Address:
        base_url = self._url(number)
        parts = urlsplit(base_url)
        return Address(
            url=socket_url(base_url, self.target.socket.path),
            origin=f"{parts.scheme}://{parts.netloc}",
            headers={"Cookie": cookie} if cookie else {},
            subprotocols=self.target.socket.subprotocols,
            compress=self._compress,
            narrow=narrow,
        )


def _never_ready(url: str) -> TargetUnreachable:
    what = "the connection never answered an echo"
    return TargetUnreachable(what, where=url, todo="check [echo] with: onesocket doctor")
