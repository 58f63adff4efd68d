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
from harness.errors import OnesocketError, TargetError
from harness.loading.account import draw_up
from harness.loading.evidence import Report
from harness.loading.ledger import Ledger
from harness.loading.live.publisher import Publisher, answers
from harness.loading.outcome import Run, conclude
from harness.loading.scenario import Scenario, Settings
from harness.loading.stamp import RUN_DIGITS
from harness.targets.file import Target, load_target
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

    def collect(self, *, flush: bool) -> tuple[list[Report], list[str]]:
        """Return each worker's report, and what is missing, in words."""

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
        self._running = RunningTarget(self.target, folder=path.resolve().parent)
        self.ledger = Ledger(self.target.ordinary_users)
        self.run = ""
        self._publisher: Publisher | None = None
        self._trouble: OnesocketError | None = None
        self._started_s = 0.0

    @property
    def url(self) -> str:
        """Where the target answers."""
        return self._running.url

    @property
    def publishing(self) -> bool:
        """Whether the publisher of this test was started."""
        return self._publisher is not None

    @property
    def unusable(self) -> TargetError | None:
        """The error that kept anything from being published, if one did."""
        return self._trouble if isinstance(self._trouble, TargetError) and not self.ledger.published else None

    async def start_target(self) -> None:
        """Have the target run.

        Raises:
            TargetError: it cannot be started, or does not answer.
        """
        await self._running.start()

    async def stop_target(self) -> None:
        """Stop the target if it was started here."""
        await self._running.stop()

    def begin(self) -> None:
        """Begin a test: a new ledger, and a mark that no other run has."""
        self.run = secrets.token_hex(RUN_DIGITS)[:RUN_DIGITS]
        self.ledger = Ledger(self.target.ordinary_users)
        self._publisher = None
        self._trouble = None
        self._started_s = time.monotonic()

    def publish(self, hands: Hands) -> None:
        """Start publishing; the connections that are not ready yet are owed nothing."""
        self._started_s = time.monotonic()
        publisher = self._publisher = Publisher(
            self.target, base_url=self.url, run=self.run, kind=self.scenario.kind, rate=self.settings.rate,
            size_chars=self.settings.size_chars, ledger=self.ledger, clock=time.monotonic,
        )  # fmt: skip

        async def publish() -> None:
            try:
                await publisher.publish()
            except* OnesocketError as errors:
                first = errors.exceptions[0]
                self._trouble = first if isinstance(first, OnesocketError) else None

        hands.post(publish)

    def conclude(self, hands: Hands, *, users: int, note: str = "") -> LoadOutcome:
        """Stop publishing, let what is owed arrive or its deadline pass, and return the outcome."""
        stopped_s = time.monotonic()
        if self._publisher is not None:
            hands.call(self._publisher.stop, timeout_s=STOP_TIMEOUT_S)
        alive = hands.call(lambda: answers(self.target, base_url=self.url), timeout_s=STOP_TIMEOUT_S)
        reports, missing = self._settle(hands) if alive else hands.collect(flush=False)
        troubles = missing
        if self._trouble is not None:
            troubles = [self._trouble.what, *troubles]
        if not alive:
            silent = f"the target stopped answering: {self.ledger.unanswered} messages have no answer"
            troubles = [silent, *troubles]
        elif self._publisher is None:
            troubles = ["the run ended before all users were spawned", *troubles]
        run = Run(
            scenario=self.scenario.name, users=users, started_s=self._started_s, stopped_s=stopped_s,
            delivery_s=self.target.promises.delivery_s, max_lag_ms=self.settings.max_lag_ms,
            troubles=tuple(troubles), note=note,
        )  # fmt: skip
        return conclude(run, self.ledger, reports, budgets=self.settings.budgets)

    def _settle(self, hands: Hands) -> tuple[list[Report], list[str]]:
        deadline_s = time.monotonic() + self.target.promises.delivery_s
        pause_s = FIRST_LOOK_S
        while time.monotonic() < deadline_s:
            reports, missing = hands.collect(flush=False)
            connections = [each for report in reports for each in report.connections]
            if missing or not draw_up(self.ledger, connections, delivery_s=self.target.promises.delivery_s).lost:
                break
            hands.sleep(min(pause_s, max(0.0, deadline_s - time.monotonic())))
            pause_s = min(2 * pause_s, LAST_LOOK_S)
        return hands.collect(flush=True)
