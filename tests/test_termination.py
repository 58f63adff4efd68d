"""A session that is told to stop (SIGTERM) ends like an interrupted one: its targets with it, its report written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped] # ships no types
import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_S = 30.0


@pytest.mark.slow
def test_a_terminated_session_leaves_a_report_and_no_target_behind(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    command = [
        sys.executable,
        "-u",
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        f"--rootdir={ROOT}",
        str(ROOT / "scenarios"),
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as session:
        assert session.stdout is not None
        next(line for line in session.stdout if "PASSED" in line)
        targets = psutil.Process(session.pid).children(recursive=True)
        session.send_signal(signal.SIGTERM)
        session.stdout.read()
        assert session.wait(PATIENCE_S) == pytest.ExitCode.INTERRUPTED
    _, alive = psutil.wait_procs(targets, timeout=PATIENCE_S)
    assert targets
    assert not alive
    assert (tmp_path / "onesocket-runs" / "latest" / "report.html").is_file()
