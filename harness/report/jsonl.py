"""JSON Lines, for programs: the run, then a line a verdict, then the findings and the load runs.

The structs below are the format; reports/schemas/report.schema.json is made from them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from harness.checks.finding import LoadCounts, WorkerLoad
from harness.report.record import encode
from harness.report.story import crash_of
from harness.report.view import ReportView


class RunLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="run"):
    """The first line: what was run and what became of it."""

    format: int
    what: str
    target: str
    url: str
    started: str
    ended: str
    interrupted: bool
    seed: str
    command: str
    versions: dict[str, str]
    exit_code: int
    headline: str
    notes: tuple[str, ...]
    not_begun: str = ""
    """In three lines why no test was begun, where that is so."""


class VerdictLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verdict"):
    """What the run says of one requirement; `held` counts how often it held."""

    requirement: str
    level: str
    set: str
    status: str
    held: int
    findings: int
    worlds: tuple[str, ...]
    reason: str
    sentence: str


class FindingLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="finding"):
    """One difference between a requirement and what was seen. `history` and `repro` are paths inside the run folder."""

    requirement: str
    check: str
    level: str
    kind: str
    test: str
    world: str
    expected: str
    seen: str
    observer: str
    token: str
    plan: tuple[str, ...]
    history: str
    repro: str
    seed: str
    evidence: tuple[str, ...]
    """Pictures of tabs, logs of frames and traces of browsers, inside the run folder."""
    crash: tuple[str, ...]
    """That the target's process died, and what it printed last; empty when it did not."""


class LoadLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="load"):
    """One load run; latencies in milliseconds. `more` has those of other things than deliveries, by name."""

    scenario: str
    status: str
    reason: str
    users: int
    workers: int
    duration_s: float
    counts: LoadCounts
    percentiles: dict[str, float]
    publish_percentiles: dict[str, float]
    more: dict[str, dict[str, float]]
    asides: dict[str, int]
    loads: tuple[WorkerLoad, ...]
    knobs: dict[str, float]
    budgets: dict[str, float]
    examples: tuple[str, ...]


AnyLine = RunLine | VerdictLine | FindingLine | LoadLine
FORMAT = 1


def jsonl_report(view: ReportView) -> str:
    """Return the run as JSON Lines."""
    return "".join(encode(line).decode() + "\n" for line in _lines(view))


def line_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line."""
    schema = msgspec.json.schema(AnyLine)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of onesocket's report.jsonl",
        **schema,
    }


def _lines(view: ReportView) -> list[AnyLine]:
    meta = view.meta
    run = RunLine(
        format=FORMAT,
        what=meta.what,
        target=meta.target,
        url=meta.url,
        started=meta.started,
        ended=meta.ended,
        interrupted=view.exit_code == 130,
        seed=meta.seed,
        command=meta.command,
        versions=meta.versions,
        exit_code=view.exit_code,
        headline=view.sentence,
        notes=view.notes,
        not_begun=meta.not_begun,
    )
    verdicts = [
        VerdictLine(
            requirement=row.id,
            level=row.level,
            set=row.set,
            status=row.status.value,
            held=row.held,
            findings=row.found,
            worlds=row.worlds,
            reason=row.reason,
            sentence=row.sentence,
        )
        for row in view.rows
    ]
    return [run, *verdicts, *_findings(view), *_loads(view)]


def _findings(view: ReportView) -> list[FindingLine]:
    told = [(each, each.findings) for each in view.outcomes]
    return [
        FindingLine(
            requirement=finding.requirement,
            check=finding.check,
            level=finding.level,
            kind=finding.kind,
            test=outcome.test,
            world=outcome.world,
            expected=finding.expected,
            seen=finding.seen,
            observer=finding.observer,
            token=finding.token,
            plan=outcome.plan,
            history=outcome.history,
            repro=outcome.repros.get(finding.requirement, ""),
            seed=outcome.seed,
            evidence=outcome.evidence,
            crash=crash_of(outcome.shown[number]) if number < len(outcome.shown) else (),
        )
        for outcome, findings in [*told, *((each.as_outcome, each.outcome.findings) for each in view.loads)]
        for number, finding in enumerate(findings)
    ]


def _loads(view: ReportView) -> list[LoadLine]:
    return [
        LoadLine(
            scenario=each.outcome.scenario,
            status=each.outcome.status,
            reason=each.outcome.reason,
            users=each.outcome.users,
            workers=each.outcome.workers,
            duration_s=each.outcome.duration_s,
            counts=each.outcome.counts,
            percentiles=each.outcome.percentiles,
            publish_percentiles=each.outcome.publish_percentiles,
            more=each.outcome.more,
            asides=each.outcome.asides,
            loads=each.outcome.loads,
            knobs=each.outcome.knobs,
            budgets=each.outcome.budgets,
            examples=each.outcome.examples,
        )
        for each in view.loads
    ]
