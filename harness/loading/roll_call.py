"""Which workers there are, what each of them last reported, and who is missing from the account.

Knows neither how messages travel nor how to wait; the names of workers are whatever the transport calls them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from harness.loading.evidence import Report

ENDING = -1
"""The number of a report that nobody asked for: its worker ends now."""


class RollCall:
    """The workers of one test. Reports are cumulative, so the last one of each says all."""

    def __init__(self) -> None:
        self._number = 0
        self._answers: dict[str, tuple[int, Report]] = {}
        self._progress: dict[str, Report] = {}
        self._seen: set[str] = set()

    def begin(self) -> None:
        """Forget the last test."""
        self._answers, self._progress, self._seen = {}, {}, set()

    def ask(self, present: Iterable[str]) -> int:
        """Return the number under which the workers that are `present` are asked for their whole report."""
        self._seen |= set(present)
        self._number += 1
        return self._number

    def take_answer(self, worker: str, data: dict[str, Any]) -> None:
        """Take in a whole report: one that was asked for, or a worker's last."""
        self._seen.add(worker)
        self._answers[worker] = (data["number"], msgspec.convert(data["report"], Report))

    def take_progress(self, worker: str, data: Any) -> None:
        """Take in the counters of a worker that goes on."""
        self._seen.add(worker)
        self._progress[worker] = msgspec.convert(data, Report)

    def complete(self, present: Iterable[str]) -> bool:
        """Tell whether everybody who is `present` has answered what was asked last, or has ended."""
        return all(self._has_answered(each) for each in present)

    def reports(self) -> list[Report]:
        """Return the last report of each worker.

        One that is missing keeps what it counted; of its connections nobody can say what arrived later.
        """
        last = {name: report for name, (_, report) in self._answers.items()}
        for name in self._missing():
            report = self._progress.get(name) or last.get(name)
            if report is not None:
                last[name] = msgspec.structs.replace(report, connections=())
        return [last[each] for each in sorted(last)]

    def missing(self) -> list[str]:
        """Return in words which workers did not answer what was asked last."""
        known = {name: report.worker for name, report in self._progress.items()}
        known |= {name: report.worker for name, (_, report) in self._answers.items()}
        words = "went missing: what it saw after its last report is not in here"
        return [f"{known.get(each, each)} {words}" for each in self._missing()]

    def _missing(self) -> list[str]:
        return sorted(each for each in self._seen if not self._has_answered(each))

    def _has_answered(self, worker: str) -> bool:
        return worker in self._answers and self._answers[worker][0] in (self._number, ENDING)


def answer(report: Report, *, number: int) -> dict[str, Any]:
    """Return what a worker sends as its answer."""
    return {"number": number, "report": msgspec.to_builtins(report)}
