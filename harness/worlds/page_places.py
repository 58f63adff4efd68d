"""Where pages are opened beside plain tabs: copies and popups, frames, an insecure origin; and garbage between tabs.

The blank pages are the proxy's: one that was made up in the browser is of no network, and may show none that is local.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Protocol, assert_never

from playwright.async_api import BrowserContext, Frame, Page, Response
from playwright.async_api import Error as PlaywrightError

from harness.errors import ControlFailed, TargetUnreachable
from harness.plan import Duplicate, OpenFramed, PlaceStep, PostGarbage, Tab, UseInsecureOrigin
from harness.worlds.launch import Launch
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_tab import PageTab

BLANK_PATH, FRAME_PATH = "/.onesocket/blank", "/.onesocket/frame"
POPUP_TIMEOUT_S = 5.0
_BLANK = "<!doctype html><title>blank</title>"
_OVERHEAR_JS = """(() => {
  const Real = globalThis.BroadcastChannel, names = new Set();
  if (!Real) return;
  Object.defineProperty(globalThis, "__onesocketChannels", { value: names });
  globalThis.BroadcastChannel = class BroadcastChannel extends Real {
    constructor(name) { super(name); names.add(String(name)); }
  };
})()"""
# A link, as a page may have an `open` of its own.
_OPEN_JS = """() => {
  const link = Object.assign(document.createElement("a"), { href: "about:blank", target: "_blank", rel: "opener" });
  link.click();
}"""
_GARBAGE_JS = """(names) => {
  const deep = []; let inner = deep;
  for (let depth = 0; depth < 200; depth++) { const next = []; inner.push(next); inner = next; }
  const garbage = [null, undefined, 0, -1, NaN, true, "", "garbage", "{", '{"type":"message"}', [], [null], deep, {},
    { type: null }, { type: "message" }, { type: 7, data: null }, { id: 5, data: {} }, new Date(0), new ArrayBuffer(8),
    new Map([["type", "message"]]), { type: "x".repeat(100000) }];
  for (const name of names) {
    const channel = new BroadcastChannel(name);
    for (const each of garbage) channel.postMessage(each);
    channel.close();
  }
}"""


class Load(Protocol):
    """Has the target's page as a tab of a browser in a blank page, and waits until it is ready."""

    def __call__(
        self, browser: PageBrowser, reference: Tab, page: Page, kind: type[PageTab] = ..., /
    ) -> Awaitable[None]: ...


class Find(Protocol):
    """Returns the browser of a name, started if need be."""

    def __call__(self, name: str, /) -> Awaitable[PageBrowser]: ...


class NotFramed(Exception):
    """The target's page may not be shown in a frame, as is its right."""


class FramedTab(PageTab):
    """A page in a frame of a blank page of its own origin."""

    @property
    def document(self) -> Page | Frame:
        """The frame."""
        return next((frame for frame in self.page.frames if frame is not self.page.main_frame), self.page)

    async def navigate(self, *, again: bool, timeout_ms: float) -> Response | None:
        """Show the blank page, and in it the target's."""
        await self.page.goto(self.outer_url(), timeout=timeout_ms)
        if not self.document.url.startswith(origin_of(self.url)):
            raise NotFramed
        return None

    def outer_url(self) -> str:
        """Where the blank page is said to be."""
        return origin_of(self.url) + FRAME_PATH


class ThirdPartyTab(FramedTab):
    """A page in a frame of a blank page of another site."""

    def outer_url(self) -> str:
        """Where the blank page is said to be: under the other name of the loopback address."""
        own, other = ("localhost", "127.0.0.1") if "//localhost" in self.url else ("127.0.0.1", "localhost")
        return origin_of(self.url).replace(own, other) + FRAME_PATH


class PagePlaces:
    """Opens pages in other places; `limits` are the browsers whose tabs cannot share, and why."""

    def __init__(self, browsers: Mapping[str, PageBrowser], *, path: str, browser: Find, load: Load) -> None:
        """`path` is where the target's page is."""
        self.limits: dict[str, str] = {}
        self._browsers = browsers
        self._path = path
        self._browser = browser
        self._load = load

    async def perform(self, step: PlaceStep) -> str | None:
        """Carry out one step; the note says why it was left out."""
        match step:
            case UseInsecureOrigin(name):
                if name in self._browsers:
                    return "the browser is open already"
                self.limits[name] = "insecure"
            case Duplicate(opener, tab):
                return await self._duplicate(opener, tab)
            case OpenFramed(tab, third_party):
                return await self._open_framed(tab, third_party=third_party)
            case PostGarbage(name):
                return await self._post_garbage(name)
            case _:
                assert_never(step)
        return None

    async def _duplicate(self, opener: Tab, tab: Tab) -> str | None:
        browser = self._browsers.get(opener.browser)
        first = browser.tabs.get(opener.number) if browser is not None else None
        if browser is None or first is None or not first.open:
            return "it is not open"
        if opener.browser != tab.browser or browser.is_taken(tab.number):
            return "it is open already, or of another browser"
        try:
            async with first.page.expect_popup(timeout=POPUP_TIMEOUT_S * 1000) as popup:
                await first.page.evaluate(_OPEN_JS)
            page = await popup.value
        except PlaywrightError:
            return "the page opens no window"
        await self._load(browser, tab, page)
        first.shares_process = browser.tabs[tab.number].shares_process = True
        return None

    async def _open_framed(self, tab: Tab, *, third_party: bool) -> str | None:
        if third_party and tab.browser not in self._browsers:
            self.limits[tab.browser] = "third-party"
        if third_party and self.limits.get(tab.browser) != "third-party":
            return "only a browser of its own has third-party frames"
        browser = await self._browser(tab.browser)
        if browser.is_taken(tab.number):
            return "it is open already"
        assert browser.context is not None
        page = await browser.context.new_page()
        shown = browser.proxy.url + self._path
        browser.proxy.pages[FRAME_PATH] = f'{_BLANK}<iframe src="{shown}" width="600" height="400"></iframe>'
        try:
            await self._load(browser, tab, page, ThirdPartyTab if third_party else FramedTab)
        except NotFramed:
            await browser.tabs[tab.number].close()
            return "the page may not be shown in a frame"
        except ControlFailed:
            framed = browser.tabs[tab.number]
            if not third_party or not framed.lacks_hooks:
                raise
            await framed.close()
            return "the page declines: in a frame of another site it offers no hooks"
        return None

    async def _post_garbage(self, name: str) -> str | None:
        browser = self._browsers.get(name)
        if browser is None or browser.context is None or not browser.open_tabs:
            return "it is not open"
        names: set[str] = set()
        for tab in browser.open_tabs:
            names |= set(await tab.document.evaluate("[...(globalThis.__onesocketChannels ?? [])]"))
        if not names:
            return "its tabs have made no BroadcastChannel that could be seen"
        page = await browser.context.new_page()
        blank = origin_of(browser.proxy.url) + BLANK_PATH
        browser.proxy.pages[BLANK_PATH] = _BLANK
        try:
            await page.goto(blank)
            await page.evaluate(_GARBAGE_JS, sorted(names))
        except PlaywrightError as error:
            raise TargetUnreachable(
                f"a blank page cannot be shown: {error.message[:200]}", where=blank, todo="report this with the history"
            ) from error
        finally:
            await page.close()
        return None


async def prepare(context: BrowserContext | None, browser: str, launch: Launch) -> None:
    """Put into the pages of a browser, before it has any, what the plan needs there."""
    assert context is not None
    if browser in launch.clocked:
        await context.clock.install()
    if browser in launch.overheard:
        await context.add_init_script(_OVERHEAR_JS)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL."""
    return "/".join(url.split("/", 3)[:3])
