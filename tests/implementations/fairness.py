"""Whether the checks cry wolf: a suite, again and again, on every right implementation, on a busy machine.

`python -m tests.implementations.fairness [--suite conform|tabs] [--engine NAME] [--times 20] [--jobs 4] [--only NAME]`.
Each implementation runs once in calm, to know what can be known of it, then `--times` times beside `--loops` busy loops
(one a core) and `--jobs` less one other runs; with pages, once so in each engine.

Exit code: 1 with a finding, a run that broke or a requirement that a busy run left unknown and the calm one did not;
130 when interrupted; the table comes anyway.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import click

from harness.interruption import end_in_order_when_told_to_stop
from harness.worlds.engine import ENGINES
from tests.implementations.busy import busy_cores
from tests.implementations.right import ROOT, Implementation, implementations
from tests.implementations.suite_run import LATE, WRONG, Run, run_once

JOBS = {"conform": 4, "tabs": 2}
"""The suites, and how many of each run at a time: those with browsers need more of a machine."""
OUT = ROOT / "onesocket-runs" / "fairness"


@dataclass(slots=True)
class Trials:
    """All runs of one suite on one implementation so far; `command` is the suite, and its arguments."""

    name: str
    command: tuple[str, ...] = ()
    calm: Run | None = None
    busy: list[Run] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        return [*([self.calm] if self.calm else []), *self.busy]

    def forgotten(self, run: Run) -> list[str]:
        """Return what `run` left unknown and the calm run knew."""
        known = set(self.calm.named("pass", LATE, *WRONG)) if self.calm else set()
        return [name for name in run.named("unknown") if name in known]

    @property
    def unfair(self) -> bool:
        """Whether any run found something, broke, or left unknown what was known."""
        return any(run.findings or run.broke or self.forgotten(run) for run in self.runs)


def counted(names: Sequence[str]) -> str:
    """Return the names with how often each comes, most frequent first, or a dash."""
    counts = sorted({name: names.count(name) for name in names}.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in counts) or "–"


def spread(durations_s: Sequence[float]) -> str:
    """Return the median and the range of durations, or a dash."""
    if not durations_s:
        return "–"
    return f"{statistics.median(durations_s):.0f} ({min(durations_s):.0f} to {max(durations_s):.0f})"


def row(trials: Trials) -> tuple[str, ...]:
    """Return the cells of an implementation's line."""
    return (
        trials.name,
        str(len(trials.runs)),
        str(len(trials.calm.named("pass", LATE))) if trials.calm else "–",
        counted([name for run in trials.runs for name in run.findings]),
        counted([name for run in trials.runs for name in run.wrong_tests]),
        counted([name for run in trials.runs for name in trials.forgotten(run)]),
        counted([name for run in trials.runs for name in run.named(LATE)]),
        str(sum(run.broke for run in trials.runs) or "–"),
        f"{trials.calm.duration_s:.0f}" if trials.calm else "–",
        spread([run.duration_s for run in trials.busy]),
    )


def table(all_trials: Sequence[Trials]) -> str:
    """Return what is known so far, a line an implementation."""
    head = (
        "implementation",
        "runs",
        "hold",
        "findings",
        "in tests",
        "unknown that were known",
        "late",
        "broke",
        "calm s",
        "busy s, median (range)",
    )
    rows = [head, *(row(each) for each in all_trials)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def tell(trials: Trials, run: Run, *, what: str, seed: int) -> None:
    """Print a line for a run as it ends."""
    said = [
        f"{label} {counted(names)}"
        for label, names in (
            ("finds", run.findings),
            ("in", run.wrong_tests),
            ("late", run.named(LATE)),
            ("unknown", trials.forgotten(run)),
        )
        if names
    ]
    said += [f"broke with {run.exit_code}"] if run.broke else []
    told = f"{trials.name:18} {what:10} {run.duration_s:4.0f} s  seed {seed}  {'; '.join(said) or 'silent'}"
    click.echo(f"{told}  {run.report}".rstrip())


def trials_of(chosen: Sequence[Implementation], *, suite: str, engines: Sequence[str]) -> list[Trials]:
    """Return what is to be run, nothing of it run yet: each implementation, in each engine where there are pages."""
    if suite != "tabs":
        return [Trials(each.name, (suite, *each.arguments)) for each in chosen]
    return [
        Trials(f"{each.name} {engine}", (suite, "--engine", engine, *each.arguments))
        for each in chosen
        for engine in engines
    ]


def measure(all_trials: Sequence[Trials], *, times: int, jobs: int, loops: int | None, seed: int, out: Path) -> None:
    """Run everything, adding to the trials as it goes, so that whoever interrupts this has what there is."""
    stop = threading.Event()

    def once(trials: Trials, turn: int) -> Run | None:
        folder = out / f"{trials.name.replace(' ', '-')}-{turn}"
        return run_once(trials.command, seed=seed + turn, out=folder, stop=stop)

    for trials in all_trials:
        trials.calm = once(trials, 0)
        if trials.calm is not None:
            tell(trials, trials.calm, what="calm", seed=seed)
    with busy_cores(loops), ThreadPoolExecutor(jobs) as pool:
        known: dict[Future[Run | None], tuple[Trials, int]] = {
            pool.submit(once, trials, turn): (trials, turn) for turn in range(1, times + 1) for trials in all_trials
        }
        left = set(known)
        try:
            while left:
                done, left = wait(left, return_when=FIRST_COMPLETED)
                for future in done:
                    (trials, turn), run = known[future], future.result()
                    if run is not None:
                        trials.busy.append(run)
                        tell(trials, run, what=f"busy {turn}/{times}", seed=seed + turn)
        finally:
            stop.set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    known = implementations()
    parser = argparse.ArgumentParser(
        prog="python -m tests.implementations.fairness", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--suite", choices=JOBS, default="conform")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="with tabs; may be said again")
    parser.add_argument("--times", type=int, default=20, help="busy runs of each implementation")
    parser.add_argument("--jobs", type=int, help="busy runs at a time: 4, with tabs 2")
    parser.add_argument("--loops", type=int, help="busy loops beside them: one a core")
    parser.add_argument("--seed", type=int, default=1, help="that of the calm run; the busy ones count on from it")
    parser.add_argument("--only", action="append", choices=known, help="this implementation; may be said again")
    parser.add_argument("--out", type=Path, default=OUT, help="where the reports of runs that found something are kept")
    options = parser.parse_args(arguments)
    if options.engine and options.suite != "tabs":
        parser.error("--engine goes with --suite tabs")
    chosen = [known[name] for name in options.only or known]
    for each in chosen:
        if each.missing:
            click.echo(f"{each.name:18} left out: {each.missing}")
    end_in_order_when_told_to_stop()
    present = [each for each in chosen if not each.missing and (options.suite != "tabs" or each.has_page)]
    results = trials_of(present, suite=options.suite, engines=options.engine or ("chromium",))
    interrupted = False
    try:
        measure(
            results, times=options.times, jobs=options.jobs or JOBS[options.suite], loops=options.loops,
            seed=options.seed, out=options.out.resolve(),
        )  # fmt: skip
    except KeyboardInterrupt:
        interrupted = True
    click.echo("\n" + table(results))
    return 130 if interrupted else int(not results or any(each.unfair for each in results))


if __name__ == "__main__":
    sys.exit(main())
