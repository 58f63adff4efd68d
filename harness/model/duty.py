"""Who MUST, MAY and MUST NOT receive each message. The rules, in the order of the functions below:

A connection must get a message when it was ready before the message was asked for, kept its identity all the while, and
was still open at the next settle. A connection or tab must not get a private message when its browser could not have
been that user at any time from the request to the arrival; a server has `sign_out_s` to notice on a socket that
stayed open, and `revoke_s` after a revocation or an expiry, also at new handshakes. A tab must get what a connection of
its browser got, when neither tabs nor identity changed meanwhile. A tab's own message must be answered there when,
besides, a connection of its browser was ready to carry it throughout.
All else is MAY: whoever opens, closes or changes user while a message is under way may get it or not, and so may all
tabs of a browser from the moment that one of them goes away or comes back until it has settled (`absence.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.absence import changing_hands, declines
from harness.model.claims import claimed
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.outage import cut_off
from harness.model.state import Browser, Connection, Delivery, Message, Moment, TabLife
from harness.model.uptime import sent_while_down
from harness.wire.token import Token

LOOKED_BACK_S = 10.0
"""How far back our own machine's lateness may have kept the server from noticing a sign-out."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that an observer must have received by the next settle, and has not."""

    observer: str
    token: Token


def must_reach_connection(model: Model, connection: Connection, message: Message) -> bool:
    """Whether this connection owes its browser this message (BC-1, ISO-1, EN-1)."""
    end = message.settled or model.now
    return not connection.stalled_at(end.index) and is_in_stream(model, connection, message, end=end)


def is_in_stream(model: Model, connection: Connection, message: Message, *, end: Moment) -> bool:
    """Whether this message has its place in what this connection carries up to `end`, if late after a stall."""
    if not message.accepted or connection.ready is None or connection.ready.index > message.started.index:
        return False
    if cut_off(model, message.started, end):
        return False
    if connection.over_by(end.index) or connection.origin is not None:
        return False
    if connection.tampered or claimed(model, connection.id):
        return False
    if connection.replayed and message.kind == "private":
        return False
    browser = model.browser(connection.browser)
    if browser.changed_within(connection.opening, end):
        return False
    match message.kind:
        case "broadcast":
            return True
        case "private":
            return message.to_user is not None and browser.users(connection.opening, end) == {message.to_user}
        case "echo":
            return message.by == connection.id
        case _:
            return False


def must_reach_tab(model: Model, life: TabLife, message: Message) -> bool:
    """Whether this tab must have been handed what a connection of its browser got on the right channel (TAB-2)."""
    browser = model.browser(life.browser)
    end = (message.settled or model.now).index
    # What the proxy passed on just before the browser closed that socket may never have been read.
    lasting = [connection for connection in browser.connections if not connection.over_by(end)]
    if life.quiet_on(message.channel, message.started.index, end):
        return False
    # What comes on a socket that its user has left is for no tab to show.
    if message.kind == "private" and message.to_user not in browser.users(
        message.started, message.settled or model.now
    ):
        return False
    return _steady(model, browser, life, message) and any(
        arrived.channel == message.channel
        for connection in lasting
        for arrived in model.delivered(connection.id, message.token)
    )


def must_answer_tab(model: Model, life: TabLife, message: Message) -> bool:
    """Whether what this life of a tab sent must have gone to the server once, and the reply come back to it (TAB-3)."""
    browser = model.browser(life.browser)
    end = message.settled or model.now
    return (
        message.by == life.id
        and not life.quiet_on(message.channel, message.started.index, end.index)
        and _steady(model, browser, life, message)
        and any(
            each.ready is not None and each.ready.index < message.started.index and not each.over_by(end.index)
            for each in browser.connections
        )
    )


def went_up_once(model: Model, browser: Browser, message: Message) -> bool:
    """Whether the server got what a tab sent once, or knew it when it came again: one connection, one reply to all.

    Who repeats what was not acknowledged, under an id that the server knows it by, sends it once.
    """
    replies = sum(len(model.delivered(each.id, message.token)) for each in browser.connections)
    return message.uplinks == 1 or (message.uplinks > 1 and len(message.went_up_on) == 1 and replies == 1)


def unserved(model: Model, life: TabLife, message: Message) -> bool:
    """Whether the tab's browser should have had a connection to get this message on, settled and known, and had none.

    False when some connection of the browser got the message, or must have got it: then the fault is elsewhere. False
    too while a connection that ended since the settle is being replaced: `reconnect_s` is for the next settle to judge.
    And what was under way when a connection of this user's ended may have gone there.
    """
    browser = model.browser(life.browser)
    if message.kind not in {"broadcast", "private"} or not _steady(model, browser, life, message):
        return False
    if life.quiet_on(message.channel, message.started.index, (message.settled or model.now).index):
        return False
    if message.kind == "private":
        users = browser.users(message.started, message.settled or model.now)
        if message.to_user is None or users != {message.to_user}:
            return False
    settled = [
        moment for moment, event, cause in model.settled_browsers if event.browser == browser.id and cause != "refusal"
    ]
    disturbed = browser_disturbed_before(browser, message)
    if not any(moment.index < message.started.index and moment.index > disturbed for moment in settled):
        return False
    end = message.settled or model.now
    return not any(
        model.delivered(connection.id, message.token)
        or must_reach_connection(model, connection, message)
        or connection.stalled_at(end.index)
        or _ended_under_way(browser, connection, message, end=end)
        for connection in browser.connections
    )


def _ended_under_way(browser: Browser, connection: Connection, message: Message, *, end: Moment) -> bool:
    """Whether the message may have gone to this connection, which ended before it was waited for."""
    if connection.over_by(message.started.index) or not connection.over_by(end.index):
        return False
    if connection.opening.index > message.started.index:
        return False
    return message.kind != "private" or browser.users(connection.opening, message.started) == {message.to_user}


def browser_disturbed_before(browser: Browser, message: Message) -> int:
    """Return the index of the last change of the browser's tabs, identity or sockets before the message, or -1."""
    return max(
        (
            moment.index
            for moment in (
                *(life.closed for life in browser.tabs),
                *(span.until or span.since for span in browser.spans),
                *(connection.closing for connection in browser.connections),
                *(connection.closed for connection in browser.connections),
            )
            if moment is not None and moment.index < message.started.index
        ),
        default=-1,
    )


def sign_out_grace_s(model: Model, at_s: float) -> float:
    """Return how long, of what is published at this time, a socket may still be that of who left: while our own machine
    is late, a right server on it is too.
    """
    return model.promises.sign_out_s + lag_between(model, at_s - LOOKED_BACK_S, at_s)


def may_reach_connection(model: Model, connection: Connection, delivery: Delivery, message: Message) -> bool:
    """Whether a private message may have arrived here: the browser was, or had just been, that user.

    A connection that was opened when the browser had already ceased to be that user never may, however old the message;
    one that was opened with the cookies of before has the time that the old sockets have.
    """
    user = message.to_user or message.may_be
    if connection.origin is not None or user is None:
        return False
    browser = model.browser(connection.browser)
    if user in browser.users(max(message.started, connection.opening), delivery.moment):
        return True
    grace_s = sign_out_grace_s(model, message.started.at_s)
    opened_as = browser.users(connection.opening, connection.opened or delivery.moment)
    return (connection.replayed or user in opened_as) and (
        user in browser.users(message.started, delivery.moment, grace_s=grace_s)
    )


def may_reach_tab(model: Model, life: TabLife, delivery: Delivery, message: Message) -> bool:
    """Whether a private message may have been shown in this tab; one opened after the user was gone has no claim."""
    if message.to_user is None:
        return False
    browser = model.browser(life.browser)
    since = max(message.started, life.opened)
    if message.to_user in browser.users(since, delivery.moment):
        return True
    return any(
        may_reach_connection(model, connection, delivery, message)
        for connection in browser.connections
        if connection.closed is None or connection.closed.index > since.index
    )


def gap(model: Model, connection: Connection) -> Iterator[Message]:
    """Yield the published messages that are missing in what an open connection carried so far (LIM-3)."""
    for message in model.messages.values():
        missing = message.kind != "echo" and not model.delivered(connection.id, message.token)
        if missing and is_in_stream(model, connection, message, end=model.now):
            yield message


def owed(model: Model) -> Iterator[Owed]:
    """Yield what must still arrive before a settle can end, among the messages that no settle has closed yet."""
    for message in model.unsettled:
        if message.finished is None:
            continue
        for connection in model.connections.values():
            if must_reach_connection(model, connection, message) and not model.delivered(connection.id, message.token):
                yield Owed(connection.id, message.token)
        for life in model.tabs.values():
            if life.closed is None and tab_waits(model, life, message) and not model.delivered(life.key, message.token):
                yield Owed(life.id, message.token)


def tab_waits(model: Model, life: TabLife, message: Message) -> bool:
    """Whether a settle should wait for this message in this tab."""
    if message.kind == "echo":
        return must_answer_tab(model, life, message) or _is_to_go_up(model, life, message)
    return must_reach_tab(model, life, message) or unserved(model, life, message)


def _is_to_go_up(model: Model, life: TabLife, message: Message) -> bool:
    """Whether what the tab sent while its browser was down may be expected now that there is a connection (TAB-12)."""
    browser = model.browser(life.browser)
    if not message.accepted or not sent_while_down(model, life, message):
        return False
    if browser.changed_within(message.started, model.now):
        return False
    return any(
        each.ready is not None and each.ready.index > message.started.index and not each.over_by(model.now.index)
        for each in browser.connections
    )


def _steady(model: Model, browser: Browser, life: TabLife, message: Message) -> bool:
    """Whether the browser's tabs and identity stayed as they were from before the message to the settle after it."""
    end = message.settled or model.now
    if not message.accepted or life.ready is None or life.ready.index > message.started.index:
        return False
    if life.closed is not None and life.closed.index <= end.index:
        return False
    if any(each.closed and message.started.index < each.closed.index <= end.index for each in browser.tabs):
        return False
    if declines(model, life, message.started):
        return False
    return not browser.changed_within(message.started, end) and not changing_hands(model, browser, message)
