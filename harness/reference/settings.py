"""What a reference server is told from outside: where data lives, how long sessions last, its limits.

Knows nothing of what the values are used for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SESSION_TTL_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may cost the server before it is closed.

    The defaults are generous: they stop a runaway client, not a busy one.
    """

    max_message_bytes: int = 1_048_576
    """A longer incoming message closes with 1009, also when it is built from fragments."""
    outbox_bytes: int = 4 * 1_048_576
    outbox_frames: int = 20_000
    """What may wait for a slow reader; one more and the connection closes with 4408."""
    burst_messages: int = 500
    messages_per_s: float = 250.0
    """Token bucket for incoming messages; an empty bucket closes with 4429."""
    session_connections: int = 32
    """What one session may have open; one more closes the oldest with 4430."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `create_app` needs to know."""

    database: str = ":memory:"
    """Path of the SQLite file; the default lives and dies with the process."""
    redis_url: str | None = None
    """Set: broadcast, send_to_user and revocation travel between instances. Unset: this process only."""
    redis_topic: str = "onesocket"
    """Two systems on one Redis never hear each other when their topics differ."""
    session_ttl_s: float = SESSION_TTL_S
    allowed_origins: frozenset[str] = frozenset()
    """Origins accepted beside the server's own, spelled exactly as a browser sends them."""
    secure_cookie: bool = False
    """Set it when the site is served over TLS, also when a proxy in front ends the TLS."""
    deflate: bool = False
    """Whether messages are compressed for clients that ask for it: less traffic, more memory for each connection."""
    close_timeout_s: float = 1.0
    """How long a closing connection may take to drain before it is cut."""
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 20.0
    """A peer that says nothing is asked after `ping_interval_s`, and let go when it has not answered in time."""
    limits: Limits = field(default_factory=Limits)
