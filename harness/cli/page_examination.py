"""The examination of a target's page in a real browser: does it load, are the hooks there, does each one answer."""

from __future__ import annotations

import secrets

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as BrowserPage

from harness.cli.advice import Line, cut
from harness.cli.examination import Tell
from harness.errors import ControlFailed
from harness.targets.file import Target
from harness.targets.page import EVERYTHING, RECEIVED, SEND, SIGN_IN, SIGN_OUT, Page, lack_of_page
from harness.targets.process import RunningTarget
from harness.wire.template import Json, fill
from harness.wire.token import make_token
from harness.worlds.chromium import chromium
from harness.worlds.page_call import Look, first_line, is_leaving, within
from harness.worlds.page_driver import driver_for
from harness.worlds.page_mount import UNMOUNTED_S

LOAD_TIMEOUT_S = 20.0
LOOK_TIMEOUT_S = 5.0
HOOKED_S = 5.0
_POLL_S = 0.05
DEFAULT_HOOKS = "window.realtime"
LAYERS = {
    "hooks": "asked by its hooks",
    "selectors": "asked by its elements, [page.selectors]",
    "class": "asked by a class, [page] driver",
    "network": "not asked: only the network is seen (sockets, what they carry, faults)",
}
"""How a page may be asked, in words."""


async def examine_page(live: RunningTarget, table: Page, *, headed: bool, tell: Tell) -> None:
    """Try the page that `table` describes.

    Raises:
        UsageError: there is no Chromium.
    """
    async with chromium(headless=not headed) as browser, anyio.create_task_group() as group:
        await _Visit(live, table, browser=browser, group=group, tell=tell).run()
        group.cancel_scope.cancel()


class _Visit:
    def __init__(self, live: RunningTarget, table: Page, *, browser: Browser, group: TaskGroup, tell: Tell) -> None:
        self._target: Target = live.target
        self._url = live.url + table.path
        self._table = table
        self._hooks = table.hooks or DEFAULT_HOOKS
        self._driver = driver_for(live.target, live=lambda: bool(self._sockets))
        self._sockets: list[str] = []
        self._browser = browser
        self._group = group
        self._tell = tell
        self._errors: list[str] = []

    async def run(self) -> None:
        context = await self._browser.new_context()
        page = await context.new_page()
        page.on("pageerror", lambda error: self._errors.append(first_line(error)))
        page.on("websocket", lambda socket: self._sockets.append(socket.url))
        try:
            if await self._load(page):
                self._tell(Line("ok", "page layer", LAYERS[self._table.layer]))
                if await self._hooked(page):
                    await self._try_hooks(page)
        except ControlFailed as error:
            self._tell(Line("wrong", "page hooks", f"{error.what} ({error.where})", error.todo))
        finally:
            for text in dict.fromkeys(self._errors):
                self._tell(Line("wrong", "page", f"an uncaught error in it: {cut(text)}", "see the page's console"))
            await context.close()

    async def _load(self, page: BrowserPage) -> bool:
        try:
            response = await page.goto(self._url, timeout=LOAD_TIMEOUT_S * 1000)
        except PlaywrightError as error:
            self._tell(
                Line(
                    "wrong",
                    "page",
                    f"{self._url} does not load: {first_line(error)}",
                    "open it by hand; check [page] path",
                )
            )
            return False
        if response is not None and response.status >= 400:
            self._tell(Line("wrong", "page", f"{self._url} answered {response.status}", "check [page] path"))
            return False
        self._tell(Line("ok", "page", f"{self._url} loads"))
        return True

    async def _hooked(self, page: BrowserPage) -> bool:
        look = await self._until(page, lambda look: look.hooked, timeout_s=HOOKED_S)
        if look is None or not look.hooked:
            self._tell(
                Line(
                    "wrong", "page hooks",
                    "the page does not answer" if look is None else f"there is no {self._hooks} on the page",
                    "offer it in test builds, name the object that is there, or do without: [page.selectors], "
                    'or hooks = "" for the network alone',
                )
            )  # fmt: skip
            return False
        if look.problem:
            self._tell(Line("wrong", f"page {self._table.layer}", look.problem, "see the hooks in: onesocket init"))
            return False
        if self._table.layer == "hooks":
            self._tell(Line("ok", "page hooks", f"{self._hooks} has readyState and received"))
        return True

    async def _try_hooks(self, page: BrowserPage) -> None:
        look = await self._until(page, lambda look: look.state == 1, timeout_s=self._target.promises.reconnect_s)
        if look is None or look.state != 1:
            state = look.state if look else None
            self._tell(
                Line("wrong", "page connection", f"its state stays {state}", "does the client reach the socket?")
            )
            return
        told = "its state is 1, open" if look.told else "it opens a socket; what state it is in is not shown"
        self._tell(Line("ok", "page connection", told))
        if why := lack_of_page(self._table, *sorted(EVERYTHING)):
            self._tell(Line("left", "page", why))
        if self._table.mounted is False:
            await self._mount(page)
        offers = self._table.offers
        if {SEND, RECEIVED} <= offers:
            await self._send(page, may_mount=self._table.mounted is None and look.mounts)
        if not {SIGN_IN, SIGN_OUT} <= offers:
            return
        name = self._target.ordinary_users[0]
        user = self._target.users[name]
        await self._call(page, "signIn", dict(user.login))
        await self._knows(page, name, str(user.id))
        await self._call(page, "signOut")
        await self._knows(page, None, None)
        if look.mounts:
            await self._call(page, "unmount", self._target.echo.channel)
            await self._call(page, "mount", self._target.echo.channel)

    async def _mount(self, page: BrowserPage) -> None:
        for channel in self._target.channels:
            await self._call(page, "mount", channel)

    async def _send(self, page: BrowserPage, *, may_mount: bool) -> None:
        """Send an echo; where nothing comes back and the file leaves it open, mount the channels as a run would."""
        timeout_s = self._target.promises.delivery_s
        if await self._is_answered(page, timeout_s=min(timeout_s, UNMOUNTED_S) if may_mount else timeout_s):
            self._tell(Line("ok", "page send", "the echo's reply is in received()"))
            return
        if may_mount:
            await self._mount(page)
            if await self._is_answered(page, timeout_s=timeout_s):
                self._tell(Line("ok", "page send", "the echo's reply is in received(), with its channel mounted"))
                return
        mounting = "; say mounted = false in [page] if onesocket has to mount channels" if self._table.mounted else ""
        self._tell(
            Line("wrong", "page send", "no reply to the echo is in received()", f"check send and received{mounting}")
        )

    async def _is_answered(self, page: BrowserPage, *, timeout_s: float) -> bool:
        token = make_token(secrets.token_hex(4), 1)
        echo = self._target.echo
        await self._call(page, "send", echo.channel, fill(echo.send, {"text": token}), told=False)
        look = await self._until(page, lambda look: any(token in item for item in look.items), timeout_s=timeout_s)
        return look is not None and any(token in item for item in look.items)

    async def _knows(self, page: BrowserPage, name: str | None, user_id: str | None) -> None:
        timeout_s = self._target.promises.reconnect_s
        look = await self._until(page, lambda look: look.asks and look.user == user_id, timeout_s=timeout_s)
        part = f"page as {name or 'a guest'}"
        if look is None or not look.asks:
            self._tell(Line("left", part, "there is no userId hook to ask"))
        elif look.user == user_id:
            self._tell(Line("ok", part, f"userId() is {user_id or 'null'}"))
        else:
            self._tell(
                Line(
                    "wrong",
                    part,
                    f"userId() is {look.user}, not {user_id or 'null'}",
                    "check signIn, signOut and the id in [users]",
                )
            )

    async def _call(self, page: BrowserPage, name: str, *args: Json, told: bool = True) -> None:
        await self._driver.call(self._group, page, name, *args)
        if told:
            self._tell(Line("ok", f"page {name}", "answered"))

    async def _until(self, page: BrowserPage, done: object, *, timeout_s: float) -> Look | None:
        assert callable(done)
        last: Look | None = None
        with anyio.move_on_after(timeout_s):
            while True:
                try:
                    last = await within(
                        self._group,
                        lambda: self._driver.look(page, known="", read=0),
                        timeout_s=LOOK_TIMEOUT_S,
                    )
                except TimeoutError:
                    break
                except PlaywrightError as error:
                    if not is_leaving(error):
                        raise
                if last is not None and (last.problem or done(last)):
                    break
                await anyio.sleep(_POLL_S)
        return last
