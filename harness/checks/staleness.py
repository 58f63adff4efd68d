"""What nobody was there for is kept for nobody: ISO-4 for private messages, BC-2 for broadcasts.

A connection opened when a message had had its time, that is after the settle that closed it, gets none of it. A target
that declares recovery may replay; one that does not declare that it has no history may replay broadcasts. Nothing is
held but on a connection that got a later message of that sort.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.claims import claiming
from harness.checks.finding import Finding, Held
from harness.model.model import Model
from harness.model.state import Connection, Message, Moment
from harness.wire.channel import unknown_id


def staleness(model: Model) -> Iterator[Finding | Held]:
    """Judge each published message at each connection that was opened after its time."""
    forged = claiming(model)
    for message in model.messages.values():
        requirement = _requirement(model, message)
        if requirement and message.settled is not None:
            for connection in model.connections.values():
                if connection.opening.index > message.settled.index and connection.id not in forged:
                    yield from _judge(model, connection, message, requirement)
    yield from _answers(model)


def _requirement(model: Model, message: Message) -> str:
    if message.kind == "broadcast" and "no_history" in model.offers:
        return "BC-2"
    if message.kind == "private" and message.to_user is not None and "recovery" not in model.offers:
        return "ISO-4"
    return ""


def _judge(model: Model, connection: Connection, message: Message, requirement: str) -> Iterator[Finding | Held]:
    arrived = model.delivered(connection.id, message.token)
    users = model.browser(connection.browser).users(connection.opening, connection.opened or model.now)
    if message.kind == "private" and message.to_user not in users:
        return  # a leak, for checks/isolation
    if arrived:
        late_s = arrived[0].moment.at_s - (message.finished or message.started).at_s
        yield Finding(
            requirement=requirement,
            check="staleness",
            observer=connection.id,
            token=message.token,
            at=arrived[0].moment.index,
            expected=f"a {message.kind} message is for who is there, and is kept for nobody",
            seen=f"{connection.id}, opened when it had been published, received it {late_s:.2f} s later",
        )
    elif message.accepted and _got_a_later_one(model, connection, message) and _missed_it(model, message):
        yield Held(requirement)


def _missed_it(model: Model, message: Message) -> bool:
    return message.kind == "broadcast" or not _online(model, message)


def _got_a_later_one(model: Model, connection: Connection, message: Message) -> bool:
    return any(
        later.kind == message.kind
        and later.to_user == message.to_user
        and later.started.index > connection.opening.index
        and model.delivered(connection.id, later.token)
        for later in model.messages.values()
    )


def _answers(model: Model) -> Iterator[Finding | Held]:
    """Judge the answer to a message for who is not there, where another one shows that such requests are accepted."""
    private = [message for message in model.messages.values() if message.kind == "private"]
    if not any(message.accepted and message.to_user for message in private):
        return
    stranger = unknown_id(list(model.ids.values())) if model.ids else ""
    for message in private:
        known = message.to_user is not None
        if not message.status or not (message.to_id == stranger or (known and not _online(model, message))):
            continue
        if message.accepted or (not known and message.status < 500):
            yield Held("ISO-4")
        else:
            whom = f"user {message.to_user}, who has no connection," if known else f"id {stranger!r}, which nobody has,"
            yield Finding(
                requirement="ISO-4",
                check="staleness",
                token=message.token,
                at=(message.finished or message.started).index,
                expected=f"a private message to {whom} has nobody to deliver to, which is no failure",
                seen=f"the request was answered with {message.status}",
            )


def _online(model: Model, message: Message) -> bool:
    """Whether a connection that may have been the user's was open while the message was asked for."""
    end: Moment = message.finished or model.now
    return any(
        connection.opening.index < end.index
        and not connection.over_by(message.started.index)
        and message.to_user in model.browser(connection.browser).users(message.started, end)
        for connection in model.connections.values()
    )
