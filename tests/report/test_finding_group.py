"""Findings of one requirement are one group, told by those that say most."""

from __future__ import annotations

from harness.checks.finding import Finding, Outcome
from harness.history import History
from harness.report.finding_group import group_findings


def test_what_never_came_is_told_before_what_was_late() -> None:
    late = Finding(requirement="TAB-9", check="c", expected="e", seen="too late", level="late")
    never = Finding(requirement="TAB-9", check="c", expected="e", seen="never")
    outcomes = [
        Outcome(test="one", world="page", plan=("open a/1",), findings=(late, never)),
        Outcome(test="two", world="page", plan=(), findings=(late,)),
    ]
    (group,) = group_findings(outcomes, rows={}, history_of=lambda _: History(), folder="", target_file="")
    assert [(story.test, story.seen) for story in group.stories] == [("one", "never"), ("two", "too late")]
