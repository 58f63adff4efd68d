"""The order of things: round after round, each peer in its turn, so that a slow minute of the machine hits them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped] # it has no types of its own

from .measures import MEASURES, Sample, Size
from .peer import SERVERS, Peer
from .process import pin, served
from .tool import RATES, TOOLS, take_in

CLIENT_CORE, SERVER_CORE = 0, 1
"""What is measured and what measures it do not share a core, where there are two."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, how often, for about how long, and at which part of its size."""

    peers: frozenset[str]
    measures: frozenset[str]
    rounds: int
    seconds: float
    scale: float = 1.0


async def measure_all(options: Options, folder: Path, tell: Callable[[str], None]) -> list[Sample]:
    """Return all samples; each is told as it is taken."""
    pin(psutil.Process(), core=CLIENT_CORE)
    samples: list[Sample] = []
    for number in range(1, options.rounds + 1):
        size = Size(number, options.scale, options.seconds)
        for peer in SERVERS:
            if peer.name in options.peers:
                for sample in await _of_server(peer, options, size, folder):
                    samples.append(sample)
                    tell(told(sample))
        for measure in RATES:
            for tool in TOOLS:
                if measure in options.measures & tool.measures and tool.name in options.peers:
                    samples.append(await take_in(tool, measure, size, folder))
                    tell(told(samples[-1]))
    return samples


async def _of_server(peer: Peer, options: Options, size: Size, folder: Path) -> list[Sample]:
    command = [word.replace("{folder}", str(folder)) for word in peer.command]
    async with served(peer.name, command, cwd=folder, core=SERVER_CORE) as server:
        return [await measure.run(server, size) for measure in MEASURES if measure.name in options.measures]


def told(sample: Sample) -> str:
    """Return one sample as a line."""
    line = f"round {sample.round}  {sample.peer:<12} {sample.measure:<15} {sample.value:>12,.1f}"
    if sample.server_share:
        line += f"   server {sample.server_share:4.0%}  generator {sample.generator_share:4.0%} of a core"
    if sample.p50_ms is not None:
        line += f"   p50 {sample.p50_ms:,.1f} ms"
    return line + (f"   LOST {sample.lost}" if sample.lost else "")
