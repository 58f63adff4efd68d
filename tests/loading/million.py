"""A real million: a server that loses, doubles and misdelivers a few of a million deliveries, each told exactly.

`python -m tests.loading.million [--deliveries 1000000] [--workers 1 3]`. For each number of workers two runs of Locust
against the liar: broadcasts of which one in 10,000 is lost and one in 10,000 comes twice, and private messages of which
one single one goes astray. What the report counts is held against what the liar says it did.

Exit code: 1 when a count differs; 130 when interrupted, or told to stop (SIGTERM): its children go with it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from harness.checks.finding import LoadOutcome
from harness.interruption import end_in_order_when_told_to_stop
from tests.loading.children import free_port, interrupted, liar, locust, outcome_in

USERS, PER_SECOND = 500, 25_000
"""So many sockets, and so many deliveries a second: what the liar, a plain Starlette server, does beside workers."""
ONE_IN = 10_000
PATIENCE = 5.0
"""So many times as long as the run should take, it may."""


@dataclass(frozen=True, slots=True)
class Lie:
    """Which scenario is put to the liar, which lies it tells, and how many of its connections each message is for."""

    scenario: str
    lies: tuple[str, ...]
    share: float

    def every(self, deliveries: int) -> int:
        """Return how many deliveries there are from one lie to the next."""
        return ONE_IN // len(self.lies) if len(self.lies) > 1 else deliveries * 3 // 5


LIES = (Lie("fanout", ("lose", "double"), 1.0), Lie("private_messages", ("leak",), 1 / 3))


async def run(lie: Lie, *, deliveries: int, workers: int, folder: Path) -> tuple[LoadOutcome, dict[str, int]]:
    """Have so many deliveries made; return what the harness counted and what the liar says."""
    a_message = round(USERS * lie.share)
    messages, port = deliveries // a_message + 1, str(free_port())
    several = ("--processes", str(workers), "--master-port", port, "--master-bind-port", port) if workers > 1 else ()
    settings = ("--harness-rate", str(PER_SECOND // a_message), "--harness-max-lag-ms", "60000")
    knobs = ("--harness-set", "come_share=0", "--harness-set", "max_busy_percent=1000", "--harness-set", "echo_s=60")
    async with liar(folder, *lie.lies, every=lie.every(deliveries)) as server:
        where = ("--headless", "--target", str(server.target_file), "--harness-run-dir", str(folder))
        async with locust(
            lie.scenario, *where, *settings, *knobs, "-u", str(USERS), "-r", "100", *several
        ) as process:  # fmt: skip
            with anyio.fail_after(PATIENCE * deliveries / PER_SECOND):
                while (await server.tally())["published"] < messages:  # noqa: ASYNC110 # it is another process
                    await anyio.sleep(1.0)
            await interrupted(process)
        return outcome_in(folder), await server.tally()


def compared(outcome: LoadOutcome, told: dict[str, int]) -> list[str]:
    """Return what was counted beside what was done, a line each, those that differ with a mark."""
    counts = outcome.counts
    pairs = {
        "messages": (counts.published, told["published"]),
        "lost": (counts.lost, told["lose"]),
        "doubled": (counts.duplicate, told["double"]),
        "misdelivered": (counts.misdelivered, told["leak"]),
        "reordered": (counts.reordered, told["reorder"]),
        "corrupt": (counts.corrupt, told["corrupt"]),
    }
    return [
        f"  {name:<13} {seen:>10,} counted {done:>10,} done{'' if seen == done else '   DIFFERS'}"
        for name, (seen, done) in pairs.items()
    ]


async def run_all(*, deliveries: int, workers: Sequence[int]) -> int:
    """Run them all, tell what came out, and return how many counts differ."""
    wrong = 0
    for many in workers:
        for lie in LIES:
            with tempfile.TemporaryDirectory() as folder:
                outcome, told = await run(lie, deliveries=deliveries, workers=many, folder=Path(folder))
            lines = compared(outcome, told)
            wrong += sum("DIFFERS" in line for line in lines)
            counts = outcome.counts
            print(  # noqa: T201 # its output is what it is for
                f"{lie.scenario}, {outcome.workers} workers: {counts.expected:,} deliveries owed to "
                f"{counts.connections} connections in {outcome.duration_s:,.0f} s, {counts.delivered:,} came",
                *lines,
                sep="\n",
                flush=True,
            )
    return wrong


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 3])
    options = parser.parse_args()
    end_in_order_when_told_to_stop()

    async def run_asked() -> int:
        return await run_all(deliveries=options.deliveries, workers=options.workers)

    try:
        return 1 if anyio.run(run_asked) else 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
