"""A target that misbehaves in one way: `python -m tests.worlds.nasty --how WAY --port N`. Else it is the reference."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from collections.abc import Callable

import anyio
from anyio.abc import SocketStream
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.reference.runtime.uvicorn_socket import BoundedCloseProtocol
from harness.reference.serve import serving


async def _silent(stream: SocketStream) -> None:
    async with stream:
        await anyio.sleep_forever()


async def _endless(stream: SocketStream, *, beginning: bytes, piece: bytes) -> None:
    # To die of a client that leaves is not its part.
    with contextlib.suppress(anyio.BrokenResourceError, anyio.EndOfStream):
        await _endless_until_gone(stream, beginning=beginning, piece=piece)


async def _endless_until_gone(stream: SocketStream, *, beginning: bytes, piece: bytes) -> None:
    async with stream:
        await stream.receive()
        await stream.send(beginning)
        while True:
            await stream.send(piece)


async def _endless_headers(stream: SocketStream) -> None:
    await _endless(stream, beginning=b"HTTP/1.1 200 OK\r\n", piece=b"X-More: and more\r\n" * 1000)


async def _endless_body(stream: SocketStream) -> None:
    await _endless(stream, beginning=b"HTTP/1.1 200 OK\r\n\r\n", piece=b"and more " * 1000)


def _floods(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        await send({"type": "websocket.accept"})
        while True:
            await send({"type": "websocket.send", "text": '{"id": "news", "data": "' + "x" * 60_000 + '"}'})

    return wrapped


def _never_upgrades(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await anyio.sleep_forever()
        await app(scope, receive, send)

    return wrapped


def _never_publishes(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            await anyio.sleep_forever()
        await app(scope, receive, send)

    return wrapped


def _exits_on_the_fifth(app: ASGIApp) -> ASGIApp:
    seen = [0]

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            seen[0] += message["type"] == "websocket.accept"
            if seen[0] == 5:
                sys.stderr.write("FATAL: too many friends\n")
                sys.stderr.flush()
                os._exit(3)
            await send(message)

        await app(scope, receive, answer)

    return wrapped


class _SendsAGigabyte(BoundedCloseProtocol):
    def start_keepalive(self) -> None:
        self.transport.write(b"\x81\x7f" + (2**30).to_bytes(8, "big"))
        self._go_on()

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            if self.transport.get_write_buffer_size() < 1_000_000:
                self.transport.write(b"x" * 100_000)
            self.loop.call_later(0.0005, self._go_on)


class _HalfCloses(BoundedCloseProtocol):
    def start_keepalive(self) -> None:
        self.transport.write_eof()


RAW = {"accepts_and_is_silent": _silent, "endless_headers": _endless_headers, "endless_body": _endless_body}
APPS: dict[str, Callable[[ASGIApp], ASGIApp]] = {
    "floods": _floods,
    "never_upgrades": _never_upgrades,
    "never_publishes": _never_publishes,
    "exits_on_the_fifth": _exits_on_the_fifth,
}
PROTOCOLS = {"sends_a_gigabyte": _SendsAGigabyte, "half_closes": _HalfCloses}


async def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--how", choices=[*RAW, *APPS, *PROTOCOLS], required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    if options.how in RAW:
        listener = await anyio.create_tcp_listener(
            local_host="127.0.0.1", local_port=options.port, family=socket.AF_INET, reuse_port=False
        )
        await listener.serve(RAW[options.how])
        return
    async with serving(port=options.port, wrap=APPS.get(options.how), protocol=PROTOCOLS.get(options.how)):
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main)
