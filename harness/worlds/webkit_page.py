"""Pages of WebKitGTK as the page world asks for them: as much of Playwright's surface as it uses, by way of the driver.

What is not here (scripts before a page's own, its clock, host names, tracing) `engine` says this engine cannot do.
Playwright has no interface of its own to implement, so types say `Page` and this is handed in: see `webkitgtk`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import anyio
import msgspec
from playwright.async_api import Error as PlaywrightError

from harness.wire.template import Json
from harness.worlds.webkit_driver import Handle
from harness.worlds.webkit_script import Answer, answer_of, evaluation, once_more

if TYPE_CHECKING:
    from harness.worlds.webkit_context import WebKitContext

POLL_S = 0.02
TIMEOUT_MS = 30_000.0
_numbers = itertools.count(1)
_BEFORE = "globalThis.__onesocketBefore = true"
_AFTER = "[globalThis.__onesocketBefore === undefined, document.readyState === 'complete']"
_FRAMES = "[...document.querySelectorAll('iframe')].length"
_FILL = """([selector, text]) => {
  const found = document.querySelector(selector);
  if (!found) return false;
  const kind = found instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(found, text);
  for (const name of ["input", "change"]) found.dispatchEvent(new Event(name, { bubbles: true }));
  return true;
}"""
_DISPATCH = """([selector, type]) => {
  const found = document.querySelector(selector);
  found?.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, composed: true }));
  return Boolean(found);
}"""


@dataclass(frozen=True, slots=True)
class Logged:
    """What a page wrote to its console."""

    type: str
    text: str
    args: tuple[str, ...]


class WebKitFrame:
    """A document in frame `number` of a page; in the page itself where that is below zero."""

    def __init__(self, page: WebKitPage, number: int) -> None:
        self.page = page
        self.number = number
        self.url = "about:blank"
        self._taken: list[int] = []

    async def evaluate(self, expression: str, argument: Json = None) -> Json:
        """Return the value of a JavaScript expression, or what it returns for `argument` if it is a function.

        Raises:
            PlaywrightError: it throws, or its document is gone.
        """
        number, taken = next(_numbers), self._taken
        self._taken = []
        told = await self._run(evaluation(expression), argument, number, cast(Json, taken))
        while told.pending:
            await anyio.sleep(POLL_S)
            told = await self._run(once_more(), number)
        self._taken.append(number)
        if told.error:
            raise PlaywrightError(told.error)
        return told.value

    async def _run(self, script: str, *arguments: Json) -> Answer:
        told = await self.page.command(
            "POST", "/execute/async", {"script": script, "args": list(arguments)}, frame=self.number
        )
        if told is None:
            with contextlib.suppress(PlaywrightError):  # it may be dismissed by itself
                await self.page.context.driver.command("POST", "/alert/dismiss")
        try:
            answer = answer_of(told)
        except msgspec.MsgspecError as error:
            raise PlaywrightError(f"the page answers nonsense: {str(told)[:200]}") from error
        self.url = answer.href or self.url
        for sort, text in answer.logged:
            self.page.tell(sort, PlaywrightError(text) if sort == "pageerror" else Logged("error", text, (text,)))
        return answer


class WebKitPage:
    """The page in one window."""

    def __init__(self, context: WebKitContext, window: Handle) -> None:
        self.context = context
        self.window = window
        self.main_frame = WebKitFrame(self, -1)
        self.frames = [self.main_frame]
        self._hearers: dict[str, list[Callable[..., object]]] = {}

    @property
    def url(self) -> str:
        """Where it was when it was last looked at."""
        return self.main_frame.url

    def on(self, event: str, hearer: Callable[..., object]) -> None:
        """Have `hearer` told of each page error and console error; of other events nothing is heard here."""
        self._hearers.setdefault(event, []).append(hearer)

    def tell(self, event: str, what: object) -> None:
        """Tell those that listen for such an event."""
        for hearer in self._hearers.get(event, ()):
            hearer(what)

    async def command(self, method: str, path: str, body: Json = None, *, frame: int = -1) -> Json:
        """Return the driver's answer for this window."""
        driver = self.context.driver
        try:
            return await driver.in_window(self.window, method, path, body, frame=frame)
        except PlaywrightError:
            if driver.lost:
                self.context.tell_crash()
            raise

    async def evaluate(self, expression: str, argument: Json = None) -> Json:
        """Return the value of a JavaScript expression in the page itself."""
        return await self.main_frame.evaluate(expression, argument)

    async def goto(self, url: str, *, timeout: float = TIMEOUT_MS) -> None:  # noqa: ASYNC109 # Playwright's
        """Load `url`, and return when it is there; what the answer's status was this engine does not say."""
        await self._load("/url", {"url": url}, timeout_ms=timeout)

    async def reload(self, *, timeout: float = TIMEOUT_MS) -> None:  # noqa: ASYNC109 # Playwright's
        """Load it again."""
        await self._load("/refresh", None, timeout_ms=timeout)

    async def wait_for_load_state(self, _: str = "load", *, timeout: float = TIMEOUT_MS) -> None:  # noqa: ASYNC109 # Playwright's
        """Wait until the page is loaded that is on its way."""
        await self._arrive(timeout_ms=timeout, anew=False)

    async def _load(self, path: str, body: Json, *, timeout_ms: float) -> None:
        with contextlib.suppress(PlaywrightError):
            await self.evaluate(_BEFORE)
        await self.command("POST", path, body)
        await self._arrive(timeout_ms=timeout_ms)

    async def _arrive(self, *, timeout_ms: float, anew: bool = True) -> None:
        with anyio.move_on_after(timeout_ms / 1000):
            while True:
                with contextlib.suppress(PlaywrightError):
                    found = await self.evaluate(_AFTER)
                    if found == [True, True] or (found == [False, True] and not anew):
                        await self._find_frames()
                        return
                await anyio.sleep(POLL_S)
        raise PlaywrightError(f"Timeout {timeout_ms:g}ms exceeded: it is not loaded")

    async def _find_frames(self) -> None:
        count = cast(int, await self.evaluate(_FRAMES))
        self.frames = [self.main_frame, *(WebKitFrame(self, number) for number in range(count))]
        for frame in self.frames[1:]:
            await frame.evaluate("location.href")

    async def close(self) -> None:
        """Close the window."""
        self.context.pages.pop(self.window, None)
        await self.command("DELETE", "/window")

    async def screenshot(self, *, path: str) -> None:
        """Say that there is none: with what would draw it, a page takes twice as long to open."""
        raise PlaywrightError(f"webkitgtk draws no pictures, for {path}")

    async def fill(self, selector: str, text: str, *, timeout: float = TIMEOUT_MS) -> None:  # noqa: ASYNC109 # Playwright's
        """Put `text` into a field, as soon as it is there."""
        await self._until_found(_FILL, [selector, text], timeout_ms=timeout)

    async def dispatch_event(self, selector: str, type: str, *, timeout: float = TIMEOUT_MS) -> None:  # noqa: ASYNC109 # Playwright's
        """Give an element an event, as soon as it is there."""
        await self._until_found(_DISPATCH, [selector, type], timeout_ms=timeout)

    async def _until_found(self, script: str, argument: Json, *, timeout_ms: float) -> None:
        with anyio.move_on_after(timeout_ms / 1000):
            while True:
                if await self.evaluate(script, argument):
                    return
                await anyio.sleep(POLL_S)
        raise PlaywrightError(f"Timeout {timeout_ms:g}ms exceeded: there is no such element")

    @contextlib.asynccontextmanager
    async def expect_popup(self, *, timeout: float = TIMEOUT_MS) -> AsyncIterator[Popup]:  # noqa: ASYNC109 # Playwright's
        """Find the window that is opened within the block, or soon after."""
        before = await self.context.windows()
        popup = Popup()
        yield popup
        with anyio.move_on_after(timeout / 1000):
            while True:
                if new := [each for each in await self.context.windows() if each not in before]:
                    popup.page = self.context.adopt(new[0])
                    return
                await anyio.sleep(POLL_S)
        raise PlaywrightError(f"Timeout {timeout:g}ms exceeded: no window was opened")


class Popup:
    """A window that is to come."""

    page: WebKitPage

    @property
    def value(self) -> Awaitable[WebKitPage]:
        """The page in it."""

        async def found() -> WebKitPage:
            return self.page

        return found()
