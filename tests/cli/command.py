"""The command line as its user has it: a process, its exit code and what it printed; and in this process, for speed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from harness.cli.entry import onesocket

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str


def here(*arguments: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(onesocket, list(arguments))


def process(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start the command line as a process of its own, in `cwd`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *arguments],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(started: subprocess.Popen[str]) -> Done:
    """Wait for its end; kill it when it takes too long."""
    try:
        out, err = started.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        started.kill()
        out, err = started.communicate()
        raise AssertionError(f"not done after {TIMEOUT_S} s\n{out}\n{err}") from None
    return Done(started.returncode, out, err)


def run(*arguments: str, cwd: Path) -> Done:
    """Run the command line as a process of its own, to its end."""
    return finished(process(*arguments, cwd=cwd))
