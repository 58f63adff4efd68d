"""What meets every new connection: a plain right handshake for the socket is answered here, all else goes to uvicorn.

A handshake is plain when every line of it can be read in one way only. What is not, or is refused, is answered by the
portable runtime, so that there is one set of refusals. Decides nothing else.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
import re
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.utils import is_ssl
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol

from harness.reference.cookie import session_of
from harness.reference.module import Registry
from harness.reference.origin import Handshake
from harness.reference.runtime.exchange import Exchange
from harness.reference.runtime.native import NativeSocket
from harness.reference.runtime.uvicorn_http import HANDSHAKE_S, BoundedHeadProtocol

_GET = b"GET /ws"
_END = b"\r\n\r\n"
_LONGEST_HEAD_BYTES = 8_192
_WINDOW_BITS = 12
_LINE = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[!-~](?:[ -~]*[!-~])?\r\n"
_PLAIN = re.compile(rb"GET (/ws(?:\?[!-~]*)?) HTTP/1\.1\r\n((?:" + _LINE + rb")+)\r\n")


class Front(asyncio.Protocol):
    """One connection, until it is known what it wants."""

    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._head_by_s = self._loop.time() + HANDSHAKE_S
        self._timer = self._loop.call_at(self._head_by_s, self._hand_over)
        self._server_state.connections.add(self)  # type: ignore[arg-type] # of these it only wants `shutdown`

    def data_received(self, data: bytes) -> None:
        """Answer the handshake once it is whole, or hand over as soon as it cannot be one."""
        self._head += data
        if self._head.endswith(_END) and len(self._head) <= _LONGEST_HEAD_BYTES:
            if not self._doorkeeper.opens(self._head, self._transport):
                self._hand_over()
            else:
                self._forget()
        elif not self._may_become_one():
            self._hand_over()

    def connection_lost(self, exc: Exception | None) -> None:  # why does not matter
        """Nobody is there."""
        self._forget()

    def shutdown(self) -> None:
        """Close, as the server stops."""
        self._forget()
        self._transport.close()

    def _may_become_one(self) -> bool:
        head = self._head
        begins = head.startswith(_GET) or _GET.startswith(head)
        return begins and len(head) <= _LONGEST_HEAD_BYTES and _END not in head

    def _forget(self) -> None:
        self._timer.cancel()
        self._server_state.connections.discard(self)

    def _hand_over(self) -> None:
        self._forget()
        protocol = BoundedHeadProtocol(self._config, self._server_state, self._app_state, self._loop)
        protocol.head_by_s = self._head_by_s
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if self._head:
            protocol.data_received(self._head)


class Doorkeeper:
    """Answers the handshakes of one server's native sockets."""

    def __init__(self, registry: Registry, exchange: Exchange) -> None:
        self._exchange = exchange
        factory = ServerPerMessageDeflateFactory(
            server_no_context_takeover=True,
            client_no_context_takeover=True,
            server_max_window_bits=_WINDOW_BITS,
            client_max_window_bits=_WINDOW_BITS,
        )
        # It answers one handshake after the other, and of none of them keeps what matters.
        self._protocol = ServerProtocol(extensions=[factory] if exchange.settings.deflate else [])

    def opens(self, head: bytes, transport: asyncio.Transport) -> bool:
        """Open a socket for this handshake, or return False where somebody else is to answer it."""
        plain = _PLAIN.fullmatch(head)
        if plain is None:
            return False
        headers = Headers(_header_lines(plain[2].decode("ascii")))
        target = plain[1].decode("ascii")
        hosts = tuple(headers.get_all("Host"))
        if len(hosts) != 1 or "Content-Length" in headers or "Transfer-Encoding" in headers:
            return False
        response = self._protocol.accept(Request(target, headers))
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            return False
        hub, services = self._exchange.hub, self._exchange.services
        handshake = Handshake(
            scheme="https" if is_ssl(transport) else "http",
            hosts=hosts,
            origins=tuple(headers.get_all("Origin")),
            cookie="; ".join(headers.get_all("Cookie")),
            query=target.partition("?")[2],
        )
        if not hub.admits(handshake):
            return False
        session = hub.identify(handshake, session_of(handshake.cookie, database=services.database))
        # Of all that could be negotiated there is only the one, and it may be declined.
        agreed = self._protocol.extensions[0] if self._protocol.extensions else None
        socket = NativeSocket(
            self._exchange,
            transport,
            session=session,
            extension=agreed,
            deflate_bits=agreed.local_max_window_bits if isinstance(agreed, PerMessageDeflate) else 0,
        )
        transport.write(response.serialize())
        transport.set_protocol(socket)
        return True


def _header_lines(text: str) -> list[tuple[str, str]]:
    pairs = (line.split(":", 1) for line in text.split("\r\n") if line)
    return [(name, value.strip()) for name, value in pairs]
