"""A session that is told to stop (SIGTERM, Ctrl-C) ends like an interrupted one: no target left, its report written."""

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
        told = session.stdout.read()
        assert session.wait(PATIENCE_S) == pytest.ExitCode.INTERRUPTED
    _, alive = psutil.wait_procs(targets, timeout=PATIENCE_S)
    assert targets
    assert not alive
    assert (tmp_path / "onesocket-runs" / "latest" / "report.html").is_file()
    assert " unknown" in told, "the whole suite was asked for, and most of it was not tried"


IMPATIENT = """
import os, signal
from harness.worlds.laboratory import Laboratory
leave = Laboratory.__exit__
def interrupted(self, *error):
    os.kill(os.getpid(), signal.SIGINT)
    return leave(self, *error)
Laboratory.__exit__ = interrupted
"""


@pytest.mark.slow
def test_an_interruption_while_targets_are_stopped_ends_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "impatient.py").write_text(IMPATIENT, "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    session = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "impatient", "-p", "no:cacheprovider", f"--rootdir={ROOT}",
         str(ROOT / "scenarios" / "origin.toml")],
        cwd=tmp_path, env={**environment, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}, capture_output=True,
        text=True, timeout=PATIENCE_S * 2, check=False,
    )  # fmt: skip
    assert session.returncode == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in session.stdout + session.stderr
    assert "Holds: " in session.stdout
    assert (tmp_path / "onesocket-runs" / "latest" / "report.html").is_file()


TERMINATED_IN_A_TASK = """
import os, signal, anyio
from harness.interruption import end_in_order_when_told_to_stop

async def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    await anyio.sleep(60)

async def main():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(terminate)

end_in_order_when_told_to_stop()
try:
    anyio.run(main)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_termination_in_the_middle_of_a_task_comes_out_as_an_interruption() -> None:
    """Raised right there it would come out as a group of exceptions, which nobody takes for an interruption."""
    command = [sys.executable, "-c", TERMINATED_IN_A_TASK]
    program = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (program.stdout, program.stderr) == ("interrupted\n", "")
