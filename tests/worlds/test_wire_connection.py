"""A raw connection on a real socket, against servers that do odd but legal things."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from harness.worlds.wire_connection import Refused, connect

pytestmark = pytest.mark.anyio


async def answer_and_close(client: SocketStream, *, at_once: bool) -> None:
    """Upgrade, then close with 4401: in the same segment with `at_once`."""
    async with client:
        protocol = ServerProtocol()
        while not (events := protocol.events_received()):
            protocol.receive_data(await client.receive())
        request = events[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        handshake = b"".join(protocol.data_to_send())
        goodbye = Frame(Opcode.CLOSE, Close(4401, "over").serialize()).serialize(mask=False)
        if at_once:
            await client.send(handshake + goodbye)
        else:
            await client.send(handshake)
            await client.send(goodbye)
        with anyio.move_on_after(2.0):
            await client.receive()


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_server_may_upgrade_and_close_in_one_breath(at_once: bool) -> None:  # noqa: FBT001 # a parameter of pytest
    closes: list[tuple[int | None, str, str]] = []
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, lambda client: answer_and_close(client, at_once=at_once))
        with anyio.fail_after(5.0):
            connection = await connect(
                f"ws://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/ws",
                origin=None,
                cookie=None,
                on_text=lambda _: None,
                on_binary=lambda _: None,
                on_close=lambda *how: closes.append(how),
            )
            await connection.run()
        group.cancel_scope.cancel()
    assert closes == [(4401, "over", "server")]


async def test_a_server_that_ends_the_connection_first_has_refused() -> None:
    async def hang_up(client: SocketStream) -> None:
        async with client:
            await client.receive()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, hang_up)
        with pytest.raises(Refused) as caught, anyio.fail_after(5.0):
            await connect(
                f"ws://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/ws",
                origin=None,
                cookie=None,
                on_text=lambda _: None,
                on_binary=lambda _: None,
                on_close=lambda *_: None,
            )
        group.cancel_scope.cancel()
    assert caught.value.status <= 0
    assert not caught.value.silent
