"""Tabs that open at the same time never make several leaders: TAB-5.

Judged from the first tab that opens up to the next settle, where nothing else happens to the browser: two connections
may be there at once while one is handed over, a third means that two tabs led beside it. At rest it is one (TAB-1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.checks.filing_tabs import CROWDED
from harness.checks.finding import Finding, Held
from harness.history import TargetRestarting
from harness.model.absence import limits_of
from harness.model.model import Model
from harness.model.state import Browser, Connection, Moment, TabLife

MOST_DURING_HAND_OVER = 2
FEWEST_TABS = 3
"""Fewer tabs than this cannot have more than two leaders."""


def simultaneous(model: Model) -> Iterator[Finding | Held]:
    """Judge each stretch of time in which tabs of a browser opened, the next before the one before was ready."""
    for browser in model.browsers.values():
        since = Moment(-1, 0.0)
        for until, event, _ in model.settled_browsers:
            if event.browser == browser.id:
                yield from _judge(model, browser, since, until)
                since = until


def _judge(model: Model, browser: Browser, since: Moment, until: Moment) -> Iterator[Finding | Held]:
    lives = [life for life in browser.tabs if since < life.opened < until and not life.back]
    if limits_of(model, browser.id) or _most_opening(lives) < FEWEST_TABS:
        return
    if browser.changed_within(lives[0].opened, until) or _disturbed(model, browser, since, until):
        return
    opened = [each for each in browser.connections if each.opened is not None and since < each.opened < until]
    most = max((sum(_is_there(each, other.opened) for each in browser.connections) for other in opened), default=0)
    if most > MOST_DURING_HAND_OVER:
        yield Finding(
            requirement="TAB-5",
            check="simultaneous",
            observer=browser.id,
            kind=CROWDED,
            at=max(each.opened.index for each in opened if each.opened is not None),
            expected="tabs that open at once never have more than two connections at a time, one at rest",
            seen=f"{most} connections at a time",
        )
    elif opened:
        yield Held("TAB-5")


def _most_opening(lives: Sequence[TabLife]) -> int:
    """Return how many tabs were opening at the most at one time."""
    return max((sum(_is_opening(each, life.opened) for each in lives) for life in lives), default=0)


def _is_opening(life: TabLife, moment: Moment) -> bool:
    return life.opened <= moment and (life.ready is None or moment < life.ready)


def _disturbed(model: Model, browser: Browser, since: Moment, until: Moment) -> bool:
    restarted = any(since < moment < until for moment, _ in model.facts(TargetRestarting))
    return restarted or any(life.closed is not None and since < life.closed < until for life in browser.tabs)


def _is_there(connection: Connection, moment: Moment | None) -> bool:
    assert moment is not None
    return connection.opened is not None and connection.opened <= moment and not connection.over_by(moment.index)
