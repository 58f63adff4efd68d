"""What was published, when, and with which answer: the side of the account that says what must arrive.

One ledger a run, kept where the publisher is; the clock is handed in with each entry.
"""

from __future__ import annotations

import math
from itertools import accumulate

from harness.loading.histogram import Histogram


class StreamLedger:
    """One stream: message `seq` is at index `seq - 1`. It is started in the order of its numbers."""

    def __init__(self) -> None:
        self.started_s: list[float] = []
        self.finished_s: list[float] = []
        self.accepted: list[bool] = []
        self._answered = 0

    def start(self, at_s: float) -> tuple[int, int]:
        """Enter a message; return its number, and the number up to which all had been answered by now."""
        self.started_s.append(at_s)
        self.finished_s.append(math.inf)
        self.accepted.append(False)
        return len(self.started_s), self._answered

    def finish(self, seq: int, *, at_s: float, accepted: bool) -> None:
        """Enter the answer. A message without one stays open: it may yet arrive, and nothing is known of its order."""
        self.finished_s[seq - 1] = at_s
        self.accepted[seq - 1] = accepted
        while self._answered < len(self.finished_s) and self.finished_s[self._answered] < math.inf:
            self._answered += 1

    def give_up_answers(self) -> None:
        """Wait for no answer any more: whoever was to give it is gone, and what it may yet have sent is in no order."""
        self._answered = len(self.finished_s)

    def accepted_before(self) -> list[int]:
        """Return, per index, how many messages before it were accepted; one item more than there are messages."""
        return list(accumulate(self.accepted, initial=0))


class Ledger:
    """All streams of a run, and how late the publisher was.

    `queued_ms` is how long a message that was due waited for the target to answer earlier ones.
    """

    def __init__(self, users: tuple[str, ...]) -> None:
        self.users = users
        self.streams = tuple(StreamLedger() for _ in range(len(users) + 1))
        self.lateness_ms = Histogram()
        self.lateness_at: dict[int, Histogram] = {}
        self.queued_ms = Histogram()
        self.answer_ms = Histogram()

    def late(self, seconds: float, *, at_s: float) -> None:
        """Enter how long after it was due a message was started."""
        self.lateness_ms.record(seconds * 1000)
        self.lateness_at.setdefault(int(at_s), Histogram()).record(seconds * 1000)

    def streams_of(self, user: str) -> tuple[int, ...]:
        """Return the streams that a connection of `user` (empty: a guest) gets: broadcasts, and the user's own."""
        return (0, self.users.index(user) + 1) if user else (0,)

    @property
    def published(self) -> int:
        """How many messages were accepted."""
        return sum(sum(stream.accepted) for stream in self.streams)

    @property
    def refused(self) -> int:
        """How many were answered with a refusal."""
        return sum(
            not accepted and finished < math.inf
            for stream in self.streams
            for accepted, finished in zip(stream.accepted, stream.finished_s, strict=True)
        )

    @property
    def unanswered(self) -> int:
        """How many got no answer at all, by now."""
        return sum(stream.finished_s.count(math.inf) for stream in self.streams)
