"""What a report says of what was not tried, and of the list of known failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.finding import Finding, Outcome
from harness.checks.known_failing import Known
from harness.report.html import html_report
from harness.report.jsonl import jsonl_report
from harness.report.markdown import markdown_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.summary import summary_lines
from harness.report.view import ReportView
from harness.report.write import read_run
from tests.report.rich_run import ENDED, STARTED

WHY = "the target file does not declare [capabilities] instances"


@pytest.fixture
def view(tmp_path: Path) -> ReportView:
    meta = RunMeta(
        scope=dict.fromkeys(("BC-1", "ISO-2", "LC-1", "MI-1", "MI-2", "ID-8"), ("wire",)),
        lacking={"MI-1": WHY, "MI-2": WHY, "LC-1": "its broker is away"},
        known_failing=(
            Known(requirement="ISO-2", why="ticket 12"),
            Known(requirement="BC-1"),
            Known(requirement="LC-1", why="some day"),
        ),
    )
    folder = RunFolder.create(tmp_path, what="run", meta=meta, clock=lambda: STARTED)
    finding = Finding(requirement="ISO-2", check="c", expected="e", seen="s")
    folder.add_outcome(Outcome(test="t", world="page", findings=(finding,), held={"BC-1": 1}))
    folder.add_outcome(Outcome(test="u", world="wire", findings=(finding, finding)))
    folder.add_outcome(
        Outcome(test="r", world="wire", status="skipped", reason="no revoke", skipped_requirements=("ID-8",))
    )
    folder.add_outcome(
        Outcome(test="s", world="wire", status="skipped", reason=WHY, skipped_requirements=("MI-1", "MI-2"))
    )
    folder.add_outcome(Outcome(test="v", world="wire", held={"BC-1": 1}, proves=("ID-8",)))
    folder.finish(clock=lambda: ENDED)
    return read_run(folder)[1]


def test_the_list_of_known_failures_is_told_entry_by_entry(view: ReportView) -> None:
    assert view.listed == (
        "on the list of known failures, but it holds now; take it off: BC-1",
        "ISO-2 fails as it is known to: ticket 12",
        "on the list of known failures, but nothing tried it: LC-1  # some day",
    )
    for text in ("\n".join(summary_lines(view)), markdown_report(view), html_report(view)):
        assert "fails as it is known to: ticket 12" in text


def test_what_the_target_does_not_offer_is_told_once_with_the_key(view: ReportView) -> None:
    assert view.missing == {"its broker is away": ["LC-1"], WHY: ["MI-1", "MI-2"]}
    assert [skip.reason for skip in view.skips] == ["no revoke", "nothing of ID-8 was put to the test"]
    assert "not tried, for want of: its broker is away (LC-1), [capabilities] instances (MI-1, MI-2)" in summary_lines(
        view
    )
    html = html_report(view)
    assert 'Not tried without it: <a href="#MI-1">MI-1</a>, <a href="#MI-2">MI-2</a>.' in html
    assert "MI-2" in jsonl_report(view)


def test_one_requirement_is_one_block_that_names_its_worlds(view: ReportView) -> None:
    (group,) = view.groups
    assert (group.id, group.total, group.worlds) == ("ISO-2", 3, ("page", "wire"))
    assert "× ISO-2 known failing, 3 times in page and wire, first in t" in summary_lines(view)
    assert html_report(view).count('<article class="finding') == 1


def test_what_the_wire_cannot_judge_is_unchecked_with_the_reason(view: ReportView) -> None:
    assert "not on the wire: when and how often to come back is the client" in html_report(view)
