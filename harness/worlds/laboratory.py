"""The laboratory: one live target for many trials, driven from code that is not async (pytest, Hypothesis, the CLI).

Owns the event loop, the target's process and the browser; everything runs in one loop in one thread. A trial carries
one plan out in one world and judges its history.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from harness.checks.network import FAULTED_EACH_TIME
from harness.checks.registry import Judgement, judge
from harness.errors import CapabilityMissing, EngineLost, OnesocketError, TargetError
from harness.history import Settled
from harness.plan import CACHED, AtOnce, Disturb, NetworkFault, Plan
from harness.plan.network import EVERY
from harness.targets.control import Control
from harness.targets.file import Target
from harness.targets.instances import Instances
from harness.targets.process import RunningTarget
from harness.worlds.browsers import Browsers, Result
from harness.worlds.engine import EngineName
from harness.worlds.launch import SHARED, Launch, launch_for
from harness.worlds.refusal import refusal
from harness.worlds.shrink import shrink
from harness.worlds.stage import Stage
from harness.worlds.trial import Trial, TrialInterrupted, tells_of_loss
from harness.worlds.wire import WireWorld
from harness.worlds.world import Recorder, World, run_plan

if TYPE_CHECKING:
    from harness.worlds.page_evidence import Evidence

__all__ = ["Laboratory", "Trial"]

SHRINK_BUDGETS_S = {"wire": 12.0, "page": 40.0}
"""How long to look for a smaller plan, per requirement: a story is worth some seconds, not minutes.

A plan takes real browsers ten times as long."""
RACE_TRIES = 3
"""How often a plan with steps at the same time is tried before it counts as one that does not show the finding."""
IMPATIENT_S = 1.0
"""How long to wait for a message once one never came: the finding is made, waiting on would only take time."""

TRACE_BUDGET_S = 60.0
"""How long a session may take to carry plans out once more for a trace of what they show."""
LONG_S = 90.0
"""A plan that takes longer is carried out once: each further time keeps whoever waits as long again."""
TRACE_TRIES = 2

SEVERAL = "instances"
"""What a plan needs that is carried out on several instances."""


@dataclass(slots=True)
class Laboratory:
    """A live target and the worlds on it. Use as a context manager.

    Raises on entry:
        TargetError: the target cannot be started or reached.
    """

    target: Target
    folder: Path
    seed: str = ""
    headed: bool = False
    slow_mo_s: float = 0.0
    """How long to wait after each step in the page world, for who watches."""
    keeps_evidence: bool = False
    """Whether frames, pictures and traces of what pages show are kept, for a report."""
    faults: tuple[NetworkFault, ...] = ()
    """Faults on every browser's way, in the wire world."""
    engine: EngineName = "chromium"
    """What the page world's browsers are."""
    browsers: Browsers | None = None
    """The event loop and its browsers, where they are shared with others; of its own without."""
    _exit: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _loop: Browsers | None = None
    _live: RunningTarget | None = None
    _instances: Instances | None = None
    _patience_s: float | None = None
    _in_vain: set[str] = field(default_factory=set)
    _kept: Path | None = None
    _traced_until_s: float = TRACE_BUDGET_S

    def __enter__(self) -> Self:
        self._loop = self.browsers or self._exit.enter_context(Browsers(self.engine, headed=self.headed))
        self._live = RunningTarget(self.target, folder=self.folder)
        self._exit.callback(self._close)
        try:
            self.call(self._live.start)
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def url(self) -> str:
        """Where the target answers."""
        return self._running.url

    @property
    def network(self) -> tuple[str, ...]:
        """What the network does to every connection, in words."""
        return tuple(fault.on(EVERY) for fault in self.faults)

    def call(self, function: Callable[..., Coroutine[Any, Any, Result]], *arguments: object) -> Result:
        """Run an async function in the laboratory's loop; an interruption cancels it there."""
        return self._open_loop.call(function, *arguments)

    def refusal(self, plan: Plan, *, world: str) -> CapabilityMissing | None:
        """Return why this target cannot be put to `plan`, None when it can."""
        return refusal(self.target, plan, world=world, engine=self.engine)

    def run(self, plan: Plan, *, world: str, traced: bool = False) -> Trial:
        """Carry out `plan` and judge it; whatever goes wrong is in the trial, with the history so far.

        Of a page trial with a finding, or that was lost, evidence is kept; `traced` has its browsers traced too, which
        takes longer.

        Raises:
            TrialInterrupted: a KeyboardInterrupt came, with what was recorded until then.
        """
        started_s = time.monotonic()
        recorder = self._recorder(plan.name, world)
        evidence: Evidence | None = None
        error: OnesocketError | None = self.refusal(plan, world=world)
        if error is None:
            try:
                self._prepare(world, needs=plan.needs)
                evidence = self._evidence(recorder, traced=traced) if world == "page" and self.keeps_evidence else None
                self.call(self._carry_out, plan, world, recorder, evidence)
            except OnesocketError as caught:
                error = self._with_last_words(caught)
            except KeyboardInterrupt:
                took_s = time.monotonic() - started_s
                raise TrialInterrupted(plan, world, recorder.history, took_s, seed=self.seed) from None
        judgement = judge(recorder.history, promises=self.target.promises)
        missing = any(isinstance(each, Settled) and not each.complete for each in recorder.history)
        if missing and judgement.findings:
            self._patience_s = min(self.target.promises.delivery_s, IMPATIENT_S)
        # A library's leniency with frames is no reason to wait less for messages, or for frames of another kind.
        self._in_vain |= {finding.requirement for finding in judgement.findings if finding.check == "frames"}
        if isinstance(error, TargetError) and tells_of_loss(judgement):
            error = None
        if isinstance(error, EngineLost):
            judgement = Judgement({}, ())
        duration_s = time.monotonic() - started_s
        trial = Trial(plan, world, recorder.history, judgement, duration_s, error, self.seed, network=self.network)
        return replace(trial, evidence=evidence.folder) if evidence is not None else trial

    def traced(self, trial: Trial) -> Trial:
        """Return `trial` carried out once more with its browsers traced, if it shows its first finding again.

        `trial` itself if it does not, is none of pages, or there is no time for traces.
        """
        wanted = _worth_showing_again(trial)
        if trial.world != "page" or wanted is None:
            return trial
        for _ in range(TRACE_TRIES):
            if self._traced_until_s <= 0:
                break
            again = self.run(trial.plan, world=trial.world, traced=True)
            self._traced_until_s -= again.duration_s
            if again.error is None and any(each.requirement == wanted for each in again.judgement.findings):
                return again
        return trial

    def smallest(self, trial: Trial, *, budget_s: float | None = None) -> Trial:
        """Return the trial of the smallest plan that shows the first finding of `trial` again.

        `trial` itself if none does, or there is no time to find it.
        """
        wanted = _worth_showing_again(trial)
        if wanted is None:
            return trial
        if any(each.kind.startswith(FAULTED_EACH_TIME) for each in trial.judgement.findings):
            return trial  # what happens each time takes the whole plan to see
        until_s = time.monotonic() + (budget_s or SHRINK_BUDGETS_S[trial.world])
        best = trial

        def fails(plan: Plan) -> bool:
            nonlocal best
            for _ in range(RACE_TRIES if any(isinstance(step, AtOnce) for step in plan.steps) else 1):
                candidate = self.run(plan, world=trial.world)
                shown = any(each.requirement == wanted for each in candidate.judgement.findings)
                if shown and candidate.error is None:
                    best = candidate
                    return True
                if candidate.error is not None or time.monotonic() > until_s:
                    break
            return False

        shrink(trial.plan, fails=fails, may_go_on=lambda: time.monotonic() < until_s)
        return best

    @contextlib.contextmanager
    def stage(self, name: str, *, world: str, launch: Launch = SHARED) -> Iterator[Stage]:
        """Have a world for the time of the block, for steps that are decided one at a time.

        `launch` is how the browsers of pages are started: `launch_for` a plan of all the steps that may come.
        """
        self._prepare(world, needs=frozenset({CACHED} if launch.cached else ()))
        recorder = self._recorder(name, world)
        evidence = self._evidence(recorder, traced=False) if world == "page" and self.keeps_evidence else None
        opened = self._world(world, recorder, launch=launch, evidence=evidence)
        with self._open_loop.portal.wrap_async_context_manager(opened) as live:
            yield Stage(self.call, live, name, world, seed=self.seed, network=self.network, evidence=evidence)

    def _with_last_words(self, error: OnesocketError) -> OnesocketError:
        """Return `error` with what the target's process printed last, if it has ended by itself."""
        if not isinstance(error, TargetError) or error.printed:
            return error
        self.call(self._running.await_death)
        if (died := self._running.died) is not None:
            error.printed = (f"its process ended by itself, with code {died}:", *self._running.last_lines)
        return error

    @property
    def _open_loop(self) -> Browsers:
        if self._loop is None:
            raise RuntimeError("the laboratory is not open: use it as a context manager")
        return self._loop

    @property
    def _running(self) -> RunningTarget:
        if self._live is None:
            raise RuntimeError("the laboratory is not open: use it as a context manager")
        return self._live

    def _recorder(self, plan: str, world: str) -> Recorder:
        return Recorder(self.target, world=world, plan=plan, clock=time.monotonic, seed=self.seed)

    def _prepare(self, world: str, *, needs: frozenset[str] = frozenset()) -> None:
        """Start what a trial needs before its first use, and again if an earlier trial ended it."""
        if SEVERAL in needs:
            if self._instances is None:
                self._instances = Instances(self.target, folder=self.folder, main=self._running)
            self.call(self._instances.start)
        if self._running.owned and self._running.pid is None:
            self.call(self._running.start)
        if world == "page":
            self._open_loop.start(keeps_pages=CACHED in needs)

    def _evidence(self, recorder: Recorder, *, traced: bool) -> Evidence:
        from harness.worlds.page_evidence import Evidence

        if self._kept is None:
            self._kept = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="onesocket-evidence-")))
        folder = Path(tempfile.mkdtemp(dir=self._kept))
        return Evidence(folder, traced, lambda: bool(judge(recorder.history, promises=self.target.promises).findings))

    async def _carry_out(self, plan: Plan, kind: str, recorder: Recorder, evidence: Evidence | None = None) -> None:
        several = SEVERAL in plan.needs
        async with self._world(
            kind,
            recorder,
            several=several,
            disturbed=_disturbed(plan),
            proves=plan.proves,
            evidence=evidence,
            launch=launch_for(plan),
        ) as world:
            await run_plan(plan, world)

    @contextlib.asynccontextmanager
    async def _world(
        self,
        kind: str,
        recorder: Recorder,
        *,
        several: bool = False,
        disturbed: frozenset[str] = frozenset(),
        proves: tuple[str, ...] = (),
        launch: Launch = SHARED,
        evidence: Evidence | None = None,
    ) -> AsyncIterator[World]:
        instances = self._instances if several else None
        live = self._running if instances is None else instances.member(1)
        control = Control(self.target, base_url=live.url)
        try:
            if kind == "page":
                from harness.worlds.page import PageWorld

                async with PageWorld(
                    self._running,
                    browser=self._open_loop.browser(keeps_pages=launch.cached),
                    recorder=recorder,
                    control=control,
                    evidence=evidence,
                    launch=replace(launch, headless=not self.headed),
                    slow_mo_s=self.slow_mo_s,
                ) as page:
                    yield page
            else:
                async with WireWorld(
                    live,
                    recorder=recorder,
                    control=control,
                    patience_s=self._patience_s,
                    in_vain=frozenset(self._in_vain),
                    instances=instances,
                    disturbed=disturbed,
                    faults=self.faults,
                    proves=proves,
                ) as wire:
                    yield wire
        finally:
            await control.aclose()

    def _close(self) -> None:
        if self._instances is not None:
            self.call(self._instances.stop)
        self.call(self._running.stop)


def _disturbed(plan: Plan) -> frozenset[str]:
    """Return the browsers that the plan puts faults on: they go through a proxy from the beginning."""
    return frozenset(step.browser for step in plan.each_step if isinstance(step, Disturb))


def _worth_showing_again(trial: Trial) -> str | None:
    """Return the requirement that a trial broke first, None where there is no time, or it was only late this time."""
    if trial.duration_s > LONG_S:
        return None
    return next((each.requirement for each in trial.judgement.findings if each.level != "late"), None)
