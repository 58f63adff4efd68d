"""How many users there are at each moment of a run, for shapes that are not a plain ramp. Pure."""

from __future__ import annotations

import math

from harness.loading.scenario import Shape

DAY = (0.1, 0.15, 0.4, 0.8, 1.0, 0.9, 0.7, 0.8, 1.0, 0.7, 0.4, 0.2)
"""Shares of all users over a day, two hours each: a morning that fills, lunch, an evening, the night."""


def users_at(elapsed_s: float, *, shape: Shape, users: int, duration_s: float, steps: int) -> int | None:
    """Return how many users there are to be after `elapsed_s`, or None when the run of `duration_s` is over."""
    if elapsed_s >= duration_s:
        return None
    share = elapsed_s / duration_s
    if shape == "day":
        return max(1, math.ceil(users * DAY[int(share * len(DAY))]))
    # The last step holds as long as each of the others.
    step = 1 + int(share * steps)
    return max(1, math.ceil(users * step / steps))
