"""One exchange at a server's door ends in one of five ways, whatever the server does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketStream

from harness.targets.child import free_port
from harness.worlds.wire_knock import byte_after_byte, exchange

pytestmark = pytest.mark.anyio
REQUEST = b"GET / HTTP/1.1\r\n\r\n"
DEADLINE_S = 5.0


@asynccontextmanager
async def serving(handle: Callable[[SocketStream], Awaitable[None]]) -> AsyncIterator[str]:
    """Give the address of a server that does `handle` with each connection, then closes it."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await handle(stream)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        tasks.cancel_scope.cancel()


async def test_an_answer_in_pieces_is_one_answer() -> None:
    async def answer(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 426 Upgrade")
        await stream.send(b" Required\r\nSec-WebSocket-Version: 13\r\n\r\nwords")
        await stream.receive()

    async with serving(answer) as url:
        ended = await exchange(url, REQUEST, timeout_s=DEADLINE_S)
    assert ended.head is not None
    assert (ended.outcome, ended.head.status, ended.head.get("sec-websocket-version")) == ("answered", 426, "13")


async def test_a_socket_that_is_upgraded_is_closed_politely() -> None:
    heard = []

    async def upgrade(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        heard.append(await stream.receive())
        done.set()

    done = anyio.Event()
    async with serving(upgrade) as url:
        ended = await exchange(url, REQUEST, timeout_s=DEADLINE_S)
        with anyio.fail_after(DEADLINE_S):
            await done.wait()
    assert ended.outcome == "upgraded"
    assert heard[0][0] == 0x88


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200", b"\x15\x03\x01\r\n\r\n"])
async def test_an_end_without_an_answer_is_closed(said: bytes) -> None:
    async def leave(stream: SocketStream) -> None:
        await stream.receive()
        if said:
            await stream.send(said)

    async with serving(leave) as url:
        assert (await exchange(url, REQUEST, timeout_s=DEADLINE_S)).outcome == "closed"


async def test_a_server_that_says_nothing_is_silent_for_all_of_the_time() -> None:
    async def listen(stream: SocketStream) -> None:
        async for _ in stream:
            pass

    async with serving(listen) as url:
        ended = await exchange(url, b"", timeout_s=0.05)
    assert ended.outcome == "silent"
    assert ended.waited_s >= 0.05


async def test_bytes_trickle_until_the_server_has_had_enough() -> None:
    async def count(stream: SocketStream) -> None:
        while len(heard) < 6:
            heard.extend(await stream.receive())

    heard: list[int] = []
    async with serving(count) as url:
        trickle = byte_after_byte(b"x", every_s=0.001)
        ended = await exchange(url, b"GET", timeout_s=DEADLINE_S, trickle=trickle)
    assert ended.outcome == "closed"
    assert bytes(heard[:6]) == b"GETxxx"


async def test_a_server_that_does_not_read_to_the_end_is_answered_for_all_the_same() -> None:
    async def refuse(stream: SocketStream) -> None:
        await stream.receive(16)
        await stream.send(b"HTTP/1.1 431 Too Large\r\n\r\n")

    async with serving(refuse) as url:
        ended = await exchange(url, b"x" * 8_000_000, timeout_s=DEADLINE_S)
    assert ended.outcome in {"answered", "closed"}


async def test_nobody_there_is_unreachable() -> None:
    ended = await exchange(f"http://127.0.0.1:{free_port()}", REQUEST, timeout_s=DEADLINE_S)
    assert (ended.outcome, ended.head) == ("unreachable", None)
