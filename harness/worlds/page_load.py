"""How a page is loaded: how long that may take, and what went wrong where it does not work."""

from __future__ import annotations

from typing import Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response

from harness.errors import ControlFailed, TargetUnreachable
from harness.worlds.page_call import first_line

LOAD_TIMEOUT_S = 20.0
SLOWER = 2.0
"""How many times as long engines other than Chromium may take: there each page opens a window, maybe eight at once."""
UNREACHABLE = 502
"""What the browser's proxy answers for a target that does not."""
OVERTAKEN = (
    "net::ERR_ABORTED", "NS_BINDING_ABORTED", "interrupted by another navigation", "Not attached to an active page",
)  # fmt: skip
"""What browsers say of a load that the page's own came before."""


class Navigate(Protocol):
    """Goes to a page, or loads it `again`."""

    async def __call__(self, *, again: bool, timeout_ms: float) -> Response | None:
        """Return what was answered, None where that is not known."""


def load_timeout_s(page: Page) -> float:
    """Return how long the browser of a page may take to load one."""
    browser = page.context.browser
    return LOAD_TIMEOUT_S * (1.0 if browser is None or browser.browser_type.name == "chromium" else SLOWER)


async def show(navigate: Navigate, page: Page, *, url: str, again: bool) -> None:
    """Navigate until the load event of `url` has fired.

    Raises:
        TargetUnreachable: it does not load in time.
        ControlFailed: it is answered with an error.
    """
    try:
        response = await navigate(again=again, timeout_ms=1000 * load_timeout_s(page))
    except PlaywrightError as error:
        raise TargetUnreachable(
            f"the page does not load: {first_line(error)}", where=url, todo="open it by hand; check [page] path"
        ) from error
    status = response.status if response is not None else 200
    if status == UNREACHABLE:
        raise TargetUnreachable(
            f"the page was answered with {UNREACHABLE}: nothing answers there",
            where=url,
            todo="see whether the target runs",
        )
    if status >= 400:
        raise ControlFailed(
            f"the page was answered with {status}", where=url, todo="check [page] path in the target file"
        )


async def reload(page: Page, *, timeout_ms: float) -> Response | None:
    """Load the page again, and return what was answered; None where it was just loading itself again."""
    try:
        return await page.reload(timeout=timeout_ms)
    except PlaywrightError as error:
        if not any(words in str(error) for words in OVERTAKEN):
            raise
        # The page's own load is the one that was asked for.
        await page.wait_for_load_state("load", timeout=timeout_ms)
        return None
