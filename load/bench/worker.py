"""What a load worker does with a second of a processor: deliveries received, read, timed and checked.

    python -m load.bench.worker --connections 500 --rate 20 --seconds 5 --rounds 3

The measured process holds only the worker's own sockets, in the same loop and thread as under Locust; the frames come
from another process that does as little as it can. A line a round, then medians; --json for programs.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import selectors
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import anyio

from harness.errors import HarnessError, OnesocketError
from harness.loading.histogram import merged
from harness.loading.live.sockets import Sockets
from harness.loading.live.thread import NativeLoop

from .sender import RUN, bench_target

READY_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Round:
    """One round: deliveries, the processor's seconds for them, latencies in milliseconds, and how the sender did."""

    deliveries: int
    cpu_s: float
    per_cpu_s: float
    p50_ms: float
    p99_ms: float
    sender_cpu_percent: float
    wrong: int


async def measure(*, connections: int, rate: float, seconds: float, rounds: int) -> list[Round]:
    """Hold so many connections, have so much sent, and return what each round cost."""
    sender = subprocess.Popen(  # noqa: ASYNC220 # quick, and its pipes are read line by line
        [sys.executable, "-m", "load.bench.sender"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert sender.stdin is not None
    assert sender.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(sender.stdout.readline())}"
        found = []
        async with anyio.create_task_group() as tasks:
            sockets = Sockets(
                bench_target(), urls=(url,), run=RUN, worker="worker 0", clock=time.monotonic,
                selector=selectors.DefaultSelector(),
            )  # fmt: skip
            ready: list[OnesocketError | None] = []
            for number in range(connections):
                tasks.start_soon(_hold, sockets, number, ready)
            with anyio.fail_after(READY_TIMEOUT_S):
                while len(ready) < connections:  # noqa: ASYNC110 # the last of many events
                    await anyio.sleep(0.01)
            if any(ready):
                raise HarnessError("a connection was refused", where=url, todo="raise the limit of open files")
            tasks.start_soon(sockets.watch_load)
            found += [
                await _round(sockets, sender, connections=connections, rate=rate, seconds=seconds)
                for _ in range(rounds)
            ]
            sockets.close_all()
        sockets.release()
        return found
    finally:
        sender.stdin.close()
        sender.wait(10)


async def _hold(sockets: Sockets, number: int, ready: list[OnesocketError | None]) -> None:
    await sockets.hold(number, user="", on_ready=ready.append)


async def _round(
    sockets: Sockets, sender: subprocess.Popen[str], *, connections: int, rate: float, seconds: float
) -> Round:
    assert sender.stdin is not None
    assert sender.stdout is not None
    before = sockets.report(whole=True)
    counted = _deliveries(sockets)
    cpu_s = time.process_time()
    sender.stdin.write(f"go {rate} {seconds}\n")
    sender.stdin.flush()
    await anyio.wait_readable(sender.stdout)
    told = json.loads(sender.stdout.readline())
    due = counted + connections * told["published"]
    with anyio.fail_after(READY_TIMEOUT_S):
        while _deliveries(sockets) < due:  # noqa: ASYNC110 # the last of many events
            await anyio.sleep(0.01)
    cpu_s = time.process_time() - cpu_s
    report = sockets.report(whole=True)
    latency = merged([report.latency_ms["broadcast"]])
    earlier = before.latency_ms.get("broadcast")
    for bucket, many in (earlier.counts if earlier else {}).items():
        latency.counts[bucket] -= many
        latency.count -= many
    counters = report.counters
    deliveries = connections * told["published"]
    return Round(
        deliveries=deliveries,
        cpu_s=round(cpu_s, 3),
        per_cpu_s=round(deliveries / cpu_s),
        p50_ms=round(latency.percentile(50), 2),
        p99_ms=round(latency.percentile(99), 2),
        sender_cpu_percent=round(100 * told["cpu_s"] / told["took_s"], 1),
        wrong=counters.duplicate + counters.reordered + counters.corrupt + counters.disconnected + counters.unanswered,
    )


def _deliveries(sockets: Sockets) -> int:
    histogram = sockets.latency().get("broadcast")
    return histogram.count if histogram else 0


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20.0, help="broadcasts a second")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="store_true", help="show where the time goes; it makes everything slower")
    options = parser.parse_args()
    profile = cProfile.Profile()

    async def run() -> list[Round]:
        if options.profile:
            profile.enable()
        return await measure(
            connections=options.connections, rate=options.rate, seconds=options.seconds, rounds=options.rounds
        )

    rounds = anyio.run(
        run,
        backend_options={
            "loop_factory": lambda: NativeLoop(selectors.DefaultSelector(), resolve=socket.getaddrinfo)
        },
    )  # fmt: skip
    told = {name: statistics.median(getattr(each, name) for each in rounds) for name in Round.__dataclass_fields__}
    if options.json:
        print(json.dumps({"rounds": [asdict(each) for each in rounds], "median": told}))  # noqa: T201 # its output
    else:
        for each in rounds:
            print(each)  # noqa: T201 # its output
        print(f"{told['per_cpu_s']:,.0f} deliveries a CPU-second, p50 {told['p50_ms']} ms (medians)")  # noqa: T201
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
