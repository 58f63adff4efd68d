"""Processes that onesocket starts: each in a group of its own, and none left behind, whatever ends us.

Knows nothing of what they are.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio

STOP_TIMEOUT_S = 5.0
POLL_S = 0.02
PORTS = range(20_000, 32_000)
"""Linux hands out 32768 and up, other systems 49152 and up (RFC 6335)."""
PORT_TRIES = 50
_started: list[subprocess.Popen[bytes]] = []


async def spawn(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a process that prints to `output`; give it to `end` when it is done with.

    Raises:
        OSError: there is no such program, or it may not be run.
    """
    process = subprocess.Popen(  # noqa: ASYNC220 # quick; anyio's processes die with their loop
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _started.append(process)
    return process


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its code, how long it took, and whether it had to be killed after it was asked."""

    code: int | None
    waited_s: float
    killed: bool


async def end(process: subprocess.Popen[bytes], *, kill: bool = False, patience_s: float = STOP_TIMEOUT_S) -> Ended:
    """End a process and all its children: asked first and given `patience_s`, or at once with `kill`.

    A wrapper (npm, a shell) may be gone before what it started: that has the same time.
    """
    asked_s = anyio.current_time()
    _signal_group(process, signal.SIGKILL if kill else signal.SIGTERM)
    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(patience_s):
            while process.poll() is None or _has_members(process):  # noqa: ASYNC110 # there is no event to wait for
                await anyio.sleep(POLL_S)
        killed = not kill and (process.poll() is None or _has_members(process))
        _signal_group(process, signal.SIGKILL)
        code = process.wait()
    _started.remove(process)
    return Ended(code, anyio.current_time() - asked_s, killed)


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on.

    Below those that outgoing connections get: who asks a server there that is not up yet may otherwise be handed the
    very port, is then connected to itself, and the server finds it taken.
    """
    for _ in range(PORT_TRIES):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with contextlib.suppress(OSError):
            return _bound(port)
    return _bound(0)


def held_port(owner: object) -> int:
    """Return a free port that no other run of onesocket takes while `owner` lives.

    A target listens only some time after it was given its port, and not at all between its end and its next start.
    """
    for _ in range(PORT_TRIES):
        port = free_port()
        path = Path(tempfile.gettempdir()) / f"onesocket-port-{port}"
        lock = _locked(path)
        if lock is not None:
            weakref.finalize(owner, _unlock, lock, path)
            return port
    return _bound(0)


def _locked(path: Path) -> int | None:
    """Return the descriptor of a file that is locked now; None where somebody else has it."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink:  # else its last holder has just removed it, and the next makes another
            return lock
    os.close(lock)
    return None


def _unlock(lock: int, path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(lock)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


def _has_members(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process of the group runs; one that nobody has reaped yet does not."""
    import psutil  # type: ignore[import-untyped]  # it ships no types

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, 0)
        for each in psutil.process_iter(["status"]):
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(each.pid) == process.pid and each.info["status"] != psutil.STATUS_ZOMBIE:
                    return True
    return False


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@atexit.register
def _stop_all() -> None:
    """Leave no process behind, whatever ended us; the kernel's last word is `start_new_session`."""
    for process in _started:
        _signal_group(process, signal.SIGKILL)
