"""Many connections on this machine: what they take of the reference and of the load workers, idle and under broadcasts.

    python -m load.bench.scale --connections 10000 --rates 0 20 --workers 1
    python -m load.bench.scale --connections 2000 --rates 10 --workers 2 --instances 2     # over a Redis of its own

Each rate is a run of `onesocket load fanout` with everything checked, on a server of its own; at rate 0 one of `echo`,
in which each connection asks once in ECHO_S. Memory is what a process
had more at its most than before the first connection; shares of a core are medians over the time of the broadcasts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped] # it has no types of its own

from harness.checks.finding import LoadOutcome
from harness.errors import HarnessError, OnesocketError
from harness.trials import reference_file

from .process import begin, cpu_s_of, stop

EVERY_S = 0.5
RAMP_PER_S = 400
FEW, FEW_S = 100, 5.0
"""The run that shows what the processes take whatever the number of connections."""
NEARLY = 0.95
PATIENCE_S = 120.0
"""Beyond the ramp and the broadcasts."""
ECHO_S = 30.0
"""Seconds between two echoes of a connection: what shows that an idle one still works."""


@dataclass
class Role:
    """All processes of one kind: memory, the processor's seconds used, and open files, by the time of each look."""

    name: str
    rss_bytes: list[int] = field(default_factory=list)
    cpu_s: list[tuple[float, float]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @property
    def most_bytes(self) -> int:
        """Its memory when it was largest."""
        return max(self.rss_bytes, default=0)

    def full(self) -> tuple[float, float]:
        """Return from when to when it had nearly all the files, which are connections, that it ever had."""
        most = max(self.files, default=0)
        times = [at_s for (at_s, _), many in zip(self.cpu_s, self.files, strict=True) if many >= NEARLY * most]
        return (times[0], times[-1]) if times else (0.0, 0.0)

    def share(self, *, between: tuple[float, float]) -> float:
        """Return the median share of a core between two times."""
        looks = [each for each in self.cpu_s if between[0] <= each[0] <= between[1]]
        return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(looks)) if len(looks) > 1 else 0.0


def role_of(command: Sequence[str]) -> str | None:
    """Return what a process of the run is by its command line; None when it is not to be counted."""
    line = " ".join(command)
    if "harness.reference" in line:
        return "server"
    if "redis-server" in line:
        return "redis"
    return "workers" if "locust" in line else None


def target_text(*, instances: int) -> str:
    """Return the reference's target file, with pings as seldom as servers in use send them, and so many instances."""
    text = reference_file().read_text("utf-8").replace("instances = 2 ", f"instances = {max(2, instances)} ")
    start: list[str] = tomllib.loads(text)["start"]
    plain = ["{python}", "-m", "harness.reference", "--port", "{port}", "--ping-interval", "30"]
    return text.replace(json.dumps(start), json.dumps(plain))


@dataclass(frozen=True, slots=True)
class Size:
    """What is asked for."""

    connections: int
    rate: float
    seconds: float
    workers: int = 1
    instances: int = 1


def run(size: Size) -> tuple[LoadOutcome, Mapping[str, Role]]:
    """Have so many connections for so long; return what came of it and what it took.

    Raises:
        HarnessError: the run left no outcome.
    """
    with tempfile.TemporaryDirectory(prefix="onesocket-scale-") as name:
        folder = Path(name)
        (folder / "target.toml").write_text(target_text(instances=size.instances), "utf-8")
        knobs = [f"echo_s={ECHO_S}", *([f"rate={size.rate}"] if size.rate else [])]
        knobs += ["spread=true"] if size.instances > 1 else []
        command = [
            sys.executable, "-m", "harness.cli", "load", "fanout" if size.rate else "echo",
            "--target", str(folder / "target.toml"), "--out", str(folder / "runs"),
            "--users", str(size.connections), "--duration", f"{size.seconds:g}s", "--processes", str(size.workers),
            *(word for knob in knobs for word in ("--set", knob)),
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            child = begin(command, cwd=Path.cwd(), log=log)
            try:
                roles = watched(child, limit_s=size.connections / RAMP_PER_S + size.seconds + PATIENCE_S)
            finally:
                stop(child)
        found = sorted((folder / "runs").glob("*/load/*.json"))
        if not found:
            said = (folder / "log").read_text("utf-8", "replace")[-600:]
            raise HarnessError("the run left no outcome", where=said, todo="run it by hand: onesocket load fanout")
        return msgspec.json.decode(found[-1].read_bytes(), type=LoadOutcome), roles


def watched(child: subprocess.Popen[bytes], *, limit_s: float) -> Mapping[str, Role]:
    """Look at all processes of a run every moment until it ends, for so long at the most."""
    roles: dict[str, Role] = {}
    until_s = time.monotonic() + limit_s
    process = psutil.Process(child.pid)
    while child.poll() is None and time.monotonic() < until_s:
        now: dict[str, list[psutil.Process]] = {}
        for each in _tree(process):
            name = role_of(_command(each))
            if name is not None:
                now.setdefault(name, []).append(each)
        for name, processes in now.items():
            role = roles.setdefault(name, Role(name))
            role.rss_bytes.append(sum(map(_rss_bytes, processes)))
            role.cpu_s.append((time.monotonic(), sum(map(cpu_s_of, processes))))
            role.files.append(sum(map(_files, processes)))
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(EVERY_S)
    return roles


def told(size: Size, outcome: LoadOutcome, roles: Mapping[str, Role], few: Mapping[str, Role]) -> Iterable[str]:
    """Yield what came out as lines; `few` is what a run with FEW connections took."""
    counts = outcome.counts
    yield (
        f"{size.connections:,} connections, {size.rate:g} broadcasts a second, {size.instances} instances, "
        f"{size.workers} workers: {outcome.status}{f' ({outcome.reason})' if outcome.reason else ''}"
    )
    wrong = counts.lost + counts.duplicate + counts.reordered + counts.misdelivered + counts.corrupt
    came = f"{counts.delivered:,} of {counts.expected:,} {'delivered' if size.rate else 'echoes answered'}"
    latency = ", ".join(f"p{name} {value:,.1f} ms" for name, value in outcome.percentiles.items() if name != "max")
    yield f"  {came}, {wrong} wrong, {counts.disconnected} disconnected; {latency}"
    between = roles["server"].full() if "server" in roles else (0.0, 0.0)
    for name, role in sorted(roles.items()):
        kb = (role.most_bytes - few[name].most_bytes) / 1024 / (size.connections - FEW) if name in few else 0.0
        share = role.share(between=between)
        yield f"  {name:<8} {share:5.0%} of a core, {role.most_bytes / 2**20:,.0f} MB, {kb:.1f} KB a connection"
    for load in outcome.loads:
        yield (
            f"  {load.worker}: {load.connections:,} connections, {load.deliveries:,} deliveries, "
            f"loop late by {load.lag_p99_ms:.1f} ms (p99), {load.busy_percent:.0f} % of a core"
        )


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _files(process: psutil.Process) -> int:
    try:
        return int(process.num_fds())
    except psutil.Error:
        return 0


def main() -> int:
    """Run what the command line asks for, and tell."""
    parser = argparse.ArgumentParser(prog="python -m load.bench.scale", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--rates", type=float, nargs="*", default=[0.0, 20.0], help="broadcasts a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--instances", type=int, default=1)
    given = parser.parse_args()
    size = Size(max(given.connections, 2 * FEW), 1.0, FEW_S, workers=given.workers, instances=given.instances)
    try:
        _, few = run(replace(size, connections=FEW))
        for rate in given.rates:
            asked = replace(size, rate=rate, seconds=given.seconds)
            outcome, roles = run(asked)
            print(*told(asked, outcome, roles, few), sep="\n", flush=True)  # noqa: T201 # its output is what it is for
    except OnesocketError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
