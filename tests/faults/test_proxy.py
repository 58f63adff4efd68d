"""The proxy before a real server of websockets, with real clients."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from harness.faults.proxy import Proxy
from harness.faults.socket_event import (
    ProxyEvent,
    RequestAnswered,
    SocketClosed,
    SocketClosing,
    SocketOpened,
    SocketOpening,
    SocketRefused,
    SocketText,
)

pytestmark = pytest.mark.anyio


class Seen:
    """What the proxy told; `until` waits for an event of a kind."""

    def __init__(self) -> None:
        self.events: list[ProxyEvent] = []
        self._news = anyio.Event()

    def __call__(self, event: ProxyEvent) -> None:
        self.events.append(event)
        self._news.set()
        self._news = anyio.Event()

    async def until(self, kind: type[ProxyEvent], *, count: int = 1) -> None:
        with anyio.fail_after(5):
            while sum(isinstance(each, kind) for each in self.events) < count:
                await self._news.wait()

    def of(self, kind: type[ProxyEvent]) -> list[ProxyEvent]:
        return [each for each in self.events if isinstance(each, kind)]


def _answer(connection: ServerConnection, request: Request) -> Response | None:
    headers = Headers({"Content-Type": "text/plain", "X-Host": request.headers.get("Host", "")})
    host = request.headers.get("Host", "")
    match request.path:
        case "/ws" if request.headers.get("Sec-WebSocket-Extensions"):
            return connection.respond(400, "extensions got through\n")
        case "/ws" if request.headers.get("Origin") == "http://evil.example":
            return connection.respond(403, "no\n")
        case "/ws" | "/dev":
            return None
        case "/away":
            return Response(303, "See Other", Headers({"Location": f"http://{host}/there", "Content-Length": "0"}), b"")
        case _:
            return Response(200, "OK", headers, f"{host} {request.headers.get('Connection')}".encode())


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        if message == "bye":
            await connection.close(4001, "as you wish")
        elif message == "parts":
            await connection.send(iter(["one", "two"]))
        else:
            await connection.send(message)


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


@contextlib.asynccontextmanager
async def _through_proxy() -> AsyncIterator[tuple[Proxy, Seen]]:
    async with serve(_echo, "127.0.0.1", 0, process_request=_answer) as server:
        seen = Seen()
        proxy = Proxy(f"http://127.0.0.1:{_port(server)}", socket_path="/ws", listener=seen)
        async with anyio.create_task_group() as group:
            await group.start(proxy.serve)
            yield proxy, seen
            group.cancel_scope.cancel()


def _connect(proxy: Proxy, path: str = "/ws", **options: str) -> connect:
    return connect(proxy.url.replace("http", "ws") + path, proxy=None, **options)  # type: ignore[arg-type]  # origin only


async def _get(proxy: Proxy, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return await client.get(proxy.url + path)


async def test_a_plain_request_is_asked_of_the_target_in_its_own_name() -> None:
    async with _through_proxy() as (proxy, seen):
        answer = await _get(proxy, "/hello")
        assert answer.status_code == 200
        host, connection = answer.text.split()
        assert host != proxy.url.removeprefix("http://")
        assert connection == "close"
        assert seen.events == [RequestAnswered("GET", "/hello", 200)]


async def test_a_redirect_stays_with_the_proxy() -> None:
    async with _through_proxy() as (proxy, _):
        assert (await _get(proxy, "/away")).headers["location"] == proxy.url + "/there"


async def test_a_socket_is_counted_and_its_messages_are_told() -> None:
    async with _through_proxy() as (proxy, seen):
        async with _connect(proxy) as client:
            assert len(proxy.live) == 1
            await client.send("hällo")
            assert await client.recv() == "hällo"
        await seen.until(SocketClosed)
        assert seen.events == [
            SocketOpening(1, None),
            SocketOpened(1, 101),
            SocketText(1, "client", "hällo"),
            SocketText(1, "server", "hällo"),
            SocketClosing(1, "client"),
            SocketClosed(1, 1000, "", "client"),
        ]
        assert not proxy.live


async def test_fragments_are_joined() -> None:
    async with _through_proxy() as (proxy, seen), _connect(proxy) as client:
        await client.send(iter(["par", "ts"]))
        assert await client.recv() == "onetwo"
        texts = seen.of(SocketText)
        assert texts == [SocketText(1, "client", "parts"), SocketText(1, "server", "onetwo")]


async def test_a_close_by_the_server_is_told_with_its_code() -> None:
    async with _through_proxy() as (proxy, seen):
        async with _connect(proxy) as client:
            await client.send("bye")
            with pytest.raises(ConnectionClosed):
                await client.recv()
        await seen.until(SocketClosed)
        assert seen.events[-1] == SocketClosed(1, 4001, "as you wish", "server")


async def test_a_foreign_origin_reaches_the_target_and_its_refusal_the_browser() -> None:
    async with _through_proxy() as (proxy, seen):
        with pytest.raises(InvalidStatus) as refused:
            await _connect(proxy, origin="http://evil.example").__aenter__()
        assert refused.value.response.status_code == 403
        assert refused.value.response.body == b"no\n"
        opening, answer = seen.events
        assert opening == SocketOpening(1, "http://evil.example")
        assert isinstance(answer, SocketRefused)
        assert answer.status == 403


async def test_the_pages_own_origin_is_not_foreign() -> None:
    async with _through_proxy() as (proxy, seen), _connect(proxy, origin=proxy.url):
        assert seen.events[0] == SocketOpening(1, None)


async def test_an_upgrade_on_another_path_passes_uncounted() -> None:
    async with _through_proxy() as (proxy, seen), _connect(proxy, "/dev") as client:
        await client.send("x")
        assert await client.recv() == "x"
        assert seen.events == []


async def test_refused_upgrades_are_answered_without_the_target() -> None:
    async with _through_proxy() as (proxy, seen):
        proxy.refuse(upgrades=1)
        with pytest.raises(InvalidStatus) as refused:
            await _connect(proxy).__aenter__()
        assert refused.value.response.status_code == 503
        assert len(seen.of(SocketRefused)) == 1
        async with _connect(proxy):
            assert list(proxy.live) == [2]


async def test_a_reset_breaks_every_socket_at_once() -> None:
    async with _through_proxy() as (proxy, seen):
        one, other = await _connect(proxy).__aenter__(), await _connect(proxy).__aenter__()
        await proxy.reset_all()
        assert not proxy.live
        for client in (one, other):
            await _expect_abnormal_end(client)
        await seen.until(SocketClosed, count=2)


async def _expect_abnormal_end(client: ClientConnection) -> None:
    with anyio.fail_after(5), pytest.raises(ConnectionClosed) as ended:
        await client.recv()
    assert ended.value.rcvd is None


async def test_a_dead_target_is_answered_with_502() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        port = _port(server)
    seen = Seen()
    proxy = Proxy(f"http://127.0.0.1:{port}", socket_path="/ws", listener=seen)
    async with anyio.create_task_group() as group:
        await group.start(proxy.serve)
        assert (await _get(proxy, "/")).status_code == 502
        with pytest.raises(InvalidStatus) as refused:
            await _connect(proxy).__aenter__()
        assert refused.value.response.status_code == 502
        assert seen.events == [SocketOpening(1, None), SocketRefused(1, 0, "the target is not there")]
        group.cancel_scope.cancel()


async def test_a_socket_that_is_half_closed_ends() -> None:
    async with _through_proxy() as (proxy, seen):
        stream = await _raw_upgrade(proxy)
        await stream.send_eof()
        await seen.until(SocketClosing)
        assert not proxy.live
        await seen.until(SocketClosed)
        assert seen.events[-1] == SocketClosed(1, None, "", "client")
        await stream.aclose()


async def test_what_is_no_http_is_dropped() -> None:
    async with _through_proxy() as (proxy, _):
        port = int(proxy.url.rsplit(":", 1)[1])
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"no: http\r\nat all\r\n\r\n")
            with anyio.fail_after(5), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()


async def _raw_upgrade(proxy: Proxy) -> SocketStream:
    port = int(proxy.url.rsplit(":", 1)[1])
    stream = await anyio.connect_tcp("127.0.0.1", port)
    await stream.send(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % port
    )
    assert b" 101 " in await stream.receive()
    assert stream.extra(SocketAttribute.remote_port) == port
    return stream


async def test_a_page_of_the_proxys_own_is_shown_without_the_target() -> None:
    async with _through_proxy() as (proxy, seen):
        proxy.pages["/blank"] = "<p>grüße"
        answer = await _get(proxy, "/blank")
        assert (answer.status_code, answer.text) == (200, "<p>grüße")
        assert not seen.events
