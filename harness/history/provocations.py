"""Events of clients that send what no right client sends, and of what was seen besides."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event
from harness.wire.template import Json
from harness.wire.token import Token


class Provoked(Event, frozen=True, kw_only=True, tag="provoked"):
    """A connection sent something odd.

    `sort` is "malformed", "hostile", "unknown channel", "throwing", "claim", "forged broadcast", "forged private" or
    "forged reply"; `name` says which of its sort. `addressed`: it may be taken for a message on the echo's channel.
    `channel` and `data` are those of a forged message. `raw` is its beginning.
    """

    sender: ConnectionId
    sort: str
    name: str
    raw: str
    tokens: tuple[Token, ...] = ()
    addressed: bool = True
    channel: str = ""
    data: Json = None


class Reviving(Event, frozen=True, kw_only=True, tag="reviving"):
    """The target no longer served somebody after it was provoked; from here on it is only mended."""


class IdentityClaimed(Event, frozen=True, kw_only=True, tag="identity_claimed"):
    """A connection says, by other means than a sign-in, that it is `user`: by its "query", "headers", "cookies" or in
    "messages".
    """

    connection: ConnectionId
    user: str
    how: str


class BareSent(Event, frozen=True, kw_only=True, tag="bare_sent"):
    """A text without a token was sent: to the echo by `sender`, or published by request.

    `kind` is "echo", "broadcast" or "private". `template` is the data that a client is handed, with {text} in it.
    """

    sender: str
    kind: str
    channel: str
    text: str
    template: Json
    to_user: str | None = None


class BareAnswered(Event, frozen=True, kw_only=True, tag="bare_answered"):
    """The request to publish the last such text was answered; `accepted` is a 2xx or 3xx status."""

    accepted: bool


class SecretShown(Event, frozen=True, kw_only=True, tag="secret_shown"):
    """What an observer was just sent holds the value of a cookie, which the server gave to `browser` as `name`."""

    observer: str
    browser: str
    name: str


ProvocationEvent: TypeAlias = Provoked | Reviving | IdentityClaimed | BareSent | BareAnswered | SecretShown
