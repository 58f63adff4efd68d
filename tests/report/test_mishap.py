"""A trial that was lost is told with what was seen up to then: plan, timeline, pictures, frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.finding import Outcome
from harness.history import History, StepFinished, StepStarted
from harness.plan import Plan, parse_step
from harness.report.html import html_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.summary import summary_lines
from harness.report.write import read_run
from tests.report.page_run import lost_history
from tests.report.rich_run import STARTED

REASON = "the page does not answer\n  where: window.realtime in a/2\n  do: define the object"
LOST = Outcome(test="tab_life.toml::p", world="page", status="target", reason=REASON)
PLAN = Plan("p", tuple(parse_step(each) for each in ("open a/1", "open a/2", "broadcast")))


def _history() -> History:
    history = lost_history()
    history.record(StepStarted(at_s=8.9, index=2, step="broadcast"))
    history.record(StepFinished(at_s=9.0, index=2, outcome="failed", note="the page does not answer"))
    return history


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, what="run", meta=RunMeta(), clock=lambda: STARTED)


def test_a_lost_trial_of_pages_is_told_with_its_evidence(folder: RunFolder, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    for name in ("a-1.png", "a.frames.log"):
        (seen / name).write_bytes(b"seen")
    written = folder.add_outcome(LOST, history=_history(), plan=PLAN, evidence=seen)
    assert [Path(each).name for each in written.evidence] == ["a-1.png", "a.frames.log"]
    _, view = read_run(folder)
    (mishap,) = view.mishaps
    assert mishap.story is not None
    assert [step.running for step in mishap.story.steps] == [False, False, True]
    page = html_report(view)
    assert "what was seen up to then" in page
    assert page.count("<svg") >= 1
    assert "the loss: the page does not answer" in page
    assert all(each in page for each in written.evidence)
    assert "could not be judged: tab_life.toml::p" in "\n".join(summary_lines(view))


def test_of_raw_connections_and_of_what_left_no_history_only_the_reason_is_told(folder: RunFolder) -> None:
    folder.add_outcome(Outcome(test="w", world="wire", status="target", reason=REASON), history=_history(), plan=PLAN)
    folder.add_outcome(LOST)
    folder.add_outcome(Outcome(test="h", world="page", status="harness", reason="a step hangs"), history=History())
    _, view = read_run(folder)
    assert [mishap.story for mishap in view.mishaps] == [None, None, None]
    assert "what was seen up to then" not in html_report(view)


def test_what_was_seen_of_a_trial_that_came_to_a_verdict_is_not_kept(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "a-1.png").write_bytes(b"seen")
    written = folder.add_outcome(Outcome(test="t", world="page"), history=lost_history(), plan=PLAN, evidence=tmp_path)
    assert not written.evidence
