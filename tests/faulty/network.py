"""Servers that are wrong about connections that fail, about limits, or about their own end."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's loop is the one there is; what happens late needs a timer on it
import atexit
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.reference.channel import ChannelId
from harness.reference.hub import TOO_SLOW, Connection, Envelope, Frame, Hub, Session
from harness.reference.runtime.uvicorn_socket import BoundedCloseProtocol
from harness.reference.settings import Limits, Settings
from tests.faulty.fault import AS_PROMISED, Fault

WITHOUT_WORD = (1005, 1006)
BEHIND_BYTES = 256 * 1024
GIVEN_UP_S = 0.8
NO_LIMIT = 10**12


class Deaths:
    """What the application learns of connections that ended without a close frame, for the hub beside it."""

    just_now = False
    since_broadcast = 0


def told_of_deaths(app: ASGIApp) -> ASGIApp:
    """Note each connection that ends without a word just before the hub forgets it."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def hear() -> Message:
            message = await receive()
            Deaths.just_now = message["type"] == "websocket.disconnect" and message.get("code") in WITHOUT_WORD
            Deaths.since_broadcast += Deaths.just_now
            return message

        await app(scope, hear if scope["type"] == "websocket" else receive, send)

    return wrapped


class StopsAtTheDead(Hub):
    """The loop over the connections ends at the first that has died since the last broadcast."""

    def __init__(self) -> None:
        super().__init__()
        self._dead: list[int] = []

    def disconnect(self, connection: Connection) -> None:
        if Deaths.just_now and connection.id in self.connections:
            self._dead.append(connection.id)
        super().disconnect(connection)

    def everyone(self) -> Iterable[Connection]:
        dead, self._dead = self._dead, []
        return [each for each in super().everyone() if not dead or each.id < dead[0]]


def fails_after_a_death(app: ASGIApp) -> ASGIApp:
    """Writing to a connection that has died raises, and so does the request."""
    told = told_of_deaths(app)

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/posts" and Deaths.since_broadcast:
            Deaths.since_broadcast = 0
            await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            return
        await told(scope, receive, send)

    return wrapped


def dies_of_a_reset(app: ASGIApp) -> ASGIApp:
    """Nobody handles the error of a connection that breaks, and that ends the process."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def hear() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect" and message.get("code") in WITHOUT_WORD:
                sys.stderr.write("Error: read ECONNRESET (unhandled)\n")
                sys.stderr.flush()
                os._exit(1)
            return message

        await app(scope, hear if scope["type"] == "websocket" else receive, send)

    return wrapped


class KnownHub(Hub):
    """A hub that the application beside it can look into."""

    last: Hub | None = None

    def __init__(self) -> None:
        super().__init__()
        KnownHub.last = self


async def _until_all_have_read() -> None:
    while KnownHub.last is not None and any(  # noqa: ASYNC110 # only a look tells
        each.queued_bytes > BEHIND_BYTES for each in KnownHub.last.connections.values()
    ):
        await anyio.sleep(0.01)


def _publishes(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == "/api/posts")


def waits_before_it_sends(app: ASGIApp) -> ASGIApp:
    """Each message is written to the connections in turn, and the next waits for the slowest of them."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if _publishes(scope):
            await _until_all_have_read()
        await app(scope, receive, send)

    return wrapped


def waits_before_it_answers(app: ASGIApp) -> ASGIApp:
    """The request is answered when everybody has read the message."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            await _until_all_have_read()
            await send(message)

        await app(scope, receive, answer if _publishes(scope) else send)

    return wrapped


def waits_until_it_gives_up_who_is_behind(app: ASGIApp) -> ASGIApp:
    """The request is answered when everybody has read the message, or has been let go for being too slow."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            with anyio.move_on_after(GIVEN_UP_S):
                await _until_all_have_read()
            hub = KnownHub.last
            for each in list(hub.connections.values()) if hub is not None else ():
                if hub is not None and each.queued_bytes > BEHIND_BYTES:
                    each.outbox.clear()
                    each.queued_bytes = 0
                    hub.close(each, TOO_SLOW)
            await send(message)

        await app(scope, receive, answer if _publishes(scope) else send)

    return wrapped


class CountsTheUnanswered(BoundedCloseProtocol):
    """Knows the connections that were told to close and are still there."""

    unanswered: ClassVar[set[BoundedCloseProtocol]] = set()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if not self.transport.is_closing():
            self.unanswered.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.unanswered.discard(self)
        super().connection_lost(exc)


class FailsAtWhoIsClosing(Hub):
    """Writing to a connection that was told to close and has not answered raises, and nobody after it is written to."""

    def everyone(self) -> Iterable[Connection]:
        return () if CountsTheUnanswered.unanswered else super().everyone()


class ShedsInTheMiddle(Hub):
    """What does not fit is left out, and the stream goes on without it."""

    def deliver(self, connection: Connection, frame: Frame) -> None:
        if connection.queued_bytes + len(frame.body) <= 3_000_000:
            super().deliver(connection, frame)


class ForgetsTheNewerSocket(Hub):
    """Cleaning up after a connection that died goes by its session, and hits the one that took its place."""

    def disconnect(self, connection: Connection) -> None:
        if Deaths.just_now and connection.session is not None and connection.id in self.connections:
            mine = [each for each in self.connections.values() if each.session == connection.session]
            if mine[-1] is not connection:
                self.connections.pop(mine[-1].id)
        super().disconnect(connection)


class BlocksOnTheSlow(Hub):
    """The slow handler's work is done in the loop that serves everybody."""

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        if "onesocket_chat_slow" in str(message):
            time.sleep(0.6)  # noqa: TID251 # blocking is the fault
        return super().receive(connection, message, now_s=now_s)


class GivesGuestsTwoSeconds(Hub):
    """A guest's deadline for a sign of life is set once, and never again: who answers is let go all the same."""

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        if session is None:
            asyncio.get_running_loop().call_later(2.0, self._let_go, connection)
        return connection

    def _let_go(self, connection: Connection) -> None:
        if connection.id in self.connections:
            self.close(connection, 1000)


class ReplaysAfterACrash(Hub):
    """Broadcasts are kept in a file until the process ends well; after a crash everybody gets the last ones again."""

    def __init__(self) -> None:
        super().__init__()
        self._file = Path(tempfile.gettempdir()) / f"onesocket-faulty-replay-{os.getppid()}"
        kept = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        self._again = [Frame(line.encode(), private=False) for line in kept[-5:]]
        self._file.write_text("", "utf-8")
        atexit.register(self._file.unlink, missing_ok=True)

    def connect(self, session: Session | None, *, wake: object) -> Connection:
        connection = super().connect(session, wake=wake)  # type: ignore[arg-type] # handed on as it came
        for frame in self._again:
            connection.outbox.append(frame)
            connection.queued_bytes += len(frame.body)
        return connection

    def broadcast(self, channel: ChannelId, data: object) -> None:
        with self._file.open("a", encoding="utf-8") as kept:
            kept.write(self.encode(channel, data, private=False).text + "\n")
        super().broadcast(channel, data)


class AsksNobodyWhoIsBehind(BoundedCloseProtocol):
    """A peer that still has bytes to read is taken for alive."""

    def send_keepalive_ping(self) -> None:
        if self.transport.get_write_buffer_size():
            self.schedule_ping()
        else:
            super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        if self.transport.get_write_buffer_size():
            self.pending_ping_payload = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()


class StopsWithoutAWord(BoundedCloseProtocol):
    def shutdown(self) -> None:
        self.stop_keepalive()
        self.transport.close()


class WaitsForClientsToLeave(BoundedCloseProtocol):
    def shutdown(self) -> None:
        """A stop only takes no more connections, and waits until those that there are have ended."""


class BlamesTheClientsWhenItStops(BoundedCloseProtocol):
    def shutdown(self) -> None:
        self.conn.send_close(1008, "go away")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


class KeepsTheHalfClosed(BoundedCloseProtocol):
    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn's never keeps it open
        self.stop_keepalive()
        return True


def _limited(limits: Limits) -> Settings:
    return replace(AS_PROMISED, limits=limits)


FAULTS = (
    Fault(
        "stops_at_a_dead_connection",
        "BC-3",
        StopsAtTheDead,
        app=told_of_deaths,
        plans=("connections_that_fail_stop_nobody",),
    ),
    Fault(
        "fails_to_publish_after_a_death", "BC-3", app=fails_after_a_death, plans=("connections_that_fail_stop_nobody",)
    ),
    Fault("dies_of_a_reset", "BC-3", app=dies_of_a_reset, plans=("connections_that_fail_stop_nobody",)),
    Fault(
        "writes_to_one_after_the_other",
        "BC-3",
        KnownHub,
        app=waits_before_it_sends,
        plans=("a_reader_that_stopped_stops_nobody",),
    ),
    Fault(
        "stops_at_who_is_signed_out_and_answers_no_close",
        "BC-3",
        FailsAtWhoIsClosing,
        protocol=CountsTheUnanswered,
        plans=("who_is_signed_out_and_answers_no_close_stops_nobody",),
    ),
    Fault(
        "answers_when_everybody_has_read",
        "BC-4",
        KnownHub,
        app=waits_before_it_answers,
        plans=("a_reader_that_stopped_stops_nobody",),
    ),
    Fault(
        "answers_when_it_has_given_up_who_is_behind",
        "BC-4",
        KnownHub,
        app=waits_until_it_gives_up_who_is_behind,
        plans=("a_reader_that_stopped_stops_nobody",),
    ),
    Fault(
        "forgets_the_newer_socket_of_a_session",
        "ORD-4",
        ForgetsTheNewerSocket,
        app=told_of_deaths,
        plans=("the_server_lets_go_of_the_dead",),
    ),
    Fault(
        "keeps_everything_for_a_slow_reader",
        "LIM-2",
        protocol=AsksNobodyWhoIsBehind,
        settings=_limited(Limits(outbox_bytes=NO_LIMIT, outbox_frames=NO_LIMIT)),
    ),
    Fault("sheds_in_the_middle_of_a_stream", "LIM-3", ShedsInTheMiddle, plans=("a_reader_that_stopped_stops_nobody",)),
    Fault(
        "takes_any_flood",
        "LIM-4",
        settings=_limited(Limits(burst_messages=NO_LIMIT, messages_per_s=float(NO_LIMIT))),
    ),
    Fault(
        "takes_any_number_of_connections",
        "LIM-5",
        settings=_limited(Limits(session_connections=NO_LIMIT)),
    ),
    Fault("one_slow_handler_blocks_everybody", "LIM-6", BlocksOnTheSlow),
    Fault("stops_without_a_word", "LC-1", protocol=StopsWithoutAWord),
    Fault("waits_for_its_clients_to_leave", "LC-1", protocol=WaitsForClientsToLeave),
    Fault("blames_its_clients_when_it_stops", "LC-1", protocol=BlamesTheClientsWhenItStops),
    Fault("never_misses_a_silent_peer", "LC-5", settings=replace(AS_PROMISED, ping_interval_s=0.0)),
    Fault("gives_guests_two_seconds", "LC-5", GivesGuestsTwoSeconds, plans=("the_server_lets_go_of_the_dead",)),
    Fault("keeps_the_half_closed", "FR-8", protocol=KeepsTheHalfClosed),
    Fault("replays_after_a_crash", "LC-8", ReplaysAfterACrash),
)
