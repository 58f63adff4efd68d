"""When a browser has a connection as its page can know it, and what its tabs say of it meanwhile. Pure.

A connection counts from its handshake on, also one that a fault accepted and closed; one that was cut off without a
word counts until the page ends it.
"""

from __future__ import annotations

from harness.history import FaultArmed, TabState
from harness.model.model import Model
from harness.model.state import Browser, Connection, Message, Moment, TabLife


def down_since(model: Model, browser: Browser, at: Moment) -> Moment | None:
    """Return since when, at a moment, the browser has no connection; None when it has one, or never had one before."""
    unaware = {event.connection for _, event in model.facts(FaultArmed) if event.kind == "cut off"}
    ends: list[Moment] = []
    for connection in browser.connections:
        if connection.opening.index > at.index or not (connection.opened or connection.status == 101):
            continue
        end = _end(connection, unaware=connection.id in unaware)
        if end is None or end.index > at.index:
            return None
        ends.append(end)
    return max(ends, default=None)


def state_before(model: Model, life: TabLife, at: Moment) -> TabState | None:
    """Return what this life of a tab last said of itself before a moment."""
    said = [
        event
        for moment, event in model.facts(TabState)
        if event.tab == life.id and life.opened.index < moment.index < at.index
    ]
    return said[-1] if said else None


def sent_while_down(model: Model, life: TabLife, message: Message) -> bool:
    """Whether a tab sent this when its browser had no connection, and knew it."""
    if message.kind != "echo" or message.by != life.id or message.started.index < life.opened.index:
        return False
    said = state_before(model, life, message.started)
    knew = said is not None and said.ready_state not in {None, 1}
    return knew and down_since(model, model.browser(life.browser), message.started) is not None


def is_back(model: Model, browser: Browser, since: Moment, until: Moment) -> bool:
    """Whether the browser came to rest on one connection, every tab saying so, between two moments."""
    return any(
        event.browser == browser.id
        and event.live_sockets == 1
        and event.ready_tabs == event.tabs
        and since.index < moment.index <= until.index
        for moment, event, _ in model.settled_browsers
    )


def _end(connection: Connection, *, unaware: bool) -> Moment | None:
    if unaware:
        return connection.closed
    return min((each for each in (connection.closing, connection.closed) if each is not None), default=None)
