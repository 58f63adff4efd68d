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
    """The sequence numbers that arrived, as spans of neighbours."""

    __slots__ = ("_floor", "_highs", "_lows")

    def __init__(self) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []
        self._floor = 0

    def arrive(self, seq: int, *, after: int = 0) -> Arrival:
        """Count message `seq`, sent when all up to `after` had been answered."""
        highs = self._highs
        if highs and seq == highs[-1] + 1:
            highs[-1] = seq
        elif not highs or seq > highs[-1]:
            self._lows.append(seq)
            highs.append(seq)
        elif not self._fill(seq):
            return Arrival.DOUBLED
        kind = Arrival.OVERTAKEN if seq <= self._floor else Arrival.FIRST
        self._floor = max(self._floor, after)
        return kind

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """What arrived, as (first, last) pairs that rise and neither touch nor overlap."""
        return tuple(zip(self._lows, self._highs, strict=True))

    def _fill(self, seq: int) -> bool:
        place = bisect_right(self._lows, seq)
        if place and seq <= self._highs[place - 1]:
            return False
        joins_left = place > 0 and self._highs[place - 1] == seq - 1
        joins_right = self._lows[place] == seq + 1
        if joins_left and joins_right:
            self._highs[place - 1] = self._highs.pop(place)
            del self._lows[place]
        elif joins_left:
            self._highs[place - 1] = seq
        elif joins_right:
            self._lows[place] = seq
        else:
            self._lows.insert(place, seq)
            self._highs.insert(place, seq)
        return True
