"""What the processes of a target run amid: a broker that they share, folders of their own, the values of placeholders.

The broker is a redis-server (or what `[broker] start` says) on a free loopback port; its data survive its own restart,
since sessions may live there. Knows nothing of what a target says to it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path

import anyio

from harness.errors import CapabilityMissing, TargetNotReady
from harness.requirement import requirements
from harness.targets.child import POLL_S, end, held_port, spawn
from harness.targets.file import Broker, Target

BROKER_READY_S = 10.0
PLACEHOLDERS = ("{broker_url}", "{broker_port}", "{app}", "{instance}", "{scratch}")
NEEDING_INSTANCES = ("instances", "broker", "broker_traffic")
"""What a requirement that is tried on several instances needs."""
REDIS = (
    "redis-server",
    "--port",
    "{broker_port}",
    "--bind",
    "127.0.0.1",
    "--dir",
    "{broker_folder}",
    "--save",
    "3600 1",
    "--appendonly",
    "no",
)
"""Saved when it is asked to stop, so that what instances keep there (sessions) is there again after its return."""


class Surroundings:
    """One broker, if the target file has a [broker] that is ours to start, and a folder for each application."""

    def __init__(self, target: Target) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="onesocket-instances-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._broker = target.broker
        self._port = held_port(self) if target.broker is not None and target.broker.ours else 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def broker_url(self) -> str:
        """Where the broker listens; empty without one."""
        return self._broker.url.replace("{broker_port}", str(self._port)) if self._broker else ""

    @property
    def broker_runs(self) -> bool:
        """Whether the broker that we started is there; true also where none is ours to start."""
        return not self._port or (self._process is not None and self._process.poll() is None)

    def values(self, *, app: int = 0, instance: int = 1) -> dict[str, str]:
        """Return what the placeholders of `start` and `env` stand for, in one instance of one application."""
        name = self._broker.apps[app] if self._broker else "app"
        scratch = self._folder / name
        scratch.mkdir(exist_ok=True)
        return {
            "{broker_url}": self.broker_url,
            "{broker_port}": str(self._port),
            "{app}": name,
            "{instance}": str(instance),
            "{scratch}": str(scratch),
        }

    async def start(self) -> None:
        """Start the broker, if it is ours and does not run, and wait until it answers.

        Raises:
            CapabilityMissing: its program is not installed.
            TargetNotReady: it ended, or does not listen in time.
        """
        if self._broker is None or self.broker_runs:
            return
        command = broker_command(self._broker, port=self._port, folder=self._folder)
        try:
            self._process = await spawn(command, folder=self._folder, environment={}, output=subprocess.DEVNULL)
        except OSError as error:
            raise CapabilityMissing(
                f"the broker cannot be started: no {command[0]} on PATH",
                where=f"[broker] {' '.join(command)}: {error.strerror or error}",
                todo=f"install {command[0]}, or leave out [broker] and [capabilities] instances",
            ) from error
        with anyio.move_on_after(BROKER_READY_S):
            while self._process.poll() is None:
                try:
                    await (await anyio.connect_tcp("127.0.0.1", self._port)).aclose()
                except OSError:
                    await anyio.sleep(POLL_S)
                else:
                    return
        await self.stop()
        raise TargetNotReady(
            "the broker does not listen on its port",
            where=f"[broker] {' '.join(command)}",
            todo="run the command by hand; it must listen on 127.0.0.1:{broker_port}",
        )

    async def stop(self) -> None:
        """Stop the broker, if it is ours; what was kept in it stays for the next start."""
        process, self._process = self._process, None
        if process is not None:
            await end(process)


def surroundings_of(target: Target) -> Surroundings | None:
    """Return surroundings where a target's own `start` or `env` names something of them."""
    words = (*target.start, *target.env.values())
    return Surroundings(target) if any(name in word for name in PLACEHOLDERS for word in words) else None


def broker_command(broker: Broker, *, port: int, folder: Path) -> list[str]:
    """Return the command that starts a broker of ours."""
    values = {"{broker_port}": str(port), "{broker_folder}": str(folder), "{python}": sys.executable}
    return [fill_word(word, values) for word in broker.start or REDIS]


def missing_programs(target: Target) -> dict[str, str]:
    """Return the requirements that cannot be tried on this machine, as the broker's program is not here, with why."""
    broker = target.broker
    if broker is None or not broker.ours or not isinstance(target.capabilities.instances, int):
        return {}
    program = broker_command(broker, port=0, folder=Path())[0]
    if shutil.which(program) is not None:
        return {}
    why = f"several instances need a broker, and there is no {program} on PATH"
    return {each.id: why for each in requirements().values() if each.needs in NEEDING_INSTANCES}


def fill_word(word: str, values: dict[str, str]) -> str:
    """Return `word` with each placeholder replaced by its value."""
    for name, value in values.items():
        word = word.replace(name, value)
    return word
