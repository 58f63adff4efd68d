"""The mirror: Locust's statistics get each thing once, as one entry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from harness.checks.finding import LoadCounts
from harness.loading.histogram import Histogram
from harness.loading.mirror import Mirror


@dataclass
class Entry:
    """What of Locust's entry is written."""

    stats: Stats | None = None
    name: str = ""
    method: str = ""
    num_requests: int = 0
    num_failures: int = 0
    total_response_time: float = 0.0
    min_response_time: float = 0.0
    max_response_time: float = 0.0
    last_request_timestamp: float = 0.0
    num_reqs_per_sec: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    num_fail_per_sec: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    response_times: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def extend(self, other: Entry) -> None:
        self.num_requests += other.num_requests
        self.total_response_time += other.total_response_time
        self.max_response_time = max(self.max_response_time, other.max_response_time)
        for bucket, many in other.response_times.items():
            self.response_times[bucket] += many


@dataclass
class Stats:
    """What of Locust's statistics is written."""

    total: Entry = field(default_factory=Entry)
    entries: dict[tuple[str, str], Entry] = field(default_factory=lambda: defaultdict(Entry))
    errors: dict[str, tuple[str, int]] = field(default_factory=dict)


def new_error(method: str, name: str, what: str, *, occurrences: int) -> tuple[str, int]:
    return f"{method} {name} {what}", occurrences


def test_each_recorded_value_is_added_once() -> None:
    stats, histogram = Stats(), Histogram()
    mirror = Mirror(stats, bucket=round, clock=lambda: 1000.5)
    for value in (10.0, 20.0):
        histogram.record(value)
        mirror.add("WS", "x", histogram.snapshot())
        mirror.add("WS", "x", histogram.snapshot())
    entry = stats.entries["x", "WS"]
    assert (entry.num_requests, stats.total.num_requests) == (2, 2)
    assert (entry.total_response_time, entry.max_response_time) == (30.0, 20.0)
    assert sum(entry.response_times.values()) == 2


def test_what_was_wrong_is_a_failure_of_its_kind() -> None:
    stats = Stats()
    Mirror(stats, bucket=round, clock=lambda: 7.0).add_failures(
        "WS", "x", LoadCounts(lost=3, corrupt=1), new_error=new_error
    )
    assert sorted(stats.errors.values()) == [("WS x corrupt", 1), ("WS x lost", 3)]
    assert (stats.entries["x", "WS"].num_failures, stats.total.num_failures) == (4, 4)
    assert stats.total.num_fail_per_sec == {7: 4}
