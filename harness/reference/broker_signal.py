"""What instances tell each other: five facts, and how they look on a broker. No I/O.

A message that cannot be read is nobody's: it is dropped, and never reaches a user.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from harness.reference.channel import ChannelId
from harness.reference.hub import Hub, Session, SessionId, UserId


class Broadcast(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Everybody is to get this."""

    channel: ChannelId
    data: msgspec.Raw


class Private(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """One user is to get this."""

    user_id: int
    channel: ChannelId
    data: msgspec.Raw


class SessionEnded(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Somebody signed out."""

    session_id: str


class SessionRenewed(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A session goes on under another name."""

    old_id: str
    new_id: str
    user_id: int
    expires_at_s: float


class UserEnded(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Somebody's every session is over."""

    user_id: int


Signal = Broadcast | Private | SessionEnded | SessionRenewed | UserEnded


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signal on its way through the broker; `origin` and `number` let the sender know its own."""

    origin: str
    number: int
    signal: Signal


def apply(signal: Signal, hub: Hub, *, now_s: float) -> None:
    """Let one hub do what a signal says."""
    match signal:
        case Broadcast(channel, data):
            hub.broadcast(channel, data)
        case Private(user_id, channel, data):
            hub.send_to_user(UserId(user_id), channel, data, now_s=now_s)
        case SessionEnded(session_id):
            hub.end_session(SessionId(session_id))
        case SessionRenewed(old_id, new_id, user_id, expires_at_s):
            session = Session(SessionId(new_id), UserId(user_id), expires_at_s)
            hub.renew_session(SessionId(old_id), session)
        case UserEnded(user_id):
            hub.end_user(UserId(user_id))
        case _:
            assert_never(signal)


def read_parcel(payload: bytes) -> Parcel | None:
    """Return what another instance sent, or None when it is anything else."""
    try:
        # From text: inside a Raw, bytes that are no UTF-8 would be found only when they are sent on.
        return msgspec.json.decode(payload.decode(), type=Parcel)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
