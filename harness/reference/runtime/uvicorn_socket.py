"""uvicorn's own socket protocol, with an end: a peer that never takes its last bytes is cut off.

Closing a transport waits for its buffer to drain, and a reader that has stopped lets it wait for ever. A handshake of
another version, or one that cannot be read, has its answer too.
"""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request, Response

ABORT_AFTER_S = 2.0
VERSION = "13"


class BoundedCloseProtocol(WebSocketsSansIOProtocol):
    """Aborts a connection that is still there some time after the application is done with it."""

    def data_received(self, data: bytes) -> None:
        """Take in bytes; a handshake that cannot be read is refused."""
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse(self.conn.reject(HTTPStatus.BAD_REQUEST, "the handshake cannot be read\n"))

    def handle_connect(self, event: Request) -> None:
        """Refuse another version with the one that is spoken (RFC 6455, section 4.2.2), which uvicorn leaves out."""
        if event.headers.get_all("Sec-WebSocket-Version") == [VERSION]:
            super().handle_connect(event)
            return
        refusal = self.conn.reject(HTTPStatus.UPGRADE_REQUIRED, f"version {VERSION} is spoken here\n")
        refusal.headers["Sec-WebSocket-Version"] = VERSION
        refusal.headers["Upgrade"] = "websocket"
        self._refuse(refusal)

    def _refuse(self, refusal: Response) -> None:
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        self.transport.write(refusal.serialize())
        self.transport.close()

    async def run_asgi(self) -> None:
        """Run the application, then give the peer `ABORT_AFTER_S` to go."""
        await super().run_asgi()
        self.loop.call_later(ABORT_AFTER_S, self.transport.abort)
