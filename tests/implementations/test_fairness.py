"""The fairness table says what its runs said, of which suite, and the load beside them ends with them."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.implementations.busy import busy_cores
from tests.implementations.fairness import Trials, counted, main, row, spread, table, tell, trials_of
from tests.implementations.right import REFERENCE, implementations
from tests.implementations.suite_child import exit_code_of
from tests.implementations.suite_run import Run, read_statuses, read_wrong_tests, run_once

CALM = Run({"BC-1": "pass", "ISO-2": "pass", "LC-5": "unknown", "MI-1": "unsupported"}, 0, 61.0)


def test_silent_runs_are_fair() -> None:
    trials = Trials(
        "node", calm=CALM, busy=[Run({**CALM.statuses, "BC-1": "late"}, 0, 80.0), Run(CALM.statuses, 5, 90.4)]
    )
    assert not trials.unfair
    assert row(trials) == ("node", "3", "2", "–", "–", "–", "BC-1", "–", "61", "85 (80 to 90)")


@pytest.mark.parametrize("status", ["fail", "warn", "harness-error"])
def test_any_finding_is_unfair(status: str) -> None:
    trials = Trials("node", calm=CALM, busy=[Run({**CALM.statuses, "ISO-2": status}, 1, 80.0)] * 2)
    assert trials.unfair
    assert row(trials)[3] == "ISO-2 ×2"


def test_what_a_busy_run_no_longer_knows_is_unfair() -> None:
    trials = Trials("node", calm=CALM, busy=[Run({**CALM.statuses, "ISO-2": "unknown"}, 5, 80.0)])
    assert trials.unfair
    assert row(trials)[5] == "ISO-2"


@pytest.mark.parametrize("exit_code", [None, 3, 4, -9])
def test_a_run_that_broke_is_unfair(exit_code: int | None) -> None:
    trials = Trials("node", calm=Run({}, exit_code, 900.0))
    assert trials.unfair
    assert row(trials)[7] == "1"


def test_an_implementation_that_was_not_reached_has_its_line() -> None:
    assert table([Trials("bun")]).splitlines()[-1].split() == ["bun", "0", *["–"] * 8]


def test_a_line_names_the_scenarios_that_came_out_wrong_and_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Run({**CALM.statuses, "TAB-1": "fail"}, 1, 80.0, "/runs/3", ("leader_close", "walk"))
    trials = Trials("node firefox", calm=CALM, busy=[wrong, wrong])
    tell(trials, wrong, what="busy 3/20", seed=4)
    said = capsys.readouterr().out
    assert "80 s  seed 4  finds TAB-1; in leader_close, walk  /runs/3" in said
    assert row(trials)[4] == "leader_close ×2, walk ×2"


def test_durations_are_told_as_their_median_and_range() -> None:
    assert spread([90.0, 61.2, 70.4]) == "70 (61 to 90)"
    assert spread([]) == "–"


def test_pages_are_tried_in_each_engine() -> None:
    known = implementations()
    tabs = trials_of([known[REFERENCE], known["node"]], suite="tabs", engines=("chromium", "firefox"))
    assert [each.name for each in tabs] == ["reference chromium", "reference firefox", "node chromium", "node firefox"]
    assert tabs[1].command == ("tabs", "--engine", "firefox")
    assert tabs[2].command[:4] == ("tabs", "--engine", "chromium", "--target")
    assert [each.command for each in trials_of([known[REFERENCE]], suite="conform", engines=())] == [("conform",)]


def test_who_has_no_page_is_known() -> None:
    assert [name for name, each in implementations().items() if each.has_page] == [REFERENCE, "hono", "node"]


def test_engines_go_with_pages_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--engine", "firefox"])
    assert "--suite tabs" in capsys.readouterr().err


def test_names_are_counted_most_frequent_first() -> None:
    assert counted(["RT-1", "BC-1", "RT-1"]) == "RT-1 ×2, BC-1"


def test_a_report_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    assert read_statuses(report) == {}
    lines = [{"type": "run"}, {"type": "verdict", "requirement": "BC-1", "status": "pass"}]
    report.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert read_statuses(report) == {"BC-1": "pass"}


def test_wrong_are_the_tests_with_a_finding_and_those_that_could_not_be_judged(tmp_path: Path) -> None:
    outcomes = tmp_path / "outcomes.jsonl"
    assert read_wrong_tests(outcomes) == ()
    lines = [
        {"test": "a.toml::held", "status": "judged", "findings": []},
        {"test": "a.toml::late", "status": "judged", "findings": [{"level": "late"}]},
        {"test": "a.toml::left out", "status": "skipped", "findings": []},
        {"test": "a.toml::broken", "status": "judged", "findings": [{"level": "late"}, {"level": "fail"}]},
        {"test": "a.toml::broken", "status": "judged", "findings": [{"level": "warn"}]},
        {"test": "b.toml::lost [firefox]", "status": "target", "findings": []},
    ]
    outcomes.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert read_wrong_tests(outcomes) == ("broken", "lost")


def test_nothing_is_run_any_more_once_told_to_stop(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert run_once(("conform",), seed=1, out=tmp_path / "run", stop=stop) is None
    assert not list(tmp_path.iterdir())


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


@pytest.mark.slow
def test_a_suite_ends_with_its_exit_code_or_is_gone(tmp_path: Path) -> None:
    log = tmp_path / "new" / "suite.log"
    assert exit_code_of(["--help"], log=log, timeout_s=60.0, stop=threading.Event()) == 0
    assert "conform" in log.read_text("utf-8")
    assert exit_code_of(["serve", "--port", "0"], log=log, timeout_s=0.0, stop=threading.Event()) is None
