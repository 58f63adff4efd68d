"""The account: the ledger held against each connection's record says what was expected, delivered and lost, exactly.

A message must reach a connection that was ready before it was published, and open until it arrived or its deadline
passed. A connection that opened or closed inside that window may have it or not: such pairs are counted apart. A user
who began to sign out is owed no more private messages, and a reader that stopped reading is owed nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.loading.evidence import EXAMPLES, Connection, message_name, whose
from harness.loading.ledger import Ledger, StreamLedger
from harness.loading.stamp import BROADCAST_STREAM

LONGEST_REQUEST_S = 60.0


@dataclass(slots=True)
class Account:
    """Pairs of a message and a connection. `lost` are those of `expected` that did not arrive.

    `kept_from_users` and `kept_from_guests` are pairs of a private message and an open connection that must not get it.
    """

    expected: int = 0
    lost: int = 0
    outside_window: int = 0
    broadcast_delivered: int = 0
    private_delivered: int = 0
    kept_from_users: int = 0
    kept_from_guests: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def delivered(self) -> int:
        """Those of `expected` that arrived."""
        return self.broadcast_delivered + self.private_delivered


def draw_up(ledger: Ledger, connections: Iterable[Connection], *, delivery_s: float) -> Account:
    """Return the account of a run as it stands; `delivery_s` is the promise after which a message counts as lost."""
    account = Account()
    streams = [_Stream(number, stream) for number, stream in enumerate(ledger.streams)]
    for connection in connections:
        if connection.slow:
            continue
        own = ledger.streams_of(connection.user)
        for stream in streams:
            if stream.number in own:
                stream.expect(account, connection, delivery_s=delivery_s)
            else:
                stream.keep_from(account, connection)
    return account


class _Stream:
    """One stream of the ledger, with what is asked of it for every connection worked out once."""

    def __init__(self, number: int, ledger: StreamLedger) -> None:
        self.number = number
        self._ledger = ledger
        self._accepted_before = ledger.accepted_before()

    def expect(self, account: Account, connection: Connection, *, delivery_s: float) -> None:
        first, end = self._owed(connection)
        account.outside_window += self._opened_inside(connection, first)
        delivered = lost = 0
        gap_start = first
        for low, last in connection.spans.get(self.number, ()):
            # A damaged message may name a number that never was.
            high = min(last, len(self._ledger.accepted))
            if high <= max(first, low - 1):
                continue
            low_index = max(low - 1, first)
            delivered += self._accepted_before[high] - self._accepted_before[low_index]
            lost += self._missing(account, connection, range(gap_start, min(low_index, end)), delivery_s=delivery_s)
            gap_start = high
        lost += self._missing(account, connection, range(gap_start, end), delivery_s=delivery_s)
        account.expected += delivered + lost
        account.lost += lost
        if self.number == BROADCAST_STREAM:
            account.broadcast_delivered += delivered
        else:
            account.private_delivered += delivered

    def keep_from(self, account: Account, connection: Connection) -> None:
        first, end = self._owed(connection)
        if connection.user:
            account.kept_from_users += end - first
        else:
            account.kept_from_guests += end - first

    def _owed(self, connection: Connection) -> tuple[int, int]:
        started_s = self._ledger.started_s
        first = bisect_left(started_s, connection.ready_s)
        return first, max(first, bisect_right(started_s, self._end_s(connection)))

    def _end_s(self, connection: Connection) -> float:
        closed_s = math.inf if connection.closed_s is None else connection.closed_s
        if self.number == BROADCAST_STREAM or connection.leaving_s is None:
            return closed_s
        return min(closed_s, connection.leaving_s)

    def _opened_inside(self, connection: Connection, first: int) -> int:
        # Every request has a timeout, so what began long before the connection was over by then.
        oldest = bisect_left(self._ledger.started_s, connection.opening_s - LONGEST_REQUEST_S)
        return sum(
            self._ledger.accepted[each] and self._ledger.finished_s[each] > connection.opening_s
            for each in range(oldest, first)
        )

    def _missing(self, account: Account, connection: Connection, indexes: range, *, delivery_s: float) -> int:
        lost = 0
        closed_s = self._end_s(connection)
        for index in indexes:
            if not self._ledger.accepted[index]:
                continue
            if self._ledger.finished_s[index] + delivery_s > closed_s:
                account.outside_window += 1
                continue
            lost += 1
            if len(account.examples) < EXAMPLES:
                what = message_name(self.number, index + 1)
                account.examples.append(f"{what} never reached {whose(connection.name, connection.user)}")
        return lost
