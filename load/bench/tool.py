"""The load side: what a core of each load tool receives, decodes, times and checks, all of them on the same server.

Each opens its connections; then the server broadcasts, at one rate for all. What counts is what the server sent to them
in a window of time, over the processor seconds that the tool and its children used in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import anyio
import httpx
import psutil  # type: ignore[import-untyped] # it has no types of its own

from harness.errors import TargetUnreachable
from harness.suites import suite_dir

from .measures import Sample, Size, message, numbered
from .peer import PEERS, SERVERS
from .process import Measured, begin, last_words, pin, served, stop
from .swarm import Swarm

LOAD, LOAD_MORE = "load_worker", "load_worker_more"
CONNECTIONS = 500
RATES = {LOAD: 20.0, LOAD_MORE: 100.0}
"""Broadcasts a second: 10,000 deliveries, which the slowest of the tools can still take, and 50,000."""
OPEN_TIMEOUT_S = 90.0
DRAIN_TIMEOUT_S = 30.0
LOOK_S = 0.5
QUIET_SHARE = 0.05
CLIENT_CORE, SERVER_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Tool:
    """One load tool. In its command `{port}`, `{connections}`, `{seconds}`, `{rate}`, `{target}` and `{folder}` are
    filled in."""

    name: str
    title: str
    command: tuple[str, ...]
    from_npm: bool = False
    publishes: bool = False
    """Whether it has the server broadcast by itself, in a process that leads; what is compared is its one worker."""
    measures: frozenset[str] = frozenset(RATES)


_LOCUST = (
    *(sys.executable, "-m", "locust", "--headless"),
    *("-u", "{connections}", "-r", "{connections}", "-t", "{seconds}s"),
)
TOOLS = (
    Tool(
        "load-worker",
        "onesocket load worker",
        (
            *(*_LOCUST, "--processes", "1", "-f", str(suite_dir("load") / "fanout.py"), "--target", "{target}"),
            # The others say nothing either.
            *("--harness-rate", "{rate}", "--harness-set", "echo_s=60"),
        ),
        publishes=True,
    ),
    Tool(
        "artillery",
        "Artillery with own JavaScript",
        ("{folder}/node_modules/.bin/artillery", "run", "--quiet", "artillery.yml"),
        from_npm=True,
    ),
    Tool(
        "locust-wsc",
        "Locust with websocket-client",
        (*_LOCUST, "-f", str(PEERS / "locust_websocket_client.py"), "--host", "ws://127.0.0.1:{port}/ws"),
        measures=frozenset({LOAD}),
    ),
)


async def take_in(tool: Tool, measure: str, size: Size, folder: Path) -> Sample:
    """Return what one tool got out of a processor second, at the rate of this measure.

    Raises:
        TargetUnreachable: the tool did not open its connections in time.
    """
    connections = size.of(CONNECTIONS)
    with tempfile.TemporaryDirectory(prefix="onesocket-bench-") as name:
        scratch = Path(name)
        async with served(SERVERS[0].name, SERVERS[0].command, cwd=folder, core=SERVER_CORE) as server:
            words = {
                "port": server.port,
                "connections": connections,
                "seconds": round(size.seconds * 2 + 40),
                "rate": RATES[measure],
                "target": _target(server.port, scratch),
                "folder": folder,
            }
            environment = {**os.environ, "BENCH_URL": f"ws://127.0.0.1:{server.port}/ws"}
            with (scratch / "log").open("w+b") as log:
                cwd = folder if tool.from_npm else scratch
                child = begin([word.format(**words) for word in tool.command], cwd=cwd, log=log, env=environment)
                try:
                    pin(psutil.Process(child.pid), core=CLIENT_CORE)
                    return await _watched(tool, measure, child, server, size, connections=connections)
                except TargetUnreachable as error:
                    raise TargetUnreachable(
                        error.what, where=error.where, todo=f"see its last words: {last_words(log)}"
                    ) from error
                finally:
                    stop(child)


def _target(port: int, scratch: Path) -> Path:
    """Write the reference's target file, for the peer that is running on this port."""
    whole = files("harness.reference").joinpath("target.toml").read_text("utf-8")
    tables = [table for table in whole.split("\n[") if not table.startswith("broker]")]
    lines = "\n[".join(tables).splitlines()
    # It runs already, and alone.
    kept = [line for line in lines if not line.startswith(("url ", "start ", "instances "))]
    path = scratch / "target.toml"
    path.write_text(f'url = "http://127.0.0.1:{port}"\n' + "\n".join(kept), "utf-8")
    return path


async def _watched(
    tool: Tool, measure: str, child: subprocess.Popen[bytes], server: Measured, size: Size, *, connections: int
) -> Sample:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as http:
        await _until(http, child, "connections", connections, name=tool.name)
        if tool.publishes:
            await _until(http, child, "broadcasts", 1, name=tool.name)
        leader = psutil.Process(child.pid)
        client = Measured(tool.name, leader.children()[0] if tool.publishes else leader)
        await _quiet(client, but_for_s=size.seconds if tool.publishes else 2 * OPEN_TIMEOUT_S)
        sent = (await _stats(http))["broadcasts"]
        client_s, server_s, began_s = client.cpu_s(), server.cpu_s(), anyio.current_time()
        if tool.publishes:
            await anyio.sleep(size.seconds)
        else:
            await _publish(server, rate=RATES[measure], seconds=size.seconds)
        sent = (await _stats(http))["broadcasts"] - sent
        wall_s = anyio.current_time() - began_s
        if not tool.publishes:
            # It may be behind with what it was sent; that is its work too.
            await _quiet(client, but_for_s=DRAIN_TIMEOUT_S)
        client_s, server_s = client.cpu_s() - client_s, server.cpu_s() - server_s
    return Sample(tool.name, measure, size.round, sent * connections / client_s, client_s / wall_s, server_s / wall_s)


async def _publish(server: Measured, *, rate: float, seconds: float) -> None:
    publisher = Swarm(server.port)
    await publisher.open(1)
    for number in range(1, round(seconds * rate) + 1):
        publisher.clients[0].write(message("publish", {"text": numbered(number)}))
        await anyio.sleep(1 / rate)
    publisher.close()


async def _quiet(client: Measured, *, but_for_s: float) -> None:
    """Wait until a process does next to nothing, at most this long."""
    with anyio.move_on_after(but_for_s):
        used_s = -1.0
        while (now_s := client.cpu_s()) - used_s > QUIET_SHARE * LOOK_S or used_s < 0:
            used_s = now_s
            await anyio.sleep(LOOK_S)


async def _stats(http: httpx.AsyncClient) -> dict[str, int]:
    found: dict[str, int] = (await http.get("/bench/stats", timeout=OPEN_TIMEOUT_S)).json()
    return found


async def _until(http: httpx.AsyncClient, child: subprocess.Popen[bytes], what: str, count: int, *, name: str) -> None:
    with anyio.move_on_after(OPEN_TIMEOUT_S):
        while child.poll() is None:
            if (await _stats(http))[what] >= count:
                return
            await anyio.sleep(0.1)
    raise TargetUnreachable(f"{name} did not come to {count} {what}", where=str(http.base_url), todo="")
