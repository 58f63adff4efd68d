"""From ledger and reports to the outcome of a load run: counts, percentiles, findings, what held, whether it is valid.

A run in which the generator was the limit is invalid: what it did not see may have been there. What it saw stays seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from harness.checks.finding import Finding, LoadCounts, LoadOutcome
from harness.loading.account import Account, draw_up
from harness.loading.budget import PERCENTILES, Budget
from harness.loading.evidence import EXAMPLES, Counters, Report
from harness.loading.histogram import Histogram, merged
from harness.loading.ledger import Ledger

BUSY_PERCENT = 90.0
"""Share of a core above which a worker shows its own queue in place of the target's (measured, load.md)."""

LIMIT = "the generator was the limit"

EXIT_VERIFIED, EXIT_FAILED, EXIT_NOTHING_VERIFIED = 0, 1, 5


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went, its messages apart. Times are of the monotonic clock; `troubles`, in words, make it invalid."""

    scenario: str
    users: int
    started_s: float
    stopped_s: float
    delivery_s: float
    max_lag_ms: float
    troubles: tuple[str, ...] = ()
    note: str = ""


def conclude(run: Run, ledger: Ledger, reports: Sequence[Report], *, budgets: Sequence[Budget] = ()) -> LoadOutcome:
    """Return the outcome of a run from its ledger and the last report of each worker."""
    account = draw_up(ledger, (each for report in reports for each in report.connections), delivery_s=run.delivery_s)
    counters = Counters()
    for report in reports:
        counters.add(report.counters)
    latency = merged(each for report in reports for each in report.latency_ms.values())
    saturated = _saturation(run, ledger, reports)
    reasons = [*run.troubles, *saturated]
    if not account.delivered:
        reasons.append("nothing was verified: " + _why_nothing(ledger, counters))
    counts = LoadCounts(
        connections=counters.ready,
        published=ledger.published,
        expected=account.expected,
        delivered=account.delivered,
        lost=account.lost,
        duplicate=counters.duplicate,
        reordered=counters.reordered,
        misdelivered=counters.leaked + counters.leaked_to_guest,
        corrupt=counters.corrupt,
        outside_window=account.outside_window,
        refused=counters.refused + ledger.refused,
        disconnected=counters.disconnected,
    )
    outcome = LoadOutcome(
        scenario=run.scenario,
        status="invalid" if reasons else "valid",
        reason="; ".join(reasons) or run.note,
        users=run.users,
        workers=max(1, len(reports)),
        duration_s=round(max(0.0, run.stopped_s - run.started_s), 3),
        counts=counts,
        percentiles=_percentiles(latency),
        publish_percentiles=_percentiles(ledger.lateness_ms),
        histogram=latency.bounds(),
        timeline=_timeline(run, reports),
        examples=(*(text for report in reports for text in report.examples), *account.examples)[:EXAMPLES],
        findings=_findings(account, counters, ledger, loss_counts=not saturated),
        held=_held(account, counters, ledger),
    )
    broken = [text for each in budgets if (text := each.broken_by(outcome))]
    if broken and outcome.status == "valid":
        return msgspec.structs.replace(outcome, reason="budget broken: " + "; ".join(broken))
    return outcome


def exit_code(outcome: LoadOutcome, *, budgets: Sequence[Budget] = ()) -> int:
    """Return the exit code of a run: a finding outweighs an invalid run, which outweighs a broken budget."""
    if outcome.findings:
        return EXIT_FAILED
    if outcome.status != "valid":
        return EXIT_NOTHING_VERIFIED
    return EXIT_FAILED if any(each.broken_by(outcome) for each in budgets) else EXIT_VERIFIED


def _percentiles(histogram: Histogram) -> dict[str, float]:
    if not histogram.count:
        return {}
    shares = {name: 100.0 if name == "max" else float(name) for name in PERCENTILES.values()}
    return {name: round(histogram.percentile(share), 3) for name, share in shares.items()}


def _timeline(run: Run, reports: Sequence[Report]) -> tuple[tuple[float, int, float, float], ...]:
    seconds = sorted({second for report in reports for second in report.timeline_ms})
    start = min([int(run.started_s), *seconds])
    rows = []
    for second in seconds:
        whole = merged(report.timeline_ms[second] for report in reports if second in report.timeline_ms)
        p50, p99 = round(whole.percentile(50), 3), round(whole.percentile(99), 3)
        rows.append((float(second - start), whole.count, p50, p99))
    return tuple(rows)


def _saturation(run: Run, ledger: Ledger, reports: Sequence[Report]) -> list[str]:
    reasons = []
    for report in reports:
        lag_ms, busy = report.lag_ms.percentile(99), report.busy_percent.percentile(50)
        if lag_ms > run.max_lag_ms:
            reasons.append(f"{LIMIT}: the event loop of {report.worker} was {lag_ms:.0f} ms late (p99)")
        elif busy > BUSY_PERCENT:
            reasons.append(f"{LIMIT}: {report.worker} used {busy:.0f} % of a core")
    late_ms = ledger.lateness_ms.percentile(99)
    if late_ms > run.max_lag_ms:
        reasons.append(f"{LIMIT}: messages were published {late_ms:.0f} ms late (p99)")
    return reasons


def _why_nothing(ledger: Ledger, counters: Counters) -> str:
    if not counters.ready:
        return f"no connection became ready, {counters.refused} were refused"
    if not ledger.published:
        return f"no message was accepted, {ledger.refused} were refused and {ledger.unanswered} got no answer"
    return f"{ledger.published} messages were published, and none arrived where it was to be seen"


def _findings(account: Account, counters: Counters, ledger: Ledger, *, loss_counts: bool) -> tuple[Finding, ...]:
    # One leak is one finding: with several users under way at once it is the requirement for that.
    isolation = "ISO-7" if sum(bool(stream.started_s) for stream in ledger.streams[1:]) > 1 else "ISO-2"
    wrong_echoes = counters.astray + (counters.unanswered if loss_counts else 0)
    rows = (
        (isolation, "leak", counters.leaked, "no private message reaches another user", "reached another user"),
        ("ISO-5", "leak", counters.leaked_to_guest, "no private message reaches a guest", "reached a guest"),
        ("ORD-3", "loss", account.lost * loss_counts, "no loss while the connection stays open", "never arrived"),
        ("ORD-2", "duplicate", counters.duplicate, "at most once per connection", "arrived again"),
        ("ORD-1", "order", counters.reordered, "in the order of their sending", "arrived behind a later one"),
        ("BC-1", "corrupt", counters.corrupt, "each as it was published", "arrived changed"),
        ("RT-7", "echo", wrong_echoes, "each reply goes to its own request", "replies went astray or never came"),
    )  # fmt: skip
    return tuple(
        Finding(requirement=name, check="load", kind=kind, expected=expected, seen=f"{many} {seen}")
        for name, kind, many, expected, seen in rows
        if many
    )


def _held(account: Account, counters: Counters, ledger: Ledger) -> dict[str, int]:
    sound = max(0, account.delivered - counters.corrupt)
    several_users = sum(bool(stream.started_s) for stream in ledger.streams[1:]) > 1
    held = {
        "BC-1": min(sound, account.broadcast_delivered),
        "ISO-1": account.private_delivered,
        "ISO-2": max(0, account.kept_from_users - counters.leaked),
        "ISO-5": max(0, account.kept_from_guests - counters.leaked_to_guest),
        "ISO-7": max(0, account.kept_from_users - counters.leaked) if several_users else 0,
        "ORD-1": max(0, account.delivered - counters.reordered),
        "ORD-2": account.delivered,
        "ORD-3": account.delivered,
        "RT-7": counters.echoed,
    }
    return {name: times for name, times in held.items() if times}
