"""What tabs send while there is no connection: once to the server or refused aloud (TAB-12), never as another (ID-13).

Judged only where the tab knew that there was none: what was under way when a connection broke may be lost, or not.
What one tab sent in one outage goes up in that order, unless a tab went meanwhile, whose messages another may have had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from harness.checks.filing_tabs import TWICE, UNSENT
from harness.checks.finding import Finding, Held
from harness.history import Uplink
from harness.model.duty import went_up_once
from harness.model.model import Model
from harness.model.state import Message, Moment, TabLife
from harness.model.uptime import down_since, is_back, sent_while_down


def outbox(model: Model) -> Iterator[Finding | Held]:
    """Judge each message that a tab sent."""
    for message in model.messages.values():
        life = next((each for each in model.lives() if _sent(each, message)), None)
        if message.kind == "echo" and life is not None:
            crossed = list(_crossings(model, life, message))
            yield from crossed
            if message.settled is not None and sent_while_down(model, life, message):
                yield from _judge_kept(model, life, message, message.settled, crossed=bool(crossed))
    for life in model.lives():
        yield from _judge_order(model, life)


def _sent(life: TabLife, message: Message) -> bool:
    closed = life.closed is not None and life.closed.index < message.started.index
    return message.by == life.id and life.opened.index < message.started.index and not closed


def _crossings(model: Model, life: TabLife, message: Message) -> Iterator[Finding]:
    """Yield each time that what was sent as one user went up on a connection that can only be another's."""
    browser = model.browser(life.browser)
    writers = browser.users(message.started, message.started)
    if len(writers) != 1 or None in writers:
        return
    for moment, event in model.facts(Uplink):
        if message.token not in event.tokens:
            continue
        owners = browser.users(model.connections[event.connection].opening, moment)
        if None not in owners and owners.isdisjoint(writers):
            yield _finding(
                "ID-13",
                life,
                message,
                at=moment,
                expected=f"what was sent as {next(iter(writers))} is never sent as somebody else",
                seen=f"it was sent to the server on {event.connection}, which is {' or '.join(map(str, owners))}'s",
            )


def _judge_kept(
    model: Model, life: TabLife, message: Message, settled: Moment, *, crossed: bool
) -> Iterator[Finding | Held]:
    browser = model.browser(life.browser)
    if not is_back(model, browser, message.started, settled):
        return
    if browser.changed_within(message.started, settled):
        writers, owners = browser.users(message.started, message.started), browser.users(settled, settled)
        if not crossed and None not in writers | owners and writers.isdisjoint(owners):
            yield Held("ID-13")
        return
    expected = "what is sent while there is no connection goes to the server once it is back, once, or is refused aloud"
    once = went_up_once(model, browser, message)
    if message.uplinks > 1 and not once:
        seen = f"it was sent to the server {message.uplinks} times"
        yield _finding("TAB-12", life, message, at=message.started, expected=expected, seen=seen, kind=TWICE)
    elif once or not message.accepted:
        yield Held("TAB-12")
    elif life.closed is None or life.closed.index > settled.index:
        seen = "send() raised no error, and it was never sent to the server"
        yield _finding("TAB-12", life, message, at=message.started, expected=expected, seen=seen, kind=UNSENT)


def _judge_order(model: Model, life: TabLife) -> Iterator[Finding]:
    """Judge what a tab sent in one outage, and what went up once on the connection after it."""
    browser = model.browser(life.browser)
    went_up = {token: (moment, event) for moment, event in model.facts(Uplink) for token in event.tokens}
    queues: defaultdict[tuple[int, str], list[Message]] = defaultdict(list)
    for message in model.messages.values():
        waited = _sent(life, message) and sent_while_down(model, life, message)
        down = down_since(model, browser, message.started) if waited else None
        if down is not None and message.uplinks == 1:
            queues[down.index, went_up[message.token][1].connection].append(message)
    for (down_index, connection), queue in queues.items():
        for earlier, later in pairwise(queue):
            up, overtaken = went_up[later.token][0], went_up[earlier.token][0]
            gone = any(each.closed and down_index < each.closed.index < overtaken.index for each in browser.tabs)
            if up.index < overtaken.index and not gone and not browser.changed_within(earlier.started, overtaken):
                yield _finding(
                    "TAB-12",
                    life,
                    earlier,
                    at=overtaken,
                    expected="what waited for a connection goes to the server in the order in which the tab sent it",
                    seen=f"what it sent after that went up first, on {connection}",
                )
                break


def _finding(
    requirement: str, life: TabLife, message: Message, *, at: Moment, expected: str, seen: str, kind: str = ""
) -> Finding:
    return Finding(
        requirement=requirement,
        check="outbox",
        observer=life.id,
        token=message.token,
        at=at.index,
        kind=kind,
        expected=expected,
        seen=seen,
    )
