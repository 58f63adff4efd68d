"""Put a faulty implementation to the checks and say which requirements they found broken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.checks.finding import Outcome
from harness.checks.verdict import classify
from harness.plan import Plan, load_plans
from harness.suites import suite_dir
from harness.targets.file import Target, load_target
from harness.trials import reference_file
from harness.worlds.laboratory import Laboratory
from tests.faulty.fault import Fault

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 0.3
"""A faulty server loses messages for good: waiting for them as long as for a right one's would only take time."""


def faulty_target(fault: Fault) -> Target:
    """Return the reference's target file with the faulty implementation in the reference's place."""
    target = load_target(reference_file())
    command = ("{python}", "-m", "tests.faulty.serve", "--fault", fault.name, "--port", "{port}")
    promises = msgspec.structs.replace(
        target.promises, delivery_s=PATIENCE_S, sign_out_s=0.3, reconnect_s=1.0, failover_s=0.5
    )
    return msgspec.structs.replace(target, name=fault.name, start=command, promises=promises)


def plans_of(world: str) -> list[Plan]:
    """Return the written plans of a world."""
    folder = suite_dir("browser_tests" if world == "page" else "scenarios")
    return [plan for path in sorted(folder.glob("*.toml")) for plan in load_plans(path) if plan.worlds[0] == world]


def outcomes_of(fault: Fault, plans: Sequence[Plan]) -> list[Outcome]:
    """Carry the plans out on the faulty implementation and return their outcomes, losses filed as in a report."""
    with Laboratory(faulty_target(fault), ROOT) as laboratory:
        trials = [laboratory.run(plan, world=plan.worlds[0]) for plan in plans]
    broken = [str(trial.error) for trial in trials if trial.error is not None]
    if broken:
        raise AssertionError("\n".join(broken))
    return classify([trial.outcome(trial.plan.name) for trial in trials])


def broken_requirements(outcomes: Sequence[Outcome]) -> set[str]:
    """Return the ids that the findings name."""
    return {each.requirement for outcome in outcomes for each in outcome.findings if each.level == "fail"}
