"""A browser of the wire world: a cookie jar and the raw connections that were opened with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.history import ConnectionId
from harness.targets.control import Session
from harness.worlds.wire_connection import WireConnection

NO_CONNECTION = "it has no open connection"
"""The note of a step that needs one."""


@dataclass(slots=True)
class Peer:
    """One connection of a browser in this world."""

    id: ConnectionId
    connection: WireConnection | None = None
    tab: int = 1
    foreign: bool = False
    takes: Callable[[str], bool] | None = None
    """Handed each text first, while set; what it takes is not recorded."""
    unasked: int = 0
    unasked_bytes: int = 0
    """What it was sent that nobody here asked for."""

    @property
    def is_open(self) -> bool:
        """Whether its connection was made and neither side has ended it."""
        return self.connection is not None and self.connection.open


@dataclass(slots=True)
class WireBrowser:
    """A cookie jar and its connections, oldest first; a second tab is a client that does not share."""

    name: str
    session: Session
    user: str | None = None
    peers: list[Peer] = field(default_factory=list)
    count: int = 0
    old_cookie: str | None = None
    """The Cookie header that it had before its last sign-in or sign-out, if somebody was signed in."""
    homes: dict[int, int] = field(default_factory=dict)
    """The instance that each tab was opened on; the first where nothing is said."""
    away: dict[int, Session] = field(default_factory=dict)
    """The same cookies, for requests to other instances."""

    @property
    def open_peers(self) -> list[Peer]:
        return [peer for peer in self.peers if peer.connection is not None and peer.connection.open]

    def current(self, tab: int = 1) -> Peer | None:
        """The newest open connection of one tab that the target's own page opened."""
        return next((peer for peer in reversed(self.open_peers) if not peer.foreign and peer.tab == tab), None)

    @property
    def tabs(self) -> list[int]:
        """The tabs that have such a connection, in rising order."""
        return sorted({peer.tab for peer in self.open_peers if not peer.foreign})
