"""From ledger and reports to the outcome of a load run: counts, findings, what held, whether it is valid.

A run in which the generator was the limit is invalid: what it did not see may have been there. What it saw stays seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from harness.checks.finding import LoadCounts, LoadOutcome
from harness.loading.account import Account, draw_up
from harness.loading.budget import Budget
from harness.loading.evidence import EXAMPLES, SORTS, Counters, Report
from harness.loading.histogram import merged
from harness.loading.judgement import findings, held
from harness.loading.knobs import Knobs
from harness.loading.ledger import Ledger
from harness.loading.measures import merged_kinds, most_open, percentiles, series, timeline, worker_loads
from harness.loading.outage import Outage, Returns, returns_after
from harness.loading.scenario import Kind
from harness.loading.tally import BROADCAST, CONNECT, ECHO, PRIVATE

LIMIT = "the generator was the limit"

QUEUED_MS = 1.0
"""What a message may wait for its turn to be asked for before that is worth telling."""

ENOUGH = 0.9
"""The part of the connections that has to have been open at some time for the run to be the one that was asked for."""

EXIT_VERIFIED, EXIT_FAILED, EXIT_NOTHING_VERIFIED = 0, 1, 5


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went, its messages apart. Times are of the monotonic clock; `troubles`, in words, make it invalid.

    `memory` is what the target's process held, (second, MB), where it was started here.
    """

    scenario: str
    users: int
    started_s: float
    stopped_s: float
    delivery_s: float
    knobs: Knobs
    kind: Kind = "broadcast"
    troubles: tuple[str, ...] = ()
    note: str = ""
    outages: tuple[Outage, ...] = ()
    memory: tuple[tuple[float, float], ...] = ()


def conclude(run: Run, ledger: Ledger, reports: Sequence[Report], *, budgets: Sequence[Budget] = ()) -> LoadOutcome:
    """Return the outcome of a run from its ledger and the last report of each worker."""
    account = draw_up(ledger, (each for report in reports for each in report.connections), delivery_s=run.delivery_s)
    counters = Counters()
    for report in reports:
        counters.add(report.counters)
    counters.unanswered += sum(report.waiting for report in reports)
    returns = returns_after(run.outages, (each for report in reports for each in report.connections))
    kinds = merged_kinds(reports)
    measured = (ECHO,) if run.kind == "echo" else (BROADCAST, PRIVATE)
    latency = merged(kinds[each] for each in measured if each in kinds)
    saturated = _saturation(run, ledger, reports)
    reasons = [*run.troubles, *saturated, *_less_than_asked(run, counters, returns, reports)]
    verified = counters.echoed if run.kind == "echo" else account.delivered
    if not verified:
        reasons.append("nothing was verified: " + _why_nothing(run, ledger, counters))
    more = {name: percentiles(kinds[name]) for name in (BROADCAST, PRIVATE, ECHO, CONNECT) if name in kinds}
    if ledger.queued_ms.greatest > QUEUED_MS:
        more["queued"] = percentiles(ledger.queued_ms)
    if returns.return_ms.count:
        more["return"] = percentiles(returns.return_ms)
    outcome = LoadOutcome(
        scenario=run.scenario,
        status="invalid" if reasons else "valid",
        reason="; ".join(reasons) or run.note,
        users=run.users,
        workers=max(1, len(reports)),
        duration_s=round(max(0.0, run.stopped_s - run.started_s), 3),
        counts=_counts(run, account, counters, ledger, returns),
        percentiles=percentiles(latency),
        publish_percentiles=percentiles(ledger.lateness_ms),
        histogram=latency.bounds(),
        timeline=timeline(reports, started_s=run.started_s),
        examples=_examples(reports, account),
        findings=findings(account, counters, ledger, loss_counts=not saturated),
        held=held(account, counters, ledger),
        more=more,
        asides=_asides(run, counters, returns),
        series=series(reports, ledger, memory=run.memory, started_s=run.started_s),
        loads=worker_loads(reports),
        knobs={name: float(getattr(run.knobs, name)) for name in run.knobs.__struct_fields__},
        budgets={each.name: each.limit for each in budgets},
    )
    broken = [text for each in budgets if (text := each.broken_by(outcome))]
    if broken and outcome.status == "valid":
        noted = f"; {outcome.reason}" if outcome.reason else ""
        return msgspec.structs.replace(outcome, reason="budget broken: " + "; ".join(broken) + noted)
    return outcome


def exit_code(outcome: LoadOutcome, *, budgets: Sequence[Budget] = ()) -> int:
    """Return the exit code of a run: a finding outweighs an invalid run, which outweighs a broken budget."""
    if outcome.findings:
        return EXIT_FAILED
    if outcome.status != "valid":
        return EXIT_NOTHING_VERIFIED
    return EXIT_FAILED if any(each.broken_by(outcome) for each in budgets) else EXIT_VERIFIED


def _counts(run: Run, account: Account, counters: Counters, ledger: Ledger, returns: Returns) -> LoadCounts:
    echoes = run.kind == "echo"
    return LoadCounts(
        connections=counters.ready,
        published=ledger.published,
        expected=counters.echoed + counters.unanswered if echoes else account.expected,
        delivered=counters.echoed if echoes else account.delivered,
        lost=counters.unanswered if echoes else account.lost,
        duplicate=counters.duplicate,
        reordered=counters.reordered,
        misdelivered=counters.leaked + counters.leaked_to_guest + counters.leaked_to_former,
        corrupt=counters.corrupt,
        outside_window=account.outside_window,
        refused=counters.refused + ledger.refused,
        disconnected=max(0, counters.disconnected - returns.cut),
    )


def _examples(reports: Sequence[Report], account: Account) -> tuple[str, ...]:
    found = {sort: [text for report in reports for text in report.examples.get(sort, ())] for sort in SORTS}
    found["loss"] += account.examples
    return tuple(text for sort in SORTS for text in found[sort][:EXAMPLES])


def _asides(run: Run, counters: Counters, returns: Returns) -> dict[str, int]:
    told = {
        "signed in": counters.signed_in,
        "signed out": counters.signed_out,
        "stopped reading": counters.slow,
        "stopped reading and ended by the target": counters.slow_ended,
        "the target broke the protocol": counters.broken,
        "echoes without an answer": counters.unanswered,
        "restarts of the target": len(run.outages),
        "cut off by a restart": returns.cut,
        "back after a restart": returns.back,
        "not back after a restart": returns.missing,
        "attempts while it was away": counters.retried,
    }
    return {name: many for name, many in told.items() if many}


def _saturation(run: Run, ledger: Ledger, reports: Sequence[Report]) -> list[str]:
    reasons = []
    for report in reports:
        lag_ms, busy = report.lag_ms.percentile(99), report.busy_percent.percentile(50)
        if lag_ms > run.knobs.max_lag_ms:
            reasons.append(f"{LIMIT}: the event loop of {report.worker} was {lag_ms:.0f} ms late (p99)")
        elif busy > run.knobs.max_busy_percent:
            reasons.append(f"{LIMIT}: {report.worker} used {busy:.0f} % of a core")
    late_ms = ledger.lateness_ms.percentile(99)
    if late_ms > run.knobs.max_lag_ms:
        reasons.append(f"{LIMIT}: messages were published {late_ms:.0f} ms late (p99)")
    return reasons


def _less_than_asked(run: Run, counters: Counters, returns: Returns, reports: Sequence[Report]) -> list[str]:
    """Say so when the target kept far fewer connections than there were to be, in a run that went to its end."""
    most, ended, refused = most_open(reports), counters.disconnected - returns.cut, counters.refused
    if run.note or run.troubles or most >= ENOUGH * run.users or ended + refused < run.users - most:
        return []
    asked = f"the load was not what was asked for: at most {most} of {run.users} connections were open at a time"
    return [f"{asked}; the target ended {ended} and refused {refused}"]


def _why_nothing(run: Run, ledger: Ledger, counters: Counters) -> str:
    if not counters.ready:
        return f"no connection became ready, {counters.refused} were refused"
    if run.kind == "echo":
        return "no echo was answered"
    if not ledger.published:
        return f"no message was accepted, {ledger.refused} were refused and {ledger.unanswered} got no answer"
    return f"{ledger.published} messages were published, and none arrived where it was to be seen"
