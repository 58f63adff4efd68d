"""Events of sessions that end or change without a sign-in or sign-out, and of who a connection says it is."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import ConnectionId, Event


class Revoking(Event, frozen=True, kw_only=True, tag="revoking"):
    """The server was asked to end all sessions of a user."""

    user: str


class Revoked(Event, frozen=True, kw_only=True, tag="revoked"):
    """It was answered; with `ok` false the sessions may be good or not."""

    user: str
    ok: bool = True


class SessionExpiring(Event, frozen=True, kw_only=True, tag="session_expiring"):
    """From here on this browser does nothing that a server could take for a reason to prolong its session."""

    browser: str


class SessionExpired(Event, frozen=True, kw_only=True, tag="session_expired"):
    """The session's whole time has passed since."""

    browser: str


class SessionRotating(Event, frozen=True, kw_only=True, tag="session_rotating"):
    """A renewal of this browser's session cookie was asked for."""

    browser: str


class SessionRotated(Event, frozen=True, kw_only=True, tag="session_rotated"):
    """It was answered; `ok` is a 2xx or 3xx status."""

    browser: str
    ok: bool = True


class WhoAsked(Event, frozen=True, kw_only=True, tag="who_asked"):
    """A connection asked the server whose it is."""

    connection: ConnectionId


class WhoAnswered(Event, frozen=True, kw_only=True, tag="who_answered"):
    """It was told the id of a user, as text, or None: nobody's."""

    connection: ConnectionId
    user_id: str | None


IdentityFact: TypeAlias = (
    Revoking | Revoked | SessionExpiring | SessionExpired | SessionRotating | SessionRotated | WhoAsked | WhoAnswered
)
