"""One seed gives the same plans, two give others: whatever is random in the suites is drawn from the session's seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUITES = ("scenarios/test_walks.py", "scenarios/test_envelope.py::test_any_text_is_published_as_it_is")


def plans_of(seed: str, *, folder: Path) -> dict[str, list[str]]:
    """Return the last plan of each test, as the session with this seed drew it."""
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    suites = [str(ROOT / suite) for suite in SUITES]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={ROOT}",
        f"--harness-seed={seed}",
        "--harness-max-examples=2",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *suites],
        cwd=folder,
        # Sets of texts iterate in another order in every process: a draw must not follow them.
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    lines = (folder / "onesocket-runs" / "latest" / "outcomes.jsonl").read_text("utf-8").splitlines()
    return {each["test"]: each["plan"] for each in map(json.loads, lines)}


@pytest.mark.slow
def test_one_seed_gives_the_same_plans_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        plans_of(seed, folder=tmp_path / name) for seed, name in (("7", "a"), ("7", "b"), ("8", "c"))
    )
    assert first == again
    assert len(first) == len(SUITES)
    assert all(first[test] != other[test] for test in first)
