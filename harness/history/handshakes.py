"""Events of handshakes that are not a browser's own: knocks and how they ended, claimed origins and cookies."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class Knocking(Event, frozen=True, kw_only=True, tag="knocking"):
    """A handshake of `wire.knocks` is being sent with the cookies of this browser."""

    browser: str
    knock: str


class Knocked(Event, frozen=True, kw_only=True, tag="knocked"):
    """How it ended.

    `outcome` is "upgraded", "answered" (`status`), "closed", "silent" (for all of `waited_s`) or "unreachable".
    `accept`, `protocol`, `extensions` and `versions` are headers of the answer; `key`, `offered` and
    `extensions_offered` are what was sent. `limit_s` is until when an unfinished one is to be dropped. `afterwards` is
    the outcome of a right handshake just after it; empty where none was tried.
    """

    browser: str
    knock: str
    outcome: str
    waited_s: float
    status: int = 0
    key: str = ""
    accept: str = ""
    offered: str = ""
    protocol: str = ""
    extensions_offered: str = ""
    extensions: str = ""
    versions: str = ""
    limit_s: float = 0.0
    afterwards: str = ""


class OriginClaimed(Event, frozen=True, kw_only=True, tag="origin_claimed"):
    """This connection is being opened from an origin that looks like the target's own, under its name in the table."""

    connection: ConnectionId
    look_alike: str
    origins: tuple[str, ...]


class CookieClaimed(Event, frozen=True, kw_only=True, tag="cookie_claimed"):
    """This connection was opened with cookies that are not its browser's.

    It may be any one of the users `may_be`, or a guest's. `left_out` is the cookie that was left out of those of `of`.
    `answered`: the handshake was, in time; `status` is that of a refusal. `afterwards` is the outcome of a right
    handshake after it, where there was a reason to try one.
    """

    connection: ConnectionId
    of: str
    forgery: str
    may_be: tuple[str, ...] = ()
    left_out: str = ""
    answered: bool = True
    status: int = 0
    afterwards: str = ""


class CookieSeen(Event, frozen=True, kw_only=True, tag="cookie_seen"):
    """How the target set a cookie of this browser: the attributes that matter, never its value."""

    browser: str
    cookie: str
    http_only: bool
    same_site: str
    secure: bool
    tls: bool


HandshakeEvent: TypeAlias = Knocking | Knocked | OriginClaimed | CookieClaimed | CookieSeen
