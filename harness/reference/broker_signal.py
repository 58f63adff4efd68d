"""What instances tell each other: five facts, and how they look on a broker. No I/O.

A message that cannot be read is nobody's: it is dropped, and never reaches a user.
"""

from __future__ import annotations

import msgspec

from harness.reference.channel import ChannelId
from harness.reference.hub import Hub, Session, SessionId, UserId


class Broadcast(msgspec.Struct, frozen=True, tag=True, gc=False, forbid_unknown_fields=True):
    """Everybody is to get this."""

    channel: ChannelId
    data: msgspec.Raw

    def take_effect(self, hub: Hub, *, now_s: float) -> None:  # as the others
        """Do it in one hub."""
        hub.broadcast(self.channel, self.data)


class Private(msgspec.Struct, frozen=True, tag=True, gc=False, forbid_unknown_fields=True):
    """One user is to get this."""

    user_id: int
    channel: ChannelId
    data: msgspec.Raw

    def take_effect(self, hub: Hub, *, now_s: float) -> None:
        """Do it in one hub."""
        hub.send_to_user(UserId(self.user_id), self.channel, self.data, now_s=now_s)


class SessionEnded(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Somebody signed out."""

    session_id: str

    def take_effect(self, hub: Hub, *, now_s: float) -> None:  # as the others
        """Do it in one hub."""
        hub.end_session(SessionId(self.session_id))


class SessionRenewed(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A session goes on under another name."""

    old_id: str
    new_id: str
    user_id: int
    expires_at_s: float

    def take_effect(self, hub: Hub, *, now_s: float) -> None:  # as the others
        """Do it in one hub."""
        session = Session(SessionId(self.new_id), UserId(self.user_id), self.expires_at_s)
        hub.renew_session(SessionId(self.old_id), session)


class UserEnded(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Somebody's every session is over."""

    user_id: int

    def take_effect(self, hub: Hub, *, now_s: float) -> None:  # as the others
        """Do it in one hub."""
        hub.end_user(UserId(self.user_id))


Signal = Broadcast | Private | SessionEnded | SessionRenewed | UserEnded


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signal on its way through the broker; `origin` and `number` let the sender know its own."""

    origin: str
    number: int
    signal: Signal


_read = msgspec.json.Decoder(Parcel).decode


def read_parcel(payload: bytes) -> Parcel | None:
    """Return what another instance sent, or None when it is anything else."""
    try:
        # From text: inside a Raw, bytes that are no UTF-8 would be found only when they are sent on.
        return _read(payload.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
