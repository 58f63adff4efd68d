"""A process that is measured: how much of a processor and of memory it has used by now, with its children."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import anyio
import httpx
import psutil  # type: ignore[import-untyped] # it has no types of its own

from harness.errors import TargetUnreachable

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One running program."""

    name: str
    process: psutil.Process
    port: int = 0

    def cpu_s(self) -> float:
        """Return the processor seconds it has used, in user and kernel mode, its children's too."""
        return sum(cpu_s_of(each) for each in self._tree())

    def rss_bytes(self) -> int:
        """Return its resident memory."""
        return sum(each.memory_info().rss for each in self._tree())

    def _tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def cpu_s_of(process: psutil.Process) -> float:
    """Return the processor seconds one process has used: to the nanosecond where Linux tells, else to its tick."""
    try:
        told = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
        if told:
            return sum(int(each.split()[0]) for each in told) / 1e9
        times = process.cpu_times()
    except (OSError, psutil.NoSuchProcess):
        return 0.0  # it has ended, or a thread of it just did
    return float(times.user + times.system)


def pin(process: psutil.Process, *, core: int) -> None:
    """Keep a process on one core, where the system can do that and has more than one."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            process.cpu_affinity([cores[core % len(cores)]])


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def served(name: str, command: Sequence[str], *, cwd: Path, core: int | None = None) -> AsyncIterator[Measured]:
    """Run a server while the context is open; `{port}` in its command is a free port.

    Raises:
        TargetUnreachable: it does not answer in time.
    """
    port = free_port()
    with TemporaryFile() as log:
        child = begin([word.replace("{port}", str(port)) for word in command], cwd=cwd, log=log)
        try:
            process = psutil.Process(child.pid)
            if core is not None:
                pin(process, core=core)
            if not await _answers(child, port=port):
                raise TargetUnreachable(
                    f"the peer {name} does not answer", where=f"port {port}", todo=f"its last words: {last_words(log)}"
                )
            yield Measured(name, process, port)
        finally:
            stop(child)


def last_words(log: IO[bytes]) -> str:
    """Return the end of what a program said."""
    log.seek(0)
    return " / ".join(log.read().decode("utf-8", "replace").split("\n")[-8:])


def begin(
    command: Sequence[str], *, cwd: Path, log: IO[bytes] | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program; `stop` ends it."""
    to = subprocess.DEVNULL if log is None else log
    return subprocess.Popen(command, cwd=cwd, stdout=to, stderr=to, env=env)


async def _answers(child: subprocess.Popen[bytes], *, port: int) -> bool:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=1.0, trust_env=False) as client:
        with anyio.move_on_after(START_TIMEOUT_S):
            while child.poll() is None:
                try:
                    await client.get("/health")
                except httpx.TransportError:
                    await anyio.sleep(0.05)
                    continue
                return True
    return False


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a process and those it started, and wait for it."""
    tree = psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
    child.terminate()
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for each in tree:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
