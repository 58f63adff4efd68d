"""What arrived of one stream at one connection, in room that does not grow while nothing goes wrong.

Decides first, doubled or overtaken; knows neither what should have arrived nor when.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum


class Arrival(Enum):
    """How one message arrived; an overtaken one for the first time, behind one sent when it had been answered."""

    FIRST = "first"
    OVERTAKEN = "overtaken"
    DOUBLED = "doubled"


class Arrivals:
    """The sequence numbers that arrived, as spans of neighbours. `last` is the end of the last span, 0 before one.

    Whoever counts each message itself may do what `arrive` does first, for the one that is neither new nor early:
    set `last`, and `floor` if it rises.
    """

    __slots__ = ("_highs", "_lows", "floor", "last")

    def __init__(self) -> None:
        self.last = 0
        self.floor = 0
        # The last span has no high here: it is `last`.
        self._lows: list[int] = []
        self._highs: list[int] = []

    def arrive(self, seq: int, *, after: int = 0) -> Arrival:
        """Count message `seq`, sent when all up to `after` had been answered."""
        if seq > self.last:
            if not self._lows:
                self._lows.append(seq)
            elif seq > self.last + 1:
                self._highs.append(self.last)
                self._lows.append(seq)
            self.last = seq
        elif not self._fill(seq):
            return Arrival.DOUBLED
        kind = Arrival.OVERTAKEN if seq <= self.floor else Arrival.FIRST
        self.floor = max(self.floor, after)
        return kind

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """What arrived, as (first, last) pairs that rise and neither touch nor overlap."""
        return tuple(zip(self._lows, [*self._highs, self.last][: len(self._lows)], strict=True))

    def _fill(self, seq: int) -> bool:
        lows, highs = self._lows, self._highs
        place = bisect_right(lows, seq)
        if place and (place > len(highs) or seq <= highs[place - 1]):
            return False
        joins_left = place > 0 and highs[place - 1] == seq - 1
        joins_right = lows[place] == seq + 1
        if joins_left and joins_right:
            del highs[place - 1], lows[place]
        elif joins_left:
            highs[place - 1] = seq
        elif joins_right:
            lows[place] = seq
        else:
            lows.insert(place, seq)
            highs.insert(place, seq)
        return True
