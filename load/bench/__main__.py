"""`python -m load.bench`: measure all peers, one after the other and round after round, and write what came out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anyio

from harness.errors import OnesocketError, UsageError, did_you_mean

from .measures import MEASURES
from .peer import SERVERS, installed
from .report import Report, write_report
from .round import Options, measure_all
from .tool import RATES, TOOLS


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write the files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m load.bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("onesocket-runs/bench"), help="folder for what came out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="about how long each measure takes")
    parser.add_argument("--only", help="peers and measures to keep, e.g. native,hono-node,echo")
    parser.add_argument("--quick", action="store_true", help="a smoke test: few connections, moments, without npm")
    options = parser.parse_args(arguments)
    try:
        report = run(_options(options))
        for path in write_report(report, folder=options.out):
            print(path)  # noqa: T201 # its output is what it is for
    except OnesocketError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 1 if report.lost else 0


def run(options: Options) -> Report:
    """Measure what was asked for."""
    with installed(options.peers) as folder:
        return Report(
            tuple(anyio.run(measure_all, options, folder, lambda line: print(line, flush=True)))  # noqa: T201
        )


def _options(given: argparse.Namespace) -> Options:
    peers = [*(peer.name for peer in SERVERS), *(tool.name for tool in TOOLS)]
    measures = [*(measure.name for measure in MEASURES), *RATES]
    if given.quick:
        few = [peer.name for peer in SERVERS if not peer.from_npm]
        return Options(frozenset(few), frozenset(measures) - {*RATES}, rounds=1, seconds=0.2, scale=0.05)
    named = given.only.split(",") if given.only else []
    for name in named:
        if name not in {*peers, *measures}:
            raise UsageError(
                f"there is no peer and no measure {name!r}",
                where="--only",
                todo=did_you_mean(name, [*peers, *measures]) or "name some of " + ", ".join([*peers, *measures]),
            )
    return Options(
        frozenset(named) & frozenset(peers) or frozenset(peers),
        frozenset(named) & frozenset(measures) or frozenset(measures),
        rounds=given.rounds,
        seconds=given.seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
