"""Hubs that are wrong about who a connection is in the course of time."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's loop is the one there is; what happens late needs a timer on it
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from harness.reference.channel import ChannelId
from harness.reference.hub import Connection, ConnectionId, Envelope, Frame, Hub, Session, SessionId, UserId
from harness.reference.origin import Handshake


class QueuesForTheAbsent(Hub):
    def __init__(self) -> None:
        super().__init__()
        self._kept: defaultdict[UserId, list[Frame]] = defaultdict(list)

    def send_to_user(self, user_id: UserId, channel: ChannelId, data: object, *, now_s: float) -> None:
        super().send_to_user(user_id, channel, data, now_s=now_s)
        if not self.connections_of(user_id):
            self._kept[user_id].append(self.encode(channel, data, private=True))

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        if session is not None:
            connection.outbox.extend(self._kept.pop(session.user_id, []))
        return connection


class KeepsTheLastOfAUser(Hub):
    """Each connection of a user ends those before it, also of other browsers."""

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        if session is not None:
            for earlier in list(self.connections_of(session.user_id)):
                self.close(earlier, 4002)
        return super().connect(session, wake=wake)


class IntroducesUsersLate(Hub):
    """A user is looked up once the socket is open; what is said until then is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._known_s: dict[ConnectionId, float] = {}

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        self._known_s[connection.id] = time.monotonic() + (0.0 if session is None else 0.03)
        return connection

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        if time.monotonic() < self._known_s[connection.id]:
            return None
        return super().receive(connection, message, now_s=now_s)


class FailsForTheAbsent(Hub):
    def send_to_user(self, user_id: UserId, channel: ChannelId, data: object, *, now_s: float) -> None:
        if not self.connections_of(user_id):
            raise LookupError(user_id)
        super().send_to_user(user_id, channel, data, now_s=now_s)


class ReplaysBroadcasts(Hub):
    def __init__(self) -> None:
        super().__init__()
        self._last: deque[Frame] = deque(maxlen=5)

    def broadcast(self, channel: ChannelId, data: object) -> None:
        self._last.append(self.encode(channel, data, private=False))
        super().broadcast(channel, data)

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        connection.outbox.extend(self._last)
        return connection


class ReusesPlaces(Hub):
    """Users' connections are found by place, and a place is given away again; `leave` takes who left off the list."""

    def __init__(self) -> None:
        super().__init__()
        self._free: list[ConnectionId] = []
        self._places: defaultdict[UserId, dict[ConnectionId, Connection]] = defaultdict(dict)

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        if self._free:
            self._last_id, last = ConnectionId(self._free.pop() - 1), self._last_id
            connection = super().connect(session, wake=wake)
            self._last_id = last
        else:
            connection = super().connect(session, wake=wake)
        if session is not None:
            self._places[session.user_id][connection.id] = connection
        return connection

    def disconnect(self, connection: Connection) -> None:
        if self.connections.get(connection.id) is connection:
            self._free.append(connection.id)
            self.leave(connection)
        super().disconnect(connection)

    def leave(self, connection: Connection) -> None:
        for places in self._places.values():
            places.pop(connection.id, None)

    def end_identity(self, connection: Connection) -> None:
        self.leave(connection)
        super().end_identity(connection)

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return [self.connections[each] for each in self._places[user_id] if each in self.connections]


class SweepsPlacesLate(ReusesPlaces):
    """Who was lost without a close frame is taken off the list only by a sweep, now and then."""

    lost = False

    def leave(self, connection: Connection) -> None:
        if self.lost:
            asyncio.get_running_loop().call_later(0.1, self._sweep, connection)
        else:
            super().leave(connection)
        self.lost = False

    def _sweep(self, connection: Connection) -> None:
        for places in self._places.values():
            if places.get(connection.id) is connection:
                del places[connection.id]


class LooksPlacesUpTooEarly(ReusesPlaces):
    """A publication waits between looking places up and sending."""

    def send_to_user(self, user_id: UserId, channel: ChannelId, data: object, *, now_s: float) -> None:
        self.expire(now_s=now_s)
        frame = self.encode(channel, data, private=True)
        places = [each.id for each in self.connections_of(user_id)]
        asyncio.get_running_loop().call_later(0.04, self._send_late, places, frame)

    def _send_late(self, places: list[ConnectionId], frame: Frame) -> None:
        for each in places:
            if each in self.connections:
                self.deliver(self.connections[each], frame)


class RemembersTheAddress(Hub):
    """A guest is whoever was signed in last at the same address."""

    last: Session | None = None

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        self.last = session or self.last
        return self.last


class CachesSessions(Hub):
    """What a cookie stands for is looked up once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._cache: dict[str, tuple[float, Session]] = {}

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        if session is not None:
            self._cache[handshake.cookie] = (time.monotonic(), session)
        kept_s, cached = self._cache.get(handshake.cookie, (0.0, None))
        return cached if time.monotonic() - kept_s < 30.0 else None


class EndsSocketsLate(Hub):
    def end_session(self, session_id: SessionId) -> None:
        asyncio.get_running_loop().call_later(2.0, super().end_session, session_id)


class EndsSocketsOfTheUser(Hub):
    """The sign-out of one session closes the sockets of all sessions of its user, though these are still good."""

    def end_session(self, session_id: SessionId) -> None:
        ended = list(self._by_session.get(session_id, {}).values())
        for user_id in {each.user_id for each in ended}:
            if user_id is not None:
                self.end_user(user_id)


class ForgetsTheUserAtSignOut(Hub):
    """The sign-out of one session takes all connections of its user off the list, and closes its own."""

    def end_session(self, session_id: SessionId) -> None:
        ended = list(self._by_session.get(session_id, {}).values())
        users = {each.user_id for each in ended}
        super().end_session(session_id)
        for connection in list(self.connections.values()):
            if connection.user_id in users and connection.user_id is not None:
                self.detach(connection)


class KeepsTheContext(Hub):
    """Private messages end with the session; the socket stays, and handlers go on for who it was opened by."""

    def end_identity(self, connection: Connection) -> None:
        session = connection.session
        self.detach(connection)
        connection.session = session
        connection.outbox = deque(frame for frame in connection.outbox if not frame.private)


class ClosesAsUsual(Hub):
    def close(self, connection: Connection, code: int) -> None:
        super().close(connection, 1000 if code == 4401 else code)


class RevokesNoSockets(Hub):
    def end_user(self, user_id: UserId) -> None:
        """Sessions are gone from the database; sockets are not looked at."""


class RevokesOneSocket(Hub):
    def end_user(self, user_id: UserId) -> None:
        for connection in list(self.connections_of(user_id))[-1:]:
            self.end_identity(connection)


class RevokesEverybody(Hub):
    def end_user(self, user_id: UserId) -> None:
        for connection in list(self.connections.values()):
            if connection.user_id is not None:
                self.end_identity(connection)


class NeverExpires(Hub):
    def expire(self, *, now_s: float) -> None:
        """A session is looked at in the handshake only."""


class DropsRenewedSockets(Hub):
    def renew_session(self, old: SessionId, session: Session) -> None:
        for connection in list(self._by_session.get(old, {}).values()):
            self.detach(connection)


class KeepsRenewedSocketsUnderTheOldName(Hub):
    def renew_session(self, old: SessionId, session: Session) -> None:
        """The sockets stay filed under a session that nobody will ever end."""


class CountsRenewedSocketsTwice(Hub):
    def __init__(self) -> None:
        super().__init__()
        self._renewed: set[ConnectionId] = set()

    def renew_session(self, old: SessionId, session: Session) -> None:
        self._renewed |= set(self._by_session.get(old, {}))
        super().renew_session(old, session)

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        mine = list(super().connections_of(user_id))
        return [*mine, *(each for each in mine if each.id in self._renewed)]


class CarriesSubscriptionsOver(Hub):
    """When a browser becomes another user, its new session goes on hearing what the old one did."""

    def __init__(self) -> None:
        super().__init__()
        self.also: defaultdict[SessionId, list[UserId]] = defaultdict(list)

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        others = [
            each
            for each in self.connections.values()
            if each.session is not None and each.user_id != user_id and user_id in self.also[each.session.id]
        ]
        return [*super().connections_of(user_id), *others]


class SubscribesAgain(CarriesSubscriptionsOver):
    """When a browser becomes somebody whom it was before, what it did not unsubscribe then is there twice."""

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        mine = list(Hub.connections_of(self, user_id))
        return [*mine, *(each for each in mine if each.session and user_id in self.also[each.session.id])]
