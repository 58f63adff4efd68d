"""The one Chromium process of a session: where it is found and how it is started.

Knows nothing of targets; a browser of a plan is a context of this process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from harness.errors import UsageError
from harness.worlds.program import find_program, said

NAMES = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"
"""The same engine without windows, menus and settings: a fifth less work, where nobody looks."""
INSECURE_HOST = "app.test"
"""A name that leads to the loopback address and, unlike it, is no secure context over plain http."""
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1",
)  # fmt: skip
LAUNCH_TIMEOUT_S = 30.0
_TODO = "install one (apt-get install chromium, or: playwright install chromium), or name it in ONESOCKET_CHROMIUM"


def find_chromium(environment: Mapping[str, str] = os.environ, *, shell: bool = False) -> Path | None:
    """Return the system's Chromium: ONESOCKET_CHROMIUM, then the usual names on PATH; None leaves it to Playwright.

    `shell` prefers one that can only run headless.

    Raises:
        UsageError: ONESOCKET_CHROMIUM names no program.
    """
    names = (SHELL, *NAMES) if shell else NAMES
    return find_program(names, variable="ONESOCKET_CHROMIUM", environment=environment)


@contextlib.asynccontextmanager
async def chromium(*, headless: bool = True, back_forward_cache: bool = False) -> AsyncIterator[Browser]:
    """Have a Chromium run for the time of the block.

    `back_forward_cache` turns on what Playwright turns off.

    Raises:
        UsageError: none is found, or it does not start.
    """
    # What keeps pages that were left is looked at as a whole browser has it.
    program = find_chromium(shell=headless and not back_forward_cache)
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=program, headless=headless, args=list(FLAGS), timeout=LAUNCH_TIMEOUT_S * 1000,
                ignore_default_args=["--disable-back-forward-cache"] if back_forward_cache else None,
            )  # fmt: skip
        except PlaywrightError as error:
            raise UsageError(
                "no Chromium can be started" if program else "there is no Chromium",
                where=f"{program or 'PATH: ' + ', '.join(NAMES)}; {said(error)}", todo=_TODO,
            ) from error  # fmt: skip
        try:
            yield browser
        finally:
            with contextlib.suppress(PlaywrightError):
                await browser.close()
