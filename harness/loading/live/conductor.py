"""Leads a load run: has the target run, the publisher publish, everything settle, and the outcome drawn up.

Knows no Locust: how to wait for the live thread and how to reach the workers is handed in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeVar

from harness.checks.finding import LoadOutcome
from harness.errors import CapabilityMissing, OnesocketError, TargetError
from harness.loading.account import draw_up
from harness.loading.evidence import Report
from harness.loading.ledger import Ledger
from harness.loading.live.memory import memory_mb
from harness.loading.live.publisher import Publisher, answers
from harness.loading.outage import Outage
from harness.loading.outcome import Run, conclude
from harness.loading.scenario import Scenario, Settings
from harness.loading.stamp import RUN_DIGITS
from harness.targets.capability import lack
from harness.targets.file import Target, load_target
from harness.targets.instances import Instances
from harness.targets.locate import locate_target
from harness.targets.process import RunningTarget

T = TypeVar("T")

STOP_TIMEOUT_S = 20.0
FIRST_LOOK_S, LAST_LOOK_S = 0.05, 1.0


class Hands(Protocol):
    """What the conductor has others do."""

    def call(self, work: Callable[[], Awaitable[T]], *, timeout_s: float = ...) -> T:
        """Do `work` in the live thread and wait for it."""

    def post(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do `work` in the live thread without waiting."""

    def collect(self, *, flush: bool, quiet: bool = False) -> tuple[list[Report], list[str]]:
        """Return each worker's report, and what is missing, in words; `quiet`: nobody talks from now on."""

    def sleep(self, seconds: float) -> None:
        """Let others go on for a moment."""


class Conductor:
    """One process leads; a test begins, publishes and is concluded, any number of times one after the other."""

    def __init__(self, scenario: Scenario, settings: Settings) -> None:
        self.scenario = scenario
        self.settings = settings
        named = settings.target_file
        path = locate_target(str(named)) if named else Path(str(files("harness.reference").joinpath("target.toml")))
        self.target: Target = load_target(path)
        self.knobs = settings.knobs(scenario, load=self.target.load, where=str(path))
        self.budgets = settings.budgets(scenario, load=self.target.load, where=str(path))
        if self.knobs.kills and not self.target.can_restart:
            raise CapabilityMissing(
                "the target cannot be killed and started again", where=f"{path}: start",
                todo="give its `start` command, or run it with --harness-set kills=0",
            )  # fmt: skip
        self._running, self._instances = RunningTarget(self.target, folder=path.resolve().parent), None
        if self.knobs.spread:
            self._instances = self._several(path)
            self._running = self._instances.member(1)
        self.ledger = Ledger(self.target.ordinary_users)
        self.run = ""
        self._publisher: Publisher | None = None
        self.under_way = False
        self._trouble: OnesocketError | None = None
        self._started_s = 0.0
        self._outages: list[Outage] = []
        self._memory: list[tuple[float, float]] = []

    @property
    def url(self) -> str:
        """Where the target answers."""
        return self._running.url

    @property
    def urls(self) -> tuple[str, ...]:
        """Where those answer that connections are spread over."""
        several = self._instances
        return tuple(several.member(number).url for number in several.numbers) if several else (self.url,)

    @property
    def unusable(self) -> TargetError | None:
        """The error that kept anything from being published, if one did."""
        return self._trouble if isinstance(self._trouble, TargetError) and not self.ledger.published else None

    @property
    def publishes(self) -> bool:
        """Whether this scenario publishes anything at all."""
        return self.scenario.kind != "echo" and self.knobs.rate > 0

    async def start_target(self) -> None:
        """Have the target run.

        Raises:
            TargetError: it cannot be started, or does not answer.
        """
        await (self._instances or self._running).start()

    async def stop_target(self) -> None:
        """Stop the target if it was started here."""
        if self._instances is not None:
            await self._instances.stop()
        await self._running.stop()

    def begin(self) -> None:
        """Begin a test: a new ledger, and a mark that no other run has."""
        self.run = secrets.token_hex(RUN_DIGITS)[:RUN_DIGITS]
        self.ledger = Ledger(self.target.ordinary_users)
        self._publisher = None
        self.under_way = False
        self._trouble = None
        self._outages, self._memory = [], []
        self._started_s = time.monotonic()

    def publish(self, hands: Hands) -> None:
        """Start publishing; the connections that are not ready yet are owed nothing."""
        self._started_s = time.monotonic()
        self.under_way = True
        if self.scenario.kind == "echo" or not self.publishes:
            return
        publisher = self._publisher = Publisher(
            self.target, base_url=self.url, run=self.run, kind=self.scenario.kind, rate=self.knobs.rate,
            size_chars=self.knobs.size_chars, ledger=self.ledger, clock=time.monotonic,
        )  # fmt: skip

        async def publish() -> None:
            try:
                await publisher.publish()
            except* OnesocketError as errors:
                first = errors.exceptions[0]
                self._trouble = first if isinstance(first, OnesocketError) else None

        hands.post(publish)

    def restart(self, hands: Hands, *, run: Callable[[Callable[[], Awaitable[None]]], None]) -> None:
        """Kill the target in the middle of everything and start it again; `run` carries out what starts a process.

        Should it not come back, the run goes on to its end and says so.
        """
        publisher = self._publisher
        down_s = time.monotonic()
        try:
            run(self._kill)
            if publisher is not None:
                hands.call(publisher.suspend)
            run(self._running.start)
            self._outages.append(Outage(down_s, time.monotonic()))
            if publisher is not None:
                hands.call(publisher.resume)
        except OnesocketError as error:
            self._trouble = error

    def look_at_memory(self) -> None:
        """Note what the target's processes hold, where they were started here."""
        several = self._instances
        running = [several.member(number) for number in several.numbers] if several else [self._running]
        held = [mb for each in running if (mb := memory_mb(each.pid)) is not None]
        if held:
            self._memory.append((time.monotonic(), sum(held)))

    def conclude(self, hands: Hands, *, users: int, note: str = "") -> LoadOutcome:
        """Stop publishing, let what is owed arrive or its deadline pass, and return the outcome."""
        stopped_s = time.monotonic()
        if self._publisher is not None:
            hands.call(self._publisher.stop, timeout_s=STOP_TIMEOUT_S)
        alive = hands.call(lambda: answers(self.target, base_url=self.url), timeout_s=STOP_TIMEOUT_S)
        reports, missing = self._settle(hands) if alive else hands.collect(flush=False, quiet=True)
        troubles = missing
        if self._trouble is not None:
            troubles = [self._trouble.what, *troubles]
        if not alive:
            silent = f"the target stopped answering: {self.ledger.unanswered} messages have no answer"
            troubles = [silent, *troubles]
        elif not self.under_way:
            troubles = ["the run ended before all users were spawned", *troubles]
        run = Run(
            scenario=self.scenario.name, users=users, started_s=self._started_s, stopped_s=stopped_s,
            delivery_s=self.target.promises.delivery_s, knobs=self.knobs, kind=self.scenario.kind,
            troubles=tuple(troubles), note=note, outages=tuple(self._outages), memory=tuple(self._memory),
        )  # fmt: skip
        return conclude(run, self.ledger, reports, budgets=self.budgets)

    def _several(self, path: Path) -> Instances:
        if why := lack(self.target, "instances"):
            raise CapabilityMissing(
                why, where=f"{path}: [capabilities] instances", todo="declare it, or set spread=false"
            )
        if self.knobs.kills:
            raise CapabilityMissing(
                "a target of several instances is not killed as a whole", where="kills, spread",
                todo="set kills=0 or spread=false",
            )  # fmt: skip
        main = RunningTarget(self.target, folder=path.resolve().parent)
        return Instances(self.target, folder=path.resolve().parent, main=main)

    def _settle(self, hands: Hands) -> tuple[list[Report], list[str]]:
        deadline_s = time.monotonic() + self.target.promises.delivery_s
        pause_s = FIRST_LOOK_S
        while time.monotonic() < deadline_s:
            reports, missing = hands.collect(flush=False, quiet=True)
            connections = [each for report in reports for each in report.connections]
            owed = draw_up(self.ledger, connections, delivery_s=self.target.promises.delivery_s).lost
            if missing or not (owed or any(report.waiting for report in reports)):
                break
            hands.sleep(min(pause_s, max(0.0, deadline_s - time.monotonic())))
            pause_s = min(2 * pause_s, LAST_LOOK_S)
        return hands.collect(flush=True, quiet=True)

    async def _kill(self) -> None:
        await self._running.end(kill=True)
