"""Puts one reference application together: modules, services, routes, the socket, and what runs beside them.

Decides only what is connected to what. A POST from a foreign page is refused here, for every route.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.reference.bus import RedisBus
from harness.reference.context import Services
from harness.reference.database import Database
from harness.reference.hub import Hub
from harness.reference.module import Module, Registry
from harness.reference.modules.chat import chat_module
from harness.reference.modules.core import core_module
from harness.reference.modules.posts import posts_module
from harness.reference.modules.site import site_module
from harness.reference.origin import header_values, same_site
from harness.reference.realtime import Realtime
from harness.reference.runtime.asgi import SocketEndpoint
from harness.reference.settings import Settings

SOCKET_PATH = "/ws"
DEMO_MODULES: Sequence[Module] = (core_module, chat_module, posts_module, site_module)
_EXPIRY_CHECK_S = 0.5
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(
    settings: Settings | None = None,
    *,
    hub: Hub | None = None,
    modules: Sequence[Module] = DEMO_MODULES,
    clock: Callable[[], float] = time.time,
    redis_bus: type[RedisBus] = RedisBus,
) -> Starlette:
    """Return the application, to be run by any ASGI server with lifespan support.

    `hub` decides who receives what, `redis_bus` how instances tell each other; give others to make a server that does
    otherwise.
    `clock` gives seconds since the epoch; sessions that outlive the process are measured with it.
    The server in front must enforce `settings.limits.max_message_bytes` (see `serve`).

    Raises: UsageError, when two modules register the same channel id.
    """
    settings = settings or Settings()
    hub = hub or Hub(limits=settings.limits, allowed_origins=settings.allowed_origins)
    registry = Registry(modules)
    hub.handled = frozenset(registry.handlers)
    database = Database(settings.database, clock=clock)
    services = Services(
        settings=settings,
        clock=clock,
        database=database,
        hub=hub,
        realtime=Realtime(hub, database=database, settings=settings, clock=clock, redis_bus=redis_bus),
        logger=logging.getLogger("onesocket.reference"),
    )
    app = Starlette(
        routes=[
            WebSocketRoute(SOCKET_PATH, SocketEndpoint(registry, services=services)),
            Route(SOCKET_PATH, _not_a_socket, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            *registry.routes,
        ],
        middleware=[Middleware(_OwnPagesOnly, allowed=settings.allowed_origins)],
        exception_handlers={HTTPException: _refused, Exception: _failed},
        lifespan=lambda app: _lifespan(services),
    )
    app.state.services = services
    app.state.registry = registry
    return app


@asynccontextmanager
async def _lifespan(services: Services) -> AsyncIterator[None]:
    async with services.realtime.bus.running(), anyio.create_task_group() as group:
        group.start_soon(_end_expired, services)
        try:
            yield
        finally:
            group.cancel_scope.cancel()
            services.database.close()


async def _end_expired(services: Services) -> None:
    # Private delivery ends exactly on time inside the hub; this only closes sockets on which nothing happens.
    while True:
        services.hub.expire(now_s=services.clock())
        await anyio.sleep(_EXPIRY_CHECK_S)


class _OwnPagesOnly:
    """Answers 403 to every request that changes something and names a foreign origin."""

    def __init__(self, app: ASGIApp, *, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            origins = header_values(scope["headers"], b"origin")
            hosts = header_values(scope["headers"], b"host")
            if not same_site(origins, hosts=hosts, scheme=scope["scheme"], allowed=self._allowed):
                await JSONResponse({"error": "foreign origin"}, status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _not_a_socket(_request: Request) -> Response:
    headers = {"upgrade": "websocket", "connection": "upgrade"}
    return PlainTextResponse("this path is a WebSocket\n", status_code=426, headers=headers)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _failed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "internal error"}, status_code=500)
