"""From outcomes to one verdict per requirement, and from verdicts to the exit code of a run. Pure.

What a requirement's level and set, the target's own promises and the user's list of known failures make of a finding is
decided here and nowhere else. Which requirement a finding is filed under: `filing.classify`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.checks.filing import classify
from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.checks.known_failing import Known, sort_out
from harness.requirement import Requirement

__all__ = ["RunVerdict", "Status", "Verdict", "classify", "fails_alone", "judge_run", "must_hold"]
MOST_NAMES = 6
"""How many requirements a headline names before it only counts them."""


class Status(Enum):
    """What a run can say of a requirement."""

    PASS = "pass"
    FAIL = "fail"
    KNOWN_FAILING = "known-failing"
    """Broken, and on the user's list of what is known to be."""
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
    """A whole run: a verdict per requirement of the catalogue, and the exit code that follows.

    `stale` are the entries of the list of known failures that held, `idle` those that nothing put to the test.
    """

    verdicts: tuple[Verdict, ...]
    exit_code: int
    headline: str
    stale: tuple[Known, ...] = ()
    idle: tuple[Known, ...] = ()

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(each for each in self.verdicts if each.status is Status.FAIL)


@dataclass(frozen=True, slots=True)
class _Terms:
    """On which terms a run is judged: the keywords of `judge_run`."""

    scope: Mapping[str, tuple[str, ...]]
    declared: Collection[str]
    lacking: Mapping[str, str]
    known: tuple[Known, ...]
    strict: bool


def judge_run(
    outcomes: Sequence[Outcome],
    loads: Sequence[LoadOutcome],
    *,
    catalogue: Iterable[Requirement],
    scope: Mapping[str, tuple[str, ...]],
    declared: Collection[str] = (),
    lacking: Mapping[str, str] | None = None,
    known: tuple[Known, ...] = (),
    interrupted: bool = False,
    strict: bool = False,
) -> RunVerdict:
    """Return the verdicts of a run.

    `scope` maps each requirement that the run set out to check to its worlds. `declared` are the requirements that the
    target promises: broken, they fail the run whatever their level and set. `lacking` are those that need what it does
    not offer, each with the reason. `known` is the user's list of known failures. With `strict` a warning and a late
    promise fail the run too. A finding that names no requirement of the catalogue is our own error: exit code 4.
    """
    terms = _Terms(scope, declared, lacking or {}, known, strict)
    outcomes = classify(outcomes)
    by_id = {each.id: each for each in catalogue}
    found = [*(each.findings for each in outcomes), *(each.findings for each in loads)]
    named = [finding.requirement for findings in found for finding in findings]
    strange = [name for name in named if name not in by_id]
    verdicts = tuple(_verdict(each, outcomes, loads, terms=terms) for each in by_id.values())
    stale, idle = sort_out(known, outcomes, loads)
    code, words = _sum_up(verdicts, outcomes, loads, terms=terms, stale=stale)
    if strange and code in {0, 5}:
        code, words = 4, f"a finding names {strange[0]!r}, which the catalogue does not have"
    if interrupted:
        code, words = 130, f"interrupted; so far: {words}"
    return RunVerdict(verdicts, code, words, stale, idle)


def _verdict(
    requirement: Requirement, outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome], *, terms: _Terms
) -> Verdict:
    name = requirement.id
    told = [(each.test, each.world, each.held.get(name, 0), each.findings) for each in outcomes]
    told += [(f"load/{each.scenario}", "load", each.held.get(name, 0), each.findings) for each in loads]
    found = [(test, each) for test, _, _, findings in told for each in findings if each.requirement == name]
    worlds = dict.fromkeys(
        world for _, world, held, findings in told if held or any(each.requirement == name for each in findings)
    )
    held = sum(times for _, _, times, _ in told)
    status, reason = _status(requirement, found, held, outcomes, terms=terms)
    return Verdict(requirement, status, held, tuple(worlds), tuple(found), reason)


def _status(
    requirement: Requirement,
    found: list[tuple[str, Finding]],
    held: int,
    outcomes: Sequence[Outcome],
    *,
    terms: _Terms,
) -> tuple[Status, str]:
    name = requirement.id
    listed = [entry for entry in terms.known if any(entry.covers(each, test=test) for test, each in found)]
    open_ = [each for test, each in found if not any(entry.covers(each, test=test) for entry in listed)]
    if any(each.level == "fail" for each in open_):
        if must_hold(requirement, declared=terms.declared):
            return Status.FAIL, ""
        return Status.WARN, _why_it_warns(requirement)
    if any(each.level == "warn" for each in open_):
        return (Status.FAIL, "") if name in terms.declared else (Status.WARN, _why_a_lesser_part_warns(requirement))
    if open_:
        return Status.LATE, "it came true, after its promise had run out"
    if listed:
        return Status.KNOWN_FAILING, listed[0].why or "it is on the list of known failures"
    if held:
        return Status.PASS, ""
    if name not in terms.scope:
        return Status.UNCHECKED, f"not on the wire: {requirement.elsewhere}" if requirement.elsewhere else ""
    if name in terms.lacking:
        return Status.UNSUPPORTED, terms.lacking[name]
    skipped = [each for each in outcomes if each.status == "skipped" and name in each.skipped_requirements]
    if skipped:
        return Status.UNSUPPORTED, skipped[0].reason
    broken = [each for each in outcomes if each.status == "harness" and each.world in terms.scope[name]]
    if broken:
        return Status.HARNESS_ERROR, broken[0].reason
    return Status.UNKNOWN, "nothing exercised it"


def must_hold(requirement: Requirement, *, declared: Collection[str]) -> bool:
    """Tell whether a failure of `requirement` fails the run: a MUST of the core, or promised by the target."""
    return requirement.id in declared or (requirement.level == "MUST" and requirement.set == "core")


def fails_alone(finding: Finding, requirement: Requirement | None, *, declared: Collection[str]) -> bool:
    """Tell whether one finding fails the run that it is in; None, an unknown requirement, is our own error and does."""
    if requirement is None:
        return True
    if finding.level == "fail":
        return must_hold(requirement, declared=declared)
    return finding.level == "warn" and requirement.id in declared


def _why_a_lesser_part_warns(requirement: Requirement) -> str:
    return (
        "a lesser part of what it asks, by which nothing leaks or is lost; it fails a target that promises it: "
        f'[promises] meets = ["{requirement.id}"]'
    )


def _why_it_warns(requirement: Requirement) -> str:
    if requirement.set == "ext":
        return f'good practice; it fails the run of a target that promises it: [promises] meets = ["{requirement.id}"]'
    return ""


def _sum_up(
    verdicts: tuple[Verdict, ...],
    outcomes: Sequence[Outcome],
    loads: Sequence[LoadOutcome],
    *,
    terms: _Terms,
    stale: tuple[Known, ...],
) -> tuple[int, str]:
    failing = {Status.FAIL, Status.WARN, Status.LATE} if terms.strict else {Status.FAIL}
    failed = [each.requirement.id for each in verdicts if each.status in failing]
    needed = [each.requirement.id for each in verdicts if _is_missed(each, terms=terms)]
    passed = sum(each.status is Status.PASS for each in verdicts)
    known = sum(each.status is Status.KNOWN_FAILING for each in verdicts)
    over = [load.reason for load in loads if load.status == "valid" and load.reason]
    lost = [each.reason.partition("\n")[0] for each in outcomes if each.status == "target"]
    invalid = [load.reason for load in loads if load.status != "valid"]
    if failed or stale:
        told = [f"{len(failed)} broken: {', '.join(failed)}"] if failed else []
        names = ", ".join(each.requirement for each in stale)
        told += [f"listed as known to fail, but holding now: {names}"] if stale else []
        return 1, "; ".join([*told, *_left_over(verdicts)])
    if over:
        return 1, over[0]
    if any(outcome.status == "harness" for outcome in outcomes):
        return 4, "the harness broke; what it could not judge is listed"
    if lost:
        return 3, lost[0]
    if invalid:
        return 5, f"the load run is invalid: {invalid[0]}"
    if not passed and not known:
        return 5, "nothing was verified"
    if needed:
        return 5, "; ".join([f"partial: {_names(needed)} could not be tried", *_left_over(verdicts, but=needed)])
    told = [f"{passed} requirement{' holds' if passed == 1 else 's hold'}"]
    told += [f"{known} known to fail"] if known else []
    return 0, "; ".join([", ".join(told), *_not_failing(verdicts), *_left_over(verdicts)])


def _not_failing(verdicts: tuple[Verdict, ...]) -> list[str]:
    """Return in words what does not hold and yet fails no run."""
    found = []
    for status, words in ((Status.WARN, "warned of"), (Status.LATE, "late")):
        names = [each.requirement.id for each in verdicts if each.status is status]
        found += [f"{words}: {_names(names)}"] if names else []
    return found


def _is_missed(verdict: Verdict, *, terms: _Terms) -> bool:
    """Tell whether a MUST of the core was to be tried, and was not; what the target does not offer is not missed."""
    requirement = verdict.requirement
    if requirement.level != "MUST" or requirement.set != "core" or requirement.id not in terms.scope:
        return False
    if verdict.status is Status.UNSUPPORTED:
        return requirement.id not in terms.lacking
    return verdict.status in {Status.UNKNOWN, Status.HARNESS_ERROR}


def _left_over(verdicts: tuple[Verdict, ...], *, but: Collection[str] = ()) -> list[str]:
    """Return in words what was not tried, for the end of a headline."""
    untried = [
        each.requirement.id
        for each in verdicts
        if each.status in {Status.UNKNOWN, Status.HARNESS_ERROR} and each.requirement.id not in but
    ]
    told = [f"not tried: {_names(untried)}"] if untried else []
    for status, words in ((Status.UNSUPPORTED, "not offered by the target"), (Status.UNCHECKED, "not checked here")):
        number = sum(each.status is status and each.requirement.id not in but for each in verdicts)
        told += [f"{number} {words}"] if number else []
    return told


def _names(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
