"""How a worker itself is doing while it measures: how late its loop, how busy its process, how many connections."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

from harness.loading.histogram import Histogram
from harness.loading.tally import Tally

PROBE_S = 0.05
BUSY_WINDOW_S = 1.0


class Watch:
    """Probes of one event loop, which also have the tally count what it gathered. Idle time is not measured."""

    def __init__(self, tally: Tally, *, clock: Callable[[], float]) -> None:
        self.lag_ms = Histogram()
        self.busy_percent = Histogram()
        self.open_at: dict[int, int] = {}
        self._tally = tally
        self._clock = clock
        self._ended = False

    def end(self) -> None:
        """Stop soon."""
        self._ended = True

    async def keep(self, count_open: Callable[[], int]) -> None:
        """Probe until `end`."""
        window_s, cpu_s, seen = self._clock(), time.process_time(), 0
        while not self._ended:
            before_s = self._clock()
            await anyio.sleep(PROBE_S)
            now_s = self._clock()
            self._tally.fold(now_s=before_s)
            delivered = self._tally.delivered
            if delivered:
                self.lag_ms.record((now_s - before_s - PROBE_S) * 1000)
            if now_s - window_s >= BUSY_WINDOW_S:
                used_s = time.process_time() - cpu_s
                if delivered > seen:
                    self.busy_percent.record(100 * used_s / (now_s - window_s))
                window_s, cpu_s, seen = now_s, cpu_s + used_s, delivered
                self.open_at[int(now_s)] = count_open()
