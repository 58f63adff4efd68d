"""The raw client keeps what comes back frame by frame, whatever a server sends, and answers only what a client must."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from harness.wire.frame import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, FrameReader, write_frame
from harness.wire.handshake import right_request
from harness.worlds import rule_breaker
from harness.worlds.rule_breaker import RuleBreaker, break_in
from harness.worlds.wire_connection import Refused

pytestmark = pytest.mark.anyio
DEADLINE_S = 5.0
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: %s\r\n\r\n"
Script = Callable[[SocketStream], Awaitable[None]]


class Ear:
    """What a client told us."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.changed = anyio.Event()

    def change(self) -> None:
        changed, self.changed = self.changed, anyio.Event()
        changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        with anyio.fail_after(DEADLINE_S):
            while not done():
                await self.changed.wait()


@asynccontextmanager
async def serving(handle: Script) -> AsyncIterator[str]:
    async def serve(stream: SocketStream) -> None:
        async with stream:
            await handle(stream)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def client_of(handle: Script, now: Callable[[], float] = lambda: 1.0) -> AsyncIterator[tuple[RuleBreaker, Ear]]:
    """A client whose handshake is done, on a server that then does `handle`."""

    async def upgrade(stream: SocketStream) -> None:
        await stream.receive()
        await handle(stream)

    ear = Ear()
    async with serving(upgrade) as url, anyio.create_task_group() as tasks:
        client = await break_in(url, right_request(url, "/ws"), on_text=ear.texts.append, changed=ear.change, now=now)
        tasks.start_soon(client.run)
        yield client, ear
        await client.drop()


def from_server(opcode: int, payload: bytes = b"", *, more: bool = False, rsv: int = 0) -> bytes:
    return write_frame(opcode, payload, more=more, rsv=rsv, masked=False)


async def test_messages_are_handed_on_and_frames_kept() -> None:
    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"" + from_server(TEXT, b"at once"))
        await stream.send(from_server(TEXT, b"in ", more=True) + from_server(CONTINUATION, b"parts"))
        await stream.send(from_server(BINARY, b"\xff") + from_server(CONTINUATION, b"of nothing") + from_server(7))

    async with client_of(talk) as (client, ear):
        await ear.until(lambda: client.tcp == "eof")
        assert ear.texts == ["at once", "in parts"]
        assert [frame.opcode for _, frame in client.frames] == [TEXT, TEXT, CONTINUATION, BINARY, CONTINUATION, 7]
        assert client.closed


@pytest.mark.parametrize("closing", [False, True])
async def test_pings_and_closes_are_answered_once(closing: bool) -> None:  # noqa: FBT001 # a parameter of the test
    answers = FrameReader()
    heard: list[tuple[int, bytes]] = []

    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"" + from_server(PING, b"you?") + from_server(CLOSE, b"\x03\xe8bye") * 2)
        async for data in stream:
            heard.extend((frame.opcode, frame.payload) for frame in answers.feed(data))
            if len(heard) > (0 if closing else 1):
                return

    async with client_of(talk) as (client, ear):
        client.close_sent = closing
        await ear.until(lambda: client.tcp != "open")
    assert heard == [(PONG, b"you?"), *([] if closing else [(CLOSE, b"\x03\xe8")])]


async def test_nothing_more_is_sent_once_the_server_has_closed() -> None:
    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"" + from_server(CLOSE))

    async with client_of(talk) as (client, ear):
        await ear.until(lambda: client.closed)
        assert not await client.send(b"more")


async def test_a_reset_is_told_from_an_end() -> None:
    async def leave(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"")
        await stream.receive()
        # What was sent and not read makes the end of a connection a reset.

    async with client_of(leave) as (client, ear):
        assert await client.send(b"x", b"y" * 200_000)
        await ear.until(lambda: client.closed)
        assert client.tcp in {"reset", "eof"}


async def test_a_flood_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_breaker, "MAX_RECEIVED_BYTES", 1000)
    monkeypatch.setattr(rule_breaker, "MAX_FRAMES", 3)

    async def flood(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"" + from_server(PONG, b"x" * 100) * 20 + from_server(CLOSE))

    async with client_of(flood) as (client, ear):
        await ear.until(lambda: client.tcp == "flood")
        assert [frame.opcode for _, frame in client.frames] == [PONG, PONG, PONG, CLOSE]


@pytest.mark.parametrize("taken", [b"permessage-deflate; server_no_context_takeover", b""])
async def test_compressed_messages_are_unpacked_where_it_was_agreed(taken: bytes) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (packer.compress(b"hello") + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % taken + from_server(TEXT, packed, rsv=RSV1) + from_server(TEXT, b"\xff", rsv=RSV1))

    async with client_of(talk) as (client, ear):
        await ear.until(lambda: client.tcp == "eof")
        assert client.deflate == bool(taken)
        assert ear.texts == (["hello", ""] if taken else [packed.decode("utf-8", "replace"), "\ufffd"])


@pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FINISH])
@pytest.mark.parametrize("remembers", [True, False])
async def test_a_server_may_refer_to_its_last_message_or_begin_anew(flush: int, *, remembers: bool) -> None:
    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"permessage-deflate")
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        for text in (b"a message of some length, no. 1", b"a message of some length, no. 2", b"another"):
            packed = packer.compress(text) + packer.flush(flush)
            packed = packed[:-4] if flush == zlib.Z_SYNC_FLUSH else packed + b"\x00"
            await stream.send(from_server(TEXT, packed, rsv=RSV1))
            if not remembers or flush == zlib.Z_FINISH:
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)

    async with client_of(talk) as (client, ear):
        await ear.until(lambda: client.tcp == "eof")
        assert ear.texts == ["a message of some length, no. 1", "a message of some length, no. 2", "another"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"HTTP/1.1 403 Forbidden\r\n\r\n", 403), (b"SSH-2.0\r\n\r\n" + b"x" * 70_000, -1), (b"HTTP/1.1 101", 0)],
)
async def test_a_refusal_says_how(answer: bytes, status: int) -> None:
    async def refuse(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(answer)

    async with serving(refuse) as url:
        with pytest.raises(Refused) as caught:
            await break_in(url, right_request(url, "/"), on_text=lambda _: None, changed=lambda: None, now=lambda: 0.0)
    assert caught.value.status == status


@pytest.mark.parametrize("pace_s", [0.002, 3600.0])
async def test_an_answer_never_stands_in_the_middle_of_what_is_being_sent(
    pace_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it have to wait for slices that would take for ever: their time is up by then."""
    monkeypatch.setattr(rule_breaker, "PACE_S", pace_s)
    clock_s = itertools.count() if pace_s > DEADLINE_S else itertools.repeat(0)
    answers = FrameReader()
    heard: list[int] = []

    async def talk(stream: SocketStream) -> None:
        await stream.send(UPGRADE % b"")
        heard.extend(frame.opcode for frame in answers.feed(await stream.receive(1)))
        await stream.send(from_server(PING, b"you?"))
        async for data in stream:
            heard.extend(frame.opcode for frame in answers.feed(data))
            if len(heard) > 1:
                return

    message = write_frame(TEXT, b"x" * 60)
    async with client_of(talk, now=lambda: float(next(clock_s))) as (client, ear):
        assert await client.send(*(message[at : at + 1] for at in range(len(message))))
        await ear.until(lambda: client.tcp != "open")
    assert heard == [TEXT, PONG]
