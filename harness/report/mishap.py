"""What the target or the harness itself spoiled: the tests that came to no verdict, with what was seen up to then.

A trial of pages that was lost is told as a finding is, except that no requirement is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from harness.checks.finding import Finding, Outcome
from harness.history import History, StepFinished
from harness.report.finding_group import HistoryOf
from harness.report.record import RunMeta
from harness.report.story import Story, tell
from harness.report.wording import one_line, plain

SPOILED = frozenset({"target", "harness"})


@dataclass(frozen=True, slots=True)
class Mishap:
    """A test without a verdict, and why; its story where pages were shown."""

    test: str
    reason: str
    story: Story | None = None


def mishaps_of(outcomes: Sequence[Outcome], meta: RunMeta, *, history_of: HistoryOf, folder: str) -> tuple[Mishap, ...]:
    """Return them in the order of the outcomes; what kept the run from beginning, where nothing else was spoiled."""
    told = tuple(
        Mishap(
            one_line(each.test),
            plain(each.reason),
            _story(each, history_of(each.history), folder=folder, target_file=meta.target_file),
        )
        for each in outcomes
        if each.status in SPOILED
    )
    return told or ((Mishap("start", plain(meta.not_begun)),) if meta.not_begun else ())


def _story(outcome: Outcome, history: History | None, *, folder: str, target_file: str) -> Story | None:
    if outcome.world != "page" or history is None or not len(history):
        return None
    failed = (at for at, event in enumerate(history) if isinstance(event, StepFinished) and event.outcome == "failed")
    loss = Finding(
        requirement="the loss",
        check="",
        expected="",
        seen=outcome.reason.partition("\n")[0],
        at=next(failed, len(history) - 1),
    )
    alone = msgspec.structs.replace(outcome, findings=(loss,), shown=())
    return tell(alone, 0, history=history, folder=folder, target_file=target_file, pictured=True)
