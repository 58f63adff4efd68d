"""The hook for React, with React itself in a real Chromium: a subscription lives exactly as long as its component."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from playwright.async_api import Page, async_playwright
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from harness.reference.app import DEMO_MODULES
from harness.reference.hub import Hub
from harness.reference.module import Module
from tests.implementations.right import HERE, Implementation
from tests.reference.running import DEADLINE_S, running
from tests.reference.tabs import CHROMIUM

PAGES = HERE / "pages"
"""Where npm puts React, and the page that loads it."""
MISSING = Implementation("pages", PAGES).missing

INDEX = '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/pages/react.js"></script>'

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]


@asynccontextmanager
async def react() -> AsyncIterator[tuple[Page, Hub, Callable[[str], Awaitable[None]]]]:
    """A page with React on it, the server's hub, and how to have something broadcast."""

    async def index(_: Request) -> Response:
        return HTMLResponse(INDEX)

    mounts = [Mount("/pages", StaticFiles(directory=PAGES / "client"))]
    mounts.append(Mount("/packages", StaticFiles(directory=PAGES / "node_modules")))
    modules = [*DEMO_MODULES, Module("tests", "react", routes=[Route("/react", index), *mounts])]
    errors: list[str] = []
    async with running(modules=modules) as server, async_playwright() as playwright, server.browser("admin") as admin:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = await browser.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
            await page.goto(f"{server.url}/react")
            await until(page, "window.views?.readyState() === 1")

            async def post(note: str) -> None:
                await admin.post("/api/posts", json={"action": "updated", "note": note})

            yield page, server.hub, post
            assert errors == []
        finally:
            await browser.close()


async def until(page: Page, condition: str) -> None:
    with anyio.fail_after(DEADLINE_S):
        while not await page.evaluate(condition):
            await anyio.lowlevel.checkpoint()


async def test_a_component_hears_only_while_it_is_mounted_also_when_strict_mode_mounts_it_twice() -> None:
    async with react() as (page, _, post):
        await page.evaluate("views.show([{ name: 'left' }, { name: 'right' }], { strict: true })")
        await until(page, "views.subscriptions() === 4")  # each was mounted, unmounted and mounted again
        assert await page.evaluate("views.handlers()") == 2
        await post("both")
        await until(page, "views.heard('left').length > 0 && views.heard('right').length > 0")
        await page.evaluate("views.show([{ name: 'right' }], { strict: true })")
        assert await page.evaluate("views.handlers()") == 1
        await post("one")
        await until(page, "views.heard('right').length > 1")
        heard = "['left', 'right'].map((name) => views.heard(name).map(([, note]) => note))"
        assert await page.evaluate(heard) == [["both"], ["both", "one"]]
        await page.evaluate("views.show([])")
        assert await page.evaluate("views.handlers()") == 0


async def test_a_new_rendering_keeps_the_subscription_and_has_the_newest_handler_called() -> None:
    async with react() as (page, _, post):
        await page.evaluate("views.show([{ name: 'view', version: 1 }])")
        await post("first")
        await until(page, "views.heard('view').length === 1")
        await page.evaluate("views.show([{ name: 'view', version: 2 }])")
        await post("second")
        await until(page, "views.heard('view').length === 2")
        assert await page.evaluate("views.heard('view')") == [[1, "first"], [2, "second"]]
        assert await page.evaluate("views.subscriptions()") == 1
        await page.evaluate("views.show([{ name: 'view', version: 3, channel: 'echo' }])")
        await post("third")
        assert await page.evaluate("views.send.view({ message: 'hello' })") is True
        await until(page, "views.heard('view').length === 3")
        assert await page.evaluate("views.heard('view')[2]") == [3, "You said: hello"]


async def test_a_component_is_rendered_anew_when_the_state_of_the_connection_changes() -> None:
    async with react() as (page, hub, _):
        await page.evaluate("views.show([{ name: 'view', version: 1 }])")
        assert await page.evaluate("views.text()") == "view 1 1"
        for connection in list(hub.connections.values()):
            hub.close(connection, 1012)
        await until(page, "views.states('view').some((state) => state !== 1)")
        await until(page, "views.text() === 'view 1 1'")
