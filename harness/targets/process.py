"""A target that onesocket starts itself: free port, readiness, captured output, restart, kill, clean-up on every exit.

Knows nothing of what the process is; whoever holds a `RunningTarget` sees only its address. A target that runs
already is reached the same way and never stopped.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

import anyio
import httpx

from harness.errors import TargetNotReady, TargetUnreachable
from harness.targets.file import Target

STOP_TIMEOUT_S = 5.0
OUTPUT_BYTES = 4000
_POLL_S = 0.02
_started: list[subprocess.Popen[bytes]] = []


class RunningTarget:
    """A target that answers at `url`. `restart` and `kill` work only when onesocket started it (`owned`)."""

    def __init__(self, target: Target, *, folder: Path) -> None:
        self.target = target
        self.owned = bool(target.start)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path(os.devnull)
        self._port = (
            _free_port() if self.owned and self._names_port() else urlsplit(_with_port(target.url, 0)).port or 0
        )
        self.url = (_with_port(target.url, self._port) if self._port else target.url).rstrip("/")

    @property
    def output(self) -> str:
        """The end of what the process printed, OUTPUT_BYTES at the most."""
        with self._log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - OUTPUT_BYTES))
            return log.read().decode("utf-8", "replace")

    @property
    def pid(self) -> int | None:
        """The process that onesocket started, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Start the process, if it is ours to start, and wait until the target answers at its `ready` path.

        Raises:
            TargetNotReady: it ended, or did not answer within `ready_s`.
            TargetUnreachable: it is not ours to start and nothing answers.
        """
        if self.owned:
            values = {"{port}": str(self._port), "{python}": sys.executable}
            command = [_replace(word, values) for word in self.target.start]
            environment = {
                **os.environ,
                **{key: _replace(value, values) for key, value in self.target.env.items()},
            }
            try:
                with self._new_log() as log:
                    self._process = subprocess.Popen(  # noqa: ASYNC220 # quick; anyio's processes die with their loop
                        command,
                        cwd=self._folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
            except OSError as error:
                raise TargetNotReady(
                    f"the target cannot be started: {error.strerror or error}",
                    where=f"start = {command}",
                    todo="check the command and that it runs in the folder of the target file",
                ) from error
            _started.append(self._process)
        await self._wait_until_ready()

    async def stop(self, *, kill: bool = False) -> None:
        """Stop the process and all its children; a target that is not ours is left alone."""
        process, self._process = self._process, None
        if process is None:
            return
        _signal_group(process, signal.SIGKILL if kill else signal.SIGTERM)
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(STOP_TIMEOUT_S):
                while process.poll() is None:  # noqa: ASYNC110 # a Popen has no event to wait for
                    await anyio.sleep(_POLL_S)
            _signal_group(process, signal.SIGKILL)
            process.wait()
        _started.remove(process)

    async def restart(self, *, kill: bool) -> None:
        """Stop it and start it again on the same address."""
        await self.stop(kill=kill)
        await self.start()

    def _new_log(self) -> BinaryIO:
        """Return a file for the process to print to; it goes when this object does."""
        descriptor, name = tempfile.mkstemp(prefix="onesocket-target-", suffix=".log")
        self._log = Path(name)
        weakref.finalize(self, self._log.unlink, missing_ok=True)
        return os.fdopen(descriptor, "wb")

    def _names_port(self) -> bool:
        return any("{port}" in word for word in (*self.target.start, *self.target.env.values(), self.target.url))

    async def _wait_until_ready(self) -> None:
        limit_s = self.target.ready_s if self.owned else min(self.target.ready_s, 5.0)
        last = "nothing answered"
        async with httpx.AsyncClient(timeout=2.0, trust_env=False, verify=False) as client:
            with anyio.move_on_after(limit_s):
                while self._process is None or self._process.poll() is None:
                    try:
                        response = await client.get(self.url + self.target.ready)
                    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                        last = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                    else:
                        if response.status_code < 400:
                            return
                        last = f"it answered {response.status_code}"
                    await anyio.sleep(_POLL_S)
        if not self.owned:
            raise TargetUnreachable(
                f"the target does not answer: {last}",
                where=self.url + self.target.ready,
                todo="start it, or give its `start` command in the target file",
            )
        code = self._process.poll() if self._process else None
        ended = f"it ended with exit code {code}" if code is not None else f"not ready after {limit_s:g} s: {last}"
        printed = self.output.strip().splitlines()[-1:] or ["(it printed nothing)"]
        await self.stop(kill=True)
        raise TargetNotReady(
            f"the target did not become ready: {ended}",
            where=f"start = {list(self.target.start)}, ready = {self.url}{self.target.ready}",
            todo=f"run the command by hand; its last line was: {printed[0][:200]}",
        )


@contextlib.asynccontextmanager
async def running(target: Target, *, folder: Path) -> AsyncIterator[RunningTarget]:
    """Have the target run for the time of the block; stop it afterwards if onesocket started it."""
    live = RunningTarget(target, folder=folder)
    try:
        await live.start()
        yield live
    finally:
        await live.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url.replace("{port}", str(port)))
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}")) if port else urlunsplit(parts)


def _replace(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@atexit.register
def _stop_all() -> None:
    """Leave no process behind, whatever ended us; the kernel's last word is `start_new_session`."""
    for process in _started:
        _signal_group(process, signal.SIGKILL)
