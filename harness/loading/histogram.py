"""A log-linear histogram: any positive range, merged without loss, percentiles less than 3.2 % too high, never too low.

Knows no unit; whoever records decides it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import frexp

import msgspec

CLASSES_PER_OCTAVE = 32
"""Each doubling is cut into 32 equal classes, so a class is at most 1/32 (3.125 %) of its values wide."""

SMALLEST = 2.0**-10
"""What is smaller is recorded as this: about a microsecond where values are milliseconds."""


class Histogram(msgspec.Struct, kw_only=True):
    """Counts per class, and the exact sum, least and greatest of what was recorded. This is also its wire form."""

    counts: dict[int, int] = {}
    count: int = 0
    total: float = 0.0
    least: float = math.inf
    greatest: float = 0.0

    def record(self, value: float) -> None:
        """Count one value."""
        value = max(value, SMALLEST)
        number = class_of(value)
        self.counts[number] = self.counts.get(number, 0) + 1
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.greatest = max(self.greatest, value)

    def record_all(self, values: Sequence[float]) -> None:
        """Count many values, at a fraction of what `record` costs each."""
        if not values:
            return
        least = min(values)
        if least < SMALLEST:
            values, least = [max(value, SMALLEST) for value in values], SMALLEST
        doubled = 2 * CLASSES_PER_OCTAVE
        numbers = [
            (exponent - 1) * CLASSES_PER_OCTAVE + int(mantissa * doubled) for mantissa, exponent in map(frexp, values)
        ]
        counts = self.counts
        for number, times in Counter(numbers).items():
            counts[number] = counts.get(number, 0) + times
        self.count += len(values)
        self.total += sum(values)
        self.least = min(self.least, least)
        greatest = max(values)
        self.greatest = max(self.greatest, greatest)

    def add(self, other: Histogram) -> None:
        """Count everything that `other` counted."""
        for number, times in other.counts.items():
            self.counts[number] = self.counts.get(number, 0) + times
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)

    def percentile(self, share: float) -> float:
        """Return the value that `share` percent of the recorded values do not exceed; 0 when there is none."""
        if not self.count:
            return 0.0
        rank = max(1, math.ceil(self.count * share / 100))
        seen = 0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if seen >= rank:
                return min(upper_bound(number), self.greatest)
        return self.greatest  # a snapshot taken while another thread records may count one value less

    def bounds(self) -> tuple[tuple[float, int], ...]:
        """Return (upper bound, count) of each class that holds something, rising."""
        return tuple((upper_bound(number), self.counts[number]) for number in sorted(self.counts))

    def snapshot(self) -> Histogram:
        """Return a copy; safe while another thread records, give or take the values of this instant."""
        return msgspec.structs.replace(self, counts=dict(self.counts))


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return one histogram of all that `histograms` counted."""
    whole = Histogram()
    for each in histograms:
        whole.add(each)
    return whole


def class_of(value: float) -> int:
    """Return the number of the class that a positive `value` falls into."""
    mantissa, exponent = math.frexp(value)
    return exponent * CLASSES_PER_OCTAVE + int((mantissa - 0.5) * 2 * CLASSES_PER_OCTAVE)


def upper_bound(number: int) -> float:
    """Return the value that everything in class `number` is below."""
    exponent, part = divmod(number + 1, CLASSES_PER_OCTAVE)
    return math.ldexp(0.5 + part / (2 * CLASSES_PER_OCTAVE), exponent)


def difference(counts: Mapping[int, int], *, since: Mapping[int, int]) -> dict[int, int]:
    """Return per class how many values were recorded after the counts `since` were taken."""
    return {number: many - since.get(number, 0) for number, many in counts.items() if many != since.get(number, 0)}
