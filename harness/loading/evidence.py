"""What a worker tells about a run, as data that travels: counters, histograms, and a record of each connection.

Everything is cumulative, so the last report of a worker says all and reports may be lost or repeated.
"""

from __future__ import annotations

import msgspec

from harness.loading.histogram import Histogram

EXAMPLES = 4
"""Descriptions kept of each kind; a million of the same teach no more."""

SORTS = ("leak", "loss", "duplicate", "order", "corrupt", "echo", "protocol")
"""What there are examples of, the worst first."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One connection that was ready: whose it was, when, and what arrived. `user` is empty for a guest.

    Times are of the leader's monotonic clock. `spans` maps a stream to (first, last) pairs of what arrived of it.
    `leaving_s` is when its user began to sign out: from then on it is owed no private message. `torn`: the target ended
    it. `slow`: it stopped reading, so it is owed nothing.
    """

    name: str
    user: str
    opening_s: float
    ready_s: float
    closed_s: float | None
    spans: dict[int, tuple[tuple[int, int], ...]]
    leaving_s: float | None = None
    torn: bool = False
    slow: bool = False


class Counters(msgspec.Struct, kw_only=True):
    """What one worker counted. `leaked` went to another user, `leaked_to_guest` to nobody's connection, and
    `leaked_to_former` to whoever had signed out longer ago than the target promises to need.

    The answer to an echo went `astray` when it came to a connection that did not ask, or came again. An echo is
    `unanswered` when its deadline passed. `retried` are attempts to connect while the target was being restarted,
    `slow` are readers that stopped reading and `slow_ended` those of them that the target ended. A `broken` connection
    is one on which the target broke the protocol.
    """

    ready: int = 0
    duplicate: int = 0
    reordered: int = 0
    leaked: int = 0
    leaked_to_guest: int = 0
    leaked_to_former: int = 0
    corrupt: int = 0
    refused: int = 0
    disconnected: int = 0
    echoed: int = 0
    astray: int = 0
    unanswered: int = 0
    signed_in: int = 0
    signed_out: int = 0
    retried: int = 0
    slow: int = 0
    slow_ended: int = 0
    broken: int = 0

    def add(self, other: Counters) -> None:
        """Count everything that `other` counted."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's report. `latency_ms` is per kind of message, `timeline_ms` per second of the monotonic clock.

    `lag_ms` is how late the worker's own event loop was, `busy_percent` of a core its process used in each second with
    deliveries, `open_at` how many connections were open at each second, `waiting` how many echoes have no answer yet.
    `connections` is left out of the reports that only show progress (`whole` is False). `clock_bound_ms` is how far off
    its clock may be from the leader's, 0 on the same machine.
    """

    worker: str
    whole: bool
    counters: Counters
    latency_ms: dict[str, Histogram]
    timeline_ms: dict[int, Histogram]
    lag_ms: Histogram
    busy_percent: Histogram
    open_at: dict[int, int] = {}
    waiting: int = 0
    clock_bound_ms: float = 0.0
    connections: tuple[Connection, ...] = ()
    examples: dict[str, tuple[str, ...]] = {}


def message_name(stream: int, seq: int) -> str:
    """Return how a message is called in an example."""
    return f"private message {seq} of stream {stream}" if stream else f"broadcast {seq}"


def whose(name: str, user: str) -> str:
    """Return how a connection is called in an example."""
    return f"the connection {name} of {user or 'a guest'}"
