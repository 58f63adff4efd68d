"""What happens to tabs and browsers beside opening and closing: they go away and come back, hang, die, sleep.

Carries such steps out and makes sure that they bit; what the tabs owe each other meanwhile it does not know.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from harness.errors import HarnessError
from harness.plan import Freeze, Hang, KillBrowser, Leave, LifeStep, Return, Sleep, Tab, Wake
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_call import first_line, within
from harness.worlds.page_tab import POLL_S, PageTab

ELSEWHERE = "data:text/html,<title>elsewhere</title>"
BITES_S = 5.0
"""How long a step may take to have its effect."""
NOT_OPEN, NOT_AWAY, NOT_NATURAL = "it is not open", "it is not away", "its browser has no process of its own"


class PageLife:
    """The life of the tabs in `browsers`."""

    def __init__(self, browsers: Mapping[str, PageBrowser], group: TaskGroup) -> None:
        self._browsers = browsers
        self._group = group
        self._sessions: dict[Page, CDPSession] = {}

    async def perform(self, step: LifeStep) -> str | None:
        """Carry out one step; the note says why it was left out, or that the browser did not do it."""
        try:
            return await self._perform(step)
        except PlaywrightError as error:
            return f"the browser did not do it: {first_line(error)}"

    async def _perform(self, step: LifeStep) -> str | None:
        match step:
            case KillBrowser(name):
                return await self._kill(name)
            case Sleep(name, minutes):
                return await self._sleep(name, timedelta(minutes=minutes))
            case Leave(tab) | Freeze(tab) | Hang(tab):
                return await self._part(step, tab)
            case Return(tab) | Wake(tab):
                return await self._come_back(step, tab)
            case _:
                assert_never(step)

    async def _part(self, step: Leave | Freeze | Hang, reference: Tab) -> str | None:
        browser, tab = self._find(reference)
        if browser is None or tab is None or not tab.open:
            return NOT_OPEN
        if isinstance(step, Freeze) and browser.natural is None:
            return NOT_NATURAL
        if tab.shares_process and not isinstance(step, Leave):
            return "it shares its process with another tab"
        await tab.look()
        match step:
            case Leave():
                tab.part("leave")
                await tab.page.goto(ELSEWHERE, timeout=BITES_S * 1000)
            case Freeze():
                session = await self._session(tab)
                tab.part("freeze")
                await session.send("Page.setWebLifecycleState", {"state": "frozen"})
            case Hang():
                tab.part("hang")
                await self._hang(tab)
        browser.turn(tab.away)
        return None

    async def _come_back(self, step: Return | Wake, reference: Tab) -> str | None:
        browser, tab = self._find(reference)
        if browser is None or tab is None or not tab.away or (tab.away == "leave") is not isinstance(step, Return):
            return NOT_AWAY
        match tab.away:
            case "leave":
                # What is restored from the cache never reports a navigation, so the way back is the page's own.
                with contextlib.suppress(PlaywrightError):
                    await tab.page.evaluate("history.back()")
                await self._arrive(tab)
            case "freeze":
                await self._sessions[tab.page].send("Page.setWebLifecycleState", {"state": "active"})
            case _:
                session = self._sessions[tab.page]
                await session.send("Debugger.resume")
                await session.send("Debugger.disable")
        tab.come_back()
        browser.turn("back")
        await tab.wait_for_hooks()
        return None

    async def _arrive(self, tab: PageTab) -> None:
        """Wait until the page that was left is the one that is shown."""
        with anyio.move_on_after(BITES_S):
            while True:
                with contextlib.suppress(PlaywrightError):
                    if not await tab.page.evaluate("location.href.startsWith('data:')"):
                        return
                await anyio.sleep(POLL_S)
        raise HarnessError("a tab does not come back", where=tab.id, todo="report this with the history")

    async def _hang(self, tab: PageTab) -> None:
        """Stop the scripts at the next one that runs; ours is one, should the page have none."""
        session = await self._session(tab)
        paused = anyio.Event()
        session.once("Debugger.paused", lambda _: paused.set())
        await session.send("Debugger.enable")
        await session.send("Debugger.pause")

        async def run() -> None:
            with contextlib.suppress(PlaywrightError):
                await tab.page.evaluate("1")

        self._group.start_soon(run)
        with anyio.move_on_after(BITES_S):
            await paused.wait()
            return
        raise HarnessError("a tab does not hang", where=tab.id, todo="report this with the history")

    async def _kill(self, name: str) -> str | None:
        browser = self._browsers.get(name)
        if browser is None or not browser.open_tabs:
            return NOT_OPEN
        if browser.natural is None:
            return NOT_NATURAL
        for tab in browser.open_tabs:
            await tab.look()
        await browser.kill()
        return None

    async def _sleep(self, name: str, time: timedelta) -> str | None:
        browser = self._browsers.get(name)
        if browser is None or browser.context is None or not browser.open_tabs:
            return NOT_OPEN
        context = browser.context
        with contextlib.suppress(TimeoutError):
            await within(
                self._group, lambda: context.clock.fast_forward(int(time.total_seconds() * 1000)), timeout_s=BITES_S
            )
        browser.disturb("sleep")
        return None

    async def _session(self, tab: PageTab) -> CDPSession:
        if tab.page not in self._sessions:
            self._sessions[tab.page] = await tab.page.context.new_cdp_session(tab.page)
        return self._sessions[tab.page]

    def _find(self, reference: Tab) -> tuple[PageBrowser | None, PageTab | None]:
        browser = self._browsers.get(reference.browser)
        return browser, browser.tabs.get(reference.number) if browser is not None else None
