"""What a restart of the target did to the connections: who was cut off, who came back, and how long that took.

Works on the records of connections; one that comes back has the name of the first with a number behind a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.loading.evidence import Connection
from harness.loading.histogram import Histogram

SLACK_S = 1.0
"""How long after the target answers again a connection may notice that it had been away."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The target was killed at `down_s` and answered again at `up_s`."""

    down_s: float
    up_s: float


@dataclass(slots=True)
class Returns:
    """`cut` connections ended with the target, `back` of those came again, `return_ms` after it answered again."""

    cut: int = 0
    back: int = 0
    return_ms: Histogram = field(default_factory=Histogram)

    @property
    def missing(self) -> int:
        """Those that did not come again."""
        return self.cut - self.back


def returns_after(outages: Sequence[Outage], connections: Iterable[Connection]) -> Returns:
    """Return who came back after the outages."""
    found = Returns()
    if not outages:
        return found
    lives: dict[str, list[Connection]] = {}
    for each in connections:
        lives.setdefault(each.name.partition(".")[0], []).append(each)
    for life in lives.values():
        for connection in life:
            outage = _outage_of(connection, outages)
            if outage is None:
                continue
            found.cut += 1
            again = [each.ready_s for each in life if each.ready_s >= (connection.closed_s or 0.0)]
            if again:
                found.back += 1
                found.return_ms.record(1000 * max(0.0, min(again) - outage.up_s))
    return found


def _outage_of(connection: Connection, outages: Sequence[Outage]) -> Outage | None:
    closed_s = connection.closed_s
    if closed_s is None or not connection.torn:
        return None
    return next((each for each in outages if each.down_s <= closed_s <= each.up_s + SLACK_S), None)
