"""One child of a run while it runs: whether it gives signs of life, and how it is brought to its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from harness.cli.aftermath import End, Ending
from harness.cli.child import Child
from harness.cli.follow import running_test
from harness.cli.part import Part

GRACE_S = 15.0
"""How long an interrupted child may take to close what it opened, before it is killed."""


@dataclass(slots=True)
class Watched:
    """A part that is carried out by `child`. `running` is the test that it is at, as far as its log says."""

    part: Part
    child: Child
    running: str = ""
    _why: Ending = Ending.ITSELF
    _last_sign_s: float = field(default_factory=time.monotonic)
    _size: int = 0
    _deadline_s: float = float("inf")
    _killed: bool = False
    _code: int | None = None

    @classmethod
    def start(cls, part: Part, *, log: Path) -> Self:
        """Start the part; what it prints goes to `log`."""
        return cls(part, Child.start(part.command, log=log, environment=part.environment, cwd=part.cwd))

    def goes_on(self, timeout_s: float) -> bool:
        """Tell whether it still runs, having waited up to `timeout_s` for its end."""
        if self._code is None:
            self._code = self.child.wait(timeout_s)
        return self._code is None

    def mind(self, *, asked: int, sign: bool) -> Ending | None:
        """Look after it: `asked` is how often the user asked to stop, `sign` that something was found meanwhile.

        Returns why it is asked to finish, if that has just been done.
        """
        if self._code is not None:
            self.running = ""
            return None
        now_s, grown = time.monotonic(), self.child.log.stat().st_size
        if grown != self._size or sign:
            self.running = running_test(self.child.printed())
            self._size, self._last_sign_s = grown, now_s
        notice = None
        if self._why is Ending.ITSELF and (asked or now_s - self._last_sign_s > self.part.silence_s):
            self._why = notice = Ending.INTERRUPTED if asked else Ending.HUNG
            self._deadline_s = now_s + GRACE_S
            self.child.interrupt()
        if asked > 1 or now_s > self._deadline_s:
            self._killed = True
            self.child.kill()
        return notice

    def end(self) -> None:
        """See that neither it nor anything that it started still runs."""
        if self.child.wait(0) is None:
            self.child.kill()
        self._code = self.child.wait(0)
        if self._code is not None and self._code < 0 and not self._killed:
            self.child.sweep()

    @property
    def ended(self) -> End:
        """How it ended."""
        return End(self._code if self._code is not None else -9, self._why, self.child.printed())


def any_goes_on(watched: Sequence[Watched], *, timeout_s: float) -> bool:
    """Tell whether any of them still runs, having looked at each."""
    going = [each.goes_on(timeout_s / len(watched)) for each in watched]
    return any(going)
