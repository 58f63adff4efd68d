"""Events of messages: asked for, sent, carried, handed over."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event
from harness.wire.template import Json
from harness.wire.token import Token


class PublishStarted(Event, frozen=True, kw_only=True, tag="publish_started"):
    """The server was asked to publish.

    `kind` is "broadcast" or "private"; `to_user` is None when no user has `to_id`. `may_be` is whose id such a one may
    rightly be read as.
    """

    token: Token
    kind: str
    channel: str
    expected: Json
    to_user: str | None = None
    to_id: str | None = None
    may_be: str | None = None
    by: str | None = None
    instance: int = 1


class PublishFinished(Event, frozen=True, kw_only=True, tag="publish_finished"):
    """The server answered; `accepted` is a 2xx or 3xx status."""

    token: Token
    accepted: bool
    status: int = 0


class Sent(Event, frozen=True, kw_only=True, tag="sent"):
    """An observer sent a message. `kind` is "echo" (one reply is owed) or "stray" (nobody handles the channel)."""

    token: Token
    sender: str
    channel: str
    kind: str
    expected: Json = None


class Received(Event, frozen=True, kw_only=True, tag="received"):
    """A connection or a tab was handed a message; `raw` may be cut, `tokens` are those of the whole text.

    `shown`: `data` is the text that a page shows of it, and its channel is not known.
    """

    observer: str
    channel: str
    data: Json
    tokens: tuple[Token, ...] = ()
    shown: bool = False


class Malformed(Event, frozen=True, kw_only=True, tag="malformed"):
    """A connection was sent something that is not an envelope; `raw` is its beginning."""

    observer: str
    raw: str
    why: str
    tokens: tuple[Token, ...] = ()


class Uplink(Event, frozen=True, kw_only=True, tag="uplink"):
    """The proxy saw a browser's connection send these tokens to the server."""

    connection: ConnectionId
    tokens: tuple[Token, ...]


MessageEvent: TypeAlias = PublishStarted | PublishFinished | Sent | Received | Malformed | Uplink
