"""What all events have, and the names of observers."""

from __future__ import annotations

from typing import NewType

import msgspec

ConnectionId = NewType("ConnectionId", str)
ObserverId = NewType("ObserverId", str)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all events have: when they were seen, in seconds since the history began."""

    at_s: float
