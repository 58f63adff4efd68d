"""One sign-in or sign-out costs a browser one connection, not one a tab: the lesser half of TAB-7.

A second one is let pass: the server may close the old one before the page opens another. Judged where nothing else
happened to the browser: no tab came or went, and no fault was in its way. Where tabs cannot share, each has its own.
A handshake that the server refuses is tried again by right; one that the page gave up unanswered is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.filing_tabs import STORM
from harness.checks.finding import Finding
from harness.model.absence import limits_of
from harness.model.model import Model

ALLOWED = 2


def identity_once(model: Model) -> Iterator[Finding]:
    """Judge how many connections were opened for each change of identity, up to the settle after it."""
    since: dict[str, int] = {}
    for moment, event, cause in model.settled_browsers:
        browser = model.browser(event.browser)
        begin = since.get(browser.id, -1)
        since[browser.id] = moment.index
        changes = [each.since.index for each in browser.spans if begin < each.since.index < moment.index]
        if cause != "identity" or not changes or begin < 0 or limits_of(model, browser.id):
            continue
        if any(begin < index < moment.index for index in _comings_and_goings(model, browser.id)):
            continue
        since_it = [each for each in browser.connections if changes[0] < each.opening.index < moment.index]
        if any(each.refused and each.status for each in since_it):
            continue
        opened = [each for each in since_it if not each.refused]
        if len(opened) > ALLOWED * len(changes) and len(opened) >= event.tabs:
            yield Finding(
                requirement="TAB-7",
                check="identity_once",
                observer=browser.id,
                at=moment.index,
                level="warn",
                kind=STORM,
                expected=f"a browser with {event.tabs} tabs opens one connection for a sign-in or sign-out",
                seen=f"it opened {len(opened)} for {len(changes)}",
            )


def _comings_and_goings(model: Model, browser: str) -> Iterator[int]:
    for life in model.browser(browser).tabs:
        yield life.opened.index
        if life.closed is not None:
            yield life.closed.index
