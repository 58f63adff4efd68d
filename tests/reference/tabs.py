"""The tabs of one real Chromium on a reference server in the test's event loop, and what its hub has seen of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import httpx
from playwright.async_api import BrowserContext, Error, Page, async_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference.app import DEMO_MODULES
from harness.reference.hub import Connection, Envelope, Hub, Session
from harness.reference.module import Module
from tests.reference.running import DEADLINE_S, Running, running

CHROMIUM = os.environ.get("ONESOCKET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


class CountingHub(Hub):
    """Counts the sockets that were opened, and what was heard on them."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0
        self.said: list[str] = []

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        self.opened += 1
        return super().connect(session, wake=wake)

    def parse(self, message: str | bytes) -> Envelope | None:
        self.said.append(str(message))
        return super().parse(message)


HANG = "() => { const request = new XMLHttpRequest(); request.open('GET', '/hang', false); request.send(); }"


@dataclass
class Tabs:
    """The tabs of one browser, and the server they talk to."""

    server: Running
    hub: CountingHub
    context: BrowserContext
    admin: httpx.AsyncClient
    hanging: anyio.Event
    waking: anyio.Event
    pages: list[Page] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def open(self, count: int = 1) -> None:
        for _ in range(count):
            page = await self.context.new_page()
            page.on("pageerror", lambda error: self.errors.append(str(error)))
            self.pages.append(page)
            await page.goto(self.server.url)
        if count:
            await self.settled()

    async def settled(self) -> None:
        """Every tab shows OPEN, there is one socket, and every tab knows whose it is."""
        await until(self._is_settled)

    async def _is_settled(self) -> bool:
        live = list(self.hub.connections.values())
        if len(live) != 1:
            return False
        expected = [1, live[0].user_id]
        hooks = "[window.realtime?.readyState(), window.realtime?.userId()]"
        try:
            return all([await page.evaluate(hooks) == expected for page in self.pages])
        except Error:
            return False  # a tab is on its way to another page

    async def post(self, note: str) -> None:
        await self.admin.post("/api/posts", json={"action": "updated", "note": note})

    async def notify(self, user: int, title: str) -> None:
        await self.admin.post(f"/api/notify/{user}", json={"title": title})

    async def heard(self, page: Page, text: str) -> int:
        return int(
            await page.evaluate("t => realtime.received().filter(m => JSON.stringify(m).includes(t)).length", text)
        )

    async def all_hear_once(self, text: str) -> None:
        async def heard_everywhere() -> bool:
            return all([await self.heard(page, text) > 0 for page in self.pages])

        await until(heard_everywhere)
        assert [await self.heard(page, text) for page in self.pages] == [1] * len(self.pages)

    @asynccontextmanager
    async def hung(self, page: Page) -> AsyncIterator[None]:
        """Keep the page's one thread busy during the block, as a synchronous request does that is not answered."""
        async with anyio.create_task_group() as group:
            group.start_soon(page.evaluate, HANG)
            with anyio.fail_after(DEADLINE_S):
                await self.hanging.wait()
            yield
            self.waking.set()

    async def never_heard(self, text: str) -> None:
        """Nothing of it comes before a broadcast that is sent now."""
        await self.post(f"after {text}!")
        await self.all_hear_once(f"after {text}!")
        for page in self.pages:
            assert await self.heard(page, f'"{text}"') == 0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(DEADLINE_S):
        while not await condition():
            await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def tabs(count: int) -> AsyncIterator[Tabs]:
    hub, hanging, waking = CountingHub(), anyio.Event(), anyio.Event()

    async def hang(_: Request) -> Response:
        hanging.set()
        await waking.wait()
        return Response(b"")

    modules = [*DEMO_MODULES, Module("tests", "hang", routes=[Route("/hang", hang)])]
    async with (
        running(hub=hub, modules=modules) as server,
        async_playwright() as playwright,
        server.browser("admin") as admin,
    ):
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--host-resolver-rules=MAP app.test 127.0.0.1",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
            ],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        try:
            opened = Tabs(server, hub, await browser.new_context(), admin, hanging, waking)
            await opened.open(count)
            yield opened
            assert opened.errors == []
        finally:
            await browser.close()
