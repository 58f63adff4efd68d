"""Real child processes: their log, their end, and that nothing outlives them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from harness.cli.child import Child

pytestmark = pytest.mark.slow
ORPHAN = """
import subprocess, sys
orphan = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
print(orphan.pid, flush=True)
"""
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
POLITE = """
import signal
try:
    print("ready", flush=True); signal.pause()
except KeyboardInterrupt:
    print("bye", flush=True)
"""


def start(program: str, folder: Path) -> Child:
    command = [sys.executable, "-c", program]
    return Child.start(command, log=folder / "logs" / "child.log", environment=os.environ, cwd=folder)


def wait_for_words(child: Child) -> str:
    for _ in range(100):
        if child.printed():
            return child.printed()
        child.wait(0.05)
    raise AssertionError("it printed nothing")


def test_what_it_prints_goes_to_its_log(tmp_path: Path) -> None:
    child = start("print('one'); print(); print('two')", tmp_path)
    assert child.wait(10.0) == 0
    assert child.printed() == "one\n\ntwo\n"
    assert child.tail(lines=1) == ["two"]


def test_an_interrupted_child_ends_by_itself(tmp_path: Path) -> None:
    child = start(POLITE, tmp_path)
    wait_for_words(child)
    assert child.wait(0.0) is None
    child.interrupt()
    assert child.wait(10.0) == 0
    assert child.tail(lines=1) == ["bye"]


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = start(DEAF, tmp_path)
    wait_for_words(child)
    child.interrupt()
    assert child.wait(0.1) is None
    child.kill()
    assert child.wait(0.0) == -9


def test_what_a_killed_child_had_started_does_not_outlive_it(tmp_path: Path) -> None:
    child = start(ORPHAN + "import signal; signal.pause()", tmp_path)
    orphan = psutil.Process(int(wait_for_words(child)))
    assert orphan.is_running()
    child.kill()
    psutil.wait_procs([orphan], timeout=5.0)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
