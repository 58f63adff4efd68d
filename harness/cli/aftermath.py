"""How a child ended, and what that says beyond the outcomes it wrote: it died, it hung, the target could not be used.

Pure: decides from exit code, outcomes and log what has to be added to the run folder. pytest and locust alike end
with 3 when the target is unusable (pytest also when it broke itself, which its log tells).
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from harness.checks.finding import LoadOutcome, Outcome
from harness.cli.part import Part
from harness.errors import UsageError

TAIL_LINES = 20
_THREE_LINES = re.compile(
    r"^(?P<what>.+)\n\W*where: (?P<where>.*)\n\W*to do: (?P<todo>.*)(?P<printed>(?:\n\W*\| .*)*)$", re.MULTILINE
)
_NOISE = re.compile(r"^(?:E\s+|!+\s*)?(?:[\w.]*Exit: )?|\s*!+$")


class Ending(Enum):
    """Why a child is no longer running."""

    ITSELF = "by itself"
    INTERRUPTED = "asked to stop"
    HUNG = "silent for too long"


@dataclass(frozen=True, slots=True)
class End:
    """The end of a child: its exit code (a signal's number, negative), why, and the end of its log."""

    code: int
    why: Ending
    printed: str


def explain(part: Part, end: End, *, outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome]) -> Outcome | None:
    """Return the outcome to add, None when what the part wrote tells the whole of it."""
    if end.why is Ending.INTERRUPTED:
        return None
    if end.why is Ending.HUNG:
        return _broken(part, end, f"{part.name} printed and finished nothing for {part.silence_s:g} s")
    if end.code == 3 and "INTERNALERROR>" not in end.printed:
        if any(each.status == "target" for each in outcomes):
            return None
        return Outcome(test=part.name, world=part.world, status="target", reason=target_reason(end.printed))
    if _tells_itself(part, end, outcomes, loads):
        return None
    return _broken(part, end, f"the child process of {part.name} {_in_words(end.code)}")


def misused(part: Part, end: End, *, select: str | None) -> UsageError | None:
    """Return what was wrong with `-k`, if that is why pytest did nothing."""
    if part.runner != "pytest" or end.code != 4 or select is None:
        return None
    said = next((line for line in end.printed.splitlines() if "'-k'" in line), "it is no expression")
    return UsageError("the expression of -k cannot be read", where=f"-k {select!r}", todo=said.removeprefix("ERROR: "))


def target_reason(printed: str) -> str:
    """Return the three lines with which a child said that the target is unusable, else its last line."""
    found = list(_THREE_LINES.finditer(printed))
    if found:
        what, where, todo = (_NOISE.sub("", found[-1][name]) for name in ("what", "where", "todo"))
        return f"{what}\n  where: {where}\n  to do: {todo}{found[-1]['printed']}"
    last = [line for line in printed.splitlines() if line.strip()][-1:] or ["it printed nothing"]
    return f"the target cannot be used\n  where: {last[0].strip()}\n  to do: try each part of it with: onesocket doctor"


def _tells_itself(part: Part, end: End, outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome]) -> bool:
    if part.runner == "locust":
        return end.code in {0, 1, 5} and bool(loads)
    if end.code == 1:
        return any(each.findings or each.status in {"target", "harness"} for each in outcomes)
    # 5: nothing was collected, or nothing verified; the verdict says so.
    return end.code in {0, 5}


def _broken(part: Part, end: End, what: str) -> Outcome:
    tail = [line.rstrip() for line in end.printed.splitlines() if line.strip()][-TAIL_LINES:]
    lines = [
        what,
        f"  where: logs/{log_name(part)} in the run folder, whose last lines are below",
        "  to do: report this with the run folder; it says nothing about the target",
        *(f"  | {line}" for line in tail or ["(it printed nothing)"]),
    ]
    return Outcome(test=part.name, world=part.world, status="harness", reason="\n".join(lines))


def log_name(part: Part) -> str:
    """Return the name of the part's log."""
    return part.name.replace("/", "-") + ".log"


def _in_words(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
