"""What routes and handlers call: `broadcast`, `send_to_user`, and the ends of sessions.

Checks data against the channel's type and hands signals to the bus; who receives what is the hub's decision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from harness.reference.broker_signal import Broadcast, Private, SessionEnded, SessionRenewed, Signal, UserEnded
from harness.reference.bus import Bus, LocalBus, RedisBus
from harness.reference.channel import Channel
from harness.reference.database import Database
from harness.reference.hub import Hub, Session, SessionId, UserId
from harness.reference.settings import Settings

ReceiveT = TypeVar("ReceiveT")

_written = msgspec.json.Encoder().encode


class Realtime:
    """Publishing, from anywhere in the application, to every instance."""

    def __init__(
        self,
        hub: Hub,
        *,
        database: Database,
        settings: Settings,
        clock: Callable[[], float],
        redis_bus: type[RedisBus] = RedisBus,
    ) -> None:
        self._hub = hub
        self._database = database
        self._clock = clock
        self.bus: Bus = (
            LocalBus(self._deliver)
            if settings.redis_url is None
            else redis_bus(settings.redis_url, topic=settings.redis_topic, deliver=self._deliver, resync=self._resync)
        )

    def broadcast(self, channel: Channel[Any, ReceiveT], data: ReceiveT) -> Awaitable[None]:
        """Send to every open connection, guests too; use it for what anybody may know.

        A handler that does nothing afterwards may return what this returns, and costs no task.

        Raises: TypeError, when data is not what the channel carries.
        """
        channel.check(data)
        return self.bus.publish(Broadcast(channel.id, msgspec.Raw(_written(data))))

    def send_to_user(self, user_id: UserId, channel: Channel[Any, ReceiveT], data: ReceiveT) -> Awaitable[None]:
        """Send to every connection of one user, in every browser; a user who is not there gets nothing, ever.

        Raises: TypeError, when data is not what the channel carries or the id is not an int.
        """
        if type(user_id) is not int:
            raise TypeError(f"a user id is an int, not {type(user_id).__name__}")
        channel.check(data)
        return self.bus.publish(Private(user_id, channel.id, msgspec.Raw(_written(data))))

    async def end_session(self, session_id: SessionId) -> None:
        """Sign-out: forget the session, end private delivery on its sockets before anything else happens."""
        self._database.end_session(session_id)
        await self.bus.publish(SessionEnded(session_id))

    async def renew_session(self, old: SessionId, session: Session) -> None:
        """Rotation: the sockets of the session stay what they are, and end with it under its new name."""
        await self.bus.publish(SessionRenewed(old, session.id, session.user_id, session.expires_at_s))

    async def end_user(self, user_id: UserId) -> None:
        """Revocation: the same for every session of one user."""
        self._database.end_sessions_of(user_id)
        await self.bus.publish(UserEnded(user_id))

    async def delete_user(self, user_id: UserId) -> None:
        """Delete a user; their sockets end as with a revocation."""
        self._database.delete_user(user_id)
        await self.bus.publish(UserEnded(user_id))

    def _deliver(self, signal: Signal) -> None:
        signal.take_effect(self._hub, now_s=self._clock())

    def _resync(self) -> None:
        # Ends of sessions published while this instance was not subscribed are found in the database.
        for live in self._hub.live_sessions():
            if self._database.session(live) is None:
                self._hub.end_session(live)
