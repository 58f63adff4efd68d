"""Runs the reference on uvicorn until it is told to stop. Decides nothing but the server's options.

SIGTERM and SIGINT stop it gracefully: every socket is closed with 1012 first.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Literal, cast, get_args

import anyio
import uvicorn
from anyio.abc import TaskStatus
from starlette.applications import Starlette
from starlette.types import ASGIApp

from harness.errors import UsageError
from harness.reference.app import DEMO_MODULES, create_app
from harness.reference.bus import RedisBus
from harness.reference.hub import Hub
from harness.reference.module import Module
from harness.reference.runtime.exchange import Exchange
from harness.reference.runtime.front import Doorkeeper, Front
from harness.reference.runtime.uvicorn_http import BoundedHeadProtocol
from harness.reference.runtime.uvicorn_socket import BoundedCloseProtocol
from harness.reference.settings import Settings

GRACEFUL_STOP_S = 2
FASTEST_LOOP: dict[str, bool] = {"use_uvloop": find_spec("uvloop") is not None}
"""What `anyio.run` is told, for the faster of the event loops that are there; both serve the same."""
Runtime = Literal["native", "asgi"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
DEFAULT_RUNTIME: Runtime = "native"


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    database: str | None = None,
    redis_url: str | None = None,
    settings: Settings | None = None,
    hub: Hub | None = None,
    runtime: Runtime = DEFAULT_RUNTIME,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `announce` is told the address once, when it can be used.

    `database` and `redis_url` replace what `settings` says; port 0 takes a free one.

    Raises: UsageError, when the address cannot be used.
    """
    settings = settings or Settings()
    if database is not None:
        settings = replace(settings, database=database)
    if redis_url is not None:
        settings = replace(settings, redis_url=redis_url)

    async def until_signal() -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async with serving(settings, host=host, port=port, hub=hub, runtime=runtime) as url:
                if announce is not None:
                    announce(url)
                async for _ in signals:
                    return

    anyio.run(until_signal, backend_options=FASTEST_LOOP)


@asynccontextmanager
async def serving(
    settings: Settings | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    hub: Hub | None = None,
    modules: Sequence[Module] = DEMO_MODULES,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    runtime: Runtime = DEFAULT_RUNTIME,
    protocol: type[asyncio.Protocol] | None = None,
    http: type[asyncio.Protocol] = BoundedHeadProtocol,
    redis_bus: type[RedisBus] = RedisBus,
) -> AsyncIterator[str]:
    """Serve in the running event loop while the context is open; gives the address, like http://127.0.0.1:8080.

    `wrap` is handed the application and returns what is served; `protocol` is the class that speaks WebSocket, `http`
    the one that speaks HTTP, `redis_bus` the one that speaks to other instances. The native runtime is for none of the
    first three: with one of them, sockets are served through the portable one.

    Raises: UsageError, when the address or the database cannot be used.
    """
    listener = _listen(host, port)
    with closing(listener):
        app = create_app(settings or Settings(), hub=hub, modules=modules, redis_bus=redis_bus)
        served = wrap(app) if wrap else app
        server = _Server(_config(settings or Settings(), served, protocol=protocol, http=http))
        if runtime == "native" and served is app and protocol is None and http is BoundedHeadProtocol:
            _serve_natively(app, server)
        async with anyio.create_task_group() as group:
            await group.start(server.run_in_group, listener)
            try:
                yield f"http://{host}:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


def _config(
    settings: Settings, app: ASGIApp, *, protocol: type[asyncio.Protocol] | None, http: type[asyncio.Protocol]
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        http=http,
        ws=protocol or BoundedCloseProtocol,
        ws_max_size=settings.limits.max_message_bytes,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        # The limit above holds for what a message unpacks to.
        ws_per_message_deflate=settings.deflate,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


def _serve_natively(app: Starlette, server: uvicorn.Server) -> None:
    exchange = Exchange(
        app.state.registry,
        services=app.state.services,
        loop=asyncio.get_running_loop(),
        server_state=server.server_state,
    )
    front = partial(Front, doorkeeper=Doorkeeper(app.state.registry, exchange))
    server.config.http = cast(type[asyncio.Protocol], front)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only where the protocol is named: without it every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"the address cannot be used: {error.strerror}",
            where=f"{host}:{port}",
            todo="choose another port",
        ) from error
    return listener


class _Server(uvicorn.Server):
    """uvicorn inside somebody else's event loop: signals are not its own, and it says when it has started."""

    _status: TaskStatus[None]

    async def run_in_group(self, listener: socket.socket, *, task_status: TaskStatus[None]) -> None:
        self._status = task_status
        await self.serve(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._status.started()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn's own handling would end the process by the signal instead of with exit code 0.
        yield
