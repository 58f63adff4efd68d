"""A process is ended with all that it started, and is given its time to end well."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from harness.targets import child
from harness.targets.child import PORTS, end, free_port, held_port, spawn

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SAYS_GOODBYE = """
import pathlib, signal, sys, time
def leave(*_):
    time.sleep(0.3)
    pathlib.Path(sys.argv[1]).write_text("goodbye")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
signal.pause()
"""


async def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    process = await spawn(command, folder=folder, environment={}, output=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        assert await anyio.to_thread.run_sync(said.readline) == b"ready\n"
    return process


async def test_what_a_wrapper_started_has_its_time_though_the_wrapper_is_gone(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(SAYS_GOODBYE, "utf-8")
    # The shell ends by the signal at once, like npm; the child that does the work goes on for a moment.
    process = await _start(["sh", "-c", f"{sys.executable} child.py said & wait"], tmp_path)
    ended = await end(process)
    assert (tmp_path / "said").read_text("utf-8") == "goodbye"
    assert ended.code == -signal.SIGTERM
    assert not ended.killed


async def test_what_does_not_end_is_killed_and_that_is_told(tmp_path: Path) -> None:
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    process = await _start([sys.executable, "-c", program], tmp_path)
    ended = await end(process, patience_s=0.1)
    assert (ended.killed, ended.code) == (True, -signal.SIGKILL)
    assert ended.waited_s >= 0.1


async def test_a_kill_is_a_kill_at_once(tmp_path: Path) -> None:
    process = await _start(
        [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"], tmp_path
    )
    ended = await end(process, kill=True)
    assert (ended.killed, ended.code) == (False, -signal.SIGKILL)


async def test_a_port_is_no_outgoing_connection_s_and_nobody_listens_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_port() in PORTS
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(child, "PORTS", range(number, number + 1))
        assert free_port() != number


class Owner:
    """Has a port."""


def test_a_port_is_held_as_long_as_its_owner_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, other = Owner(), Owner()
    port = held_port(owner)
    monkeypatch.setattr(child, "free_port", lambda: port)
    assert held_port(other) != port
    del owner
    assert held_port(other) == port
