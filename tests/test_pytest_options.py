"""What the plugin's options leave of what was collected: one scenario by name, one job's share of all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.suites import suite_dir

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
