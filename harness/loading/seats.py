"""Whose connections a worker opens: guests and the target's users take turns, none with more than the target allows.

A target that promises to let a user have so many connections closes those beyond: a load with more would be one of its
limit, not of its visitors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

GUEST = ""
LEFT_FREE = 0.25
"""The part of what a user may have that stays free: whoever leaves may still be counted when the next one comes."""


def seats_of(max_connections: int | None, *, workers: int) -> int | None:
    """Return how many connections of one user each of so many workers may hold; None when there is no limit."""
    if max_connections is None:
        return None
    return max(0, int(max_connections * (1 - LEFT_FREE)) // max(1, workers))


class Seats:
    """Who is next. `limit` is for each user; guests have none."""

    def __init__(self, users: Sequence[str], *, limit: int | None = None, first: int = 0) -> None:
        self._everybody = (GUEST, *users)
        self._limit = limit
        self._turn = count(first)
        self._taken: Counter[str] = Counter()

    def take(self) -> str:
        """Return whose the next connection is: a guest's (empty) where its turn's user has all that are allowed."""
        user = self._everybody[next(self._turn) % len(self._everybody)]
        if user and self._limit is not None and self._taken[user] >= self._limit:
            return GUEST
        self._taken[user] += 1
        return user

    def take_user(self) -> str:
        """Return a user who may have one more connection; a guest where all have what they may."""
        for _ in self._everybody:
            if user := self.take():
                return user
        return GUEST

    def give_back(self, user: str) -> None:
        """Let somebody else have that connection."""
        self._taken[user] -= 1
