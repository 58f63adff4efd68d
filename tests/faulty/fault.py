"""What a faulty implementation is: the reference with one thing changed, and the one requirement that this breaks."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from harness.reference.bus import RedisBus
from harness.reference.hub import Hub
from harness.reference.settings import Settings

AS_PROMISED = Settings(ping_interval_s=1.0, ping_timeout_s=3.0)
"""The settings with which the reference keeps the promises of its target file; a fault changes one of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    The ways to be wrong: `hub` replaces the hub, `client` a text in the browser's client, `app` wraps the whole
    application (HTTP and sockets, as ASGI), `protocol` is the class that uvicorn speaks WebSocket with, `http` the one
    that it speaks HTTP with, `settings` are the application's, `routes` answer
    POST requests to some of its paths in the place of its own, `redis_bus` is how several instances tell each other (no
    other fault runs on several). `plans` are those that must show it in the quick proof; without them, those that prove
    `breaks`.
    """

    name: str
    breaks: str
    hub: Callable[[], Hub] | None = None
    client: tuple[tuple[str, str], ...] = ()
    plans: tuple[str, ...] = ()
    sign_out_forgets: bool = False
    app: Callable[[ASGIApp], ASGIApp] | None = None
    protocol: type[asyncio.Protocol] | None = None
    settings: Settings = AS_PROMISED
    redis_bus: type[RedisBus] | None = None
    http: type[asyncio.Protocol] | None = None
    routes: tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...] = ()

    @property
    def world(self) -> str:
        """Where it shows."""
        return "page" if self.client else "wire"
