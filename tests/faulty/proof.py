"""Put a faulty implementation to plans, in this process, and say which requirements they found broken.

Quick: the plans that prove what the fault breaks, and a core of others that must not mind. Everything is for `cross`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from harness.checks.finding import Outcome
from harness.checks.verdict import classify
from harness.errors import CapabilityMissing
from harness.plan import Plan, load_plans
from harness.suites import suite_dir
from harness.targets.file import Target, load_target
from harness.trials import reference_file
from harness.worlds.browsers import Browsers
from harness.worlds.laboratory import Laboratory, Trial
from tests.faulty.fault import Fault
from tests.faulty.faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent.parent
PROMISES = {"delivery_s": 0.3, "sign_out_s": 0.3, "reconnect_s": 1.0, "failover_s": 0.5}
"""A faulty server loses messages for good: waiting for them as long as for a right one's would only take time."""
PAGE_PROMISES = {**PROMISES, "reconnect_s": 2.0, "failover_s": 1.0}
"""A page backs off while the server is away."""
CORE = (
    "broadcast_reaches_everybody",
    "sign_out_makes_the_connection_a_guests",
    "user_on_two_browsers_gets_both",
)
"""What every faulty server is put to: each plan takes some hundredths of a second, and together they hear most."""


def faulty_target(fault: Fault) -> Target:
    """Return the reference's target file with the faulty implementation in the reference's place."""
    target = load_target(reference_file())
    command = ("{python}", "-m", "tests.faulty.serve", "--fault", fault.name, "--port", "{port}")
    promises = msgspec.structs.replace(target.promises, **(PAGE_PROMISES if fault.client else PROMISES))
    target = msgspec.structs.replace(target, name=fault.name, start=command, promises=promises)
    return target if fault.redis_bus else _alone(target)


def _alone(target: Target) -> Target:
    capabilities = msgspec.structs.replace(target.capabilities, instances=())
    return msgspec.structs.replace(target, capabilities=capabilities, broker=None)


@cache
def named_plans(world: str) -> Mapping[str, Plan]:
    """Return the written plans of a world, each under the name that a report calls its test."""
    folder = suite_dir("browser_tests" if world == "page" else "scenarios")
    plans = {f"{path.name}::{plan.name}": plan for path in sorted(folder.glob("*.toml")) for plan in load_plans(path)}
    return {name: plan for name, plan in plans.items() if plan.worlds[0] == world}


def plans_of(world: str) -> tuple[Plan, ...]:
    """Return the written plans of a world."""
    return tuple(named_plans(world).values())


def quick_plans(fault: Fault) -> list[Plan]:
    """Return the plans that must show the fault, and those beside them that must show nothing else.

    Raises:
        ValueError: it names a plan that there is not, or there is none to show it.
    """
    plans = {plan.name: plan for plan in plans_of(fault.world)}
    wanted = fault.plans or tuple(name for name, plan in plans.items() if fault.breaks in plan.proves)
    if not wanted or not plans.keys() >= set(wanted):
        raise ValueError(f"{fault.name}: no plan proves {fault.breaks}, or its plans {fault.plans} are no plans")
    core = CORE if fault.world == "wire" else ()
    return [plan for name, plan in plans.items() if name in {*wanted, *core}]


def outcomes_of(target: Target, plans: Sequence[Plan], browsers: Browsers | None = None) -> list[Outcome]:
    """Carry the plans out on a faulty implementation and return their outcomes, losses filed as in a report.

    A server that a plan has brought down is put to no more plans; that it went down has to be a finding by then. Those
    who try many, one after the other, lend their `browsers`.
    """
    trials = []
    with Laboratory(target, ROOT, browsers=browsers) as laboratory:
        for plan in plans:
            trials.append(laboratory.run(plan, world=plan.worlds[0]))
            if _fatal(trials[-1]):
                break
    if _fatal(trials[-1]) and not any(trial.judgement.findings for trial in trials):
        raise AssertionError(str(trials[-1].error))
    return classify([trial.outcome(trial.plan.name) for trial in trials])


def quick_outcomes(name: str) -> list[Outcome]:
    """Put the faulty server of this name to its quick proof. Of names, because not every fault can be pickled."""
    return outcomes_of(faulty_target(FAULTS[name]), quick_plans(FAULTS[name]))


def _fatal(trial: Trial) -> bool:
    return trial.error is not None and not isinstance(trial.error, CapabilityMissing)


def broken_requirements(outcomes: Iterable[Outcome]) -> set[str]:
    """Return the ids that the findings name."""
    return {each.requirement for outcome in outcomes for each in outcome.findings if each.level != "late"}
