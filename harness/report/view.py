"""The view-model: a run record and its verdict as all that a reader is told, the same for every kind of report.

Knows no markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.checks.finding import LoadOutcome, Outcome
from harness.checks.verdict import RunVerdict, Status, classify
from harness.report.finding_group import FindingGroup, HistoryOf, group_findings, load_as_outcome
from harness.report.mishap import Mishap, mishaps_of
from harness.report.record import RunMeta, RunRecord
from harness.report.verdict_table import Area, Count, Row, areas_of, by_reason, counts_of, rows_of
from harness.report.wording import (
    EXIT_MEANINGS,
    HEADLINES,
    counted,
    duration,
    harmless,
    one_line,
    plain,
    seconds_between,
)

QUANTILES = ("50", "75", "90", "95", "99", "99.9", "99.99", "max")


@dataclass(frozen=True, slots=True)
class Skip:
    """Why some tests were left out, which, and the requirements that nothing else tried."""

    reason: str
    tests: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quantile:
    """One line of the percentile table, in milliseconds; None where it was not measured."""

    name: str
    delivery_ms: float | None
    publish_ms: float | None


@dataclass(frozen=True, slots=True)
class LoadView:
    """A load run, with what follows from its numbers."""

    outcome: LoadOutcome
    deliveries_per_s: float
    quantiles: tuple[Quantile, ...]
    examples: tuple[str, ...]

    @property
    def as_outcome(self) -> Outcome:
        """The findings of the run in the form of a test's."""
        return load_as_outcome(self.outcome)

    @property
    def broken(self) -> tuple[tuple[str, int], ...]:
        """The counts that must be nought, by name."""
        counts = self.outcome.counts
        return (
            ("lost", counts.lost),
            ("duplicate", counts.duplicate),
            ("reordered", counts.reordered),
            ("misdelivered", counts.misdelivered),
            ("corrupt", counts.corrupt),
        )


@dataclass(frozen=True, slots=True)
class ReportView:
    """All that a report says, in the order in which it says it."""

    meta: RunMeta
    exit_code: int
    headline: str
    sentence: str
    exit_meaning: str
    tone: str
    """pass, fail, late (partial, interrupted) or harness-error."""
    duration: str
    tried: str
    counts: tuple[Count, ...]
    areas: tuple[Area, ...]
    groups: tuple[FindingGroup, ...]
    loads: tuple[LoadView, ...]
    skips: tuple[Skip, ...]
    untried: tuple[Row, ...]
    listed: tuple[str, ...]
    """What became of the list of known failures, in sentences."""
    outcomes: tuple[Outcome, ...]
    mishaps: tuple[Mishap, ...]
    notes: tuple[str, ...]
    folder: str
    not_begun: str = ""
    """In one sentence that nothing was tried, where that is so; the reason is among the mishaps."""

    @property
    def missing(self) -> dict[str, list[str]]:
        """What the target file does not declare, with the requirements that need it."""
        return by_reason([row for row in self.rows if row.id in self.meta.lacking], status=Status.UNSUPPORTED)

    @property
    def statuses(self) -> dict[str, Status]:
        """What the run says of each requirement, by its id."""
        return {row.id: row.status for row in self.rows}

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for area in self.areas for row in area.rows)


def build_view(record: RunRecord, verdict: RunVerdict, *, history_of: HistoryOf, folder: str) -> ReportView:
    """Return what a report says of `record`; `folder` is how the user reaches the run folder."""
    # What a target sent, or a file from elsewhere holds, is made harmless here, once for every kind of report.
    meta = harmless(record.meta)
    outcomes = [harmless(each) for each in classify(record.outcomes)]
    loads = [harmless(each) for each in record.loads]
    rows = rows_of(verdict.verdicts, outcomes, loads)
    seconds = seconds_between(meta.started, meta.ended)
    return ReportView(
        meta=meta,
        exit_code=verdict.exit_code,
        headline=_headline(verdict, rows),
        sentence=_sentence(verdict) if not meta.not_begun else one_line(meta.not_begun.partition("\n")[0]),
        exit_meaning=EXIT_MEANINGS.get(verdict.exit_code, ""),
        tone=_tone(verdict.exit_code),
        duration="" if seconds is None else duration(seconds),
        tried=_tried(record),
        counts=counts_of(rows),
        areas=areas_of(verdict.verdicts, rows),
        groups=group_findings(
            [*outcomes, *(load_as_outcome(load) for load in loads)],
            rows={row.id: row for row in rows},
            history_of=history_of,
            folder=folder,
            target_file=meta.target_file,
        ),
        loads=tuple(_load_view(load) for load in loads),
        skips=_skips([each for each in outcomes if each.reason not in meta.lacking.values()], rows),
        untried=tuple(row for row in rows if row.status in {Status.UNKNOWN, Status.UNSUPPORTED, Status.HARNESS_ERROR}),
        listed=_listed(verdict, rows),
        outcomes=tuple(outcomes),
        mishaps=mishaps_of(outcomes, meta, history_of=history_of, folder=folder),
        notes=tuple(plain(each) for each in (*record.troubles, *meta.notes)),
        folder=folder,
        not_begun=_not_begun(meta),
    )


def _not_begun(meta: RunMeta) -> str:
    if not meta.not_begun:
        return ""
    return "nothing was verified: " + (
        f"{counted(meta.left_tests, 'test')} not run" if meta.left_tests else "no test was run"
    )


def _headline(verdict: RunVerdict, rows: Sequence[Row]) -> str:
    if verdict.exit_code == 5:
        return "Partial" if any(row.status is Status.PASS for row in rows) else "Nothing verified"
    return HEADLINES.get(verdict.exit_code, "Done")


def _sentence(verdict: RunVerdict) -> str:
    # The headline above it has said these words.
    return one_line(verdict.headline.removeprefix("interrupted; ").removeprefix("partial: "))


def _tone(exit_code: int) -> str:
    return {0: "pass", 1: "fail", 3: "fail", 5: "late", 130: "late"}.get(exit_code, "harness-error")


def _listed(verdict: RunVerdict, rows: Sequence[Row]) -> tuple[str, ...]:
    known = [f"{row.id} fails as it is known to: {row.reason}" for row in rows if row.status is Status.KNOWN_FAILING]
    stale = [
        f"on the list of known failures, but it holds now; take it off: {one_line(str(each))}" for each in verdict.stale
    ]
    idle = [f"on the list of known failures, but nothing tried it: {one_line(str(each))}" for each in verdict.idle]
    return (*stale, *known, *idle)


def _tried(record: RunRecord) -> str:
    judged = {(each.test, each.world) for each in record.outcomes if each.status == "judged"}
    events = sum(each.events for each in record.outcomes)
    parts = [counted(len(judged), "test")] if record.outcomes or not record.loads else []
    parts += [counted(events, "recorded event")] if events else []
    parts += [counted(len(record.loads), "load run")] if record.loads else []
    return ", ".join(parts)


def _skips(outcomes: Sequence[Outcome], rows: Sequence[Row]) -> tuple[Skip, ...]:
    untried = {row.id for row in rows if row.status is Status.UNSUPPORTED}
    by_reason: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status == "skipped" or outcome.showed_nothing:
            reason = outcome.showed_nothing or outcome.reason or "no reason was given"
            by_reason.setdefault(plain(reason), []).append(outcome)
    return tuple(
        Skip(
            reason=reason,
            tests=tuple(dict.fromkeys(one_line(each.test) for each in found)),
            requirements=tuple(
                dict.fromkeys(name for each in found for name in each.skipped_requirements if name in untried)
            ),
        )
        for reason, found in by_reason.items()
    )


def _load_view(load: LoadOutcome) -> LoadView:
    measured = {**load.percentiles, **load.publish_percentiles}
    names = [name for name in QUANTILES if name in measured] + sorted(
        name for name in measured if name not in QUANTILES
    )
    return LoadView(
        outcome=load,
        deliveries_per_s=load.counts.delivered / load.duration_s if load.duration_s else 0.0,
        quantiles=tuple(
            Quantile(name, load.percentiles.get(name), load.publish_percentiles.get(name)) for name in names
        ),
        examples=tuple(one_line(each) for each in load.examples),
    )
