"""What a run with many connections took, from looks at its processes."""

from __future__ import annotations

import tomllib

import msgspec
import pytest

from harness.checks.finding import LoadCounts, LoadOutcome, WorkerLoad
from harness.targets.file import Target, parse_target
from load.bench.scale import Role, Size, role_of, target_text, told

MB = 2**20


def role(name: str, *, most_mb: int, share: float) -> Role:
    looks = [(float(at_s), at_s * share if at_s < 18 else 100.0) for at_s in range(20)]
    return Role(name, [10 * MB, most_mb * MB, 5 * MB], looks, [5, 20, *[1100] * 16, 40, 5])


def test_memory_is_told_by_connection_and_shares_by_the_time_in_which_all_were_open() -> None:
    size = Size(1100, 20.0, 10.0)
    counts = LoadCounts(connections=1100, expected=10, delivered=10)
    outcome = LoadOutcome(scenario="s", counts=counts, percentiles={"50": 2.0}, loads=(WorkerLoad(worker="worker 0"),))
    many, few = (role("server", most_mb=most_mb, share=0.5) for most_mb in (60, 50))
    lines = list(told(size, outcome, {"server": many}, {"server": few}))
    assert "1,100 connections, 20 broadcasts a second, 1 instances, 1 workers: valid" in lines[0]
    assert "10 of 10 delivered, 0 wrong, 0 disconnected; p50 2.0 ms" in lines[1]
    assert lines[2].split("server")[1].strip() == "50% of a core, 60 MB, 10.2 KB a connection"
    assert "worker 0" in lines[3]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("python", "-m", "harness.reference", "--port", "1"), "server"),
        (("redis-server", "--port", "1"), "redis"),
        (("python", "-m", "locust", "-f", "fanout.py"), "workers"),
        (("python", "-m", "harness.cli", "load", "fanout"), None),
    ],
)
def test_a_process_is_known_by_its_command(command: tuple[str, ...], expected: str | None) -> None:
    assert role_of(command) == expected


def test_the_target_is_the_reference_as_servers_in_use_are_set_up() -> None:
    target = parse_target(tomllib.loads(target_text(instances=3)), where="here")
    assert isinstance(target, Target)
    assert target.start[-2:] == ("--ping-interval", "30")
    assert msgspec.to_builtins(target.capabilities.instances) == 3
