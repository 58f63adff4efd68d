"""However many tabs a browser has, it holds one connection, also after a tab, the server or the way there went: TAB-1,
TAB-4, LC-2, LC-4, LC-6.

Judged where a world settled a browser. A browser whose sockets never passed the proxy was not seen, and is not judged,
unless its tabs say themselves that they have none.
A tab that is away may hold a socket of its own until it is back (TAB-9: also then the others hear); where tabs cannot
share each may (TAB-10), and a page set apart in a frame of another site may do without.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.absence import STUCK, hand_over, is_stuck
from harness.checks.filing_tabs import CROWD, DEAF, DOWN, GONE, GONE_WHILE_DOWN, UNHEARD
from harness.checks.finding import Finding, Held
from harness.history import BrowserSettled
from harness.model.absence import THIRD_PARTY, limits_of
from harness.model.model import Model
from harness.model.state import Browser, Moment
from harness.model.uptime import state_before

FOR_GOOD = frozenset({"close", "reload", "crash"})
OPEN = 1
MANY = 10
"""So many connections opened while one was waited for are worth telling."""
HAND_OVER = frozenset({*FOR_GOOD, "leave", "back", *STUCK})
_AFTER = {"restart": "LC-2", "loss": "LC-2", "silence": "LC-6", "close code": "LC-4", "refusal": "LC-4"}


def single_connection(model: Model) -> Iterator[Finding | Held]:
    """Judge the number of live sockets of each browser at each settle."""
    for moment, event, cause in model.settled_browsers:
        browser = model.browser(event.browser)
        if cause == "refusal" and event.live_sockets == 0:
            continue  # it was told not to come back
        limited = limits_of(model, event.browser)
        said = event.ready_tabs == 0 and (limited or _all_without(model, browser, moment))
        if event.tabs == 0 or not (browser.connections or said):
            continue
        requirement, kind = requirement_for(cause, tabs=event.tabs, browser=browser), kind_for(cause)
        if is_stuck(browser, moment.index):
            requirement, kind = "TAB-9", DEAF
        elif limited:
            requirement = "TAB-10"
        meanwhile = _meanwhile(browser, event, moment)
        most = event.away + (event.tabs if limited else 1)
        if event.live_sockets > most:
            allowed = "exactly one live socket" if most == 1 else f"{most} at most"
            yield _finding("TAB-1", event, moment, allowed, meanwhile, kind=CROWD)
        elif event.live_sockets == 0 and limited != THIRD_PARTY:
            expected = f"one live socket after {_words(cause)}"
            kind = GONE_WHILE_DOWN if kind in {GONE, DOWN} and _went_while_down(browser, moment) else kind
            yield _finding(requirement, event, moment, expected, meanwhile, kind=kind)
        elif event.deaf:
            yield Finding(
                requirement=requirement,
                check="single_connection",
                observer=event.browser,
                at=moment.index,
                kind=UNHEARD if kind == GONE else kind,
                expected=f"every tab that is there hears after {_words(cause)}",
                seen=f"{', '.join(event.deaf)} heard nothing, after waiting {event.waited_s:.1f} s{meanwhile}",
            )
        elif not limited:
            yield from _held(event, cause, moment, requirement)


def _all_without(model: Model, browser: Browser, moment: Moment) -> bool:
    """Whether each tab that is there says that it has no open connection."""
    there = [life for life in browser.tabs if life.opened < moment and (life.closed is None or moment < life.closed)]
    states = [said.ready_state if said else None for said in (state_before(model, life, moment) for life in there)]
    return bool(states) and all(state not in {None, OPEN} for state in states)


def requirement_for(cause: str, *, tabs: int, browser: Browser) -> str:
    """Return which requirement is broken when a browser has no connection after what happened to it last."""
    if cause in HAND_OVER:
        return hand_over(browser, cause)
    if cause in _AFTER:
        return _AFTER[cause]
    if cause == "identity":
        return "TAB-7" if tabs > 1 else "ID-1"
    return "TAB-1"


def _held(event: BrowserSettled, cause: str, moment: Moment, requirement: str) -> Iterator[Finding | Held]:
    if event.tabs > 1 and event.live_sockets == 1:
        yield Held("TAB-1")
    if cause in HAND_OVER or cause in _AFTER:
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


def kind_for(cause: str) -> str:
    """Return the kind of the finding that a browser has no connection after what happened to it last."""
    return GONE if cause in FOR_GOOD else DEAF if cause in HAND_OVER else DOWN


def _went_while_down(browser: Browser, moment: Moment) -> bool:
    """Whether the last connection before `moment` was over already when a tab went."""
    opened = [each for each in browser.connections if each.opened is not None and each.opened < moment]
    gone = [life.closed for life in browser.tabs if life.closed is not None and life.closed < moment]
    return bool(opened) and bool(gone) and all(each.over_by(max(gone).index) for each in opened)


def _finding(
    requirement: str, event: BrowserSettled, moment: Moment, expected: str, meanwhile: str, *, kind: str = ""
) -> Finding:
    return Finding(
        requirement=requirement,
        check="single_connection",
        observer=event.browser,
        at=moment.index,
        expected=f"browser {event.browser} with {event.tabs} open tabs has {expected}",
        seen=f"{event.live_sockets} live sockets, after waiting {event.waited_s:.1f} s{meanwhile}",
        kind=kind,
    )


def _meanwhile(browser: Browser, event: BrowserSettled, moment: Moment) -> str:
    """Return words for a browser that opened one connection after the other while it was waited for."""
    since_s = moment.at_s - event.waited_s
    opened = sum(since_s <= each.opening.at_s <= moment.at_s for each in browser.connections)
    return f", in which it opened {opened} connections" if opened >= MANY else ""


def _words(cause: str) -> str:
    return {
        "close": "a tab was closed",
        "reload": "a tab was reloaded",
        "crash": "a tab crashed",
        "leave": "a tab was left for another page",
        "freeze": "a tab was frozen",
        "hang": "a tab hung",
        "back": "a tab came back",
        "restart": "the server was restarted",
        "loss": "its connection was lost",
        "silence": "its connection was cut off without a word",
        "close code": "its connection was closed with a code that asks to come back",
        "refusal": "it was turned away with a close code",
        "identity": "a sign-in or sign-out",
    }.get(cause, "its tabs were opened")
