"""The one browser process of a session, of whatever engine: where it is found and how it is started.

Firefox is the distribution's, driven over WebDriver BiDi by way of `firefox_relay`, or Playwright's own, as WebKit
always is; WebKitGTK is the distribution's, by way of its own driver. Knows nothing of targets.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from harness.errors import UsageError
from harness.worlds.chromium import INSECURE_HOST, chromium
from harness.worlds.engine import EngineName
from harness.worlds.firefox_relay import wrapper
from harness.worlds.program import find_program, said
from harness.worlds.webkit_context import webkitgtk
from harness.worlds.webkit_driver import TODO as TODO_WEBKITGTK

NAMES = ("firefox-esr", "firefox")
PREFERENCES: dict[str, str | float | bool] = {
    "network.dns.localDomains": INSECURE_HOST,
    # One process for all pages: nothing here needs a process a site, and starting them takes half of a tab's opening.
    "fission.webContentIsolationStrategy": 0,
    "dom.ipc.processCount": 1,
    # Else Firefox itself puts off what a page does after handshakes that failed, half as long again each time.
    "network.websocket.delay-failed-reconnects": False,
}
LAUNCH_TIMEOUT_S = 120.0
"""Firefox takes 4 s of a core to start, which is half a minute where ten others want it too."""
TODO: dict[EngineName, str] = {
    "firefox": "apt-get install firefox-esr, or: playwright install firefox; or name one in ONESOCKET_FIREFOX",
    "webkit": "playwright install --with-deps webkit; or take a distribution's: --engine webkitgtk",
    "webkitgtk": TODO_WEBKITGTK,
}


def find_firefox(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the system's Firefox: ONESOCKET_FIREFOX, then the usual names on PATH; None leaves it to Playwright.

    Raises:
        UsageError: ONESOCKET_FIREFOX names no program.
    """
    return find_program(NAMES, variable="ONESOCKET_FIREFOX", environment=environment)


@contextlib.asynccontextmanager
async def launched(engine: EngineName, *, headless: bool, back_forward_cache: bool = False) -> AsyncIterator[Browser]:
    """Have a browser of `engine` run for the time of the block.

    Raises:
        UsageError: none is found, or it does not start.
    """
    if engine == "chromium":
        async with chromium(headless=headless, back_forward_cache=back_forward_cache) as browser:
            yield browser
        return
    if engine == "webkitgtk":
        async with webkitgtk(headless=headless) as browser:
            yield browser
        return
    program = find_firefox() if engine == "firefox" else None
    with tempfile.TemporaryDirectory(prefix="onesocket-firefox-") as folder:
        async with async_playwright() as playwright:
            try:
                browser = await _launch(playwright, engine, program, headless=headless, folder=Path(folder))
            except PlaywrightError as error:
                raise UsageError(
                    f"no {engine} can be started", where=f"{program or 'Playwright'}; {said(error)}", todo=TODO[engine]
                ) from error
            try:
                yield browser
            finally:
                with contextlib.suppress(PlaywrightError):
                    await browser.close()


async def _launch(
    playwright: Playwright, engine: EngineName, program: Path | None, *, headless: bool, folder: Path
) -> Browser:
    timeout_ms = LAUNCH_TIMEOUT_S * 1000
    if engine == "webkit":
        return await playwright.webkit.launch(headless=headless, timeout=timeout_ms)
    if program is None:
        return await playwright.firefox.launch(headless=headless, timeout=timeout_ms, firefox_user_prefs=PREFERENCES)
    return await playwright.firefox.launch(
        channel="moz-firefox", executable_path=wrapper(program, folder), headless=headless, timeout=timeout_ms,
        firefox_user_prefs=PREFERENCES,
    )  # fmt: skip
