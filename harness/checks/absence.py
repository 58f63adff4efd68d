"""What is filed where a tab is away or has come back, or a browser's tabs cannot share: TAB-4, TAB-9, TAB-10.

A leader that was left for another page is gone (TAB-4); one that is frozen or hangs is still there and must not silence
the others (TAB-9); where there are no Web Locks each tab is to work by itself (TAB-10).
"""

from __future__ import annotations

from harness.model.absence import away_at, changing_hands, limits_of
from harness.model.model import Model
from harness.model.state import Browser, Message

STUCK = frozenset({"freeze", "hang"})


def is_stuck(browser: Browser, index: int) -> bool:
    """Tell whether a tab of the browser was frozen or hung at `index`."""
    return any(life.how in STUCK for life in away_at(browser, index))


def filed_for(model: Model, browser: Browser, message: Message) -> str:
    """Return under which requirement a message is missed, for what the browser's tabs went through.

    "" when none of them is away, or was found to hear nothing, when the message was asked for.
    """
    if limits_of(model, browser.id):
        return "TAB-10"
    if is_stuck(browser, message.started.index):
        return "TAB-9"
    if any(away_at(browser, message.started.index)):
        return "TAB-4"
    last = [
        (event, cause)
        for moment, event, cause in model.settled_browsers
        if event.browser == browser.id and moment.index < message.started.index
    ][-1:]
    return next((hand_over(browser, cause) for event, cause in last if event.deaf), "")


def filed_twice(model: Model, browser: Browser, message: Message) -> str:
    """Return under which requirement it is filed that a tab was handed a message twice."""
    stuck = is_stuck(browser, (message.settled or model.now).index)
    return "TAB-9" if stuck or (_went(browser) in STUCK and changing_hands(model, browser, message)) else "TAB-2"


def hand_over(browser: Browser, cause: str) -> str:
    """Return which requirement it is that tabs hear after one went, or came back ("back")."""
    return "TAB-9" if (_went(browser) if cause == "back" else cause) in STUCK else "TAB-4"


def _went(browser: Browser) -> str:
    """Return how the tab had gone that came back last."""
    hows = {(life.id, life.number): life.how for life in browser.tabs}
    return next((hows[life.id, life.number - 1] for life in reversed(browser.tabs) if life.back), "")
