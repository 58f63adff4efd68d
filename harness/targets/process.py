"""A target that onesocket starts itself: free port, readiness, captured output, restart, kill, clean-up on every exit.

Knows nothing of what the process is; whoever holds a `RunningTarget` sees only its address. A target that runs
already is reached the same way and never stopped.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

import anyio
import httpx

from harness.errors import TargetNotReady, TargetUnreachable
from harness.targets.child import POLL_S, STOP_TIMEOUT_S, Ended, end, held_port, spawn
from harness.targets.dial import dial
from harness.targets.file import Target
from harness.targets.surroundings import fill_word, surroundings_of

OUTPUT_BYTES = 8000
LAST_LINES, LINE_CHARS = 20, 200
DYING_S = 5.0
"""How long a process may take from its last socket to its end, to write its core on a busy machine."""


class RunningTarget:
    """A target that answers at `url`. `restart` and `kill` work only when onesocket started it (`owned`)."""

    def __init__(self, target: Target, *, folder: Path, values: Mapping[str, str] | None = None) -> None:
        """`values` are those of further placeholders in `start` and `env`; without them the target has its own."""
        self.target = target
        self.owned = bool(target.start)
        self._values = values
        self._surroundings = surroundings_of(target) if values is None else None
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path(os.devnull)
        named = urlsplit(_with_port(target.url, 0)).port or 0
        self._port = held_port(self) if self.owned and self._names_port() else named
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

    @property
    def died(self) -> int | None:
        """The code with which the process ended that nobody told to; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def last_line(self) -> str:
        """The last line that it printed."""
        return (self.last_lines or ("",))[-1]

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that it printed, LAST_LINES at the most, without blank ones."""
        lines = [line.rstrip()[:LINE_CHARS] for line in self.output.splitlines() if line.strip()]
        return tuple(lines[-LAST_LINES:])

    async def start(self) -> None:
        """Start the process, if it is ours to start, and wait until the target answers at its `ready` path.

        Raises:
            TargetNotReady: it ended, or did not answer within `ready_s`.
            TargetUnreachable: it is not ours to start and nothing answers.
        """
        if self.owned:
            values = {"{port}": str(self._port), "{python}": sys.executable, **(self._values or {})}
            if self._surroundings is not None:
                await self._surroundings.start()
                values |= self._surroundings.values()
            command = [fill_word(word, values) for word in self.target.start]
            environment = {key: fill_word(value, values) for key, value in self.target.env.items()}
            try:
                with self._new_log() as log:
                    self._process = await spawn(command, folder=self._folder, environment=environment, output=log)
            except OSError as error:
                raise TargetNotReady(
                    f"the target cannot be started: {error.strerror or error}",
                    where=f"start = {command}",
                    todo="check the command and that it runs in the folder of the target file",
                ) from error
        await self._wait_until_ready()

    async def stop(self, *, kill: bool = False) -> None:
        """Stop the process and all its children; a target that is not ours is left alone."""
        await self.end(kill=kill)
        if self._surroundings is not None:
            await self._surroundings.stop()

    async def restart(self, *, kill: bool) -> None:
        """Stop it and start it again on the same address."""
        await self.end(kill=kill)
        await self.start()

    async def end(self, *, kill: bool) -> Ended | None:
        """End the process alone, not what it needs beside it, and return how; None when there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        return await end(process, kill=kill, patience_s=max(STOP_TIMEOUT_S, self.target.promises.stop_s + 1.0))

    async def await_death(self) -> None:
        """Give a process that no longer listens the time to be gone: a crash ends its sockets first."""
        if self._process is None or self.died is not None:
            return
        try:
            stream = await dial(self.url)
        except TimeoutError:
            return
        except OSError:
            with anyio.move_on_after(DYING_S):
                while self.died is None:  # noqa: ASYNC110 # a Popen has no event to wait for
                    await anyio.sleep(POLL_S)
        else:
            await stream.aclose()

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
                        # The head is enough: a body without an end must not keep us, or fill our memory.
                        async with client.stream("GET", self.url + self.target.ready) as response:
                            status = response.status_code
                    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                        last = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                    else:
                        if status < 400:
                            return
                        last = f"it answered {status}"
                    await anyio.sleep(POLL_S)
        if not self.owned:
            raise TargetUnreachable(
                f"the target does not answer: {last}",
                where=self.url + self.target.ready,
                todo="start it, or give its `start` command in the target file",
            )
        code = self._process.poll() if self._process else None
        ended = f"it ended with exit code {code}" if code is not None else f"not ready after {limit_s:g} s: {last}"
        printed = self.last_lines
        await self.stop(kill=True)
        raise TargetNotReady(
            f"the target did not become ready: {ended}",
            where=f"start = {list(self.target.start)}, ready = {self.url}{self.target.ready}",
            todo="run the command by hand; the last that it printed:",
            printed=printed or ("(nothing)",),
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


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url.replace("{port}", str(port)))
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}")) if port else urlunsplit(parts)
