"""Events of echoes that are counted, not recorded one by one."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class EchoedAgain(Event, frozen=True, kw_only=True, tag="echoed_again"):
    """The same text was sent `times` times at once, with another text each time that was tried.

    `answered` is how many right replies came to each; `ended`: the connection ended meanwhile.
    """

    connection: ConnectionId
    times: int
    answered: tuple[int, ...]
    ended: bool = False


class HeardAgain(Event, frozen=True, kw_only=True, tag="heard_again"):
    """The same text was broadcast `times` times one after the other, with another text each time that was tried.

    `came` is how often each was heard on this connection; `ended`: the connection ended meanwhile.
    """

    connection: ConnectionId
    times: int
    came: tuple[int, ...]
    ended: bool = False


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
