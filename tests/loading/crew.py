"""Carries a load scenario out without Locust: the same conductor, nodes and visitors, with plain threads for users."""

from __future__ import annotations

import _thread
import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anyio

from harness.checks.finding import LoadOutcome
from harness.errors import OnesocketError
from harness.loading.evidence import Report
from harness.loading.live.conductor import Conductor
from harness.loading.live.exchange import Exchange
from harness.loading.live.node import Node
from harness.loading.live.thread import LiveThread, NativeLoop
from harness.loading.mirror import Mirror
from harness.loading.roll_call import RollCall, answer
from harness.loading.scenario import Scenario, Settings
from harness.loading.seats import seats_of
from harness.loading.visitor import Visitor

T = TypeVar("T")

PATIENCE_S = 30.0
LENIENT = ("max_lag_ms=20000", "max_busy_percent=1000")


@dataclass
class Crew:
    """A running test: `nodes` are its workers. Wide deadlines of its own; it judges nothing."""

    conductor: Conductor
    nodes: list[Node]
    leader: Exchange
    users: int
    errors: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _roll: RollCall = field(default_factory=RollCall)

    @property
    def published(self) -> int:
        return self.conductor.ledger.published

    def spawn(self) -> None:
        """Have all users come, and wait until each is there."""
        self.conductor.begin()
        conductor = self.conductor
        for index, node in enumerate(self.nodes):
            node.begin(
                conductor.target, urls=conductor.urls, run=conductor.run, index=index, knobs=conductor.knobs,
                returns=conductor.scenario.returns,
                seats=seats_of(conductor.target.promises.max_connections, workers=len(self.nodes)),
            )  # fmt: skip
        arrived = threading.Semaphore(0)
        for number in range(self.users):
            node = self.nodes[number % len(self.nodes)]
            visitor = node.deal.next()(node, user=node.seats.take(), measure=self._measure)
            thread = threading.Thread(target=self._live, args=(visitor, arrived), daemon=True)
            self._threads.append(thread)
            thread.start()
        for _ in range(self.users):
            assert arrived.acquire(timeout=PATIENCE_S), "not everybody came"

    def publish(self, *, until: int) -> None:
        """Publish until so many messages were accepted."""
        self.conductor.publish(self)
        self.wait_until(lambda: self.published >= until)

    def wait_until(self, what: Callable[[], bool]) -> None:
        """Wait until it is so."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < deadline_s, f"it never was so; {self.errors[:5]}"
            self.sleep(0.01)

    def restart(self) -> None:
        """Kill the target and start it again."""
        self.conductor.restart(self, run=anyio.run)

    def conclude(self) -> LoadOutcome:
        """End the test and return its outcome."""
        outcome = self.conductor.conclude(self, users=self.users)
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        return outcome

    def call(self, work: Callable[[], Awaitable[T]], *, timeout_s: float = PATIENCE_S) -> T:
        return self.leader.call(work, timeout_s=timeout_s)

    def post(self, work: Callable[[], Awaitable[object]]) -> None:
        self.leader.post(work, on_error=lambda error: self.errors.append(repr(error)))

    def collect(self, *, flush: bool, quiet: bool = False) -> tuple[list[Report], list[str]]:
        """Collect as over a wire: each report is plain data on its way."""
        names = [str(number) for number in range(len(self.nodes))]
        number = self._roll.ask(names)
        for name, node in zip(names, self.nodes, strict=True):
            self._roll.take_answer(name, answer(node.report(flush=flush, quiet=quiet), number=number))
        return self._roll.reports(), self._roll.missing()

    def sleep(self, seconds: float) -> None:
        threading.Event().wait(seconds)

    def _live(self, visitor: Visitor, arrived: threading.Semaphore) -> None:
        visitor.arrive()
        arrived.release()
        while not self._over.wait(visitor.pause_s):
            visitor.act()
        visitor.leave()

    def _measure(self, name: str, what: Callable[[], OnesocketError | None]) -> None:
        error = what()
        if error is not None:
            self.errors.append(f"{name}: {error.what}")


@contextlib.contextmanager
def crew(
    scenario: Scenario, target_file: Path, *, users: int, workers: int = 1, knobs: tuple[str, ...] = (),
    budgets: tuple[str, ...] = (),
) -> Iterator[Crew]:  # fmt: skip
    """Have the target run and everything be ready for a test, and end it all afterwards."""
    settings = Settings(target_file=target_file, run_dir=None, given=(*LENIENT, *knobs), budget_texts=budgets)
    conductor = Conductor(scenario, settings)
    anyio.run(conductor.start_target)
    lives = [LiveThread(start_thread=_thread.start_new_thread, make_loop=make_loop) for _ in range(workers + 1)]
    exchanges = [_exchange(live) for live in lives]
    nodes = [
        Node(each, new_mirror=_no_mirror, new_selector=selectors.DefaultSelector, clock=time.monotonic)
        for each in exchanges[1:]
    ]
    made = Crew(conductor, nodes, exchanges[0], users)
    try:
        yield made
    finally:
        for node in nodes:
            node.end()
            node.exchange.call(_released(node), timeout_s=PATIENCE_S)
        for live in lives:
            live.stop()
        anyio.run(conductor.stop_target)


def make_loop() -> NativeLoop:
    return NativeLoop(selectors.DefaultSelector(), resolve=socket.getaddrinfo)


def _exchange(live: LiveThread) -> Exchange:
    made = Exchange(live, ring=lambda: made.open_mail(), new_event=threading.Event)  # noqa: PLW0108 # it is not there yet
    made.start()
    return made


def _released(node: Node) -> Callable[[], Awaitable[None]]:
    async def release() -> None:
        # What is closing has until then to say goodbye.
        with anyio.move_on_after(3.0):
            while node.sockets.held:  # noqa: ASYNC110 # the end of many tasks is no event
                await anyio.sleep(0.01)
        node.sockets.release()

    return release


def _no_mirror() -> Mirror:
    return Mirror(None, bucket=int, clock=time.time)
