"""What came of one plan: its history, how it was judged, what went wrong. Carries nothing out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.checks.finding import DIED, REFUSED, Outcome
from harness.checks.registry import Judgement
from harness.errors import CapabilityMissing, Interrupted, OnesocketError, TargetError
from harness.history import History
from harness.plan import Plan


@dataclass(frozen=True, slots=True)
class Trial:
    """One plan, carried out and judged. `error` is set when the target or the harness failed before its end.

    `whole` is the trial whose plan was shrunk to this one. `network` is what was done to every connection, in words.
    """

    plan: Plan
    world: str
    history: History
    judgement: Judgement
    duration_s: float
    error: OnesocketError | None = None
    seed: str = ""
    whole: Trial | None = None
    network: tuple[str, ...] = ()
    evidence: Path | None = None
    """The folder of what was kept of its browsers, gone once the laboratory is left."""

    def outcome(self, test: str) -> Outcome:
        """Return what is written about this trial, under the name `test`."""
        status = "judged"
        untried = isinstance(self.error, CapabilityMissing)
        if untried or isinstance(self.error, Interrupted):
            status = "skipped"
        elif self.error is not None:
            status = "target" if isinstance(self.error, TargetError) else "harness"
        return Outcome(
            test=test,
            world=self.world,
            status=status,
            reason=self.error.what if self.error is not None and status == "skipped" else str(self.error or ""),
            summary=self.plan.summary,
            plan=tuple(self.plan.words),
            proves=self.plan.proves,
            held=self.judgement.held,
            findings=self.judgement.findings,
            skipped_requirements=self.plan.proves if untried else (),
            events=len(self.history),
            duration_s=round(self.duration_s, 3),
            seed=self.seed,
            network=self.network,
        )


class TrialInterrupted(KeyboardInterrupt):
    """A trial was interrupted; `trial` has what was recorded until then, and is not judged."""

    def __init__(self, plan: Plan, world: str, history: History, took_s: float, *, seed: str) -> None:
        super().__init__(f"{plan.name} was interrupted")
        why = Interrupted("interrupted before its end", where=plan.name, todo="see its history for how far it came")
        self.trial = Trial(plan, world, History(history), Judgement({}, ()), took_s, why, seed)


def tells_of_loss(judgement: Judgement) -> bool:
    """Tell whether a finding says why the target was lost: it died by itself, and runs again for the next plan; or it
    failed to publish what it was asked to.
    """
    return any(finding.kind == DIED or finding.kind.endswith(REFUSED) for finding in judgement.findings)
