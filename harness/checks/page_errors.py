"""No page throws: TAB-13. Uncaught errors, rejections that nobody handles, and errors that a page logs out of the blue.

What fails because the network does is no fault of the page: requests that were under way, and whatever the browser
itself logs of them. What the page logs counts only where nothing at all was done to it, and then as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import ConsoleError, Event, FaultArmed, FrameSlipped, PageError, TargetRestarting
from harness.model.model import Model

OF_THE_NETWORK = re.compile(
    r"failed to fetch|networkerror|network error|load failed|network connection was lost|aborterror|\baborted\b|err_",
    re.IGNORECASE,
)
"""How Chromium, Firefox and WebKit call a request that failed or was given up."""
DISTURBING: tuple[type[Event], ...] = (FaultArmed, FrameSlipped, TargetRestarting)


def page_errors(model: Model) -> Iterator[Finding | Held]:
    """Judge each error of a page, once a text and tab, and each tab that had none."""
    blamed: set[str] = set()
    told: set[tuple[str, str]] = set()
    for moment, event in model.facts(PageError):
        blamed.add(event.tab)
        if not OF_THE_NETWORK.search(event.text) and (event.tab, event.text) not in told:
            told.add((event.tab, event.text))
            yield _finding(event.tab, moment.index, f"it threw: {event.text}", level="fail")
    disturbed = min((moment.index for kind in DISTURBING for moment, _ in model.facts(kind)), default=model.now.index)
    closed = min((life.closed.index for life in model.lives() if life.closed), default=model.now.index)
    for moment, logged in model.facts(ConsoleError):
        if moment.index < min(disturbed, closed) and (logged.tab, logged.text) not in told:
            blamed.add(logged.tab)
            told.add((logged.tab, logged.text))
            yield _finding(logged.tab, moment.index, f"it logged an error: {logged.text}", level="warn")
    for life in model.lives():
        if life.ready is not None and life.id not in blamed:
            yield Held("TAB-13")


def _finding(tab: str, at: int, seen: str, *, level: str) -> Finding:
    return Finding(
        requirement="TAB-13",
        check="page_errors",
        observer=tab,
        at=at,
        level=level,
        expected="the page handles what happens to it: no uncaught error, no rejection without a handler",
        seen=seen,
    )
