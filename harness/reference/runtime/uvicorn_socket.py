"""uvicorn's own socket protocol, with an end: a peer that never takes its last bytes is cut off.

Closing a transport waits for its buffer to drain, and a reader that has stopped lets it wait for ever.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

ABORT_AFTER_S = 2.0


class BoundedCloseProtocol(WebSocketsSansIOProtocol):
    """Aborts a connection that is still there some time after the application is done with it."""

    async def run_asgi(self) -> None:
        """Run the application, then give the peer `ABORT_AFTER_S` to go."""
        await super().run_asgi()
        self.loop.call_later(ABORT_AFTER_S, self.transport.abort)
