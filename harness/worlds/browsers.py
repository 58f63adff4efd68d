"""An event loop in a thread of its own, and the browsers in it: started when first asked for, kept until the end.

Several laboratories, one after the other, may share one. Knows nothing of targets and plans.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from harness.worlds.engine import EngineName

if TYPE_CHECKING:
    from playwright.async_api import Browser

Result = TypeVar("Result")


class Browsers:
    """Use as a context manager."""

    def __init__(self, engine: EngineName = "chromium", *, headed: bool = False) -> None:
        self.engine = engine
        self.headed = headed
        self._exit = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None
        self._started: dict[bool, Browser] = {}

    def __enter__(self) -> Self:
        self._portal = self._exit.enter_context(start_blocking_portal("asyncio"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def portal(self) -> BlockingPortal:
        """The way into the loop."""
        if self._portal is None:
            raise RuntimeError("it is not open: use it as a context manager")
        return self._portal

    def call(self, function: Callable[..., Coroutine[Any, Any, Result]], *arguments: object) -> Result:
        """Run an async function in the loop; an interruption cancels it there."""
        future: Future[Result] = self.portal.start_task_soon(function, *arguments)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def start(self, *, keeps_pages: bool = False) -> None:
        """Have the browser run that `browser` returns, anew if it has gone.

        Raises:
            UsageError: none is found, or it does not start.
        """
        keeps_pages = self._told_to_keep(keeps_pages)
        running = self._started.get(keeps_pages)
        if running is not None and running.is_connected():
            return
        from harness.worlds.engine_launch import launched  # Playwright is slow to import and the wire needs none

        browser = launched(self.engine, headless=not self.headed, back_forward_cache=keeps_pages)
        self._started[keeps_pages] = self._exit.enter_context(self.portal.wrap_async_context_manager(browser))

    def browser(self, *, keeps_pages: bool = False) -> Browser:
        """Return the browser that was started; one that keeps pages that were left where plans need it."""
        return self._started[self._told_to_keep(keeps_pages)]

    def _told_to_keep(self, keeps_pages: bool, /) -> bool:  # noqa: FBT001 # the same word as above
        return keeps_pages and self.engine == "chromium"  # the others keep what they keep anyway
