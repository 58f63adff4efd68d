"""A world in which steps are performed one at a time, for those who decide on the next by what the last ones did."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.checks.registry import judge
from harness.errors import TargetError
from harness.history import RunEnded
from harness.plan import Plan, Step
from harness.worlds.trial import Trial, TrialInterrupted, tells_of_loss
from harness.worlds.world import World, run_step

if TYPE_CHECKING:
    from harness.worlds.page_evidence import Evidence


class Stage:
    """A world of the `kind` wire or page; `call` runs an async function where the world lives."""

    def __init__(
        self,
        call: Callable[..., Any],
        world: World,
        name: str,
        kind: str,
        *,
        seed: str = "",
        network: tuple[str, ...] = (),
        evidence: Evidence | None = None,
    ) -> None:
        self._call = call
        self._world = world
        self._name = name
        self._kind = kind
        self._seed = seed
        self._network = network
        self._evidence = evidence
        self._steps: list[Step] = []
        self._error: TargetError | None = None
        self._started_s = time.monotonic()

    def perform(self, step: Step) -> None:
        """Carry out one step and record it; nothing is done any more once the target was lost.

        Raises:
            TrialInterrupted: a KeyboardInterrupt came, with what was recorded until then.
        """
        if self._error is not None:
            return
        self._steps.append(step)
        try:
            self._call(run_step, len(self._steps) - 1, step, self._world)
        except TargetError as error:
            self._error = error
        except KeyboardInterrupt:
            history, took_s = self._world.recorder.history, time.monotonic() - self._started_s
            raise TrialInterrupted(self._plan(), self._kind, history, took_s, seed=self._seed) from None

    @property
    def lost(self) -> bool:
        """Whether the target became unusable: nothing is done any more."""
        return self._error is not None

    def finish(self, *, summary: str = "", proves: tuple[str, ...] = ()) -> Trial:
        """Settle, close everything and judge."""
        recorder = self._world.recorder
        try:
            self._call(self._world.finish)
        except TargetError as error:
            self._error = self._error or error
        outcome, note = ("target lost", str(self._error)) if self._error is not None else ("done", "")
        recorder.record(RunEnded(at_s=recorder.now(), outcome=outcome, note=note))
        judgement = judge(recorder.history, promises=recorder.target.promises)
        return Trial(
            plan=self._plan(summary, proves),
            world=self._kind,
            history=recorder.history,
            judgement=judgement,
            duration_s=time.monotonic() - self._started_s,
            error=None if tells_of_loss(judgement) else self._error,
            seed=self._seed,
            network=self._network,
            evidence=self._evidence.folder if self._evidence is not None else None,
        )

    def _plan(self, summary: str = "", proves: tuple[str, ...] = ()) -> Plan:
        return Plan(self._name, tuple(self._steps), summary, (self._kind,), proves)
