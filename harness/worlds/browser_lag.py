"""How late a browser's own process is, asked in a context that has no page: a page that spins has no part in it."""

from __future__ import annotations

import contextlib

import anyio
from playwright.async_api import Browser, BrowserContext
from playwright.async_api import Error as PlaywrightError

from harness.worlds.lag import LagMeter

NOWHERE = "http://127.0.0.1:9/"
ANSWER_TIMEOUT_S = 60.0


async def measure_browser(browser: object, meter: LagMeter) -> None:
    """Add how late the browser answers to what `meter` counts, until cancelled or the browser is gone.

    Where a context is a browser of its own it is not asked: that would be one more of them.
    """
    if not isinstance(browser, Browser):
        return
    with contextlib.suppress(PlaywrightError, TimeoutError):
        context = await browser.new_context()
        try:
            await meter.ask(lambda: _answers(context))
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(ANSWER_TIMEOUT_S):
                await context.close()


async def _answers(context: BrowserContext) -> None:
    # Playwright complains of calls that were cancelled, so this one is waited for.
    with anyio.CancelScope(shield=True), anyio.fail_after(ANSWER_TIMEOUT_S):
        await context.cookies(NOWHERE)
