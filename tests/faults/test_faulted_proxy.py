"""Faults in front of a real server of websockets: what they do to bytes, sockets and frames, and that they bite."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import anyio
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.faults.proxy import Proxy
from harness.faults.socket_event import ProxyEvent, SocketFreed, SocketTampered
from harness.faults.watched_socket import WatchedSocket
from harness.plan import CloseNext, CutOff, Delay, HalfClose, Limit, NetworkFault, Refuse, Reset, Slice, Stall, Tamper

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Bench:
    """A server, the proxy before it, what the proxy told, and the server's connections."""

    proxy: Proxy
    events: list[ProxyEvent] = field(default_factory=list)
    served: list[ServerConnection] = field(default_factory=list)

    @property
    def bites(self) -> tuple[int, ...]:
        return self.proxy.link.bites


async def until(done: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not done():  # noqa: ASYNC110 # what is waited for says nothing by itself
            await anyio.sleep(0.005)


@contextlib.asynccontextmanager
async def bench(**options: float | None) -> AsyncIterator[Bench]:
    async def echo(connection: ServerConnection) -> None:
        found.served.append(connection)
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None, **options) as server:  # type: ignore[arg-type] # times
        events: list[ProxyEvent] = []
        proxy = Proxy(f"http://127.0.0.1:{_port(server)}", socket_path="/ws", listener=events.append)
        found = Bench(proxy, events)
        async with anyio.create_task_group() as group:
            await group.start(proxy.serve)
            yield found
            group.cancel_scope.cancel()


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


def client(found: Bench) -> connect:
    return connect(found.proxy.url.replace("http", "ws") + "/ws", proxy=None, compression=None)


def socket_of(found: Bench, connection: ClientConnection) -> WatchedSocket:
    port = connection.local_address[1]
    socket = found.proxy.socket_at(port)
    assert socket is not None
    return socket


async def says(connection: ClientConnection, *texts: str) -> list[str | bytes]:
    for text in texts:
        await connection.send(text)
    with anyio.fail_after(5):
        return [await connection.recv() for _ in texts]


@pytest.mark.parametrize(
    "fault", [Slice(), Delay(5), Limit(50), Slice("to"), Delay(5, "from")], ids=lambda fault: fault.on("a")
)
async def test_what_hinders_changes_no_message_and_bites(fault: NetworkFault) -> None:
    async with bench() as found, client(found) as connection:
        found.proxy.link.arm(fault)
        assert await says(connection, "one", "two" * 50) == ["one", "two" * 50]
        assert all(count > 0 for count in found.bites)


async def test_a_long_message_is_sliced_at_its_beginning_only() -> None:
    async with bench() as found, client(found) as connection:
        found.proxy.link.arm(Slice("to"))
        with anyio.fail_after(5):
            assert await says(connection, "x" * 300_000) == ["x" * 300_000]


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("drop", ["1", "3"]),
        ("duplicate", ["1", "2", "2", "3"]),
        ("swap", ["1", "3", "2"]),
        ("corrupt", ["1", "3", "3"]),
        ("inject", ["1", "{}", "2", "3"]),
    ],
)
@pytest.mark.parametrize("way", ["to", "from"])
async def test_one_frame_is_tampered_with(deed: str, expected: list[str], way: str) -> None:
    async with bench() as found, client(found) as connection:
        found.proxy.link.arm(Tamper(deed, 2, way))  # type: ignore[arg-type] # one of its literals
        for text in "123":
            await connection.send(text)
        with anyio.fail_after(5):
            assert [await connection.recv() for _ in expected] == expected
        (told,) = (each for each in found.events if isinstance(each, SocketTampered))
        assert (told.deed, told.payload) == (deed, b"2")
        assert found.bites == (1,)


async def test_handshakes_are_refused_or_accepted_and_closed() -> None:
    async with bench() as found:
        found.proxy.link.arm(Refuse(1))
        found.proxy.link.arm(CloseNext(1013))
        with pytest.raises(InvalidStatus) as refused:
            await client(found).__aenter__()
        assert refused.value.response.status_code == 503
        async with client(found) as connection:
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
        assert await _talks(found)
        assert found.bites == (1, 1)


async def _talks(found: Bench) -> bool:
    async with client(found) as connection:
        return await says(connection, "hello") == ["hello"]


async def test_a_stalled_reader_gets_everything_in_order_when_it_wakes() -> None:
    async with bench() as found, client(found) as connection:
        socket = socket_of(found, connection)
        found.proxy.link.arm(Stall("of"))
        socket.stall("to")
        socket.stall("of")
        assert socket.stalled
        for number in range(20):
            await connection.send(str(number))
        await until(lambda: any(found.bites))
        socket.resume()
        with anyio.fail_after(5):
            assert [await connection.recv() for _ in range(20)] == [str(number) for number in range(20)]


async def test_stalled_bytes_from_a_browser_do_not_reach_the_server() -> None:
    async with bench() as found, client(found) as connection:
        socket = socket_of(found, connection)
        found.proxy.link.arm(Stall("from"))
        socket.stall("from")
        assert found.bites == (0,)
        await connection.send("held")
        await until(lambda: any(found.bites))
        socket.resume()
        assert await connection.recv() == "held"


async def sever(found: Bench, connection: ClientConnection, fault: Reset | HalfClose | CutOff) -> None:
    socket = socket_of(found, connection)
    await socket.sever(fault)
    connection.transport.abort()
    assert socket.severed
    assert not socket.live


async def test_a_reset_breaks_the_servers_connection_without_a_word() -> None:
    async with bench() as found:
        connection = await client(found).__aenter__()
        await says(connection, "hello")
        await sever(found, connection, Reset())
        (served,) = found.served
        with anyio.fail_after(5):
            await served.wait_closed()
        assert served.close_code == 1006
        assert not [each for each in found.events if isinstance(each, SocketFreed)]


async def test_a_half_close_is_answered_by_a_server_that_notices() -> None:
    async with bench() as found:
        connection = await client(found).__aenter__()
        await says(connection, "hello")
        await sever(found, connection, HalfClose())
        await until(lambda: any(isinstance(each, SocketFreed) for each in found.events))


async def test_a_peer_that_was_cut_off_is_let_go_by_the_servers_pings() -> None:
    async with bench(ping_interval=0.05, ping_timeout=0.05, close_timeout=0.05) as found:
        connection = await client(found).__aenter__()
        await says(connection, "hello")
        await sever(found, connection, CutOff())
        await until(lambda: any(isinstance(each, SocketFreed) for each in found.events))
        (freed,) = (each for each in found.events if isinstance(each, SocketFreed))
        assert (freed.how, freed.code) == ("close frame", 1011)


async def test_what_a_server_sends_to_one_who_was_cut_off_is_swallowed() -> None:
    async with bench(ping_interval=None) as found:
        connection = await client(found).__aenter__()
        await says(connection, "hello")
        await sever(found, connection, CutOff())
        (served,) = found.served
        with anyio.fail_after(5):
            for _ in range(200):
                await served.send("x" * 100_000)
        served.transport.abort()
        await until(lambda: any(isinstance(each, SocketFreed) for each in found.events))


async def test_other_sockets_of_the_browser_go_on() -> None:
    async with bench() as found, client(found) as other:
        connection = await client(found).__aenter__()
        await says(connection, "hello")
        await sever(found, connection, CutOff())
        assert await says(other, "still") == ["still"]
        assert found.proxy.socket_at(1) is None


async def test_a_small_window_lets_a_server_notice_a_stalled_reader_soon() -> None:
    async with bench(ping_interval=None) as found:
        found.proxy._receive_buffer_bytes = 32_768
        async with client(found) as connection:
            socket = socket_of(found, connection)
            await says(connection, "hello")
            socket.stall("to")
            sent = await _send_until_blocked(found.served[0].send)
            assert sent < 200
            connection.transport.abort()


async def _send_until_blocked(send: Callable[[str], Awaitable[None]]) -> int:
    for number in range(200):
        with anyio.move_on_after(0.1) as scope:
            await send("x" * 100_000)
        if scope.cancelled_caught:
            return number
    return 200
