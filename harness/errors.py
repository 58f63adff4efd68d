"""Every exception of the harness; the type says who is to blame, the exit code follows from the type.

OnesocketError
├── UsageError            exit 2: what the user wrote: options, a target file, a plan
│   ├── TargetFileError
│   └── PlanError
├── TargetError           exit 3: the implementation under test cannot be used at all
│   ├── TargetUnreachable
│   ├── TargetNotReady
│   ├── ControlFailed
│   └── CapabilityMissing
├── Interrupted           exit 130: whoever runs it stopped it
├── Unfit                 exit 5: target file and target do not fit together: nothing can be verified
└── HarnessError          exit 4: ours
    └── EngineLost        a browser went down: nothing is said of who was shown in it

A finding is a value, never an exception.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class OnesocketError(Exception):
    """An error told in three lines: what happened, where and with which value, what to do.

    `printed` are lines that a process of the target printed, shown below these.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, *, where: str, todo: str, printed: tuple[str, ...] = ()) -> None:
        super().__init__(what, where, todo)
        self.what = what
        self.where = where
        self.todo = todo
        self.printed = printed

    def __str__(self) -> str:
        told = (f"{self.what}", f"  where: {self.where}", f"  to do: {self.todo}")
        return "\n".join((*told, *(f"  | {line}" for line in self.printed)))


class UsageError(OnesocketError):
    """What the user wrote cannot be carried out."""

    exit_code = 2


class TargetFileError(UsageError):
    """The target file says something that cannot be read or does not fit together."""


class PlanError(UsageError):
    """A plan, a scenario file or a repro file cannot be read."""


class TargetError(OnesocketError):
    """The implementation under test cannot be used, so nothing can be said about its promises."""

    exit_code = 3


class TargetUnreachable(TargetError):
    """Nothing answers at the target's address."""


class TargetNotReady(TargetError):
    """The target was started and did not become ready, or ended by itself."""


class ControlFailed(TargetError):
    """A control request (sign in, broadcast, ...) was answered with a refusal or not at all."""


class CapabilityMissing(TargetError):
    """Something was asked of the target that its file does not declare."""


class Unfit(OnesocketError):
    """What the target file says and what the target does do not fit together, so that nothing can be verified."""

    exit_code = 5


class Interrupted(OnesocketError):
    """Whoever ran it stopped it: what was recorded until then is kept, and not judged."""

    exit_code = 130


class HarnessError(OnesocketError):
    """The harness broke one of its own rules; never a verdict on the target."""


class EngineLost(HarnessError):
    """A browser answers no more, and what it showed until then says nothing of the target."""


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the nearest allowed word, else the list of what is allowed."""
    choices = list(allowed)
    near = get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return "allowed: " + ", ".join(choices)
