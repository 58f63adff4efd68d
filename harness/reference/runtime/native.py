"""The socket spoken straight on its transport: no task, no queue and no object for each message. Decides nothing.

- What one turn of the event loop has for a connection goes out in one write, in its order; a broadcast is framed once.
- While a peer does not take what is written, its messages wait in the hub's outbox, whose limits end it.
- A handler that waits keeps its own connection's next messages waiting, and nobody else's.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
from collections import deque
from collections.abc import Awaitable
from functools import partial

from websockets.extensions import Extension

from harness.reference.channel import ChannelId
from harness.reference.context import Context
from harness.reference.hub import Frame, Session
from harness.reference.module import Hearer
from harness.reference.runtime.exchange import Exchange, framed
from harness.reference.runtime.frames import (
    CLOSE,
    PING,
    PONG,
    Asked,
    Broken,
    FrameReader,
    Left,
    write_close,
    write_frame,
)

ABORT_AFTER_S = 2.0
"""A peer that is still there this long after the last that it was sent is cut off."""
SERVICE_RESTART = 1012
WRITE_BYTES = 65_536
"""About what is handed to the transport at once; in between it says when it has too much."""
_BACKLOG_MESSAGES = 16
_BACKLOG_LONG = 65_536


class NativeSocket(asyncio.Protocol):
    """One open connection, from the answer to its handshake until it is lost."""

    __slots__ = (
        "_backlog",
        "_connection",
        "_context",
        "_cut",
        "_exchange",
        "_full",
        "_hearers",
        "_listed",
        "_over",
        "_owed_pong",
        "_reader",
        "_task",
        "_transport",
        "asked",
        "deflate_bits",
        "quiet_looks",
    )

    def __init__(
        self,
        exchange: Exchange,
        transport: asyncio.Transport,
        *,
        session: Session | None,
        extension: Extension | None,
        deflate_bits: int,
    ) -> None:
        self._exchange = exchange
        self._transport = transport
        self._reader = FrameReader(limit_bytes=exchange.settings.limits.max_message_bytes, extension=extension)
        self.deflate_bits = deflate_bits
        self.quiet_looks = 0
        self.asked = False
        self._full = False
        self._listed = False
        self._over = False
        self._owed_pong: bytes | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._backlog: deque[str | bytes] | None = None
        self._context: Context | None = None
        self._hearers: dict[ChannelId, Hearer] = {}
        self._connection = exchange.hub.connect(session, wake=self._wake)
        self._connection.take = self._take
        exchange.add(self)
        self._wake()  # a hub may have something to say to whoever comes

    # -- what goes out

    def _wake(self) -> None:
        if not self._listed:
            self._listed = True
            self._exchange.enlist(self)

    def _take(self, frames: list[Frame]) -> bool:
        if self._full or self._over or self.deflate_bits:
            return False
        data = self._exchange.joined_for_all(frames)
        if len(data) > WRITE_BYTES:
            return False
        self._transport.write(data)
        return True

    def flush(self) -> None:
        """Write what is queued as far as the transport takes it, and close when that was the last."""
        self._listed = False
        if self._over:
            return
        connection, exchange = self._connection, self._exchange
        outbox = connection.outbox
        if len(outbox) == 1 and not self._full and not self.deflate_bits:
            frame = exchange.hub.take(connection)
            assert frame is not None
            self._transport.write(frame.wire or framed(frame))
        while outbox and not self._full:
            frames = exchange.hub.take_some(connection, about_bytes=WRITE_BYTES)
            self._transport.write(exchange.joined(frames, deflate_bits=self.deflate_bits))
        if connection.closing is not None:
            if not connection.outbox:
                self.close(connection.closing)
            elif self._cut is None:
                grace_s = exchange.settings.close_timeout_s
                self._cut = exchange.loop.call_later(grace_s, self.close, connection.closing)

    def pause_writing(self) -> None:
        """Leave what comes now in the outbox."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        if self._owed_pong is not None:
            self._answer(self._owed_pong)
        self._wake()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, and nothing after it; what did not go out by now never will."""
        if not self._over:
            self._finish(write_close(code, reason))

    def shutdown(self) -> None:
        """Close, as the server stops."""
        self.flush()
        self.close(SERVICE_RESTART)
        self._transport.close()

    def ask(self) -> None:
        """Send a ping, to see whether anybody is there."""
        if not self._over:
            self._transport.write(write_frame(PING, b"?"))

    @property
    def listens(self) -> bool:
        """Whether an answer would be noticed: not while its own handler keeps it waiting."""
        return self._transport.is_reading()

    def _answer(self, payload: bytes) -> None:
        # Who does not read is told of its last ping alone (RFC 6455, section 5.5.3).
        if self._full:
            self._owed_pong = payload
        elif not self._over:
            self._owed_pong = None
            self._transport.write(write_frame(PONG, payload))

    def _finish(self, last: bytes) -> None:
        self._over = True
        self._transport.write(last)
        self._exchange.hub.disconnect(self._connection)
        self._abort_in(ABORT_AFTER_S)
        if self._task is not None:
            self._task.cancel()

    def _abort_in(self, seconds: float) -> None:
        if self._cut is not None:
            self._cut.cancel()
        self._cut = self._exchange.loop.call_later(seconds, self._transport.abort)

    # -- what comes in

    def data_received(self, data: bytes) -> None:
        """Act on every frame that is whole by now."""
        self.quiet_looks = 0
        self.asked = False
        self._listed = True  # what is answered here goes out below, not with the turn
        for event in self._reader.feed(data):
            kind = type(event)
            if kind is str or kind is bytes:
                self._hear(event)  # type: ignore[arg-type] # mypy does not follow `kind`
            elif isinstance(event, Asked):
                self._answer(event.payload)
            elif isinstance(event, Left):
                self._leave(event.payload)
            elif isinstance(event, Broken):
                self._fail(event)
        self.flush()

    def eof_received(self) -> None:
        """Let the transport close itself: a client that says no more will not be answered."""

    def connection_lost(self, exc: Exception | None) -> None:  # why does not matter
        """Forget the connection."""
        self._over = True
        self._exchange.discard(self)
        self._exchange.hub.disconnect(self._connection)
        if self._cut is not None:
            self._cut.cancel()
        if self._task is not None:
            self._task.cancel()

    def _leave(self, payload: bytes) -> None:
        if not self._over:
            self.flush()
        if not self._over:
            self._finish(write_frame(CLOSE, payload))
        self._transport.close()

    def _fail(self, broken: Broken) -> None:
        self.flush()
        self.close(broken.code, broken.reason)
        # A connection that is closed with bytes unread is reset, and the reason for it is lost on the way.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _hear(self, message: str | bytes) -> None:
        if self._over:
            return
        if self._task is None:
            self._handle(message)
            return
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(message)
        if len(self._backlog) >= _BACKLOG_MESSAGES or len(message) > _BACKLOG_LONG:
            self._transport.pause_reading()

    def _handle(self, message: str | bytes) -> None:
        exchange = self._exchange
        envelope = exchange.hub.receive(self._connection, message, now_s=exchange.clock())
        if envelope is None:
            return
        channel = ChannelId(envelope.id)
        hear = self._hearers.get(channel) or self._hearer(channel)
        if hear is None:
            return
        try:
            waiting = hear(envelope.data)
        except Exception:
            # The connection stays: one handler's mistake must not cost the others their messages.
            exchange.services.logger.exception("handler of channel %s failed", channel)
            return
        if waiting is not None:
            self._task = exchange.run(self._wait(waiting, channel))

    def _hearer(self, channel: ChannelId) -> Hearer | None:
        exchange, connection = self._exchange, self._connection
        handler = exchange.handlers.get(channel)
        if handler is None:
            return None
        if self._context is None:
            self._context = Context(exchange.services, lambda: connection.session)
        hear = handler.hearer(send=partial(exchange.hub.reply, connection, channel), context=self._context)
        self._hearers[channel] = hear
        return hear

    async def _wait(self, waiting: Awaitable[None], channel: ChannelId) -> None:
        try:
            await waiting
        except Exception:
            self._exchange.services.logger.exception("handler of channel %s failed", channel)
        finally:
            self._task = None
        self._catch_up()

    def _catch_up(self) -> None:
        while self._backlog and self._task is None and not self._over:
            self._handle(self._backlog.popleft())
        if not self._backlog:
            self._backlog = None
            self._transport.resume_reading()
