"""What the plugin's options leave of what was collected: one scenario by name, one job's share of all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.suites import suite_dir, whole_suites

pytestmark = pytest.mark.slow


def collected(*options: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(suite_dir("browser_tests")),
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)
    return [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]


def test_a_name_stands_for_one_scenario_and_for_no_longer_one() -> None:
    assert collected("--harness-only", "leader_close") == ["leader_close"]
    both = ("--harness-only", "leader_close", "--harness-only", "leader_crash")
    assert collected(*both) == ["leader_close", "leader_crash"]
    assert collected("--harness-only", "test_walks_over_tabs") == ["test_walks_over_tabs"]


def test_the_shares_of_all_jobs_are_everything_each_once() -> None:
    shares = [collected("--harness-share", f"{number}/3") for number in (1, 2, 3)]
    assert sorted(name for share in shares for name in share) == sorted(collected())
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        (["scenarios"], ("wire",)),
        (["browser_tests", "scenarios/echo.toml"], ("page",)),
        (["scenarios/echo.toml"], ()),
        ([""], ("wire", "page")),
    ],
)
def test_a_suite_is_asked_for_by_its_folder_or_one_round_it(asked: list[str], whole: tuple[str, ...]) -> None:
    root = suite_dir("scenarios").parent
    assert whole_suites(root / each for each in asked) == whole


def ran(file: Path, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the plans of a file on the reference, by pytest in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", str(file), "-rs", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, f"--rootdir={suite_dir('scenarios').parent}"], cwd=cwd, env=environment, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_report_of_a_chosen_file_speaks_of_nothing_that_was_not_asked_for(tmp_path: Path) -> None:
    done = ran(suite_dir("scenarios") / "origin.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Holds: " in done.stdout
    assert " unknown" not in done.stdout


def test_a_plan_that_shows_nothing_of_what_it_is_there_for_has_not_passed(tmp_path: Path) -> None:
    plan = tmp_path / "mine.toml"
    plan.write_text('[[plan]]\nname = "idle"\nproves = ["BC-3"]\nsteps = ["open a", "settle"]\n', "utf-8")
    done = ran(plan, cwd=tmp_path)
    assert "nothing of BC-3 was put to the test" in done.stdout
    assert "1 skipped" in done.stdout, done.stdout
