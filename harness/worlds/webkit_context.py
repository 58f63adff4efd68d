"""A browser of WebKitGTK: its windows, its cookies, and requests with them; and the engine that starts such browsers.

Each has processes of its own, as a driver has one session. Knows no targets.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
import httpx
from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from harness.errors import EngineLost, UsageError
from harness.wire.template import Json
from harness.worlds.program import said
from harness.worlds.webkit_driver import TODO, WebKitDriver, find_webkit_driver, screen
from harness.worlds.webkit_page import WebKitPage

NAME = "webkitgtk"


@dataclass(frozen=True, slots=True)
class EngineType:
    """What kind of browser it is."""

    name: str = NAME


class WebKitBrowser:
    """The engine: `new_context` starts a browser."""

    browser_type = EngineType()

    def __init__(self, program: Path, *, display: str) -> None:
        self._program = program
        self._display = display
        self._connected = True
        self._contexts: list[WebKitContext] = []
        self._spare: WebKitContext | None = None

    def is_connected(self) -> bool:
        """Whether browsers can be started."""
        return self._connected

    async def new_context(self) -> WebKitContext:
        """Start a browser that shares nothing with others."""
        if self._spare is None:
            await self.prepare()
        context, self._spare = self._spare, None
        assert context is not None
        return context

    async def prepare(self) -> None:
        """Start the browser that will be the next.

        Raises:
            PlaywrightError: it does not start.
        """
        driver = await WebKitDriver.started(self._program, display=self._display)
        self._spare = WebKitContext(self, driver)
        self._contexts.append(self._spare)
        self._spare.home = cast(str, await driver.command("GET", "/window"))

    async def close(self) -> None:
        """End all that still run."""
        self._connected = False
        for context in self._contexts:
            with contextlib.suppress(EngineLost):
                await context.close()


class WebKitContext:
    """One browser. `home` is its first window, which stays blank: a driver's session ends with the last one."""

    def __init__(self, browser: WebKitBrowser, driver: WebKitDriver) -> None:
        self.browser = browser
        self.driver = driver
        self.home = ""
        self.pages: dict[str, WebKitPage] = {}
        self.tracing = NoTracing()
        self.request = WebKitRequests(self)
        self._closed = False

    async def new_page(self) -> WebKitPage:
        """Open a window: what is in a tab that is not looked at has its timers slowed down, in any engine."""
        made = await self.driver.in_window(self.home, "POST", "/window/new", {"type": "window"})
        return self.adopt(cast(dict[str, str], made)["handle"])

    def adopt(self, window: str) -> WebKitPage:
        """Return the page in a window that is there."""
        page = self.pages[window] = WebKitPage(self, window)
        return page

    async def windows(self) -> list[str]:
        """Return the windows that are there."""
        return cast(list[str], await self.driver.command("GET", "/window/handles"))

    async def cookies(self) -> list[dict[str, Any]]:
        """Return the cookies of the site that its pages show."""
        page = self._page_of_a_site()
        if page is None:
            return []
        found = cast(list[dict[str, Any]], await page.command("GET", "/cookie"))
        return [
            {
                "name": each["name"], "value": each["value"], "domain": each["domain"], "path": each["path"],
                "expires": each.get("expiry", -1), "httpOnly": each.get("httpOnly", False),
                "secure": each.get("secure", False), "sameSite": each.get("sameSite", "Lax"),
            }
            for each in found
        ]  # fmt: skip

    async def clear_cookies(self) -> None:
        """Delete the cookies of the site that its pages show."""
        page = self._page_of_a_site()
        if page is not None:
            await page.command("DELETE", "/cookie")

    async def change_cookies(self, *, gone: list[str], new: list[Json]) -> None:
        """Delete and set cookies of the site that its pages show.

        Raises:
            PlaywrightError: it shows none.
        """
        page = self._page_of_a_site()
        if page is None:
            raise PlaywrightError("no page is open whose cookies could be set")
        for name in gone:
            await page.command("DELETE", f"/cookie/{name}")
        for each in new:
            await page.command("POST", "/cookie", {"cookie": each})

    async def set_offline(self, _: bool, /) -> None:  # noqa: FBT001 # Playwright's
        """Do nothing: the proxy takes the network away, and the page is not told."""

    def tell_crash(self) -> None:
        """Tell each page, once, that it is gone."""
        pages, self.pages = self.pages, {}
        for page in pages.values():
            page.tell("crash", page)

    async def close(self) -> None:
        """End its processes.

        Raises:
            EngineLost: it did not last until then.
        """
        if not self._closed:
            self._closed = True
            await self.driver.stop()
            if self.driver.lost:
                raise EngineLost(
                    "a webkitgtk answers no more: a page in it spins, shows a dialog while it loads, or it crashed",
                    where=self.driver.lost, todo="see what the other engines say; try this one again",
                )  # fmt: skip

    def _page_of_a_site(self) -> WebKitPage | None:
        return next((page for page in self.pages.values() if page.url.startswith("http")), None)


class NoTracing:
    """There is none."""

    async def start(self, **_: object) -> None:
        """Say so."""
        raise PlaywrightError("webkitgtk has no traces")

    stop = start


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered."""

    status: int
    url: str
    body: str

    async def text(self) -> str:
        """Return the body."""
        return self.body


class WebKitRequests:
    """Requests with the browser's cookies, and what they set is the browser's."""

    def __init__(self, context: WebKitContext) -> None:
        self._context = context

    async def fetch(
        self, url: str, *, method: str, headers: Mapping[str, str], data: str | None, form: Mapping[str, Any] | None,
        timeout: float,  # noqa: ASYNC109 # Playwright's
    ) -> Response:  # fmt: skip
        """Return the answer to a request.

        Raises:
            PlaywrightError: there is none.
        """
        jar = httpx.Cookies()
        for each in await self._context.cookies():
            # The standard library's jar knows a name without a dot under another.
            jar.set(each["name"], each["value"], domain=_as_in_jar(each["domain"]), path=each["path"])
        before = {cookie.name: cookie.value for cookie in jar.jar}
        async with httpx.AsyncClient(cookies=jar, timeout=timeout / 1000, trust_env=False) as client:
            try:
                answer = await client.request(
                    method, url, headers=dict(headers), content=data, data=form, follow_redirects=True
                )
            except httpx.HTTPError as error:
                raise PlaywrightError(f"{type(error).__name__}: {error}") from error
            after = {cookie.name: cookie for cookie in client.cookies.jar}
        new: list[Json] = [
            {
                "name": name, "value": cookie.value or "", "path": cookie.path,
                "domain": urlsplit(url).hostname, "secure": cookie.secure,
                "httpOnly": cookie.has_nonstandard_attr("HttpOnly"),
                "sameSite": (cookie.get_nonstandard_attr("SameSite") or "Lax").capitalize(),
                **({"expiry": cookie.expires} if cookie.expires is not None else {}),
            }
            for name, cookie in after.items()
            if before.get(name) != cookie.value
        ]  # fmt: skip
        await self._context.change_cookies(gone=[name for name in before if name not in after], new=new)
        return Response(answer.status_code, str(answer.url), answer.text)

    async def storage_state(self) -> dict[str, Any]:
        """Return the cookies."""
        return {"cookies": await self._context.cookies()}


def _as_in_jar(domain: str) -> str:
    return domain if "." in domain else f"{domain}.local"


@contextlib.asynccontextmanager
async def webkitgtk(*, headless: bool) -> AsyncIterator[Browser]:
    """Have the engine ready for the time of the block.

    Raises:
        UsageError: there is none, or it does not start.
    """
    program = find_webkit_driver()
    if program is None:
        raise UsageError("there is no webkitgtk", where="WebKitWebDriver on PATH", todo=TODO)
    async with screen(headless=headless) as display:
        browser = WebKitBrowser(program, display=display)
        try:
            await browser.prepare()
        except PlaywrightError as error:
            raise UsageError("no webkitgtk can be started", where=f"{program}; {said(error)}", todo=TODO) from error
        try:
            # The page world speaks Playwright's language, which has no protocol to implement: this speaks it too.
            yield cast(Browser, browser)
        finally:
            with anyio.CancelScope(shield=True):
                await browser.close()
