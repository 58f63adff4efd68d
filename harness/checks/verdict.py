"""From outcomes to one verdict per requirement, and from verdicts to the exit code of a run. Pure.

A loss that is the exception is ORD-3; one that is the rule is the routing requirement itself (BC-1, ISO-1): told apart here,
over the whole run, because one history is too short to tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.requirement import Requirement

LOSS_IS_THE_EXCEPTION = 0.5
"""Share of deliveries of one kind that must have arrived for a missing one to count as a loss (ORD-3)."""


class Status(Enum):
    """What a run can say of a requirement."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    LATE = "late"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    UNCHECKED = "unchecked"
    """No check for it exists in this version, in the worlds of this run."""
    HARNESS_ERROR = "harness-error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of one requirement in one run, how often it held and per which world, and what was found."""

    requirement: Requirement
    status: Status
    held: int
    worlds: tuple[str, ...]
    findings: tuple[tuple[str, Finding], ...]
    """(test, finding) pairs."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """A whole run: a verdict per requirement of the catalogue, and the exit code that follows."""

    verdicts: tuple[Verdict, ...]
    exit_code: int
    headline: str

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(each for each in self.verdicts if each.status is Status.FAIL)


def classify(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with each loss filed under ORD-3 or the routing requirement, by how rare it is in the run."""
    lost: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        lost.update((each.requirement, each.kind) for each in outcome.findings if each.kind.startswith("loss"))
        for name, times in outcome.held.items():
            held[(name, "")] += times
    rare = {
        key for key, count in lost.items() if held[(key[0], "")] >= LOSS_IS_THE_EXCEPTION * (held[(key[0], "")] + count)
    }

    def filed(finding: Finding) -> Finding:
        if (finding.requirement, finding.kind) in rare:
            return msgspec.structs.replace(finding, requirement="ORD-3")
        return finding

    return [
        msgspec.structs.replace(outcome, findings=tuple(filed(each) for each in outcome.findings))
        for outcome in outcomes
    ]


def judge_run(
    outcomes: Sequence[Outcome],
    loads: Sequence[LoadOutcome],
    *,
    catalogue: Iterable[Requirement],
    scope: dict[str, tuple[str, ...]],
    interrupted: bool = False,
    strict: bool = False,
) -> RunVerdict:
    """Return the verdicts of a run. `scope` maps each requirement that this run set out to check to its worlds."""
    outcomes = classify(outcomes)
    verdicts = tuple(_verdict(each, outcomes, loads, scope=scope) for each in catalogue)
    return _sum_up(verdicts, outcomes, loads, scope=scope, interrupted=interrupted, strict=strict)


def _verdict(
    requirement: Requirement,
    outcomes: Sequence[Outcome],
    loads: Sequence[LoadOutcome],
    *,
    scope: dict[str, tuple[str, ...]],
) -> Verdict:
    name = requirement.id
    found = [(outcome.test, each) for outcome in outcomes for each in outcome.findings if each.requirement == name]
    found += [(f"load/{load.scenario}", each) for load in loads for each in load.findings if each.requirement == name]
    held = sum(outcome.held.get(name, 0) for outcome in outcomes) + sum(load.held.get(name, 0) for load in loads)
    worlds = tuple(
        dict.fromkeys(
            [
                outcome.world
                for outcome in outcomes
                if outcome.held.get(name) or any(each.requirement == name for each in outcome.findings)
            ]
            + [
                "load"
                for load in loads
                if load.held.get(name) or any(each.requirement == name for each in load.findings)
            ]
        )
    )
    status, reason = _status(requirement, found, held, outcomes, scope=scope)
    return Verdict(requirement, status, held, worlds, tuple(found), reason)


def _status(
    requirement: Requirement,
    found: list[tuple[str, Finding]],
    held: int,
    outcomes: Sequence[Outcome],
    *,
    scope: dict[str, tuple[str, ...]],
) -> tuple[Status, str]:
    failing = [finding for _, finding in found if finding.level == "fail"]
    if failing:
        return (Status.FAIL if requirement.level == "MUST" else Status.WARN), ""
    if found:
        return Status.LATE, "it came true, after its promise had run out"
    if held:
        return Status.PASS, ""
    if requirement.id not in scope:
        return Status.UNCHECKED, ""
    skipped = [
        outcome
        for outcome in outcomes
        if outcome.status == "skipped" and requirement.id in outcome.skipped_requirements
    ]
    if skipped:
        return Status.UNSUPPORTED, skipped[0].reason
    broken = [outcome for outcome in outcomes if outcome.status == "harness"]
    if broken:
        return Status.HARNESS_ERROR, broken[0].reason
    return Status.UNKNOWN, "nothing exercised it"


def _sum_up(
    verdicts: tuple[Verdict, ...],
    outcomes: Sequence[Outcome],
    loads: Sequence[LoadOutcome],
    *,
    scope: dict[str, tuple[str, ...]],
    interrupted: bool,
    strict: bool,
) -> RunVerdict:
    failing = {Status.FAIL, Status.WARN, Status.LATE} if strict else {Status.FAIL}
    failed = [each.requirement.id for each in verdicts if each.status in failing]
    untried = [
        each.requirement.id
        for each in verdicts
        if each.requirement.id in scope
        and each.requirement.level == "MUST"
        and each.requirement.set == "core"
        and each.status in {Status.UNKNOWN, Status.UNSUPPORTED, Status.HARNESS_ERROR}
    ]
    passed = sum(each.status is Status.PASS for each in verdicts)
    if failed:
        code, words = 1, f"{len(failed)} broken: {', '.join(failed)}"
    elif any(outcome.status == "harness" for outcome in outcomes):
        code, words = 4, "the harness broke; what it could not judge is listed"
    elif any(outcome.status == "target" for outcome in outcomes):
        code, words = (
            3,
            next(outcome.reason for outcome in outcomes if outcome.status == "target").splitlines()[0],
        )
    elif any(load.status != "valid" for load in loads):
        code, words = (
            5,
            f"the load run is invalid: {next(load.reason for load in loads if load.status != 'valid')}",
        )
    elif not passed:
        code, words = 5, "nothing was verified"
    elif untried:
        code, words = 5, f"partial: {', '.join(untried)} could not be tried"
    else:
        code, words = 0, f"{passed} requirements hold"
    if interrupted:
        code, words = 130, f"interrupted; so far: {words}"
    return RunVerdict(verdicts, code, words)
