"""What pages left behind goes with the findings, bounded, and no foreign name becomes a link."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.checks.finding import Outcome
from harness.history import History
from harness.report import evidence
from harness.report.evidence import keep_evidence
from harness.report.html import html_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.story import evidence_of
from harness.report.write import read_run
from tests.report.page_run import LOST, lost_history


def _left_behind(folder: Path) -> Path:
    folder.mkdir()
    for name in ("a-1.png", "a.frames.log", "a.trace.zip", "core"):
        (folder / name).write_bytes(b"x" * 10)
    return folder


@pytest.mark.slow
def test_what_is_left_behind_is_moved_beside_the_history_and_told_in_the_report(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "runs", what="tabs", meta=RunMeta(target="t"))
    left = _left_behind(tmp_path / "left")
    outcome = run.add_outcome(
        Outcome(test="lost", world="page", findings=(LOST,)), history=lost_history(), evidence=left
    )
    assert outcome.evidence == (
        "evidence/001-lost/a-1.png", "evidence/001-lost/a.frames.log", "evidence/001-lost/a.trace.zip"
    )  # fmt: skip
    assert all((run.path / each).is_file() for each in outcome.evidence)
    text = html_report(read_run(run)[1])
    assert all(each in text for each in outcome.evidence)
    assert "playwright show-trace" in text
    assert '<svg class="timeline"' in text


def test_a_trial_without_findings_leaves_nothing(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "runs", what="tabs", meta=RunMeta(target="t"))
    left = _left_behind(tmp_path / "left")
    assert run.add_outcome(Outcome(test="fine", world="page"), history=History(), evidence=left).evidence == ()
    assert not (run.path / "evidence").exists()


def test_nothing_is_kept_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert keep_evidence(tmp_path, tmp_path / "nowhere", name="x") == ()


def test_what_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(evidence.LARGEST_BYTES, ".zip", 5)
    assert keep_evidence(tmp_path, _left_behind(tmp_path / "left"), name="x") == (
        "evidence/x/a-1.png", "evidence/x/a.frames.log"
    )  # fmt: skip
    monkeypatch.setattr(evidence, "MOST_BYTES", 25)
    assert keep_evidence(tmp_path, _left_behind(tmp_path / "more"), name="y") == ()


def test_a_name_that_leads_elsewhere_is_no_link() -> None:
    outcome = Outcome(test="t", world="page", findings=(LOST,))
    forged = ("../../etc/passwd.png", "evidence/../x.log", "javascript:alert(1).zip", "evidence/a/b/c.zip")
    assert evidence_of(msgspec.structs.replace(outcome, evidence=forged), folder="r") == evidence_of(
        outcome, folder="r"
    )
