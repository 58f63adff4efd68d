"""The reference as a peer: its own hub, runtimes and modules, with the benchmark's channels beside them.

A user is whoever the address names (`/ws?user=17`), so that five hundred of them need no sign-in.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Awaitable, Callable

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.reference.app import DEMO_MODULES
from harness.reference.channel import ChannelId, broadcast_channel, channel
from harness.reference.context import Context, services_of
from harness.reference.hub import Hub, Session, SessionId, UserId
from harness.reference.module import Module, websocket
from harness.reference.origin import Handshake
from harness.reference.serve import DEFAULT_RUNTIME, FASTEST_LOOP, RUNTIMES, serving
from harness.reference.settings import Limits, Settings

FAR_S = 4e9


class Text(msgspec.Struct, frozen=True):
    """All that these messages carry."""

    text: str


class Letter(msgspec.Struct, frozen=True):
    """What one user is to be told."""

    user: int
    text: str


class CountingHub(Hub):
    """The reference's hub; it believes the address, and counts."""

    broadcasts = 0

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        """Return the session of the user that the address names."""
        name, _, user = handshake.query.partition("=")
        return Session(SessionId(user), UserId(int(user)), FAR_S) if name == "user" else session

    def broadcast(self, channel: ChannelId, data: object) -> None:
        """Count, and go on."""
        self.broadcasts += 1
        super().broadcast(channel, data)


echo = channel("echo", plugin="bench", module="peer", send=Text, receive=Text)
publish = channel("publish", plugin="bench", module="peer", send=Text, receive=Text)
notify = channel("notify", plugin="bench", module="peer", send=Letter, receive=Text)
news = broadcast_channel("news", plugin="bench", module="peer", receive=Text)
mail = broadcast_channel("mail", plugin="bench", module="peer", receive=Text)


def _on_echo(*, data: Text, send: Callable[[Text], None], context: Context) -> None:  # noqa: ARG001
    send(data)


def _on_publish(*, data: Text, send: Callable[[Text], None], context: Context) -> Awaitable[None]:  # noqa: ARG001
    return context.realtime.broadcast(news, data)


def _on_notify(*, data: Letter, send: Callable[[Text], None], context: Context) -> Awaitable[None]:  # noqa: ARG001
    return context.realtime.send_to_user(UserId(data.user), mail, Text(data.text))


async def _stats(request: Request) -> Response:
    hub = services_of(request).hub
    assert isinstance(hub, CountingHub)
    return JSONResponse({"connections": len(hub.connections), "broadcasts": hub.broadcasts})


bench = Module(
    "bench",
    "peer",
    routes=[Route("/bench/stats", _stats, methods=["GET"])],
    sockets=[
        websocket(echo, on_message=_on_echo, description="Answers with what it was told."),
        websocket(publish, on_message=_on_publish, description="Tells everybody."),
        websocket(notify, on_message=_on_notify, description="Tells one user."),
    ],
    channels=[news, mail],
)


async def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--runtime", choices=RUNTIMES, default=DEFAULT_RUNTIME)
    options = parser.parse_args()
    # Whoever measures is no flood, and its users are on hundreds of sockets.
    limits = Limits(burst_messages=10**9, messages_per_s=1e9, session_connections=10**9)
    hub = CountingHub(limits=limits)
    modules = (*DEMO_MODULES, bench)
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with serving(
            Settings(limits=limits), port=options.port, hub=hub, modules=modules, runtime=options.runtime
        ):
            async for _ in signals:
                return


if __name__ == "__main__":
    sys.exit(anyio.run(main, backend_options=FASTEST_LOOP))
