"""The native runtime's own: what is joined, who is waited for, how it closes, what it leaves to the portable one."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest
from anyio.abc import SocketAttribute, SocketStream
from websockets.asyncio.client import connect

from harness.reference.app import DEMO_MODULES
from harness.reference.channel import ChannelId, channel
from harness.reference.context import Context
from harness.reference.hub import TOO_SLOW, Hub
from harness.reference.module import Module, websocket
from harness.reference.runtime.native import NativeSocket
from harness.reference.settings import Limits, Settings
from harness.wire.handshake import right_request
from tests.reference.running import DEADLINE_S, ECHO, Running, close_code, hear, hears_only, running, say, until

pytestmark = pytest.mark.anyio
NEWS = ChannelId("onesocket_posts_changes")


class _Order(msgspec.Struct, frozen=True):
    what: str


@asynccontextmanager
async def raw_socket(server: Running, *, pieces: int = 1) -> AsyncIterator[SocketStream]:
    """A handshake sent in so many pieces, answered with 101; what comes after it is not read yet."""
    host, _, port = server.host.partition(":")
    request = right_request(server.url, "/ws").encode()
    step = -(-len(request) // pieces)
    with anyio.fail_after(DEADLINE_S):
        async with await anyio.connect_tcp(host, int(port)) as stream:
            for at in range(0, len(request), step):
                await stream.send(request[at : at + step])
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.receive()
            assert head.startswith(b"HTTP/1.1 101 "), head
            yield stream


def is_native(server: Running) -> list[bool]:
    return [isinstance(getattr(each.wake, "__self__", None), NativeSocket) for each in server.hub.connections.values()]


@pytest.mark.parametrize("pieces", [1, 2, 40])
async def test_a_plain_handshake_is_answered_natively_however_it_is_cut(pieces: int) -> None:
    async with running() as server, raw_socket(server, pieces=pieces):
        assert is_native(server) == [True]


async def test_a_handshake_that_is_not_plain_is_answered_by_the_portable_runtime_on_the_same_hub() -> None:
    async with (
        running() as server,
        server.socket(headers={"X-Odd": "ö".encode().decode("latin-1")}) as odd,
        server.socket() as plain,
    ):
        assert sorted(is_native(server)) == [False, True]
        server.hub.broadcast(NEWS, 1)
        assert await hear(odd) == await hear(plain) == (NEWS, 1)


async def test_all_of_one_turn_is_one_write() -> None:
    async with running() as server, raw_socket(server) as stream:
        for number in range(3):
            server.hub.broadcast(NEWS, number)
        with anyio.fail_after(DEADLINE_S):
            data = await stream.receive()
        assert [data.count(f'"data":{number}'.encode()) for number in range(3)] == [1, 1, 1]


async def test_a_broadcast_is_framed_once() -> None:
    async with running() as server, server.socket() as one, server.socket() as other:
        server.hub.broadcast(NEWS, "x")
        (frame,) = server.hub._unspread
        assert await hear(one) == await hear(other) == (NEWS, "x")
        assert frame.wire[2:].decode() == frame.text


async def test_a_compressed_broadcast_is_compressed_once_for_all() -> None:
    text = "x" * 2000
    async with running(Settings(deflate=True)) as server:
        address = f"ws://{server.host}/ws"
        async with connect(address, proxy=None) as one, connect(address, proxy=None) as other, server.socket() as plain:
            server.hub.broadcast(NEWS, text)
            (frame,) = server.hub._unspread
            for client in (one, other, plain):
                assert await hear(client) == (NEWS, text)
            assert len(frame.packed) < 100
            await say(one, ECHO, {"message": text})
            assert await hear(one) == (ECHO, {"reply": f"You said: {text}"})


@pytest.mark.slow
async def test_who_does_not_read_is_queued_for_and_closed_and_the_rest_hear_on() -> None:
    settings = Settings(limits=Limits(outbox_bytes=1_000_000))
    async with running(settings) as server, raw_socket(server) as stalled, server.socket() as reader:
        stalled.extra(SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        first = next(iter(server.hub.connections.values()))
        for _ in range(400):
            server.hub.broadcast(NEWS, "x" * 50_000)
            assert (await hear(reader))[0] == NEWS
            if first.closing:
                break
        assert first.closing == TOO_SLOW
        assert first.id not in server.hub.connections
        assert await hears_only(reader)


@pytest.mark.parametrize("how", ["coroutine", "awaitable"])
async def test_a_handler_that_waits_keeps_its_own_connection_waiting_and_no_other(how: str) -> None:
    slow = channel("slow", plugin="onesocket", module="test", send=_Order, receive=_Order)
    go = anyio.Event()

    async def later(*, data: _Order, send: Callable[[_Order], None], context: Context) -> None:  # noqa: ARG001
        await go.wait()
        send(data)

    def returned(*, data: _Order, send: Callable[[_Order], None], context: Context) -> Awaitable[None]:
        return later(data=data, send=send, context=context)

    handler = websocket(slow, on_message=later if how == "coroutine" else returned, description="waits")
    module = Module("onesocket", "test", sockets=[handler])
    async with running(modules=(*DEMO_MODULES, module)) as server, server.socket() as one, server.socket() as other:
        await say(one, slow.id, {"what": "first"})
        for number in range(20):
            await say(one, ECHO, {"message": str(number)})
        assert await hears_only(other)
        go.set()
        assert await hear(one) == (slow.id, {"what": "first"})
        for number in range(20):
            assert await hear(one) == (ECHO, {"reply": f"You said: {number}"})


async def test_a_handler_that_still_waits_when_its_client_leaves_is_cancelled() -> None:
    slow = channel("slow", plugin="onesocket", module="test", send=_Order, receive=_Order)
    ends: list[str] = []

    async def forever(*, data: _Order, send: Callable[[_Order], None], context: Context) -> None:  # noqa: ARG001
        try:
            await anyio.sleep_forever()
        finally:
            ends.append(data.what)

    module = Module("onesocket", "test", sockets=[websocket(slow, on_message=forever, description="waits")])
    async with running(modules=(*DEMO_MODULES, module)) as server, server.socket() as client:
        await say(client, slow.id, {"what": "over"})
        await hears_nothing_but_pong(client)
        await client.close()
        await until(lambda: ends == ["over"])


async def hears_nothing_but_pong(client: object) -> None:
    ponged = await client.ping()  # type: ignore[attr-defined] # a websockets client
    with anyio.fail_after(DEADLINE_S):
        await ponged


async def test_a_peer_that_answers_no_ping_is_closed_with_1011() -> None:
    settings = Settings(ping_interval_s=0.05, ping_timeout_s=0.05)
    async with running(settings) as server, raw_socket(server) as silent, server.socket() as alive:
        heard = b""
        while b"\x03\xf3keepalive" not in heard:
            heard += await silent.receive()
        assert heard.startswith(b"\x89")
        assert await hears_only(alive)


async def test_an_answer_before_a_close_is_sent_before_it() -> None:
    async with running() as server, server.socket() as client:
        await say(client, ECHO, {"message": "x"})
        await client.close()
        assert json.loads(await client.recv())["data"] == {"reply": "You said: x"}


class Greets(Hub):
    def connect(self, session, *, wake):  # type: ignore[no-untyped-def] # as the hub's own
        connection = super().connect(session, wake=wake)
        self.reply(connection, NEWS, "hello")
        return connection


async def test_a_hub_may_speak_first() -> None:
    async with running(hub=Greets()) as server, server.socket() as client:
        assert await hear(client) == (NEWS, "hello")


@pytest.mark.slow
async def test_a_half_of_a_request_is_dropped_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.reference.runtime.front.HANDSHAKE_S", 0.5)
    async with running() as server:
        host, _, port = server.host.partition(":")
        for said, answer in ((b"GET /ws HTTP/1.1\r\n", b"HTTP/1.1 408"), (b"", b"")):
            with anyio.fail_after(DEADLINE_S):
                async with await anyio.connect_tcp(host, int(port)) as stream:
                    if said:
                        await stream.send(said)
                    heard = b"".join([each async for each in stream])
            assert heard.startswith(answer)


async def test_what_breaks_a_rule_is_told_so_although_more_is_under_way() -> None:
    async with running(Settings(limits=Limits(max_message_bytes=1000))) as server, server.socket() as client:
        await client.send("x" * 1_000_000)
        assert await close_code(client) == 1009
