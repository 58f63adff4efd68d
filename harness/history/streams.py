"""Events of echoes that are counted, not recorded one by one."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class Again(Event, frozen=True, kw_only=True):
    """The same text was said `times` times, with another text each time that was tried.

    `came` is how many right messages a connection got of each; `ended`: it ended meanwhile.
    """

    connection: ConnectionId
    times: int
    came: tuple[int, ...]
    ended: bool = False


class EchoedAgain(Again, frozen=True, kw_only=True, tag="echoed_again"):
    """To the echo, by this connection, all at once: what came are the replies."""


class HeardAgain(Again, frozen=True, kw_only=True, tag="heard_again"):
    """In broadcasts, one after the other."""


class TalkedLong(Event, frozen=True, kw_only=True, tag="talked_long"):
    """A connection sent `sent` echoes within what may be sent, of which `answered` were.

    `per_s` is how many it sent a second at the most, `promised` whether so many are promised to be let through. Where
    an answer was missing it was asked again and again for `waited_s`; `silent`: it never answered any more.
    """

    connection: ConnectionId
    sent: int
    answered: int
    per_s: int
    promised: bool
    ended: bool = False
    silent: bool = False
    waited_s: float = 0.0


StreamEvent: TypeAlias = EchoedAgain | HeardAgain | TalkedLong
