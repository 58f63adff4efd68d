"""A private message reaches nobody but its user: ISO-2 to ISO-8, ID-2 to ID-11, HS-4. The heart of the tool.

One leak is filed once, under its root. A message that guests who never signed in can see is ISO-5 wherever else it
shows; who was its user before is a matter of how they left (`former_user`); one whose connection was opened when one of
the user's had ended may have taken its place (ISO-8, where nothing leaks to who was there all along); one of a message
that was asked for beside others is a race (ISO-7 where the run shows no other). Else it is ISO-2, or ISO-3.
Nothing is held unless the same history shows a private message that did arrive where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.claims import claiming, origin_requirement, origin_words
from harness.checks.finding import Finding, Held
from harness.checks.former_user import former_requirement, former_span, took_the_place
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
                yield Held(origin_requirement(model, connection.id)[0], "rejected")


def _leaks(model: Model, message: Message) -> Iterator[tuple[Connection, Delivery]]:
    forged = claiming(model)
    for connection in model.connections.values():
        if connection.id in forged:
            continue
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
    requirement = _root(model, message, connection, arrived.moment, leaky)
    of_origin, level = origin_requirement(model, connection.id)
    return Finding(
        requirement=requirement,
        check="isolation",
        level=level if requirement == of_origin else "fail",
        observer=connection.id,
        token=message.token,
        at=arrived.moment.index,
        kind="leak:look-alike" if message.to_user is not None else "leak",
        race=message.concurrent,
        expected=f"the private message to {whom} reaches nobody else",
        seen=f"{connection.id} received it; its browser was {_who(model, connection, arrived.moment)}"
        + _how(model, connection),
    )


def _root(model: Model, message: Message, connection: Connection, moment: Moment, leaky: list[Connection]) -> str:
    took_place = [took_the_place(model, each, message.to_user) for each in leaky if _plain_guest(model, each)]
    if took_place and (connection.origin or _is_guests(model, connection, moment)):
        return "ISO-8" if all(took_place) else "ISO-5"
    if connection.origin is not None:
        strangers = [each for each in leaky if each.origin is None and _user(model, each, moment) is not None]
        return "ISO-2" if strangers else origin_requirement(model, connection.id)[0]
    user = _user(model, connection, moment)
    if message.to_user is None:
        return "ISO-3" if user is None or resemble(model.ids.get(user, ""), message.to_id or "") else "ISO-2"
    former = former_requirement(model, connection, message.to_user, now=user, at=moment)
    if former is not None:
        return former
    if user is not None and resemble(model.ids.get(user, ""), message.to_id or ""):
        return "ISO-3"
    if took_the_place(model, connection, message.to_user):
        return "ISO-8"
    return "ISO-5" if user is None else "ISO-2"


def _held(model: Model, message: Message, leaky: set[str]) -> Iterator[Held]:
    end, forged = message.settled or model.now, claiming(model)
    for connection in model.connections.values():
        if connection.id in leaky | forged or connection.opened is None:
            continue
        if connection.opened.index > message.started.index:
            continue
        browser = model.browser(connection.browser)
        if connection.origin is not None:
            if message.to_user is not None and message.to_user in browser.users(connection.opening, connection.opened):
                yield Held(origin_requirement(model, connection.id)[0], "guest")
            continue
        former = _left_as(model, connection, message, end)
        if former not in {None, "ID-2", "ID-6"}:
            yield Held(str(former))
        users = browser.users(message.started, end)
        if len(users) != 1 or (message.to_user or message.may_be or "") in users:
            continue
        if connection.over_by(end.index):
            continue
        (user,) = users
        if former in {"ID-2", "ID-6"}:
            yield Held(str(former))
        if took_the_place(model, connection, message.to_user):
            yield Held("ISO-8")
        if message.to_user is None:
            yield Held("ISO-3" if user is not None else "ISO-5")
        elif user is not None:
            yield Held("ISO-2")
            if message.concurrent:
                yield Held("ISO-7")
            if resemble(model.ids.get(user, ""), message.to_id or ""):
                yield Held("ISO-3")
        else:
            yield Held("ISO-5")


def _left_as(model: Model, connection: Connection, message: Message, end: Moment) -> str | None:
    """Return what it proves that the message did not arrive here, where the browser was its user's before."""
    browser = model.browser(connection.browser)
    span = former_span(browser, message.to_user, before=message.started)
    if span is None or span.until is None or span.until.index > message.started.index or _ended_by_us(connection, end):
        return None
    requirement = former_requirement(
        model, connection, message.to_user, now=_user(model, connection, message.started), at=message.started
    )
    fresh = requirement in {"ID-2", "ID-6"}
    grace_over = message.to_user not in browser.users(message.started, end, grace_s=model.promises.sign_out_s)
    return requirement if fresh or grace_over or connection.over_by(end.index) else None


def _ended_by_us(connection: Connection, moment: Moment) -> bool:
    return connection.closing is not None and connection.closing.index <= moment.index


def _plain_guest(model: Model, connection: Connection) -> bool:
    return connection.origin is None and all(span.user is None for span in model.browser(connection.browser).spans)


def _is_guests(model: Model, connection: Connection, moment: Moment) -> bool:
    """Whether it is a guest's, if only because it was opened by one and kept over a sign-in."""
    opened_as = model.browser(connection.browser).users(connection.opening, connection.opened or connection.opening)
    return opened_as == {None} or _user(model, connection, moment) is None


def _user(model: Model, connection: Connection, moment: Moment) -> str | None:
    users = model.browser(connection.browser).users(moment, moment)
    return next((user for user in users if user is not None), None)


def _who(model: Model, connection: Connection, moment: Moment) -> str:
    user = _user(model, connection, moment)
    return f"{user} (id {model.ids.get(user, '?')})" if user else "a guest"


def _how(model: Model, connection: Connection) -> str:
    return f", its socket opened {origin_words(model, connection.id, connection.origin)}" if connection.origin else ""
