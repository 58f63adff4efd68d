"""Tabs that are away (left, frozen, hung) and come back: what that makes of the others' claims. Pure.

From the moment a tab goes away or comes back until its browser is found settled, who serves whom may be changing hands:
whatever is published meanwhile may reach a tab or not. Where tabs cannot share, so may what is published while any of
their connections comes or goes. In a frame of another site a page may decline: it owes nothing then.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import BrowserLimited
from harness.model.model import Model
from harness.model.state import Browser, Message, Moment, TabLife
from harness.model.uptime import state_before

AWAY = frozenset({"leave", "freeze", "hang"})
"""How a tab's life ends that may come back."""
THIRD_PARTY = "third-party"
OPEN = 1


def limits_of(model: Model, browser: str) -> str:
    """Return what the browser's tabs cannot share by, "" when nothing is known to be kept from them."""
    return next((event.how for _, event in model.facts(BrowserLimited) if event.browser == browser), "")


def declines(model: Model, life: TabLife, at: Moment) -> bool:
    """Whether a tab in a frame of another site does without, as it may: it does not say that it is open."""
    said = state_before(model, life, at)
    return limits_of(model, life.browser) == THIRD_PARTY and (said is None or said.ready_state != OPEN)


def away_at(browser: Browser, index: int) -> Iterator[TabLife]:
    """Yield the last lives of the tabs that were away at `index`, in the order in which they were opened."""
    for life in browser.tabs:
        if life.how in AWAY and life.closed is not None and life.closed.index <= index:
            later = any(each.id == life.id and life.number < each.number for each in browser.tabs if _by(each, index))
            if not later:
                yield life


def changing_hands(model: Model, browser: Browser, message: Message) -> bool:
    """Whether a tab of the browser went away or came back shortly before the message, or while it was under way."""
    end = (message.settled or model.now).index
    turns = [
        moment.index
        for life in browser.tabs
        for moment, turn in ((life.opened, life.back), (life.closed, life.how in AWAY))
        if turn and moment is not None and moment.index <= end
    ]
    if limits_of(model, browser.id):  # each tab has a connection of its own, and some may have none for a while
        ends = (moment for each in browser.connections for moment in (each.opened, each.closing, each.closed))
        turns += [moment.index for moment in ends if moment is not None and moment.index <= end]
    if not turns:
        return False
    return not any(
        event.browser == browser.id and max(turns) < moment.index < message.started.index
        for moment, event, _ in model.settled_browsers
    )


def _by(life: TabLife, index: int) -> bool:
    return life.opened.index <= index
