"""A reference server inside the test's event loop, and its clients. Every wait has a deadline."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import anyio
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from harness.reference.app import DEMO_MODULES
from harness.reference.hub import Hub
from harness.reference.module import Module
from harness.reference.serve import DEFAULT_RUNTIME, Runtime, serving
from harness.reference.settings import Settings

DEADLINE_S = 5.0
RUNTIME: Runtime = DEFAULT_RUNTIME
"""What `running` serves sockets with; a test of both sets it."""
NOTIFICATIONS = "onesocket_core_notifications"
POSTS = "onesocket_posts_changes"
ECHO = "onesocket_chat_echo"
WHOAMI = "onesocket_chat_whoami"


@dataclass(frozen=True, slots=True)
class Running:
    """One server, as a client sees it; `hub` is looked into, never steered."""

    url: str
    hub: Hub

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @asynccontextmanager
    async def browser(self, user: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """A cookie jar, signed in as `user` when one is named."""
        async with httpx.AsyncClient(base_url=self.url, timeout=DEADLINE_S) as client:
            if user is not None:
                (await client.post("/api/sign_in", json={"user": user})).raise_for_status()
            yield client

    @asynccontextmanager
    async def socket(
        self,
        browser: httpx.AsyncClient | None = None,
        *,
        query: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> AsyncIterator[ClientConnection]:
        """A socket with a browser's cookies, or a guest's."""
        headers = dict(headers)
        if browser is not None:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        address = f"ws://{self.host}/ws{query}"
        async with connect(address, additional_headers=headers, compression=None, proxy=None) as socket:
            yield socket


@asynccontextmanager
async def running(
    settings: Settings | None = None, *, hub: Hub | None = None, modules: Sequence[Module] = DEMO_MODULES
) -> AsyncIterator[Running]:
    settings = settings or Settings()
    hub = hub or Hub(limits=settings.limits, allowed_origins=settings.allowed_origins)
    async with serving(settings, hub=hub, modules=modules, runtime=RUNTIME) as url:
        yield Running(url, hub)


async def say(socket: ClientConnection, channel: str, data: object) -> None:
    await socket.send(json.dumps({"id": channel, "data": data}))


async def hear(socket: ClientConnection) -> tuple[str, object]:
    """The next message, as (channel, data)."""
    with anyio.fail_after(DEADLINE_S):
        message = json.loads(await socket.recv())
    return message["id"], message["data"]


async def hears_only(socket: ClientConnection, *expected: tuple[str, object]) -> bool:
    """Whether exactly these messages come before the answer to an echo sent now."""
    await say(socket, ECHO, {"message": "last"})
    heard = [await hear(socket)]
    while heard[-1] != (ECHO, {"reply": "You said: last"}):
        heard.append(await hear(socket))
    return heard[:-1] == list(expected)


async def close_code(socket: ClientConnection) -> int | None:
    """The code the server closes with; what it still sends before is read and dropped."""
    with anyio.fail_after(DEADLINE_S):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else None


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something the server does on its own, looking at every turn of the loop."""
    with anyio.fail_after(DEADLINE_S):
        while not condition():
            await anyio.lowlevel.checkpoint()
