"""Whether the page world can be entered at all: the target file has a page, this machine has a browser."""

from __future__ import annotations

from pathlib import Path

from harness.checks.finding import Outcome
from harness.checks.registry import scope
from harness.cli.target_choice import TargetChoice
from harness.errors import CapabilityMissing, OnesocketError, UsageError
from harness.worlds.engine import EngineName

EXIT_NOTHING_VERIFIED = 5


def no_page(choice: TargetChoice) -> CapabilityMissing | None:
    """Return what to say when the target file declares no page, None when it does."""
    if choice.target.page is not None:
        return None
    return CapabilityMissing(
        "the target file declares no [page]",
        where=choice.named or str(choice.path),
        todo='add [page] path = "/" and its hooks, or run: onesocket conform',
    )


def no_browser(engine: EngineName = "chromium") -> UsageError | None:
    """Return what to say when there is no browser of `engine`, None when there is one. Starts nothing of it."""
    from harness.worlds.chromium import find_chromium
    from harness.worlds.engine_launch import TODO, find_firefox

    if engine == "webkitgtk":
        from harness.worlds.webkit_driver import find_webkit_driver

        if find_webkit_driver() is not None:
            return None
        return UsageError("there is no webkitgtk", where="WebKitWebDriver on PATH", todo=TODO[engine])
    if engine != "webkit" and (find_chromium() if engine == "chromium" else find_firefox()) is not None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(getattr(playwright, engine).executable_path)
    if own.exists():
        return None
    if engine != "chromium":
        where = "Playwright's own" if engine == "webkit" else "PATH and Playwright's own"
        return UsageError(f"there is no {engine}", where=where, todo=TODO[engine])
    return UsageError(
        "there is no Chromium",
        where="ONESOCKET_CHROMIUM, chromium, chromium-browser and google-chrome on PATH, Playwright's own",
        todo="apt-get install chromium, or: playwright install chromium; or name one in ONESOCKET_CHROMIUM",
    )


def skipped_tabs(reason: OnesocketError) -> Outcome:
    """Return the outcome that stands for the tabs part when it cannot be tried."""
    only_here = tuple(name for name in scope(("page",)) if name not in scope(("wire", "load")))
    return Outcome(test="tabs", world="page", status="skipped", reason=reason.what, skipped_requirements=only_here)
