"""What changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.checks.finding import Finding, LoadCounts, LoadOutcome, Outcome, WorkerLoad
from harness.report.comparison import Comparison, compare, comparison_lines
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.write import read_run
from harness.requirement import requirements
from tests.report.rich_run import ENDED, STARTED

SCOPE: dict[str, tuple[str, ...]] = dict.fromkeys(("BC-1", "ISO-2", "EN-1", "EN-4", "LC-2"), ("wire",))


def run(root: Path, *held: str, broken: tuple[str, ...] = (), late: str = "", p99: float | None = None) -> RunFolder:
    folder = RunFolder.create(root, what="run", meta=RunMeta(scope=SCOPE), clock=lambda: STARTED)
    findings = [Finding(requirement=name, check="c", expected="e", seen="s") for name in broken]
    findings += [Finding(requirement=late, check="c", expected="e", seen="s", level="late")] if late else []
    folder.add_outcome(Outcome(test="t", world="wire", held=dict.fromkeys(held, 1), findings=tuple(findings)))
    if p99 is not None:
        counts = LoadCounts(delivered=1200, lost=2)
        folder.add_load(LoadOutcome(scenario="fanout", duration_s=10.0, counts=counts, percentiles={"99": p99}))
    folder.finish(clock=lambda: ENDED)
    return folder


def compared(a: RunFolder, b: RunFolder) -> Comparison:
    return compare(read_run(a)[1], read_run(b)[1])


def test_each_change_has_its_name(tmp_path: Path) -> None:
    before = run(tmp_path, "BC-1", "EN-1", broken=("ISO-2",))
    after = run(tmp_path, "ISO-2", "EN-2", broken=("BC-1", "EN-4"), late="LC-2")
    comparison = compared(before, after)
    assert {each.requirement: (each.was, each.is_, each.change) for each in comparison.changes} == {
        "BC-1": ("pass", "fail", "broken"),
        "EN-1": ("pass", "unknown", "unknown"),
        "EN-2": ("unchecked", "pass", "verified"),
        "EN-4": ("unknown", "warn", "broken"),
        "ISO-2": ("fail", "pass", "mended"),
        "LC-2": ("unknown", "late", "other"),
    }
    assert comparison.worse
    assert comparison.same == len(requirements()) - 6
    text = "\n".join(comparison_lines(comparison))
    assert "2 newly broken, 1 mended, 1 no longer verified, 1 newly verified, 1 another status, " in text
    assert f"{comparison.same} as before" in text
    assert "  BC-1    pass -> fail" in text


@pytest.mark.parametrize(("held", "worse"), [(("EN-4",), True), ((), False)])
def test_only_what_had_held_makes_a_run_worse(tmp_path: Path, held: tuple[str, ...], *, worse: bool) -> None:
    assert compared(run(tmp_path, *held), run(tmp_path, broken=("EN-4",))).worse is worse


def test_load_figures_stand_side_by_side(tmp_path: Path) -> None:
    comparison = compared(run(tmp_path), run(tmp_path, p99=12.5))
    figures = {each.name: (each.was, each.is_) for each in comparison.load}
    wanted = [(None, 1200), (None, 12.5), (None, 120.0)]
    assert [figures[name] for name in ("delivered", "p99 ms", "deliveries_per_s")] == wanted
    lines = comparison_lines(comparison)
    assert any(line.split() == ["fanout", "delivered", "-", "1,200"] for line in lines)
    assert any(line.split() == ["fanout", "p99", "ms", "-", "12.5"] for line in lines)


def test_a_run_is_as_it_was(tmp_path: Path) -> None:
    folder = run(tmp_path, "BC-1")
    comparison = compared(folder, folder)
    assert (comparison.changes, comparison.worse, comparison.same) == ((), False, len(requirements()))
    assert comparison_lines(comparison) == [f"{comparison.a} -> {comparison.b}: {len(requirements())} as before"]


def loaded(root: Path, **fields: Any) -> RunFolder:
    folder = RunFolder.create(root, what="run", meta=RunMeta(scope=SCOPE), clock=lambda: STARTED)
    folder.add_load(LoadOutcome(scenario="fanout", duration_s=10.0, **fields))
    folder.finish(clock=lambda: ENDED)
    return folder


def test_a_budget_that_is_newly_broken_is_worse_and_told(tmp_path: Path) -> None:
    kept, over = loaded(tmp_path), loaded(tmp_path, reason="budget broken: p99_ms is 9, the budget 5")
    comparison = compared(kept, over)
    assert comparison.worse
    assert "fanout: budget broken: p99_ms is 9, the budget 5" in comparison_lines(comparison)
    assert not compared(over, over).worse
    assert not compared(over, kept).worse


def test_runs_that_were_not_asked_for_the_same_say_so(tmp_path: Path) -> None:
    one = loaded(tmp_path, users=5, knobs={"rate": 5.0}, percentiles={"99": 10.0}, status="invalid")
    loads = (WorkerLoad(worker="w", busy_percent=12.5),)
    more = {"connect": {"99": 4.0}}
    other = loaded(
        tmp_path, users=9, knobs={"rate": 7.5}, percentiles={"99": 15.0}, publish_percentiles={"99": 2.0}, loads=loads,
        more=more,
    )  # fmt: skip
    comparison = compared(one, other)
    assert comparison.notes == ("fanout: not the same was asked: rate 5 and 7.5, users 5 and 9, run 1 was invalid",)
    lines = comparison_lines(comparison)
    assert any("p99 ms" in each and each.endswith("x1.50") for each in lines)
    figures = {each.name: each.is_ for each in comparison.load}
    assert (figures["busiest worker, % of a core"], figures["connect p99 ms"]) == (12.5, 4.0)
    assert figures["publisher late p99 ms"] == 2.0
    assert not comparison.worse
