"""A process of a load run: the way to its live thread, its connections, its mirror into Locust's statistics.

What green threads call. Knows no Locust and no green threads.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from itertools import count
from selectors import BaseSelector
from typing import TypeVar

from harness.errors import HarnessError, OnesocketError, TargetUnreachable
from harness.loading.evidence import Report
from harness.loading.knobs import Knobs
from harness.loading.live.browser import Browser
from harness.loading.live.exchange import Exchange
from harness.loading.live.sockets import Sockets
from harness.loading.mirror import Mirror
from harness.loading.seats import Seats
from harness.loading.tally import BROADCAST, ECHO, PRIVATE
from harness.loading.visitor import Deal, Returner, Visitor
from harness.targets.file import Target

T = TypeVar("T")

logger = logging.getLogger("onesocket.load")

SIGNING_TIMEOUT_S = 25.0


class Node:
    """What every process has: the way to its live thread, its sockets, and the mirror into Locust's statistics.

    `knobs`, `deal` and `seats` are those of the test that runs, or ran last.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        new_mirror: Callable[[], Mirror],
        new_selector: Callable[[], BaseSelector],
        clock: Callable[[], float],
    ) -> None:
        self.exchange = exchange
        self.mirror = new_mirror()
        self.knobs = Knobs()
        self.deal = Deal(self.knobs, others=Visitor)
        self._new_mirror = new_mirror
        self._new_selector = new_selector
        self._clock = clock
        self._numbers = count(1)
        self.seats = Seats(())
        self._sockets: Sockets | None = None

    @property
    def holds_sockets(self) -> bool:
        """Whether a test was begun in this process, which is no master."""
        return self._sockets is not None

    @property
    def sockets(self) -> Sockets:
        """The sockets of the test that runs, or ran last."""
        if self._sockets is None:
            raise HarnessError("no test was started", where="locust", todo="report this, with the log")
        return self._sockets

    def begin(
        self, target: Target, *, urls: tuple[str, ...], run: str, index: int, knobs: Knobs, returns: bool,
        seats: int | None = None, offset_s: float = 0.0,
    ) -> None:  # fmt: skip
        """Start a test with no connections yet, as the worker number `index`, `offset_s` behind the leader's clock.

        `seats` is how many connections of one user it may hold; None is any number.
        """
        if self._sockets is not None:
            self.post(_later(self._sockets.release))
        self.knobs = knobs
        self.deal = Deal(knobs, others=Returner if returns else Visitor)
        clock = self._clock if not offset_s else lambda: self._clock() + offset_s
        self._sockets = Sockets(
            target, urls=urls, run=run, worker=f"worker {index}", clock=clock, selector=self._new_selector(),
            compress=knobs.compress,
        )  # fmt: skip
        self.seats = Seats(target.ordinary_users, limit=seats, first=index)
        self.mirror = self._new_mirror()
        self.post(self._sockets.watch_load)

    def begin_without_sockets(self) -> None:
        """Start a test that others hold the connections of."""
        self.mirror = self._new_mirror()

    def end(self, **_: object) -> None:
        """Close what the test still has open."""
        if self._sockets is not None:
            self.post(_later(self._sockets.close_all))

    def next_number(self) -> int:
        """Return a number that no other connection of this process has."""
        return next(self._numbers)

    def live(self, number: int) -> bool:
        """Tell whether connection `number` is ready and open."""
        return self.sockets.live(number)

    def connect(
        self, number: int, *, user: str, browser: Browser | None = None, narrow: bool = False, returns: bool = False
    ) -> OnesocketError | None:
        """Open a connection; return why it did not become ready, or None."""
        sockets = self.sockets

        def start(done: Callable[[object], None]) -> None:
            if returns:
                self.post(lambda: sockets.stay(number, user=user, on_ready=done))
            else:
                cookie = browser.cookie if browser is not None else None
                self.post(lambda: sockets.hold(number, user=user, on_ready=done, cookie=cookie, narrow=narrow))

        try:
            self.exchange.wait(start)
        except OnesocketError as error:
            return error
        return None

    def disconnect(self, number: int) -> None:
        """Close a connection from our side."""
        self.post(_later(lambda: self.sockets.close(number)))

    def stall(self, number: int) -> None:
        """Read nothing any more on a connection."""
        self.post(_later(lambda: self.sockets.stall(number)))

    def talk(self, number: int) -> None:
        """Ask for echoes on a connection until it closes."""
        sockets, every_s = self.sockets, self.knobs.echo_s
        self.post(lambda: sockets.talk(number, every_s=every_s))

    def echo(self, number: int) -> OnesocketError | None:
        """Make an echo round trip; return what went wrong with it, or None."""
        sockets = self.sockets
        if self.exchange.call(lambda: sockets.echo(number)):
            return None
        return TargetUnreachable("an echo was not answered", where="[echo]", todo="check the target's log")

    def new_browser(self) -> Browser:
        """Return a browser with no cookies."""
        return Browser(self.sockets.target, base_url=self.sockets.base_url)

    def close_browser(self, browser: Browser) -> None:
        """Let a browser go."""
        self.post(browser.aclose)

    def sign_in(self, browser: Browser, *, user: str) -> OnesocketError | None:
        """Sign a browser in; return why it could not be, or None."""
        return self._sign(lambda: self.sockets.sign_in(browser, user=user))

    def sign_out(self, browser: Browser, *, number: int) -> OnesocketError | None:
        """Sign a browser out that connection `number` is of; return why it could not be, or None."""
        return self._sign(lambda: self.sockets.sign_out(browser, number=number))

    def post(self, work: Callable[[], Awaitable[object]]) -> None:
        """Have the live thread do `work` without waiting for it."""
        self.exchange.post(work, on_error=_log)

    def report(self, *, flush: bool, quiet: bool) -> Report:
        """Return the whole report of this process, after an echo round trip on each connection when `flush`.

        `quiet`: nobody talks from now on.
        """
        sockets = self.sockets
        if quiet:
            self.exchange.call(_later(sockets.be_quiet))
        if flush:
            self.exchange.call(sockets.flush)
        return self.exchange.call(_later(lambda: sockets.report(whole=True)))

    def mirror_deliveries(self, **_: object) -> None:
        """Show in Locust's statistics what arrived since the last time."""
        if self._sockets is not None:
            for kind, histogram in self._sockets.latency().items():
                if kind in {BROADCAST, PRIVATE}:
                    self.mirror.add("WS", f"{kind} → receiver", histogram)
                elif kind == ECHO and self.knobs.talk_share:
                    self.mirror.add("WS", "echo → answer", histogram)

    def _sign(self, work: Callable[[], Awaitable[None]]) -> OnesocketError | None:
        try:
            self.exchange.call(work, timeout_s=SIGNING_TIMEOUT_S)
        except OnesocketError as error:
            return error
        return None


def _later(what: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    async def do() -> T:
        return what()

    return do


def _log(error: BaseException) -> None:
    logger.error("the live thread failed", exc_info=error)
