"""In which order the findings are read, and by what a group of them is told."""

from __future__ import annotations

from pathlib import Path

from harness.checks.finding import Finding, Outcome
from harness.history import History
from harness.report.finding_group import group_findings
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.write import read_run
from tests.report.rich_run import ENDED, STARTED


def order_of(folder: Path, *findings: Finding) -> list[str]:
    run = RunFolder.create(folder, what="conform", meta=RunMeta(), clock=lambda: STARTED)
    run.add_outcome(Outcome(test="t", world="wire", findings=findings))
    run.finish(clock=lambda: ENDED)
    return [group.id for group in read_run(run)[1].groups]


def finding(requirement: str, *, kind: str = "", level: str = "fail") -> Finding:
    return Finding(requirement=requirement, check="c", expected="e", seen="s", kind=kind, level=level)


def test_what_reached_the_wrong_person_is_told_before_a_lenient_library(tmp_path: Path) -> None:
    lenient = (finding("FR-1"), finding("FR-2"), finding("BC-1"))
    assert order_of(tmp_path, *lenient, finding("ISO-2", kind="leak")) == ["ISO-2", "FR-1", "FR-2", "BC-1"]
    both = (finding("ISO-3", kind="leak:look-alike"), finding("ID-3", kind="leak"))
    assert order_of(tmp_path, *lenient, *both) == ["ISO-3", "ID-3", "FR-1", "FR-2", "BC-1"]


def test_a_warning_stays_below_what_fails(tmp_path: Path) -> None:
    assert order_of(tmp_path, finding("FR-1"), finding("HS-5", kind="leak", level="warn")) == ["FR-1", "HS-5"]


def test_what_never_came_is_told_before_what_was_late() -> None:
    late = Finding(requirement="TAB-9", check="c", expected="e", seen="too late", level="late")
    never = Finding(requirement="TAB-9", check="c", expected="e", seen="never")
    outcomes = [
        Outcome(test="one", world="page", plan=("open a/1",), findings=(late, never)),
        Outcome(test="two", world="page", plan=(), findings=(late,)),
    ]
    (group,) = group_findings(outcomes, rows={}, history_of=lambda _: History(), folder="", target_file="")
    assert [(story.test, story.seen) for story in group.stories] == [("one", "never"), ("two", "too late")]
