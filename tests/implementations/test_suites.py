"""The suites are silent on right implementations, ours and those that are not, run as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.implementations.test_smoke import folder_of

TIMEOUT_S = 420.0
ONE_JOB = ("--jobs", "1")
"""Other sessions run beside these tests: the cores are theirs as well."""


def verdicts(out: Path) -> dict[str, str]:
    """Return the status of each requirement that the run of `out` tells of."""
    lines = (out / "latest" / "report.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    return {each["requirement"]: each["status"] for each in told if each["type"] == "verdict"}


def onesocket(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments, "--out", str(out)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.node
@pytest.mark.parametrize(
    "command",
    [
        # Few examples: `make prove` tries each right server with all, twenty times.
        pytest.param(("conform", "--max-examples", "3"), id="conform"),
        # What a client in a SharedWorker does its own way; the whole suite takes three times as long.
        pytest.param(("tabs", *ONE_JOB, "-k", "multi_tab or tab_life"), id="tabs"),
        # What a stalled machine says about the generator is not what is asked here.
        pytest.param(("load", "fanout", "private_messages", "--duration", "8s", "--max-lag-ms", "20000"), id="load"),
    ],
)
def test_every_suite_is_silent_on_the_node_implementation(command: tuple[str, ...], tmp_path: Path) -> None:
    done = onesocket(*command, "--target", str(folder_of("node") / "target.toml"), out=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
    assert set(verdicts(tmp_path).values()) <= {"pass", "unchecked", "unsupported"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param("bun", marks=pytest.mark.node), "starlette"])
def test_conformance_is_silent_on_right_implementations_of_other_makes(name: str, tmp_path: Path) -> None:
    # Hono's server is put to its page's scenarios below, and to all others by `make prove`.
    target = str(folder_of(name) / "target.toml")
    done = onesocket("conform", "--target", target, "--max-examples", "3", out=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.node
def test_the_tabs_suite_is_silent_on_a_page_that_loads_again_at_each_sign_in(tmp_path: Path) -> None:
    # What this page does its own way; all else is asked of the other two pages.
    which = "identity or follower_send or late_tab"
    done = onesocket("tabs", *ONE_JOB, "--target", str(folder_of("hono") / "target.toml"), "-k", which, out=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.browser
def test_the_tabs_suite_is_silent_on_the_reference(tmp_path: Path) -> None:
    done = onesocket("tabs", *ONE_JOB, out=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
