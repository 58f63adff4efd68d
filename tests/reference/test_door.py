"""What the reference does with handshakes that are late, of another version, or not to be read."""

from __future__ import annotations

import anyio
import pytest

from harness.reference.runtime.uvicorn_http import BoundedHeadProtocol
from harness.reference.serve import serving
from harness.wire.handshake import right_request
from harness.wire.head import read_answer
from tests.reference.running import DEADLINE_S

pytestmark = pytest.mark.anyio


async def answer_to(url: str, data: bytes) -> bytes:
    """Return everything that comes back until the server closes."""
    host, _, port = url.removeprefix("http://").partition(":")
    heard = b""
    with anyio.fail_after(DEADLINE_S):
        async with await anyio.connect_tcp(host, int(port)) as stream:
            if data:
                await stream.send(data)
            async for each in stream:
                heard += each
    return heard


@pytest.mark.parametrize("version", ["12", "99", "13, 8", ""])
async def test_another_version_is_told_which_one_is_spoken(version: str) -> None:
    async with serving() as url:
        request = right_request(url, "/ws").having("Sec-WebSocket-Version", version)
        head = read_answer(await answer_to(url, request.encode()))
    assert head is not None
    assert (head.status, head.get("Sec-WebSocket-Version")) == (426, "13")


async def test_a_handshake_that_cannot_be_read_is_refused() -> None:
    async with serving() as url:
        head = read_answer(await answer_to(url, right_request(url, "/ws", cookie="x" * 10_000).encode()))
    assert head is not None
    assert head.status == 400


async def test_http_1_0_is_not_upgraded() -> None:
    async with serving() as url:
        request = right_request(url, "/ws").encode().replace(b"HTTP/1.1", b"HTTP/1.0")
        head = read_answer(await answer_to(url, request))
    assert head is not None
    assert head.status == 426


class Hasty(BoundedHeadProtocol):
    handshake_s = 0.05


@pytest.mark.parametrize(("data", "status"), [(b"", 0), (b"GET /w", 408), (b"GET /ws HTTP/1.1\r\nHost: h\r\n", 408)])
async def test_a_request_that_is_not_finished_in_time_is_dropped(data: bytes, status: int) -> None:
    async with serving(http=Hasty) as url:
        head = read_answer(await answer_to(url, data))
    assert (head.status if head else 0) == status


async def test_a_connection_that_was_used_before_has_that_time_again() -> None:
    async with serving(http=Hasty) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with anyio.fail_after(DEADLINE_S):
            async with await anyio.connect_tcp(host, int(port)) as stream:
                await stream.send(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
                first = await stream.receive()
                await stream.send(b"GET /h")
                rest = b"".join([each async for each in stream])
    assert first.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in rest
