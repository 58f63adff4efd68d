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
from harness.checks.identity_cause import causes
from harness.model.duty import may_reach_connection, must_reach_connection
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
            and (model.delivered(connection.id, message.token) or not _went_astray(model, message))
        ]
        partial = kind == "private" and _always_partial(model, owed)
        for connection in model.connections.values():
            mine = [(message, _proves(model, connection, message)) for each, message in owed if each is connection]
            arrived: defaultdict[str, list[bool]] = defaultdict(list)
            for message, proves in mine:
                arrived[proves[-1]].append(bool(model.delivered(connection.id, message.token)))
            for message, proves in mine:
                shape = "loss:all" if partial else loss_shape(arrived[proves[-1]])
                yield from _judge(model, connection, message, proves=proves, shape=shape)


def _went_astray(model: Model, message: Message) -> bool:
    """Whether somebody else got it: that explains why it is missing here, and is told by checks/isolation."""
    return message.kind == "private" and any(
        not may_reach_connection(model, connection, arrived, message)
        for connection in model.connections.values()
        for arrived in model.delivered(connection.id, message.token)[:1]
    )


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


def _proves(model: Model, connection: Connection, message: Message) -> list[str]:
    """Return what the arrival proves; a loss is a matter of the last of them.

    What happened at the same time may have befallen a message that is lost; that one arrived proves nothing about it.
    """
    if message.kind == "broadcast":
        return ["BC-1"]
    lost = message.concurrent and not model.delivered(connection.id, message.token)
    before = message.settled if lost and message.settled is not None else message.started
    befell = causes(model, connection, user=message.to_user, before=before)
    return ["ISO-1", *reversed(dict.fromkeys(name for _, name in reversed(befell)))]


def _judge(
    model: Model, connection: Connection, message: Message, *, proves: list[str], shape: str
) -> Iterator[Finding | Held]:
    requirement = proves[0]
    arrived = model.delivered(connection.id, message.token)
    whose = f"to user {message.to_user}" if message.kind == "private" else "broadcast"
    owed = f"{connection.id}, open and ready all the while, gets the message ({whose})"
    if not arrived:
        seen = "it never arrived, although it was waited for"
        yield _finding(proves[-1], connection, message, owed, seen, kind=shape)
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
        yield from map(Held, proves)
        yield Held("ORD-3")


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
        race=message.concurrent,
    )
