"""Counts and latencies as entries of Locust's statistics, so that its web UI, CSV and HTML show them.

Works on the statistics object it is handed and imports none of its classes. Adds whole reports, never one delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.checks.finding import LoadCounts
from harness.loading.histogram import Histogram, difference, upper_bound

FAILURES = ("lost", "duplicate", "reordered", "misdelivered", "corrupt")


class Mirror:
    """Mirrors growing histograms into `stats`; `bucket` is Locust's rounding, `clock` the wall clock in seconds."""

    def __init__(self, stats: Any, *, bucket: Callable[[float], int], clock: Callable[[], float]) -> None:
        self._stats = stats
        self._bucket = bucket
        self._clock = clock
        self._before: dict[tuple[str, str], Histogram] = {}

    def add(self, method: str, name: str, histogram: Histogram) -> None:
        """Add what `histogram` counted since it was last handed in under this method and name."""
        before = self._before.get((method, name), Histogram())
        self._before[method, name] = histogram
        added = difference(histogram.counts, since=before.counts)
        if not added:
            return
        entry = type(self._stats.total)(self._stats, name, method)
        entry.num_requests = sum(added.values())
        entry.total_response_time = histogram.total - before.total
        entry.min_response_time = histogram.least
        entry.max_response_time = histogram.greatest
        entry.last_request_timestamp = self._clock()
        entry.num_reqs_per_sec[int(entry.last_request_timestamp)] = entry.num_requests
        for number, many in added.items():
            entry.response_times[self._bucket(upper_bound(number))] += many
        self._stats.entries[name, method].extend(entry)
        self._stats.total.extend(entry)

    def add_failures(self, method: str, name: str, counts: LoadCounts, *, new_error: Callable[..., Any]) -> None:
        """Add what a run found wrong as failures of one entry; `new_error` is Locust's class of them."""
        for what in FAILURES:
            many = getattr(counts, what)
            if not many:
                continue
            self._stats.errors[f"{method}.{name}.{what}"] = new_error(method, name, what, occurrences=many)
            for entry in (self._stats.entries[name, method], self._stats.total):
                entry.num_failures += many
                entry.num_fail_per_sec[int(self._clock())] += many
