"""Everybody who must get a message got it, as it was published: BC-1, ISO-1, ID-1, ORD-3.

A missing message is filed under the routing requirement with a kind that begins with "loss"; `verdict.classify`
decides over the whole run whether it was the exception (ORD-3).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Message
from harness.wire.template import match


def delivery(model: Model) -> Iterator[Finding | Held]:
    """Judge each settled broadcast and private message at each connection that must have got it."""
    for message in model.messages.values():
        if message.settled is None or message.kind not in {"broadcast", "private"}:
            continue
        for connection in model.connections.values():
            if must_reach_connection(model, connection, message):
                yield from _judge(model, connection, message)


def _judge(model: Model, connection: Connection, message: Message) -> Iterator[Finding | Held]:
    requirement = "BC-1"
    if message.kind == "private":
        requirement = "ID-1" if changed_user(model, connection) and model.reached(message.token) else "ISO-1"
    arrived = model.delivered(connection.id, message.token)
    whose = f"to user {message.to_user}" if message.kind == "private" else "broadcast"
    if not arrived:
        yield Finding(
            requirement=requirement,
            check="delivery",
            observer=connection.id,
            token=message.token,
            kind=f"loss {message.kind}",
            at=message.started.index,
            expected=f"{connection.id}, open and ready all the while, gets the message ({whose})",
            seen="it never arrived, although it was waited for",
        )
        return
    first = arrived[0]
    if match(message.expected, first.data) is None:
        yield Finding(
            requirement=requirement,
            check="delivery",
            observer=connection.id,
            token=message.token,
            kind="content",
            at=first.moment.index,
            expected=f"data like {message.expected!r}"[:300],
            seen=f"data {first.data!r}"[:300],
        )
        return
    yield Held(requirement)
    yield Held("ORD-3")
    if requirement == "ID-1":
        yield Held("ISO-1")


def changed_user(model: Model, connection: Connection) -> bool:
    """Whether the connection's browser had an earlier connection as somebody else."""
    browser = model.browser(connection.browser)
    now = browser.users(connection.opening, connection.opening)
    return any(
        earlier.opening.index < connection.opening.index and browser.users(earlier.opening, earlier.opening) != now
        for earlier in browser.connections
    )
