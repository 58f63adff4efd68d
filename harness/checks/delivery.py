"""Everybody who must get a message got it, as it was published: BC-1, ISO-1, ID-1, ORD-3.

A missing message is filed under the routing requirement, with a kind that says how it is missing: "loss:some" where
its connection got others of that sort, "loss:all" where it got none of three or more, or where every message to several
connections missed one; "loss:few" where it got none of one or two; "loss:first" where it missed its first broadcasts
and none after. `filing.classify` decides over the whole run whether the loss was the exception (ORD-3) or the rule. A
request to publish that fails inside the server, where one like it went well before and nothing was done to the server
itself, has published nothing: that is told too, as BC-3 where somebody's connection is gone.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.checks.finding import FAULTED, REFUSED, Finding, Held
from harness.checks.identity_cause import causes
from harness.history import BrokerStopped, FaultArmed, TargetDied, TargetRestarting
from harness.model.duty import is_in_stream, may_reach_connection, must_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Message
from harness.wire.template import match
from harness.wire.token import Token

_PUBLISHED = {"broadcast": "BC-1", "private": "ISO-1"}
_PLAIN_CHARS = 1000
_BUSY = frozenset({502, 503, 504})
"""What a server, or what stands before it, answers when there is too much to do."""


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
                if kind == "broadcast" and shape == "loss:some" and _only_the_first(arrived[proves[-1]]):
                    shape = "loss:first"
                yield from _judge(model, connection, message, proves=proves, shape=shape)
    yield from _failures(model)


def _failures(model: Model) -> Iterator[Finding]:
    """Judge requests to publish that were answered with an error of the server's own."""
    if any(model.facts(each) for each in (BrokerStopped, TargetDied, TargetRestarting)):
        return
    went_well: set[str] = set()
    for message in model.messages.values():
        if message.kind not in _PUBLISHED or not _is_plain(message):
            continue
        if message.kind == "private" and not _had_somewhere_to_go(model, message):
            continue
        if message.accepted:
            went_well.add(message.kind)
        elif message.kind in went_well and message.status >= 500 and message.status not in _BUSY:
            whom = f"to user {message.to_user}" if message.kind == "private" else "broadcast"
            name, end = _PUBLISHED[message.kind], message.finished or message.started
            # Who is gone may be to blame; `filing_faults` takes that back where requests fail with nobody gone.
            gone = bool(model.facts(FaultArmed)) or any(each.over_by(end.index) for each in model.connections.values())
            yield Finding(
                requirement="BC-3" if gone else name,
                told_as=name if gone else "",
                check="delivery",
                token=message.token,
                at=end.index,
                expected=f"the message ({whom}) is published, as one before it was",
                seen=f"the request was answered with {message.status}",
                kind=FAULTED + REFUSED if gone else REFUSED,
            )


def _had_somewhere_to_go(model: Model, message: Message) -> bool:
    """Whether its user had a connection all the while: to nobody's it may be sent in vain (ISO-4)."""
    end = message.finished or model.now
    as_if = dataclasses.replace(message, accepted=True)
    return any(is_in_stream(model, connection, as_if, end=end) for connection in model.connections.values())


def _is_plain(message: Message) -> bool:
    """Whether it is one as any other: of a larger or an odder one a server may say in any way that it takes none."""
    text = json.dumps(message.expected, ensure_ascii=False)
    return len(text) <= _PLAIN_CHARS and text.isascii()


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


def _only_the_first(arrived: Sequence[bool]) -> bool:
    return list(arrived) == sorted(arrived)


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
