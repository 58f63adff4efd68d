"""The leader's clock, as a worker on another machine reads it: an offset from its own, and how far off that may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offset:
    """What to add to a worker's clock, in seconds; it may be wrong by `bound_s`, half of the quickest round trip."""

    offset_s: float = 0.0
    bound_s: float = 0.0


SAME_CLOCK = Offset()


def offset_of(exchanges: list[tuple[float, float, float]]) -> Offset:
    """Return the offset from (asked, answered there, answer came) in seconds; the quickest round trip knows best.

    A host has one clock for all its processes: an offset within its own bound is none.
    """
    if not exchanges:
        return SAME_CLOCK
    asked_s, there_s, came_s = min(exchanges, key=lambda each: each[2] - each[0])
    bound_s = (came_s - asked_s) / 2
    offset_s = there_s - (asked_s + came_s) / 2
    return SAME_CLOCK if abs(offset_s) <= bound_s else Offset(offset_s, bound_s)
