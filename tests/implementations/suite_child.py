"""A suite of onesocket as a child process: run to its end, or for as long as it may. It never outlives the call."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.implementations.right import ROOT

POLL_S = 0.2
END_S = 30.0
"""How long a suite that is asked to finish may take to end what it started."""


def exit_code_of(arguments: Sequence[str], *, log: Path, timeout_s: float, stop: threading.Event) -> int | None:
    """Run `onesocket` with these arguments, its output in `log`; return its exit code.

    None where it was not done after `timeout_s`, or when `stop` was set: it was asked to finish then, and is gone.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    with log.open("wb") as output:
        # In a session of its own, so that a Ctrl-C reaches it once.
        child = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while child.poll() is None and not stop.wait(POLL_S) and time.monotonic() - started_s < timeout_s:
            pass
        return child.poll()
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(END_S)
