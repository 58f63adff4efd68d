"""Who gets what: connections, sessions, users, outboxes. Pure code, driven by a runtime; no socket, no clock.

- A private message goes to connections that are that user's NOW; ids compare exactly, type included.
- Ending a session or a user takes effect inside the call: private frames still queued are dropped, nothing
  private is queued any more, nothing the connection still says is heard, and it is told to close.
- Publishing never waits: every connection has a bounded outbox, and a reader too slow for it is closed.
- Connections are kept in the order they came, and an id is never used again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NewType, TypeVar

import msgspec

from harness.reference.channel import ChannelId
from harness.reference.origin import Handshake, same_site
from harness.reference.settings import Limits

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", str)
ConnectionId = NewType("ConnectionId", int)

KeyT = TypeVar("KeyT")

SESSION_ENDED = 4401
TOO_SLOW = 4408
TOO_MANY_MESSAGES = 4429
TOO_MANY_CONNECTIONS = 4430


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one user in one browser."""

    id: SessionId
    user_id: UserId
    expires_at_s: float


class Frame(msgspec.Struct, eq=False, gc=False):
    """One message, encoded once however many connections it goes to; a runtime keeps here what it makes of the body."""

    body: bytes
    private: bool
    wire: bytes = b""
    packed: bytes = b""
    packed_bits: int = 0

    @property
    def text(self) -> str:
        """The message as text, the way it is said."""
        return self.body.decode()


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every message of a client looks like; other keys are ignored."""

    id: str
    data: msgspec.Raw


class _Outgoing(msgspec.Struct, frozen=True, gc=False):
    id: ChannelId
    data: object


_read = msgspec.json.Decoder(Envelope).decode
_written = msgspec.json.Encoder().encode


class Connection:
    """One open socket as the hub sees it. `wake` is called when there is something to send, or to close.

    A runtime that sets `take` is offered what everybody gets when nothing else is waiting, and may refuse it.
    """

    __slots__ = ("closing", "id", "outbox", "queued_bytes", "session", "take", "tokens", "tokens_at_s", "wake")

    def __init__(self, connection_id: ConnectionId, session: Session | None, wake: Callable[[], None]) -> None:
        self.id = connection_id
        self.session = session
        self.wake = wake
        self.take: Callable[[list[Frame]], bool] | None = None
        self.outbox: deque[Frame] = deque()
        self.queued_bytes = 0
        self.closing: int | None = None
        self.tokens = -1.0
        self.tokens_at_s = 0.0

    @property
    def user_id(self) -> UserId | None:
        """Whose connection this is now; None for a guest."""
        return None if self.session is None else self.session.user_id


class Hub:
    """Every decision about who receives what; subclass a method to make a server that decides wrongly."""

    def __init__(self, *, limits: Limits | None = None, allowed_origins: Set[str] = frozenset()) -> None:
        self.limits = limits or Limits()
        self.allowed_origins = allowed_origins
        self.handled: Set[ChannelId] = frozenset()
        self.connections: dict[ConnectionId, Connection] = {}
        self._by_user: dict[tuple[type, UserId], dict[ConnectionId, Connection]] = {}
        self._by_session: dict[SessionId, dict[ConnectionId, Connection]] = {}
        self._expiries: list[tuple[float, SessionId]] = []
        self._expiring: set[SessionId] = set()
        self._last_id = 0
        self.later: Callable[[], None] | None = None
        """Set by a runtime that calls `spread` once in a turn, after all that was said in it; asked for with this."""
        self._unspread: list[Frame] = []

    # -- who may connect, and as whom

    def admits(self, handshake: Handshake) -> bool:
        """Say whether this handshake may open a socket at all."""
        return same_site(
            handshake.origins, hosts=handshake.hosts, scheme=handshake.scheme, allowed=self.allowed_origins
        )

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        """Return whose socket this handshake opens; `session` is what its cookie stands for, if anything.

        Nothing else a client says counts: `handshake` is here only to be ignored.
        """
        return session

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        """Add a connection; from here on it receives what it must."""
        self.spread()
        self._last_id += 1
        connection = Connection(ConnectionId(self._last_id), session, wake)
        self.connections[connection.id] = connection
        if session is not None:
            self._by_user.setdefault(self.user_key(session.user_id), {})[connection.id] = connection
            live = self._by_session.setdefault(session.id, {})
            live[connection.id] = connection
            open_ones = [each for each in live.values() if each.closing is None]
            for oldest in open_ones[: max(0, len(open_ones) - self.limits.session_connections)]:
                self.close(oldest, TOO_MANY_CONNECTIONS)
            self._await_expiry(session)
        return connection

    def disconnect(self, connection: Connection) -> None:
        """Forget a connection and everything queued for it; doing it twice does nothing."""
        self.connections.pop(connection.id, None)
        self.detach(connection)
        connection.outbox.clear()
        connection.queued_bytes = 0

    def detach(self, connection: Connection) -> None:
        """Take a connection's identity away: it is nobody's from here on."""
        session = connection.session
        connection.session = None
        if session is not None:
            _forget(self._by_user, self.user_key(session.user_id), connection)
            _forget(self._by_session, session.id, connection)

    # -- identity ends

    def end_session(self, session_id: SessionId) -> None:
        """Sign-out: every connection of this session stops being the user's, at once."""
        for connection in list(self._by_session.get(session_id, {}).values()):
            self.end_identity(connection)

    def end_user(self, user_id: UserId) -> None:
        """Revocation or deletion: every connection of this user stops being the user's, at once."""
        for connection in list(self._by_user.get(self.user_key(user_id), {}).values()):
            self.end_identity(connection)

    def renew_session(self, old: SessionId, session: Session) -> None:
        """Rotation: every connection of a session goes on under its new name; nobody's identity changes."""
        for connection in list(self._by_session.get(old, {}).values()):
            _forget(self._by_session, old, connection)
            connection.session = session
            self._by_session.setdefault(session.id, {})[connection.id] = connection
            self._await_expiry(session)

    def expire(self, *, now_s: float) -> None:
        """End every session whose time is over; done before anything private is sent or anything is heard."""
        while self._expiries and self._expiries[0][0] <= now_s:
            _, session_id = heappop(self._expiries)
            self._expiring.discard(session_id)
            self.end_session(session_id)

    def end_identity(self, connection: Connection) -> None:
        """Make one connection nobody's, drop what is private in its outbox, and have it closed with 4401."""
        self.spread()
        self.detach(connection)
        kept = [frame for frame in connection.outbox if not frame.private]
        connection.outbox = deque(kept)
        connection.queued_bytes = sum(len(frame.body) for frame in kept)
        self.close(connection, SESSION_ENDED)

    def _await_expiry(self, session: Session) -> None:
        if session.id not in self._expiring:
            self._expiring.add(session.id)
            heappush(self._expiries, (session.expires_at_s, session.id))

    def live_sessions(self) -> list[SessionId]:
        """Return the sessions that have at least one connection here."""
        return list(self._by_session)

    # -- messages to clients

    def broadcast(self, channel: ChannelId, data: object) -> None:
        """Queue one message for every open connection: users, guests, and whoever caused it."""
        self._unspread.append(self.encode(channel, data, private=False))
        if self.later is None:
            self.spread()
        elif len(self._unspread) == 1:
            self.later()

    def spread(self) -> None:
        """Queue what was broadcast since the last time; done before anything that is one connection's alone."""
        if not self._unspread:
            return
        frames, self._unspread = self._unspread, []
        for connection in self.everyone():
            take = connection.take
            if connection.outbox or connection.closing is not None or take is None or not take(frames):
                for frame in frames:
                    self.deliver(connection, frame)

    def send_to_user(self, user_id: UserId, channel: ChannelId, data: object, *, now_s: float) -> None:
        """Queue one message for every connection of one user, in every browser; nobody there is no error."""
        if self._unspread:
            self.spread()
        self.expire(now_s=now_s)
        frame = self.encode(channel, data, private=True)
        for connection in self.connections_of(user_id):
            self.deliver(connection, frame)

    def reply(self, connection: Connection, channel: ChannelId, data: object) -> None:
        """Queue a handler's answer for the one connection that asked."""
        if self._unspread:
            self.spread()
        self.deliver(connection, self.encode(channel, data, private=True))

    def everyone(self) -> Iterable[Connection]:
        """Return who a broadcast goes to."""
        return list(self.connections.values())

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        """Return who a message to this user goes to."""
        return list(self._by_user.get(self.user_key(user_id), {}).values())

    def user_key(self, user_id: UserId) -> tuple[type, UserId]:
        """Return what two ids must share to be the same user; the type, as 1 == True == 1.0 in Python."""
        return (type(user_id), user_id)

    def encode(self, channel: ChannelId, data: object, *, private: bool) -> Frame:
        """Turn a message into the one frame all its receivers are sent."""
        return Frame(_written(_Outgoing(channel, data)), private)

    def deliver(self, connection: Connection, frame: Frame) -> None:
        """Queue one frame for one connection, or close it when it is too slow to be sent any more."""
        if connection.closing is not None:
            return
        size, outbox, limits = connection.queued_bytes + len(frame.body), connection.outbox, self.limits
        if size > limits.outbox_bytes or len(outbox) >= limits.outbox_frames:
            outbox.clear()
            connection.queued_bytes = 0
            self.close(connection, TOO_SLOW)
            return
        connection.queued_bytes = size
        outbox.append(frame)
        connection.wake()

    def take(self, connection: Connection) -> Frame | None:
        """Remove and return the next frame to write, or None when there is none."""
        if not connection.outbox:
            return None
        frame = connection.outbox.popleft()
        connection.queued_bytes -= len(frame.body)
        return frame

    def take_some(self, connection: Connection, *, about_bytes: int) -> list[Frame]:
        """Remove and return the next frames to write, until they are that long together; at least one."""
        outbox = connection.outbox
        frames = [outbox.popleft()]
        if not outbox:
            connection.queued_bytes = 0
            return frames
        size = len(frames[0].body)
        while outbox and size < about_bytes:
            frames.append(outbox.popleft())
            size += len(frames[-1].body)
        connection.queued_bytes -= size
        return frames

    def close(self, connection: Connection, code: int) -> None:
        """Have the runtime close a connection, once what may still go out has gone; the first code stands."""
        self.spread()
        if connection.closing is None:
            connection.closing = code
            connection.wake()

    # -- messages from clients

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        """Return what a handler must be given, or None when the message is to be ignored.

        Ignored: binary, malformed, for a channel nobody handles, or on a connection that is closing.
        """
        self.expire(now_s=now_s)
        if connection.closing is not None:
            return None
        if not self.within_rate(connection, now_s=now_s):
            self.close(connection, TOO_MANY_MESSAGES)
            return None
        envelope = self.parse(message)
        if envelope is None or not self.handles(envelope.id):
            return None
        return envelope

    def parse(self, message: str | bytes) -> Envelope | None:
        """Read one envelope; None when it is not one."""
        if isinstance(message, bytes):
            return None
        try:
            return _read(message)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return None

    def handles(self, channel: str) -> bool:
        """Say whether a client may speak on this channel; ids match exactly."""
        return ChannelId(channel) in self.handled

    def within_rate(self, connection: Connection, *, now_s: float) -> bool:
        """Take one token from the connection's bucket; False when it is empty."""
        limits, tokens, elapsed_s = self.limits, connection.tokens, now_s - connection.tokens_at_s
        if elapsed_s > 0:
            tokens += elapsed_s * limits.messages_per_s
        if tokens > limits.burst_messages or connection.tokens < 0:
            tokens = limits.burst_messages
        connection.tokens_at_s = now_s
        enough = tokens >= 1.0
        connection.tokens = tokens - 1.0 if enough else tokens
        return enough


def _forget(index: dict[KeyT, dict[ConnectionId, Connection]], key: KeyT, connection: Connection) -> None:
    live = index.get(key)
    if live is not None:
        live.pop(connection.id, None)
        if not live:
            del index[key]
