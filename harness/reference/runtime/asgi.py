"""The socket as a plain ASGI endpoint, for any ASGI server. Moves frames; decides nothing.

One task reads and runs handlers in order, one writes. A refused handshake is a 403. A connection that the hub
closes has `close_timeout_s` to drain, and a handler's failure is logged and answered to nobody.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import anyio
from starlette.types import Receive, Scope, Send

from harness.reference.channel import ChannelId
from harness.reference.context import Context, Services
from harness.reference.cookie import session_of
from harness.reference.hub import TOO_SLOW, Envelope, Session
from harness.reference.module import Registry
from harness.reference.origin import Handshake, header_values


def handshake_of(scope: Scope) -> Handshake:
    """Return what the client said when it asked for a socket."""
    headers = scope["headers"]
    return Handshake(
        scheme="https" if scope["scheme"] == "wss" else "http",
        hosts=header_values(headers, b"host"),
        origins=header_values(headers, b"origin"),
        cookie="; ".join(header_values(headers, b"cookie")),
        query=scope["query_string"].decode("latin-1"),
    )


class SocketEndpoint:
    """The ASGI application behind `/ws`."""

    def __init__(self, registry: Registry, *, services: Services) -> None:
        self._registry = registry
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from handshake to close."""
        hub, handshake = self._services.hub, handshake_of(scope)
        await receive()
        if not hub.admits(handshake):
            await send({"type": "websocket.close", "code": 1008})
            return
        session = session_of(handshake.cookie, database=self._services.database)
        socket = _Socket(
            registry=self._registry,
            services=self._services,
            session=hub.identify(handshake, session),
            receive=receive,
            send=send,
        )
        await socket.run()


class _Socket:
    """One socket's two tasks."""

    def __init__(
        self, *, registry: Registry, services: Services, session: Session | None, receive: Receive, send: Send
    ) -> None:
        self._registry = registry
        self._services = services
        self._hub = services.hub
        self._receive = receive
        self._send = send
        self._woken = anyio.Event()
        self._scope = anyio.CancelScope()
        # Before the handshake is answered: whoever is told "open" must not miss what is published next.
        self._connection = self._hub.connect(session, wake=self._wake)
        self._context = Context(services, lambda: self._connection.session)

    async def run(self) -> None:
        """Accept, then read and write until either side is done."""
        try:
            await self._send({"type": "websocket.accept"})
            with self._scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._read)
                    group.start_soon(self._write)
        except* OSError:
            pass  # gone in the middle of a write is simply gone
        finally:
            code = self._connection.closing
            self._hub.disconnect(self._connection)
            if code is not None:
                await self._close(code)

    def _wake(self) -> None:
        self._woken.set()
        code = self._connection.closing
        if code is not None:
            # A reader that is too slow may never take another byte: there is nothing to wait for.
            grace_s = 0.0 if code == TOO_SLOW else self._services.settings.close_timeout_s
            self._scope.deadline = min(self._scope.deadline, anyio.current_time() + grace_s)

    async def _write(self) -> None:
        while True:
            frame = self._hub.take(self._connection)
            if frame is not None:
                await self._send({"type": "websocket.send", "text": frame.text})
            elif self._connection.closing is not None:
                self._scope.cancel()
                return
            else:
                self._woken = anyio.Event()
                await self._woken.wait()

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._scope.cancel()
                return
            text = message.get("text")
            envelope = self._hub.receive(
                self._connection,
                message.get("bytes") or b"" if text is None else text,
                now_s=self._services.clock(),
            )
            if envelope is not None:
                await self._handle(envelope)

    async def _handle(self, envelope: Envelope) -> None:
        channel = ChannelId(envelope.id)
        handler = self._registry.handlers.get(channel)
        if handler is None:
            return
        hear = handler.hearer(send=partial(self._hub.reply, self._connection, channel), context=self._context)
        try:
            waiting = hear(envelope.data)
            if waiting is not None:
                await waiting
        except Exception:
            # The connection stays: one handler's mistake must not cost the others their messages.
            self._services.logger.exception("handler of channel %s failed", channel)

    async def _close(self, code: int) -> None:
        with anyio.move_on_after(self._services.settings.close_timeout_s, shield=True):
            with suppress(OSError):
                await self._send({"type": "websocket.close", "code": code})
