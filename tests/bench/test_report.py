"""What a benchmark says of its samples: medians, multiples, and what casts doubt on them."""

from __future__ import annotations

import json
from pathlib import Path

from load.bench.measures import Sample
from load.bench.peer import BASELINE
from load.bench.report import Report, as_json, as_page, as_text, write_report
from load.bench.tool import LOAD


def samples(peer: str, *values: float, measure: str = "echo", generator_share: float = 0.5) -> list[Sample]:
    return [Sample(peer, measure, number, value, generator_share, 0.9) for number, value in enumerate(values, start=1)]


REPORT = Report((*samples("native", 90.0, 100.0, 300.0), *samples(BASELINE, 40.0, 50.0, 60.0)))


def test_a_peer_is_its_median_with_its_range_and_a_multiple_of_the_baseline() -> None:
    (table,) = REPORT.tables
    native, baseline = table.rows
    assert (native.median, native.low, native.high, native.times) == (100.0, 90.0, 300.0, 2.0)
    assert (baseline.times, baseline.aim, native.aim) == (1.0, "", "2.0x")


def test_without_the_baseline_there_are_no_multiples() -> None:
    (table,) = Report(tuple(samples("native", 1.0))).tables
    assert table.rows[0].times is None
    assert "x " not in as_text(Report(tuple(samples("asgi", 1.0))))


def test_load_tools_are_compared_among_themselves() -> None:
    found = [*samples("load-worker", 80.0, measure=LOAD), *samples("locust-wsc", 10.0, measure=LOAD)]
    (table,) = Report(tuple(found)).tables
    assert [row.times for row in table.rows] == [8.0, 1.0]


def test_a_generator_that_may_have_been_the_limit_is_told() -> None:
    assert "MAY BE THE LIMIT" in as_text(Report(tuple(samples("native", 1.0, generator_share=0.95))))
    assert "MAY BE THE LIMIT" not in as_text(REPORT)


def test_what_was_lost_is_counted_and_told() -> None:
    report = Report((Sample("native", "echo", 1, 5.0, lost=3),))
    assert report.lost == 3
    assert "LOST 3" in as_text(report)


def test_the_json_has_the_tables_and_every_sample() -> None:
    told = json.loads(as_json(REPORT))
    assert [row["peer"] for row in told["tables"][0]["rows"]] == ["native", BASELINE]
    assert len(told["samples"]) == 6


def test_the_page_shows_a_bar_for_each_peer_and_loads_nothing() -> None:
    page = as_page(REPORT)
    assert page.count('<rect class="own"') == page.count('<rect class="bar"') == 1
    assert "src=" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_it_is_written_in_three_forms(tmp_path: Path) -> None:
    written = write_report(REPORT, folder=tmp_path / "new")
    assert [path.name for path in written] == ["bench.txt", "bench.json", "bench.html"]
    assert all(path.stat().st_size for path in written)
