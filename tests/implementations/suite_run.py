"""One run of a suite of onesocket on one implementation, started as a user starts it, and what its report says.

Knows neither which suite it is nor how often it runs.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.report.engines import engine_of
from tests.implementations.suite_child import exit_code_of

RUN_TIMEOUT_S = 1800.0
"""For the slowest suite, in the slowest browser, on a machine that does much else."""
WRONG = {"fail", "warn", "harness-error"}
LATE = "late"
CAME_TO_A_VERDICT = {0, 1, 5}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite: the status of each requirement, the tests that came out wrong, how it ended and where its
    report is kept, if it is.
    """

    statuses: Mapping[str, str]
    exit_code: int | None
    duration_s: float
    report: str = ""
    wrong_tests: tuple[str, ...] = ()

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
        return self.exit_code not in CAME_TO_A_VERDICT


def run_once(command: Sequence[str], *, seed: int, out: Path, stop: threading.Event) -> Run | None:
    """Run `onesocket` with the arguments `command`; the report of a run in which anything is wrong is kept in `out`.

    None once `stop` is set: the suite was asked to finish, and is gone.
    """
    if stop.is_set():
        return None
    words = [*command, "--seed", str(seed), "--out", str(out)]
    started_s = time.monotonic()
    exit_code = exit_code_of(words, log=out.with_suffix(".log"), timeout_s=RUN_TIMEOUT_S, stop=stop)
    if stop.is_set():
        return None
    folder, duration_s = out / "latest", time.monotonic() - started_s
    wrong = read_wrong_tests(folder / "outcomes.jsonl")
    run = Run(read_statuses(folder / "report.jsonl"), exit_code, duration_s, str(out), wrong)
    if run.findings or run.broke:
        return run
    shutil.rmtree(out, ignore_errors=True)
    out.with_suffix(".log").unlink(missing_ok=True)
    return Run(run.statuses, run.exit_code, run.duration_s)


def read_statuses(report: Path) -> dict[str, str]:
    """Return the status of each requirement that a report tells of; of a report that is not there, none."""
    return {each["requirement"]: each["status"] for each in _lines(report) if each["type"] == "verdict"}


def read_wrong_tests(outcomes: Path) -> tuple[str, ...]:
    """Return the tests that found anything but lateness, or could not be judged; of a file that is not there, none."""
    wrong = [
        engine_of(each["test"])[1].rpartition("::")[2]
        for each in _lines(outcomes)
        if each["status"] in {"target", "harness"} or any(found["level"] != LATE for found in each["findings"])
    ]
    return tuple(dict.fromkeys(wrong))


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except OSError:
        return []
