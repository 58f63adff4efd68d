"""A connection that nobody gave a reason to end is kept: what is sent next would not reach it (BC-1, ISO-1, LC-5).

Judged on raw connections, in plans that do nothing out of the ordinary, by those that only listened and said little
while nobody's identity changed. A server that goes away, or has a policy against so much, says so by its close code.
Peers that died are another's matter, but who ends the living beside them takes these for dead.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding
from harness.history import FaultArmed, FaultBit, Lag, PeerFreed, PeerKept, RunEnded, StepFinished, StepStarted
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Connection
from harness.wire.close_codes import GOING_AWAY, TOO_MUCH, in_words

ORDINARY = frozenset({StepStarted, StepFinished, RunEnded, Lag, FaultArmed, FaultBit, PeerFreed, PeerKept})
"""What may have happened besides connections, identities and messages."""
DEADLY = frozenset({"cut off", "half-close"})
MOST_SENT, MOST_OPEN = 50, 3
"""Who says more, or has more connections, may break a limit that the target never declared."""
LATE_S = 0.5
"""So late our own machine may have owed a pong."""


def kept(model: Model) -> Iterator[Finding]:
    """Judge the end of each connection that the server ended."""
    faults = [event for _, event in model.facts(FaultArmed)]
    strays = any(message.kind == "stray" for message in model.messages.values())
    if model.tabs or strays or not model.kinds <= ORDINARY or not {each.kind for each in faults} <= DEADLY:
        return
    struck = {each.browser for each in faults}
    for connection in model.connections.values():
        if connection.browser not in struck and _for_no_reason(model, connection):
            yield _finding(model, connection, dying=bool(faults))


def _for_no_reason(model: Model, connection: Connection) -> bool:
    ended, opening = connection.closed, connection.opening
    if ended is None or connection.by != "server" or connection.closing is not None or not connection.probed:
        return False
    if connection.code in GOING_AWAY | TOO_MUCH or not connection.in_order:
        return False
    if any(browser.changed_within(opening, ended) for browser in model.browsers.values()):
        return False
    said = sum(message.by == connection.id for message in model.messages.values())
    there = [
        each
        for each in model.browser(connection.browser).connections
        if each.opening <= ended and not each.over_by(ended.index - 1)
    ]
    return said <= MOST_SENT and len(there) <= MOST_OPEN and lag_between(model, opening.at_s, ended.at_s) < LATE_S


def _finding(model: Model, connection: Connection, *, dying: bool) -> Finding:
    assert connection.closed is not None
    users = model.browser(connection.browser).users(connection.closed, connection.closed)
    lasted_s = connection.closed.at_s - connection.opening.at_s
    return Finding(
        requirement="LC-5" if dying else "BC-1" if None in users else "ISO-1",
        check="kept",
        observer=connection.id,
        at=connection.closed.index,
        kind="ended",
        expected="a connection that answers, and that nobody gave a reason to end, is there for what comes next",
        seen=f"the server ended it {in_words(connection.code)}, {lasted_s:.1f} s after it was opened",
    )
