"""A liar and Locust as child processes, and what their run left behind."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.abc
import httpx
import msgspec
import psutil  # type: ignore[import-untyped]  # it ships no types

from harness.checks.finding import LoadOutcome
from tests.loading.targets import liar_text

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A liar that runs."""

    url: str
    process: anyio.abc.Process
    target_file: Path

    async def tally(self) -> dict[str, int]:
        async with httpx.AsyncClient(trust_env=False) as client:
            found: dict[str, int] = (await client.get(f"{self.url}/tally")).json()
            return found

    async def has_published(self, number: int) -> None:
        with anyio.fail_after(PATIENCE_S):
            while (await self.tally())["published"] < number:  # noqa: ASYNC110 # it is another process
                await anyio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def liar(folder: Path, *lies: str, every: int = 7) -> AsyncIterator[Server]:
    port = free_port()
    target_file = folder / "liar.toml"
    target_file.write_text(liar_text(f"http://127.0.0.1:{port}"), "utf-8")
    command = [sys.executable, str(Path(__file__).with_name("liar.py")), "--port", str(port)]
    async with await anyio.open_process(
        [*command, "--every", str(every), "--lies", *lies], stdout=None, stderr=None
    ) as process:
        server = Server(f"http://127.0.0.1:{port}", process, target_file)
        try:
            with anyio.fail_after(PATIENCE_S):
                while True:
                    try:
                        await server.tally()
                        break
                    except httpx.TransportError:
                        await anyio.sleep(0.05)
            yield server
        finally:
            _end(process)


@asynccontextmanager
async def locust(scenario: str, *options: str) -> AsyncIterator[anyio.abc.Process]:
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "load" / f"{scenario}.py"), "--only-summary"]
    async with await anyio.open_process([*command, *options], cwd=ROOT, stdout=None, stderr=None) as process:
        try:
            yield process
        finally:
            _end(process)


async def interrupted(process: anyio.abc.Process) -> int:
    """End a run as its user does, and return the exit code. A busy machine makes a run longer, not shorter."""
    process.send_signal(signal.SIGINT)
    return await ended(process)


async def ended(process: anyio.abc.Process) -> int:
    with anyio.fail_after(PATIENCE_S):
        return await process.wait()


def _end(process: anyio.abc.Process) -> None:
    """Kill a process that still runs, and all that it has forked, as Locust does its workers."""
    if process.returncode is not None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in (*psutil.Process(process.pid).children(recursive=True), process):
            each.kill()


def outcome_in(folder: Path) -> LoadOutcome:
    (file,) = (folder / "load").glob("*.json")
    return msgspec.json.decode(file.read_bytes(), type=LoadOutcome)
