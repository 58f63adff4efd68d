"""A child process of a run: its log, how it is asked to stop, and that nothing it started outlives it.

Must not know what the child does.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

KILL_TIMEOUT_S = 5.0
_MARK = "ONESOCKET_CHILD"


class _Process(Protocol):
    pid: int

    def environ(self) -> dict[str, str]: ...

    def kill(self) -> None: ...


@dataclass(slots=True)
class Child:
    """A running child, in a session of its own so that a Ctrl-C in the terminal reaches it only through us."""

    process: subprocess.Popen[bytes]
    log: Path
    mark: str

    @classmethod
    def start(cls, command: Sequence[str], *, log: Path, environment: Mapping[str, str], cwd: Path) -> Child:
        """Start `command`; everything it prints goes to the file `log`."""
        mark = secrets.token_hex(8)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**environment, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process, log, mark)

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit code, or None when it still runs after `timeout_s`. A negative one is a signal's number."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def interrupt(self) -> None:
        """Ask it to finish, as Ctrl-C would. Only the child itself is told: it knows how to stop what it started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it and everything that it started, at once."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(KILL_TIMEOUT_S)
        self.sweep()

    def sweep(self) -> None:
        """End what the child left running: a target is in a session of its own and outlives a child that was killed."""
        import psutil  # type: ignore[import-untyped]  # it ships no types

        for process in _marked(psutil.process_iter(), self.mark):
            # It may be gone by now, which is all that is asked for.
            try:
                process.kill()
            except psutil.Error:
                continue

    def tail(self, *, lines: int) -> list[str]:
        """Return the last lines of what it printed that are not blank."""
        return [line for line in self.printed().splitlines() if line.strip()][-lines:]

    def printed(self) -> str:
        """Return the end of what it printed, at most 64 KiB."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 65536), os.SEEK_SET)
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""


def _marked(processes: Iterable[_Process], mark: str) -> list[_Process]:
    import psutil

    found = []
    for process in processes:
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if environment.get(_MARK) == mark and process.pid != os.getpid():
            found.append(process)
    return found
