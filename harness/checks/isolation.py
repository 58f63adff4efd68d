"""A private message reaches nobody but its user: ISO-2, ISO-3, ISO-5, ID-2, ID-3, HS-4. The heart of the tool.

One leak is filed once, under its root: a message that guests who never signed in can see is ISO-5 wherever else it
shows. Nothing is held unless the same history shows a private message that did arrive where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.model.duty import may_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Delivery, Message, Moment
from harness.wire.channel import resemble


def isolation(model: Model) -> Iterator[Finding | Held]:
    """Judge each private message at each connection."""
    private = [message for message in model.messages.values() if message.kind == "private"]
    controlled = any(_reached_its_user(model, message) for message in private)
    for message in private:
        leaks = list(_leaks(model, message))
        for connection, arrived in leaks:
            yield _finding(model, message, connection, arrived, [each for each, _ in leaks])
        if message.settled is not None and (
            _reached_its_user(model, message) or (message.to_user is None and controlled)
        ):
            yield from _held(model, message, {connection.id for connection, _ in leaks})
    if any(connection.opened and connection.origin is None for connection in model.connections.values()):
        for connection in model.connections.values():
            if connection.origin is not None and connection.refused:
                yield Held("HS-4", "rejected")


def _leaks(model: Model, message: Message) -> Iterator[tuple[Connection, Delivery]]:
    for connection in model.connections.values():
        arrivals = model.delivered(connection.id, message.token)[:1]
        # What has no shape is no delivery to its user, and a leak to anybody else.
        if message.token in model.shapeless[connection.id]:
            arrivals = [*arrivals, model.shapeless[connection.id][message.token]]
        for arrived in arrivals:
            if not may_reach_connection(model, connection, arrived, message):
                yield connection, arrived
                break


def _reached_its_user(model: Model, message: Message) -> bool:
    return any(
        may_reach_connection(model, connection, arrived, message)
        for connection in model.connections.values()
        for arrived in model.delivered(connection.id, message.token)[:1]
    )


def _finding(
    model: Model, message: Message, connection: Connection, arrived: Delivery, leaky: list[Connection]
) -> Finding:
    whom = (
        f"user {message.to_user} (id {message.to_id})" if message.to_user else f"id {message.to_id!r}, which nobody has"
    )
    return Finding(
        requirement=_root(model, message, connection, arrived.moment, leaky),
        check="isolation",
        observer=connection.id,
        token=message.token,
        at=arrived.moment.index,
        kind="leak:look-alike" if message.to_user is not None else "leak",
        expected=f"the private message to {whom} reaches nobody else",
        seen=f"{connection.id} received it; its browser was {_who(model, connection, arrived.moment)}"
        + _how(connection),
    )


def _root(model: Model, message: Message, connection: Connection, moment: Moment, leaky: list[Connection]) -> str:
    if any(_plain_guest(model, each) for each in leaky) and (
        connection.origin or _user(model, connection, moment) is None
    ):
        return "ISO-5"
    if connection.origin is not None:
        strangers = [each for each in leaky if each.origin is None and _user(model, each, moment) is not None]
        return "ISO-2" if strangers else "HS-4"
    browser = model.browser(connection.browser)
    user = _user(model, connection, moment)
    if message.to_user is None:
        return "ISO-3" if user is None or resemble(model.ids.get(user, ""), message.to_id or "") else "ISO-2"
    if message.to_user in browser.users(connection.opening, connection.opened or moment):
        return "ID-3"
    if user is None:
        former = any(span.user == message.to_user for span in browser.spans)
        return "ID-2" if former else "ISO-5"
    return "ISO-3" if resemble(model.ids.get(user, ""), message.to_id or "") else "ISO-2"


def _held(model: Model, message: Message, leaky: set[str]) -> Iterator[Held]:
    end = message.settled or model.now
    for connection in model.connections.values():
        if connection.id in leaky or connection.opened is None or connection.opened.index > message.started.index:
            continue
        browser = model.browser(connection.browser)
        former = message.to_user is not None and message.to_user in browser.users(connection.opening, connection.opened)
        if connection.origin is not None:
            if former:
                yield Held("HS-4", "guest")
            continue
        users = browser.users(message.started, end)
        if len(users) != 1 or message.to_user in users:
            continue
        if former and not _ended_by_us(connection, end):
            grace_over = message.to_user not in browser.users(message.started, end, grace_s=model.promises.sign_out_s)
            if grace_over or connection.over_by(end.index):
                yield Held("ID-3")
        if connection.over_by(end.index):
            continue
        (user,) = users
        if message.to_user is None:
            yield Held("ISO-3")
        elif user is not None:
            yield Held("ISO-2")
            if resemble(model.ids.get(user, ""), message.to_id or ""):
                yield Held("ISO-3")
        else:
            yield Held("ISO-5")
            if not former and any(span.user == message.to_user for span in browser.spans):
                yield Held("ID-2")


def _ended_by_us(connection: Connection, moment: Moment) -> bool:
    return connection.closing is not None and connection.closing.index <= moment.index


def _plain_guest(model: Model, connection: Connection) -> bool:
    return connection.origin is None and all(span.user is None for span in model.browser(connection.browser).spans)


def _user(model: Model, connection: Connection, moment: Moment) -> str | None:
    users = model.browser(connection.browser).users(moment, moment)
    return next((user for user in users if user is not None), None)


def _who(model: Model, connection: Connection, moment: Moment) -> str:
    user = _user(model, connection, moment)
    return f"{user} (id {model.ids.get(user, '?')})" if user else "a guest"


def _how(connection: Connection) -> str:
    return f", its socket opened from the foreign origin {connection.origin}" if connection.origin else ""
