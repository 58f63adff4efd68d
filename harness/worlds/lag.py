"""How late our own machine is: time that is not the target's to answer for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from harness.history import Lag
from harness.worlds.world import Recorder

TICK_S = 0.05
WORTH_TELLING_S = 0.25
ASK_EVERY_S, USUAL_S = 0.25, 0.05
"""What answers at once on an idle machine is asked so often, and late only beyond so long."""
WORTH_TELLING_ASKED_S = 0.1


class LagMeter:
    """Adds up by how much our event loop woke up too late, and what else of the machine's is."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counted_s = 0.0
        self._asked_s: float | None = None
        self._came = anyio.Event()

    @property
    def total_s(self) -> float:
        """All of it so far, with that of an answer which is still awaited."""
        waiting_s = 0.0 if self._asked_s is None else self._recorder.now() - self._asked_s - USUAL_S
        return self._counted_s + max(0.0, waiting_s)

    async def caught_up(self) -> None:
        """Wait until no answer is overdue any more, so that what it was late is told."""
        if self._asked_s is not None and self._recorder.now() - self._asked_s > USUAL_S:
            await self._came.wait()

    async def run(self) -> None:
        """Measure until cancelled; a long stall is recorded."""
        while True:
            before_s = self._recorder.now()
            await anyio.sleep(TICK_S)
            late_s = self._recorder.now() - before_s - TICK_S
            if late_s > TICK_S / 5:
                self._counted_s += late_s
            if late_s > WORTH_TELLING_S:
                self._recorder.record(Lag(at_s=self._recorder.now(), lag_s=round(late_s, 3)))

    async def ask(self, question: Callable[[], Awaitable[object]]) -> None:
        """Measure until cancelled how late `question` is answered; by what our own loop was late is counted already."""
        while True:
            await anyio.sleep(ASK_EVERY_S)
            self._asked_s, counted_s = self._recorder.now(), self._counted_s
            self._came = anyio.Event()
            try:
                await question()
            except Exception:
                self._answered(counted_s)
                raise
            self._answered(counted_s)

    def _answered(self, counted_s: float) -> None:
        """Count and tell how late an answer was, beyond what was counted since it was asked for."""
        if self._asked_s is None:
            return
        late_s = self._recorder.now() - self._asked_s - USUAL_S - (self._counted_s - counted_s)
        self._asked_s = None
        if late_s > 0:
            self._counted_s += late_s
        if late_s > WORTH_TELLING_ASKED_S:
            self._recorder.record(Lag(at_s=self._recorder.now(), lag_s=round(late_s, 3)))
        self._came.set()
