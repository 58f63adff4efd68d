"""How a tab is asked: through its hooks, its elements, a class of the user's own, or not at all.

A driver holds no state but what one tab needs; deadlines are those of `page_call`, and what is wrong is three lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec
from anyio.abc import TaskGroup
from playwright.async_api import Frame, Page

from harness.targets.file import Target
from harness.wire.template import Json
from harness.worlds.page_call import Look, call_hook, look_at

_MARK_JS = """() => {
  try { document.__onesocketMark ??= Math.random().toString(36).slice(2); } catch { /* frozen */ }
  return document.__onesocketMark ?? String(performance.timeOrigin);
}"""
Live = Callable[[], bool]
"""Whether the tab's browser has had a connection at rest: what stands for the state that nobody can ask for."""


class Driver(Protocol):
    """Asks one tab. `waits`: an action is done when the network has seen it, not when the call returns."""

    waits: bool

    async def look(self, page: Page | Frame, *, known: str, read: int) -> Look:
        """Return what the page says after the first `read` items of document `known`.

        Raises:
            PlaywrightError: the page is gone or on its way to another document.
        """

    async def call(
        self, group: TaskGroup, page: Page | Frame, name: str, *args: Json, timeout_s: float | None = None
    ) -> bool:
        """Do what the hook `name` is for; False when the page went to another document meanwhile.

        It may take `timeout_s`, or as long as any hook.

        Raises:
            HookFailed: it cannot be done.
        """


class HookDriver:
    """Asks the object at `hooks`."""

    waits = False

    def __init__(self, hooks: str) -> None:
        self._hooks = hooks

    async def look(self, page: Page | Frame, *, known: str, read: int) -> Look:
        return await look_at(page, hooks=self._hooks, known=known, read=read)

    async def call(
        self, group: TaskGroup, page: Page | Frame, name: str, *args: Json, timeout_s: float | None = None
    ) -> bool:
        return await call_hook(group, page, name, *args, hooks=self._hooks, timeout_s=timeout_s)


class NetworkDriver:
    """Asks nothing but which document it is: all else is seen on the network."""

    waits = True

    def __init__(self, live: Live) -> None:
        self._live = live

    async def look(self, page: Page | Frame, *, known: str, read: int) -> Look:
        mark = str(await page.evaluate(_MARK_JS))
        return Look(hooked=True, mark=mark, state=1 if self._live() else 0, told=False)

    async def call(
        self, group: TaskGroup, page: Page | Frame, name: str, *args: Json, timeout_s: float | None = None
    ) -> bool:
        return True  # plans with such steps are not tried


def driver_for(target: Target, *, live: Live) -> Driver:
    """Return what asks a tab of this target.

    Raises:
        TargetFileError: the class that the target file names cannot be used.
    """
    from harness.worlds.page_class import ClassDriver
    from harness.worlds.page_selectors import SelectorDriver

    page = target.page
    if page is None or page.layer == "hooks":
        return HookDriver((page.hooks if page else None) or "window.realtime")
    if page.driver is not None:
        return ClassDriver.named(page.driver)
    if page.selectors is not None:
        return SelectorDriver(target, page.selectors, live=live)
    return NetworkDriver(live)


async def mark_of(page: Page | Frame) -> str:
    """Return the mark of the document that is shown."""
    return msgspec.convert(await page.evaluate(_MARK_JS), str)
