"""Who says to be a user without a sign-in, by query, headers, cookies or messages, is not that user (ISO-6).

The private messages of such connections are judged here and nowhere else. What others without a claim can see too is a
leak of another kind, and `isolation` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import IdentityClaimed
from harness.model.claims import claimed
from harness.model.duty import may_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Delivery, Message, Moment


def claimed_identity(model: Model) -> Iterator[Finding | Held]:
    """Judge each connection that claims an identity, at each private message."""
    private = [message for message in model.messages.values() if message.kind == "private"]
    claims = {claim.connection: (moment, claim) for moment, claim in model.facts(IdentityClaimed)}
    for message in private:
        plain = _leaks_anyway(model, message)
        for moment, claim in claims.values():
            connection = model.connections[claim.connection]
            arrived = _arrival(model, connection, message)
            if arrived is not None and not plain:
                yield _finding(model, message, claim, arrived)
            elif arrived is None and _was_tried(model, connection, message, moment, claim.user):
                yield Held("ISO-6")


def _arrival(model: Model, connection: Connection, message: Message) -> Delivery | None:
    """What the connection got of the message, unless its browser is that user anyway."""
    found = [*model.delivered(connection.id, message.token)[:1]]
    if message.token in model.shapeless[connection.id]:
        found.append(model.shapeless[connection.id][message.token])
    return next((each for each in found if not may_reach_connection(model, connection, each, message)), None)


def _leaks_anyway(model: Model, message: Message) -> bool:
    return any(
        not claimed(model, connection.id) and _arrival(model, connection, message) is not None
        for connection in model.connections.values()
    )


def _was_tried(model: Model, connection: Connection, message: Message, moment: Moment, user: str) -> bool:
    """Whether the user whom it claims to be was sent a message after that, and got it."""
    if message.to_user != user or message.settled is None or message.started.index < moment.index:
        return False
    if connection.over_by(message.settled.index) and not connection.refused:
        return False
    return any(
        model.delivered(each.id, message.token) and not claimed(model, each.id) for each in model.connections.values()
    )


def _finding(model: Model, message: Message, claim: IdentityClaimed, arrived: Delivery) -> Finding:
    users = model.browser(model.connections[claim.connection].browser).users(arrived.moment, arrived.moment)
    was = next((user for user in users if user is not None), "a guest")
    return Finding(
        requirement="ISO-6",
        check="claimed_identity",
        observer=claim.connection,
        token=message.token,
        at=arrived.moment.index,
        kind="leak",
        expected=f"a claim to be {claim.user} by {claim.how} is ignored, or refused",
        seen=f"{claim.connection}, whose browser was {was}, received the private message to {message.to_user}",
    )
