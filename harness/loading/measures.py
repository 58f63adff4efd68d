"""Figures of a load run, merged over its workers: percentiles, each second, how hard each worker had it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.finding import WorkerLoad
from harness.loading.budget import PERCENTILES
from harness.loading.evidence import Report
from harness.loading.histogram import Histogram, merged
from harness.loading.ledger import Ledger
from harness.loading.tally import BROADCAST, ECHO, PRIVATE

Points = tuple[tuple[float, float], ...]

CONNECTIONS, LATENESS, MEMORY = "connections", "publisher late, p99 ms", "memory of the target, MB"


def percentiles(histogram: Histogram) -> dict[str, float]:
    """Return the percentiles of a report by name, nothing of nothing."""
    if not histogram.count:
        return {}
    shares = {name: 100.0 if name == "max" else float(name) for name in PERCENTILES.values()}
    return {name: round(histogram.percentile(share), 3) for name, share in shares.items()}


def merged_kinds(reports: Sequence[Report]) -> dict[str, Histogram]:
    """Return the latencies of each kind over all workers."""
    names = dict.fromkeys(name for report in reports for name in report.latency_ms)
    return {name: merged(report.latency_ms[name] for report in reports if name in report.latency_ms) for name in names}


def timeline(reports: Sequence[Report], *, started_s: float) -> tuple[tuple[float, int, float, float], ...]:
    """Return (second, deliveries, p50, p99) for each second with any."""
    seconds = sorted({second for report in reports for second in report.timeline_ms})
    start = min([int(started_s), *seconds])
    rows = []
    for second in seconds:
        whole = merged(report.timeline_ms[second] for report in reports if second in report.timeline_ms)
        p50, p99 = round(whole.percentile(50), 3), round(whole.percentile(99), 3)
        rows.append((float(second - start), whole.count, p50, p99))
    return tuple(rows)


def series(
    reports: Sequence[Report], ledger: Ledger, *, memory: Sequence[tuple[float, float]], started_s: float
) -> dict[str, Points]:
    """Return further figures over time, by name; a worker that did not look in one second counts as in the last."""
    seconds = sorted({second for report in reports for second in report.open_at})
    late = {second: each.percentile(99) for second, each in sorted(ledger.lateness_at.items())}
    start = min([int(started_s), *seconds])
    found: dict[str, Points] = {
        CONNECTIONS: tuple((float(second - start), float(many)) for second, many in _open_at(reports)),
        LATENESS: tuple((float(second - start), round(value, 3)) for second, value in late.items()),
        MEMORY: tuple((round(second - start, 1), round(value, 1)) for second, value in memory),
    }
    return {name: points for name, points in found.items() if points}


def most_open(reports: Sequence[Report]) -> int:
    """Return how many connections were open at the most."""
    return max((many for _, many in _open_at(reports)), default=0)


def _open_at(reports: Sequence[Report]) -> list[tuple[int, int]]:
    found, last = [], [0] * len(reports)
    for second in sorted({second for report in reports for second in report.open_at}):
        last = [report.open_at.get(second, before) for report, before in zip(reports, last, strict=True)]
        found.append((second, sum(last)))
    return found


def worker_loads(reports: Sequence[Report]) -> tuple[WorkerLoad, ...]:
    """Return what each worker did and how hard it was for it."""
    return tuple(
        WorkerLoad(
            worker=report.worker,
            connections=report.counters.ready,
            deliveries=sum(
                each.count for name, each in report.latency_ms.items() if name in {BROADCAST, PRIVATE, ECHO}
            ),
            lag_p99_ms=round(report.lag_ms.percentile(99), 3),
            busy_percent=round(report.busy_percent.percentile(50), 1),
        )
        for report in reports
    )
