"""From outcomes to one verdict per requirement, and from verdicts to the exit code of a run. Pure.

One cause is filed once, which one history is too short to tell (`classify`): a message lost on a connection that got
others is ORD-3, one sort of message that never gets through is the routing requirement itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import msgspec

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.requirement import Requirement

LEAKS = ("leak", "leak:look-alike")


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
    """Return the outcomes with each finding under the one requirement that explains the run.

    - Losses of one sort (broadcast, private, echo): where connections got some and missed some, and none missed three
      in a row of all, every loss is the exception: ORD-3. Else those that missed all are the routing requirement.
    - A private message missed after a sign-in is ID-1 only if browsers that never changed user get theirs.
    - A leak between users whose ids look alike is ISO-3 only if nothing leaks between others.
    - A leak to who is a guest after a sign-out or from a foreign page, is its own only if guests see nothing.
    """
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    moves: dict[tuple[str, str], str] = {}
    for group in (("BC-1",), ("ISO-1", "ID-1"), ("EN-1",)):
        kinds = {finding.kind for finding in findings if finding.requirement in group}
        if "loss:some" in kinds:
            exceptions = ("loss:some",) if "loss:all" in kinds else ("loss:some", "loss:few")
            moves |= {(name, kind): "ORD-3" for name in group for kind in exceptions}
    kept = {(each.requirement, each.kind) for each in findings} - set(moves)
    if any(name == "ISO-1" and kind.startswith("loss") for name, kind in kept):
        moves |= {("ID-1", kind): "ISO-1" for kind in ("loss:all", "loss:few") if ("ID-1", kind) in kept}
    if any(name == "ISO-2" for name, _ in kept):
        moves |= {("ISO-3", kind): "ISO-2" for kind in LEAKS}
    if any(name == "ISO-5" for name, _ in kept):
        moves |= {(name, kind): "ISO-5" for name in ("ID-2", "ID-3", "HS-4") for kind in LEAKS}

    def filed(finding: Finding) -> Finding:
        name = moves.get((finding.requirement, finding.kind), finding.requirement)
        return finding if name == finding.requirement else msgspec.structs.replace(finding, requirement=name)

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
    """Return the verdicts of a run. `scope` maps each requirement that this run set out to check to its worlds.

    A finding that names no requirement of the catalogue is our own error: exit code 4.
    """
    outcomes = classify(outcomes)
    known = {each.id: each for each in catalogue}
    named = [finding.requirement for each in outcomes for finding in each.findings]
    named += [finding.requirement for each in loads for finding in each.findings]
    strange = [name for name in named if name not in known]
    verdicts = tuple(_verdict(each, outcomes, loads, scope=scope) for each in known.values())
    summed = _sum_up(verdicts, outcomes, loads, scope=scope, interrupted=interrupted, strict=strict)
    if strange and summed.exit_code in {0, 5}:
        words = f"a finding names {strange[0]!r}, which the catalogue does not have"
        return replace(summed, exit_code=4, headline=words)
    return summed


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
    broken = [each for each in outcomes if each.status == "harness" and each.world in scope[requirement.id]]
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
    elif any(load.status == "valid" and load.reason for load in loads):
        code, words = 1, next(load.reason for load in loads if load.status == "valid" and load.reason)
    elif any(outcome.status == "harness" for outcome in outcomes):
        code, words = 4, "the harness broke; what it could not judge is listed"
    elif any(outcome.status == "target" for outcome in outcomes):
        code, words = (
            3,
            next(outcome.reason for outcome in outcomes if outcome.status == "target").partition("\n")[0],
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
        unchecked = sum(each.status is Status.UNCHECKED for each in verdicts)
        rest = f", {unchecked} are not checked by this run" if unchecked else ""
        code, words = 0, f"{passed} requirements hold{rest}"
    if interrupted:
        code, words = 130, f"interrupted; so far: {words}"
    return RunVerdict(verdicts, code, words)
