"""Servers that are wrong in one thing: each hub takes one decision of the reference's hub another way.

Intermittent faults count instead of drawing, so that each run shows the same ones.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's loop is the one there is; a late frame needs a timer on it
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable

from harness.reference.channel import ChannelId
from harness.reference.hub import Connection, Envelope, Frame, Hub, Session, SessionId, UserId
from harness.reference.origin import Handshake
from harness.reference.settings import Settings

LARGE_BYTES = 16 * 1024
MOST_MESSAGES = 300
BOOKED_AFTER_S = 0.5
SLOW = "onesocket_chat_slow"


class LeaksToGuests(Hub):
    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return [each for each in self.connections.values() if each.user_id in {user_id, None}]


class LeaksToNextUser(Hub):
    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return [each for each in self.connections.values() if each.user_id in {user_id, UserId(2)}]


class ComparesIdsByPrefix(Hub):
    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return [
            each
            for each in self.connections.values()
            if each.user_id is not None and str(user_id).startswith(str(each.user_id))
        ]


class FirstBrowserOnly(Hub):
    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return list(super().connections_of(user_id))[:1]


class NeverBroadcastsToGuests(Hub):
    def everyone(self) -> Iterable[Connection]:
        return [each for each in super().everyone() if each.user_id is not None]


class RepliesToEverybody(Hub):
    def reply(self, connection: Connection, channel: ChannelId, data: object) -> None:
        for each in self.everyone():
            super().reply(each, channel, data)


class CrossesReplies(Hub):
    """Every tenth reply goes to another connection that sent something just before."""

    def __init__(self) -> None:
        super().__init__()
        self._senders: deque[Connection] = deque(maxlen=3)
        self._replies = 0

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        self._senders.append(connection)
        return super().receive(connection, message, now_s=now_s)

    def reply(self, connection: Connection, channel: ChannelId, data: object) -> None:
        self._replies += 1
        others = [each for each in self._senders if each is not connection and each.id in self.connections]
        super().reply(others[0] if others and self._replies % 10 == 0 else connection, channel, data)


class DoublesBroadcasts(Hub):
    count = 0

    def broadcast(self, channel: ChannelId, data: object) -> None:
        self.count += 1
        super().broadcast(channel, data)
        if self.count % 7 == 0:
            super().broadcast(channel, data)


class FailsBroadcasts(Hub):
    """One in four broadcasts fails before it is sent, and the request that asked for it with it."""

    count = 0

    def broadcast(self, channel: ChannelId, data: object) -> None:
        self.count += 1
        if self.count % 4 == 0:
            raise RuntimeError("a broadcast failed")
        super().broadcast(channel, data)


class LosesBroadcasts(Hub):
    count = 0

    def deliver(self, connection: Connection, frame: Frame) -> None:
        self.count += not frame.private
        if frame.private or self.count % 11:
            super().deliver(connection, frame)


class ReordersBroadcasts(Hub):
    count = 0

    def broadcast(self, channel: ChannelId, data: object) -> None:
        self.count += 1
        late: Callable[[], None] = lambda: super(ReordersBroadcasts, self).broadcast(channel, data)  # noqa: E731 # named for its type
        if self.count % 4 == 0:
            asyncio.get_running_loop().call_later(0.03, late)
        else:
            late()


class IgnoresSignOut(Hub):
    def end_session(self, session_id: SessionId) -> None:
        """Live sockets keep the identity that they were opened with."""


class EndsTheNewestSocketOnly(Hub):
    """A map from session to its one connection, in which the last one to open has replaced the others."""

    def end_session(self, session_id: SessionId) -> None:
        mine = [each for each in self.connections.values() if each.session and each.session.id == session_id]
        for connection in mine[-1:]:
            self.end_identity(connection)


class LosesTheEndOfTheFanOut(Hub):
    def everyone(self) -> Iterable[Connection]:
        return list(super().everyone())[:16]


class LeavesOutTheNew(Hub):
    """Who has just connected is in the books for broadcasts a little later."""

    def __init__(self) -> None:
        super().__init__()
        self._since_s: dict[int, float] = {}

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        self._since_s[connection.id] = time.monotonic()
        return connection

    def everyone(self) -> Iterable[Connection]:
        known_s = time.monotonic() - BOOKED_AFTER_S
        return [each for each in super().everyone() if self._since_s[each.id] < known_s]


class LeavesOutTheBusy(Hub):
    """Who waits for a handler that takes its time gets no broadcast meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._waits_for: Counter[int] = Counter()

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        envelope = super().receive(connection, message, now_s=now_s)
        self._waits_for[connection.id] += envelope is not None and envelope.id == SLOW
        return envelope

    def reply(self, connection: Connection, channel: ChannelId, data: object) -> None:
        self._waits_for[connection.id] -= channel == SLOW
        super().reply(connection, channel, data)

    def everyone(self) -> Iterable[Connection]:
        return [each for each in super().everyone() if self._waits_for[each.id] <= 0]


class ReusesSlots(Hub):
    """A connection that opens right after its browser's guest left takes the guest's place, and its identity."""

    guest_left_s = 0.0

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        signed_in_s = session.expires_at_s - Settings().session_ttl_s if session else 0.0
        took_its_place = session is not None and signed_in_s < self.guest_left_s
        self.guest_left_s = 0.0
        return super().connect(None if took_its_place else session, wake=wake)

    def disconnect(self, connection: Connection) -> None:
        if connection.id in self.connections and connection.user_id is None and connection.closing is None:
            self.guest_left_s = time.time()
        super().disconnect(connection)


class AcceptsForeignOrigin(Hub):
    def admits(self, handshake: Handshake) -> bool:
        return True


class FoldsChannelCase(Hub):
    def parse(self, message: str | bytes) -> Envelope | None:
        envelope = super().parse(message)
        return envelope and Envelope(envelope.id.lower().strip(), envelope.data)


class MixesUpChannels(Hub):
    count = 0

    def broadcast(self, channel: ChannelId, data: object) -> None:
        self.count += 1
        super().broadcast(ChannelId("onesocket_chat_echo") if self.count % 5 == 0 else channel, data)


class GreetsInItsOwnWay(Hub):
    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        connection.outbox.append(Frame(b'{"hello": "there"}', private=False))
        return connection


class StripsText(Hub):
    def encode(self, channel: ChannelId, data: object, *, private: bool) -> Frame:
        frame = super().encode(channel, data, private=private)
        return Frame(frame.body.replace(b'  "', b'"'), frame.private)


class SendsLargeMessagesByAWorker(Hub):
    """What is large is compressed first, elsewhere, and goes out when that is done."""

    def deliver(self, connection: Connection, frame: Frame) -> None:
        send: Callable[[], None] = lambda: super(SendsLargeMessagesByAWorker, self).deliver(connection, frame)  # noqa: E731 # named for its type
        if len(frame.body) > LARGE_BYTES:
            asyncio.get_running_loop().call_later(0.03, send)
        else:
            send()


class AnswersTheSameTextOnce(Hub):
    """A message that equals the one before is taken for a retry."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[int, str | bytes] = {}

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        same, self._last[connection.id] = self._last.get(connection.id) == message, message
        return None if same else super().receive(connection, message, now_s=now_s)


class BroadcastsTheSameTextOnce(Hub):
    """A broadcast that equals the one before is taken for a retry."""

    last = b""

    def broadcast(self, channel: ChannelId, data: object) -> None:
        said = self.encode(channel, data, private=False).body
        same, self.last = self.last == said, said
        if not same:
            super().broadcast(channel, data)


class _CountsMessages(Hub):
    """Something in a connection is used up by each message."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: Counter[int] = Counter()

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        self._heard[connection.id] += 1
        if self._heard[connection.id] > MOST_MESSAGES:
            self.used_up(connection)
            return None
        return super().receive(connection, message, now_s=now_s)

    def used_up(self, connection: Connection) -> None:
        """Do nothing any more."""


class StopsAnsweringAfterMany(_CountsMessages):
    """Its queue of replies has a place for each, and none is given back."""


class ClosesAfterMany(_CountsMessages):
    def used_up(self, connection: Connection) -> None:
        self.close(connection, 1011)
