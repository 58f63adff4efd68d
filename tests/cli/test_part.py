"""The commands and environments of the child processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

from harness.cli.load_scenario import load_scenarios
from harness.cli.options import Drawing
from harness.cli.page_jobs import jobs_for, not_together
from harness.cli.part import LoadShape, load_part, pytest_part
from harness.cli.scenario import check_selection
from harness.cli.target_choice import TargetChoice, choose_target
from harness.errors import UsageError


@pytest.fixture
def choice() -> TargetChoice:
    return choose_target(None)


def test_pytest_is_cut_off_from_the_configuration_of_the_user_s_project(
    choice: TargetChoice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    monkeypatch.setenv("PYTEST_PLUGINS", "nonsense")
    part = pytest_part(choice, world="wire", run_dir=tmp_path / "run", seed=7)
    assert part.command[:3] == (sys.executable, "-m", "pytest")
    assert part.environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"
    assert not {"PYTEST_ADDOPTS", "PYTEST_PLUGINS"} & set(part.environment)
    given = " ".join(part.command)
    assert "isolated.ini" in given
    assert "-p no:cacheprovider" in given
    assert "-p harness.pytest_plugin" in given
    assert "--harness-seed=7" in given
    assert f"--harness-run-dir {tmp_path / 'run'}" in given
    assert Path(part.command[part.command.index("-c") + 1]).is_file()


def test_what_a_test_run_is_told_is_handed_on(choice: TargetChoice, tmp_path: Path) -> None:
    part = pytest_part(
        choice, world="page", run_dir=tmp_path, seed=1, select="five", headed=True, drawing=Drawing(3, deep=True)
    )
    told = ("-k", "five", "--harness-headed", "--harness-max-examples=3", "--harness-profile=deep")
    assert part.command[-5:] == told
    assert "browser_tests" in part.command[3]


def test_what_a_load_run_is_told_is_handed_on(
    choice: TargetChoice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCUST_HOST", "http://elsewhere")
    shape = LoadShape(users=10, rate=2.5, duration_s=4.0, processes=2, budgets=("p99_ms=200",))
    part = load_part(choice, "fanout", run_dir=tmp_path, shape=shape)
    given = " ".join(part.command)
    assert "--headless" in given
    assert "--users 10 --spawn-rate 5 --run-time 4s" in given
    assert "--harness-rate 2.5 --processes 2 --harness-budget p99_ms=200" in given
    assert "LOCUST_HOST" not in part.environment
    assert part.environment["PYTHONPATH"].startswith(str(Path.cwd()))
    assert part.cwd == tmp_path


def test_a_load_scenario_that_does_not_exist_gets_the_nearest(choice: TargetChoice, tmp_path: Path) -> None:
    assert "fanout" in load_scenarios()
    with pytest.raises(UsageError, match="did you mean 'fanout'"):
        load_part(choice, "fan-out", run_dir=tmp_path, shape=LoadShape())


def test_two_jobs_are_run_where_nobody_watches_and_two_fit(
    choice: TargetChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert jobs_for(choice.target, watched=False) == 2
    assert jobs_for(choice.target, watched=True) == 1
    assert jobs_for(msgspec.structs.replace(choice.target, start=()), watched=False) == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert jobs_for(choice.target, watched=False) == 1


def test_a_job_is_told_its_share_and_what_it_is_for(choice: TargetChoice, tmp_path: Path) -> None:
    part = pytest_part(
        choice, world="page", run_dir=tmp_path, seed=1, only=("leader_close", "leader_crash"), slow_mo_ms=250,
        share=(2, 3),
    )  # fmt: skip
    assert {
        "--harness-only=leader_close",
        "--harness-only=leader_crash",
        "--harness-slowmo=250",
        "--harness-share=2/3",
    } <= set(part.command)
    assert (part.name, part.what) == ("tabs-2", "tabs")
    alone = pytest_part(choice, world="page", run_dir=tmp_path, seed=1)
    assert not any(each.startswith(("--harness-only", "--harness-slowmo", "--harness-share")) for each in alone.command)


def test_only_a_target_that_can_be_started_on_any_port_runs_more_than_once(choice: TargetChoice) -> None:
    target = choice.target
    assert not_together(target) == ""
    assert "does not start" in not_together(msgspec.structs.replace(target, start=()))
    assert "no {port}" in not_together(msgspec.structs.replace(target, start=("serve",), env={}))


def test_a_scenario_that_there_is_not_is_named_before_anything_starts() -> None:
    check_selection(None, ["five_tabs_one_socket"], suite="browser_tests")
    with pytest.raises(UsageError, match="five_tabs_one_socket"):
        check_selection(None, ["five_tabs_one_sokcet"], suite="browser_tests")
