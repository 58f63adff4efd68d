"""Everybody who must get a message got it, as it was published: BC-1, ISO-1, ID-1, ORD-3.

A missing message is filed under the routing requirement, with a kind that says how it is missing: "loss:some" where
its connection got others of that sort, "loss:all" where it got none of three or more, or where every message to several
connections missed one; "loss:few" where it got none of one or two. `verdict.classify` decides over the whole run
whether the loss was the exception (ORD-3) or the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.checks.finding import Finding, Held
from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Message
from harness.wire.template import match
from harness.wire.token import Token


def delivery(model: Model) -> Iterator[Finding | Held]:
    """Judge each settled broadcast and private message at each connection that must have got it."""
    for kind in ("broadcast", "private"):
        owed = [
            (connection, message)
            for connection in model.connections.values()
            for message in model.messages.values()
            if message.settled is not None
            and message.kind == kind
            and must_reach_connection(model, connection, message)
        ]
        partial = kind == "private" and _always_partial(model, owed)
        for connection in model.connections.values():
            mine = [message for each, message in owed if each is connection]
            shape = loss_shape([bool(model.delivered(connection.id, message.token)) for message in mine])
            for message in mine:
                yield from _judge(model, connection, message, shape="loss:all" if partial else shape)


def _always_partial(model: Model, owed: list[tuple[Connection, Message]]) -> bool:
    """Whether each message that several connections must get missed at least one of them."""
    arrived: defaultdict[Token, list[bool]] = defaultdict(list)
    for connection, message in owed:
        arrived[message.token].append(bool(model.delivered(connection.id, message.token)))
    several = [each for each in arrived.values() if len(each) > 1]
    return bool(several) and not any(all(each) for each in several) and any(any(each) for each in several)


def loss_shape(arrived: Sequence[bool]) -> str:
    """Return how the messages that an observer must get are lost, given for each whether it arrived."""
    if any(arrived):
        return "loss:some"
    return "loss:all" if len(arrived) > 2 else "loss:few"


def _judge(model: Model, connection: Connection, message: Message, *, shape: str) -> Iterator[Finding | Held]:
    requirement = "BC-1"
    if message.kind == "private":
        requirement = "ID-1" if changed_user(model, connection) else "ISO-1"
    arrived = model.delivered(connection.id, message.token)
    whose = f"to user {message.to_user}" if message.kind == "private" else "broadcast"
    owed = f"{connection.id}, open and ready all the while, gets the message ({whose})"
    if not arrived:
        yield _finding(
            requirement, connection, message, owed, "it never arrived, although it was waited for", kind=shape
        )
        return
    first = arrived[0]
    if match(message.expected, first.data) is None:
        yield _finding(
            requirement,
            connection,
            message,
            f"data like {message.expected!r}"[:300],
            f"data {first.data!r}"[:300],
            at=first.moment.index,
        )
    elif message.settled is not None and first.moment.index > message.settled.index:
        late = f"it arrived {first.moment.at_s - message.started.at_s:.2f} s after it was asked for"
        yield _finding(requirement, connection, message, owed, late, at=first.moment.index, level="late")
    else:
        yield Held(requirement)
        yield Held("ORD-3")
        if requirement == "ID-1":
            yield Held("ISO-1")


def _finding(
    requirement: str,
    connection: Connection,
    message: Message,
    expected: str,
    seen: str,
    *,
    at: int | None = None,
    kind: str = "",
    level: str = "fail",
) -> Finding:
    return Finding(
        requirement=requirement,
        check="delivery",
        observer=connection.id,
        token=message.token,
        at=message.started.index if at is None else at,
        expected=expected,
        seen=seen,
        kind=kind,
        level=level,
    )


def changed_user(model: Model, connection: Connection) -> bool:
    """Whether the connection's browser had an earlier connection as somebody else."""
    browser = model.browser(connection.browser)
    now = browser.users(connection.opening, connection.opening)
    return any(
        earlier.opening.index < connection.opening.index and browser.users(earlier.opening, earlier.opening) != now
        for earlier in browser.connections
    )
