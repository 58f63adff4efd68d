"""Whether the checks cry wolf: `onesocket conform`, again and again, on every right implementation, on a busy machine.

`python -m tests.implementations.fairness [--times 20] [--jobs 4] [--only NAME]`. Each implementation runs once in calm,
to know what can be known of it, then `--times` times beside a busy loop per core and `--jobs` less one other runs.

Exit code: 1 with a finding, a run that broke or a requirement that a busy run left unknown and the calm one did not;
130 when interrupted; the table comes anyway.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.implementations.busy import busy_cores
from tests.implementations.right import ROOT, Implementation, implementations

RUN_TIMEOUT_S = 900.0
POLL_S = 0.2
END_S = 30.0
WRONG = {"fail", "warn", "harness-error"}
OUT = ROOT / "onesocket-runs" / "fairness"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the suite: the status of each requirement, how it ended, and where its report is kept if it is."""

    statuses: Mapping[str, str]
    exit_code: int | None
    duration_s: float
    report: str = ""

    def named(self, *statuses: str) -> list[str]:
        """Return the requirements with one of these statuses."""
        return [name for name, status in self.statuses.items() if status in statuses]

    @property
    def findings(self) -> list[str]:
        """What it says is wrong, on an implementation where nothing is."""
        return self.named(*WRONG)

    @property
    def broke(self) -> bool:
        """It came to no verdict: it hung, or ended with an error."""
        return self.exit_code not in {0, 1, 5}


@dataclass(slots=True)
class Trials:
    """All runs of one implementation so far."""

    name: str
    calm: Run | None = None
    busy: list[Run] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        return [*([self.calm] if self.calm else []), *self.busy]

    def forgotten(self, run: Run) -> list[str]:
        """Return what `run` left unknown and the calm run knew."""
        known = set(self.calm.named("pass", "late", *WRONG)) if self.calm else set()
        return [name for name in run.named("unknown") if name in known]

    @property
    def unfair(self) -> bool:
        """Whether any run found something, broke, or left unknown what was known."""
        return any(run.findings or run.broke or self.forgotten(run) for run in self.runs)


def counted(names: Sequence[str]) -> str:
    """Return the names with how often each comes, most frequent first, or a dash."""
    counts = sorted({name: names.count(name) for name in names}.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in counts) or "–"


def row(trials: Trials) -> tuple[str, ...]:
    """Return the cells of an implementation's line."""
    durations = [run.duration_s for run in trials.busy]
    return (
        trials.name,
        str(len(trials.runs)),
        str(len(trials.calm.named("pass", "late"))) if trials.calm else "–",
        counted([name for run in trials.runs for name in run.findings]),
        counted([name for run in trials.runs for name in trials.forgotten(run)]),
        counted([name for run in trials.runs for name in run.named("late")]),
        str(sum(run.broke for run in trials.runs) or "–"),
        f"{trials.calm.duration_s:.0f}" if trials.calm else "–",
        f"{statistics.median(durations):.0f} / {max(durations):.0f}" if durations else "–",
    )


def table(all_trials: Sequence[Trials]) -> str:
    """Return what is known so far, a line an implementation."""
    head = (
        "implementation",
        "runs",
        "hold",
        "findings",
        "unknown that were known",
        "late",
        "broke",
        "calm s",
        "busy s, median / max",
    )
    rows = [head, *(row(each) for each in all_trials)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def run_once(implementation: Implementation, *, seed: int, out: Path, stop: threading.Event) -> Run | None:
    """Run the suite on one implementation; the report of a run in which anything is wrong is kept in `out`.

    None once `stop` is set: the suite was asked to finish, and is gone.
    """
    if stop.is_set():
        return None
    command = [sys.executable, "-m", "harness.cli", "conform", *implementation.arguments]
    started_s = time.monotonic()
    with _child([*command, "--seed", str(seed), "--out", str(out)], log=out.with_suffix(".log")) as child:
        while child.poll() is None and not stop.wait(POLL_S) and time.monotonic() - started_s < RUN_TIMEOUT_S:
            pass
        exit_code = child.poll()
    if stop.is_set():
        return None
    run = Run(read_statuses(out / "latest" / "report.jsonl"), exit_code, time.monotonic() - started_s, str(out))
    if run.findings or run.broke:
        return run
    shutil.rmtree(out, ignore_errors=True)
    out.with_suffix(".log").unlink(missing_ok=True)
    return Run(run.statuses, run.exit_code, run.duration_s)


def read_statuses(report: Path) -> dict[str, str]:
    """Return the status of each requirement that a report tells of; of a report that is not there, none."""
    try:
        told = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    except OSError:
        return {}
    return {each["requirement"]: each["status"] for each in told if each["type"] == "verdict"}


@contextmanager
def _child(command: Sequence[str], *, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, so that a Ctrl-C reaches it once; it never outlives the block."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(END_S)


def tell(trials: Trials, run: Run, *, what: str, seed: int) -> None:
    """Print a line for a run as it ends."""
    said = [
        f"{label} {counted(names)}" for label, names in (("finds", run.findings), ("late", run.named("late"))) if names
    ]
    said += [f"unknown {counted(forgotten)}"] if (forgotten := trials.forgotten(run)) else []
    said += [f"broke with {run.exit_code}"] if run.broke else []
    told = f"{trials.name:12} {what:10} {run.duration_s:4.0f} s  seed {seed}  {'; '.join(said) or 'silent'}"
    click.echo(f"{told}  {run.report}".rstrip())


def measure(
    chosen: Sequence[Implementation], *, times: int, jobs: int, seed: int, out: Path, into: list[Trials]
) -> None:
    """Run everything, adding to `into` as it goes, so that whoever interrupts this has what there is."""
    stop = threading.Event()
    into += [Trials(each.name) for each in chosen]
    for implementation, trials in zip(chosen, into, strict=True):
        trials.calm = run_once(implementation, seed=seed, out=out / f"{implementation.name}-0", stop=stop)
        if trials.calm is not None:
            tell(trials, trials.calm, what="calm", seed=seed)

    def busy(implementation: Implementation, turn: int) -> Run | None:
        return run_once(implementation, seed=seed + turn, out=out / f"{implementation.name}-{turn}", stop=stop)

    with busy_cores(), ThreadPoolExecutor(jobs) as pool:
        known: dict[Future[Run | None], tuple[Trials, int]] = {
            pool.submit(busy, implementation, turn): (trials, turn)
            for turn in range(1, times + 1)
            for implementation, trials in zip(chosen, into, strict=True)
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
    parser.add_argument("--times", type=int, default=20, help="busy runs of each implementation")
    parser.add_argument("--jobs", type=int, default=4, help="busy runs at a time")
    parser.add_argument("--seed", type=int, default=1, help="that of the calm run; the busy ones count on from it")
    parser.add_argument("--only", action="append", choices=known, help="this implementation; may be said again")
    parser.add_argument("--out", type=Path, default=OUT, help="where the reports of runs that found something are kept")
    options = parser.parse_args(arguments)
    chosen = [known[name] for name in options.only or known]
    for each in chosen:
        if each.missing:
            click.echo(f"{each.name:12} left out: {each.missing}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results: list[Trials] = []
    interrupted = False
    try:
        present = [each for each in chosen if not each.missing]
        measure(
            present, times=options.times, jobs=options.jobs, seed=options.seed, out=options.out.resolve(), into=results
        )
    except KeyboardInterrupt:
        interrupted = True
    click.echo("\n" + table(results))
    return 130 if interrupted else int(not results or any(each.unfair for each in results))


if __name__ == "__main__":
    sys.exit(main())
