"""How late our own machine is: time that is not the target's to answer for."""

from __future__ import annotations

import anyio

from harness.history import Lag
from harness.worlds.world import Recorder

TICK_S = 0.05
WORTH_TELLING_S = 0.25


class LagMeter:
    """Adds up by how much our event loop woke up too late. `total_s` only grows."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.total_s = 0.0

    async def run(self) -> None:
        """Measure until cancelled; a long stall is recorded."""
        while True:
            before_s = self._recorder.now()
            await anyio.sleep(TICK_S)
            late_s = self._recorder.now() - before_s - TICK_S
            if late_s > TICK_S / 5:
                self.total_s += late_s
            if late_s > WORTH_TELLING_S:
                self._recorder.record(Lag(at_s=self._recorder.now(), lag_s=round(late_s, 3)))
