"""However many tabs a browser has, it holds one connection, also after a tab or the server went: TAB-1, TAB-4, LC-2.

Judged where a world settled a browser. A browser whose sockets never passed the proxy was not seen, and is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import BrowserSettled
from harness.model.model import Model
from harness.model.state import Moment

HAND_OVER = frozenset({"close", "reload", "crash"})


def single_connection(model: Model) -> Iterator[Finding | Held]:
    """Judge the number of live sockets of each browser at each settle."""
    for moment, event, cause in model.settled_browsers:
        if event.tabs == 0 or not model.browser(event.browser).connections:
            continue
        if event.live_sockets == 1:
            yield from _held(event, cause, moment)
        elif event.live_sockets == 0:
            yield _finding(
                requirement_for(cause, tabs=event.tabs),
                event,
                moment,
                f"one live socket after {_words(cause)}",
            )
        else:
            yield _finding("TAB-1", event, moment, "exactly one live socket")


def requirement_for(cause: str, *, tabs: int) -> str:
    """Return which requirement is broken when a browser has no connection after what happened to it last."""
    if cause in HAND_OVER:
        return "TAB-4"
    if cause == "restart":
        return "LC-2"
    if cause == "identity":
        return "TAB-7" if tabs > 1 else "ID-1"
    return "TAB-1"


def _held(event: BrowserSettled, cause: str, moment: Moment) -> Iterator[Finding | Held]:
    if event.tabs > 1:
        yield Held("TAB-1")
    if cause in HAND_OVER or cause == "restart":
        requirement = requirement_for(cause, tabs=event.tabs)
        if event.overdue_s > 0:
            yield Finding(
                requirement=requirement,
                check="single_connection",
                observer=event.browser,
                at=moment.index,
                level="late",
                expected=f"one live socket within the promise after {_words(cause)}",
                seen=f"it took {event.waited_s:.2f} s, {event.overdue_s:.2f} s too long",
            )
        else:
            yield Held(requirement)


def _finding(requirement: str, event: BrowserSettled, moment: Moment, expected: str) -> Finding:
    return Finding(
        requirement=requirement,
        check="single_connection",
        observer=event.browser,
        at=moment.index,
        expected=f"browser {event.browser} with {event.tabs} open tabs has {expected}",
        seen=f"{event.live_sockets} live sockets, after waiting {event.waited_s:.1f} s",
    )


def _words(cause: str) -> str:
    return {
        "close": "a tab was closed",
        "reload": "a tab was reloaded",
        "crash": "a tab crashed",
        "restart": "the server was restarted",
        "identity": "a sign-in or sign-out",
    }.get(cause, "its tabs were opened")
