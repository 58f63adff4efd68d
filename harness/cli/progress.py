"""Live progress: one line for each outcome, what is running where nothing ends for long, and on a terminal a line that
moves. Words only: it decides nothing.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.checks.known_failing import Known
from harness.checks.verdict import must_hold
from harness.report.wording import duration, milliseconds, one_line
from harness.requirement import requirements

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

Clock = Callable[[], float]

_COLOURS = {
    "ok": "green",
    "none": "yellow",
    "FAIL": "red",
    "warn": "yellow",
    "late": "yellow",
    "known": "yellow",
    "skip": "cyan",
    "lost": "red",
    "ERR": "magenta",
}
_CUT_CHARS = 160
QUIET_S = 10.0
"""After so long without a line a run that nobody watches says what it is at."""


class Progress:
    """Prints what is done; `moving` adds a line at the bottom that says what is going on. Use as a context manager."""

    def __init__(
        self,
        *,
        moving: bool,
        known: tuple[Known, ...] = (),
        declared: Collection[str] = (),
        clock: Clock = time.monotonic,
    ) -> None:
        self._moving = moving
        self._known = known
        self._declared = declared
        self._clock = clock
        self._status: Status | None = None
        self._console: Console | None = None
        self._part = ""
        self._since_s = clock()
        self._said_s = clock()
        self._running = ("", clock())
        self._seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        if self._moving:
            from rich.console import Console

            self._console = Console(highlight=False, soft_wrap=True)
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def part(self, words: str) -> None:
        """Say that a part of the run begins."""
        self._part, self._since_s = words, self._clock()
        self._seen.clear()
        self.say(words)
        self.tick()

    def outcome(self, outcome: Outcome) -> None:
        """Say how one test ended."""
        self._line(*outcome_words(outcome, known=self._known, declared=self._declared))

    def load(self, outcome: LoadOutcome) -> None:
        """Say how one load run ended."""
        self._line(*load_words(outcome))

    def say(self, text: str) -> None:
        """Print a line as it is."""
        self._said_s = self._clock()
        if self._console is not None:
            self._console.print(text, markup=False)
        else:
            click.echo(text)

    def warn(self, text: str) -> None:
        """Print a line for who reads the errors."""
        self._said_s = self._clock()
        click.echo(f"look at this: {text}", err=True)

    def tick(self, *, running: str = "") -> None:
        """Bring the moving line up to date, or where there is none, give a sign of life now and then.

        `running` is the test that is being carried out, as far as that is known.
        """
        now_s = self._clock()
        if running != self._running[0]:
            self._running = (running, now_s)
        at = one_line(running, cut_chars=_CUT_CHARS)
        if self._status is not None:
            counts = "".join(f", {number} {word}" for word, number in self._seen.items())
            self._status.update(f"{self._part}: {duration(now_s - self._since_s)}{counts}" + (f", {at}" if at else ""))
        elif now_s - self._said_s >= QUIET_S:
            since_s = self._running[1] if at else self._since_s
            self.say(f"  {'...':<5}{at or self._part} has been running for {duration(now_s - since_s)}")

    def _line(self, word: str, text: str) -> None:
        self._seen[word] += 1
        self._said_s = self._clock()
        if self._console is not None:
            from rich.text import Text

            self._console.print(Text.assemble("  ", (f"{word:<4} ", _COLOURS[word]), text))
        else:
            click.echo(f"  {word:<4} {text}")
        self.tick()


def shows_terminal() -> bool:
    """Tell whether somebody watches: a terminal that is no CI log."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def outcome_words(
    outcome: Outcome, *, known: tuple[Known, ...] = (), declared: Collection[str] = ()
) -> tuple[str, str]:
    """Return the word for how a test ended and the rest of its line.

    `known` is what is known to fail, `declared` what the target promises.
    """
    head = f"{outcome.world:<5} {one_line(outcome.test, cut_chars=_CUT_CHARS)}  "
    if outcome.findings:
        new = [each for each in outcome.findings if not any(entry.covers(each, test=outcome.test) for entry in known)]
        told = new or outcome.findings
        first = next((each for each in told if each.level == "fail"), told[0])
        more = f" (and {len(outcome.findings) - 1} more)" if len(outcome.findings) > 1 else ""
        seen = one_line(first.seen, cut_chars=_CUT_CHARS)
        return _severity(new, declared=declared) if new else "known", f"{head}{first.requirement} {seen}{more}"
    reason = one_line(outcome.reason.partition("\n")[0], cut_chars=_CUT_CHARS)
    match outcome.status:
        case "skipped":
            return "skip", head + reason
        case "target":
            return "lost", head + reason
        case "harness":
            return "ERR", head + reason
    if outcome.showed_nothing:
        return "none", head + outcome.showed_nothing
    return "ok", head + duration(outcome.duration_s)


def load_words(outcome: LoadOutcome) -> tuple[str, str]:
    """Return the word for how a load run ended and the rest of its line."""
    counts = outcome.counts
    p99 = outcome.percentiles.get("99")
    text = f"load  {one_line(outcome.scenario)}  {counts.delivered:,} of {counts.expected:,} deliveries" + (
        f", p99 {milliseconds(p99)} ms" if p99 is not None else ""
    )
    if outcome.findings:
        broken = ", ".join(f"{each.requirement} {one_line(each.seen, cut_chars=80)}" for each in outcome.findings[:3])
        return "FAIL", f"{text}: {broken}"
    if outcome.status != "valid":
        return "ERR", f"{text}: {one_line(outcome.reason, cut_chars=_CUT_CHARS)}"
    if outcome.reason:
        return ("FAIL" if budget_broken(outcome) else "ok"), f"{text}: {one_line(outcome.reason, cut_chars=_CUT_CHARS)}"
    return "ok", text


def budget_broken(outcome: LoadOutcome) -> bool:
    """Tell whether a load run that is valid went over a budget that its user set."""
    return outcome.status == "valid" and outcome.reason.startswith("budget broken")


def _severity(findings: Sequence[Finding], *, declared: Collection[str]) -> str:
    failing = [each.requirement for each in findings if each.level == "fail"]
    lesser = [each.requirement for each in findings if each.level == "warn"]
    if not failing:
        return "late" if not lesser else "FAIL" if set(lesser) & set(declared) else "warn"
    catalogue = requirements()
    bad = [each for each in failing if each not in catalogue or must_hold(catalogue[each], declared=declared)]
    return "FAIL" if bad else "warn"
