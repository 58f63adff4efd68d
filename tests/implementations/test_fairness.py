"""The fairness table says what its runs said, and the load beside them ends with them."""

from __future__ import annotations

import json
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.implementations.busy import busy_cores
from tests.implementations.fairness import Run, Trials, counted, main, read_statuses, row, table
from tests.implementations.right import REFERENCE, implementations

CALM = Run({"BC-1": "pass", "ISO-2": "pass", "LC-5": "unknown", "MI-1": "unsupported"}, 0, 61.0)


def test_silent_runs_are_fair() -> None:
    trials = Trials("node", CALM, [Run({**CALM.statuses, "BC-1": "late"}, 0, 80.0), Run(CALM.statuses, 5, 90.4)])
    assert not trials.unfair
    assert row(trials) == ("node", "3", "2", "–", "–", "BC-1", "–", "61", "85 / 90")


@pytest.mark.parametrize("status", ["fail", "warn", "harness-error"])
def test_any_finding_is_unfair(status: str) -> None:
    trials = Trials("node", CALM, [Run({**CALM.statuses, "ISO-2": status}, 1, 80.0)] * 2)
    assert trials.unfair
    assert row(trials)[3] == "ISO-2 ×2"


def test_what_a_busy_run_no_longer_knows_is_unfair() -> None:
    trials = Trials("node", CALM, [Run({**CALM.statuses, "ISO-2": "unknown"}, 5, 80.0)])
    assert trials.unfair
    assert row(trials)[4] == "ISO-2"


@pytest.mark.parametrize("exit_code", [None, 3, 4, -9])
def test_a_run_that_broke_is_unfair(exit_code: int | None) -> None:
    trials = Trials("node", Run({}, exit_code, 900.0))
    assert trials.unfair
    assert row(trials)[6] == "1"


def test_an_implementation_that_was_not_reached_has_its_line() -> None:
    assert table([Trials("bun")]).splitlines()[-1].split() == ["bun", "0", *["–"] * 7]


def test_names_are_counted_most_frequent_first() -> None:
    assert counted(["RT-1", "BC-1", "RT-1"]) == "RT-1 ×2, BC-1"


def test_a_report_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    assert read_statuses(report) == {}
    lines = [{"type": "run"}, {"type": "verdict", "requirement": "BC-1", "status": "pass"}]
    report.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert read_statuses(report) == {"BC-1": "pass"}


def test_every_implementation_is_known() -> None:
    assert list(implementations()) == [REFERENCE, "bun", "hono", "node", "starlette"]


def test_an_unknown_implementation_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "cobol"])
    assert "cobol" in capsys.readouterr().err


@pytest.mark.slow
def test_cores_are_busy_within_the_block_only() -> None:
    with busy_cores(2) as pids:
        assert all(psutil.Process(pid).is_running() for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
