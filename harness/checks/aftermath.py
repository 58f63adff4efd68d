"""What came of each odd message: who was still served in the same step, and who was not.

A check-up is an echo or a broadcast that is not owed (kind "check-up"): it asks whether somebody is still served. Says
what was so, and judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from harness.history import Provoked, Reviving, StepFinished
from harness.model.model import Model
from harness.model.state import Connection, Delivery, Message, Moment
from harness.wire.template import match

CHECK_UP = "check-up"
BUSY = (429, 503)
"""A server that answers a handshake so says that it has had enough for now, which is no damage."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """One odd message, and all that was asked from there to the next one, to the end of the step, or to a revival."""

    begun: Moment
    event: Provoked
    until: float
    """The index of the event at which it ends."""

    def covers(self, moment: Moment | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and self.begun.index < moment.index < self.until


def aftermaths(model: Model) -> list[Aftermath]:
    """Return every odd message of a history, in order."""
    provoked = model.facts(Provoked)
    ends = sorted(
        moment.index
        for moments in (provoked, model.facts(Reviving), model.facts(StepFinished))
        for moment, _ in moments
    )
    return [
        Aftermath(moment, event, next((end for end in ends if end > moment.index), math.inf))
        for moment, event in provoked
    ]


def provoked_by(model: Model, observer: str, moment: Moment) -> bool:
    """Whether an observer had, since the last settle, sent something odd, or on a channel that nobody handles."""
    settled = max((each.index for each in model.settles if each.index < moment.index), default=-1)
    if any(event.sender == observer and settled < at.index < moment.index for at, event in model.facts(Provoked)):
        return True
    return any(
        message.kind == "stray" and message.by == observer and settled < message.started.index < moment.index
        for message in model.messages.values()
    )


def served(model: Model, observer: str, check_up: Message) -> bool:
    """Whether a check-up came back to an observer as it must."""
    return any(match(check_up.expected, each.data) is not None for each in model.delivered(observer, check_up.token))


def check_ups(model: Model, after: Aftermath, observer: str | None) -> list[Message]:
    """Return the check-ups of an aftermath that an observer sent; those of None were published."""
    return [
        message
        for message in model.messages.values()
        if message.kind == CHECK_UP and message.by == observer and after.covers(message.started)
    ]


@dataclass(frozen=True, slots=True)
class Unserved:
    """Who was no longer served: "all", "others" or the "sender". `once`: the next time it was asked, it was served.

    `silent`: what others missed was a broadcast.
    """

    who: str
    seen: str
    once: bool = False
    silent: bool = False


def unserved(model: Model, after: Aftermath) -> Unserved | None:
    """Return who was no longer served, the gravest alone.

    A connection that sent something odd may be closed for it; then a new one of its browser must be served.
    """
    sender = model.connections[after.event.sender]
    fresh = _fresh(model, after, sender)
    if fresh and not any(each.served for each in fresh):
        return None if all(each.busy for each in fresh) else Unserved("all", fresh[-1].seen)
    found = list(_others(model, after, sender))
    if not _closed_by_server(after, sender):
        found += _not_served(model, "sender", sender.id, check_ups(model, after, sender.id))
    return next((each for each in found if not each.once), next(iter(found), None))


def left_behind(model: Model, event: Provoked) -> tuple[str, Delivery] | None:
    """Return the first arrival that shows something of an odd message: to somebody else, or, of a hostile one, in the
    reply to another message.
    """
    for token in event.tokens:
        for connection in model.connections:
            arrived = list(model.delivered(connection, token))
            if token in model.shapeless[connection]:
                arrived.append(model.shapeless[connection][token])
            for each in arrived:
                if connection != event.sender or (event.sort == "hostile" and _rides_along(model, each)):
                    return connection, each
    return None


def _rides_along(model: Model, delivery: Delivery) -> bool:
    """Whether what arrived is the reply to another message."""
    return any(
        each.moment == delivery.moment
        for token, message in model.messages.items()
        if message.by == delivery.observer
        for each in model.delivered(delivery.observer, token)
    )


def others_served(model: Model, after: Aftermath) -> bool:
    """Whether somebody else was asked and served."""
    return any(
        served(model, message.by, message)
        for message in model.messages.values()
        if message.kind == CHECK_UP
        and message.by is not None
        and after.covers(message.started)
        and model.connections[message.by].browser != model.connections[after.event.sender].browser
    )


def sender_served(model: Model, after: Aftermath) -> bool:
    """Whether a right echo came back on the same connection or a new one."""
    sender = model.connections[after.event.sender]
    mine = [each for each in check_ups(model, after, sender.id) if served(model, sender.id, each)]
    return bool(mine) or any(each.served for each in _fresh(model, after, sender))


@dataclass(frozen=True, slots=True)
class _Fresh:
    served: bool
    busy: bool
    seen: str


def _fresh(model: Model, after: Aftermath, sender: Connection) -> list[_Fresh]:
    """The connections that the sender's browser opened since, each with whether it was served."""
    found = []
    for connection in model.browser(sender.browser).connections:
        if not after.covers(connection.opening):
            continue
        asked = check_ups(model, after, connection.id)
        right = any(served(model, connection.id, each) for each in asked)
        if connection.refused:
            seen = f"a new connection was refused{f' with HTTP {connection.status}' if connection.status else ''}"
        elif connection.opened is None:
            seen = "a new connection got no answer to its handshake"
        elif asked:
            seen = "on a new connection " + _seen(model, connection.id, asked[-1])
        else:
            seen = "a new connection was closed at once"
        found.append(_Fresh(right, connection.refused and connection.status in BUSY, seen))
    return found


def _others(model: Model, after: Aftermath, sender: Connection) -> Iterator[Unserved]:
    for connection in model.connections.values():
        if connection.browser == sender.browser or connection.origin is not None:
            continue
        if _closed_by_server(after, connection):
            yield Unserved("others", f"{connection.id}, which had sent nothing, was closed")
            continue
        yield from _not_served(model, "others", connection.id, check_ups(model, after, connection.id))
        heard = [
            served(model, connection.id, each)
            for each in check_ups(model, after, None)
            if _had_to_hear(model, after, connection, each)
        ]
        if not all(heard):
            seen = f"{connection.id} did not receive the broadcast after it, and what was sent with it"
            yield Unserved("others", seen, once=any(heard), silent=True)


def _not_served(model: Model, who: str, observer: str, asked: list[Message]) -> Iterator[Unserved]:
    bad = [each for each in asked if not served(model, observer, each)]
    if bad:
        seen = f"{observer}: {_seen(model, observer, bad[0])}" if who == "others" else _seen(model, observer, bad[0])
        yield Unserved(who, seen, once=len(bad) < len(asked))


def _had_to_hear(model: Model, after: Aftermath, connection: Connection, broadcast: Message) -> bool:
    if not broadcast.accepted or connection.ready is None or connection.ready.index > broadcast.started.index:
        return False
    worked = any(
        message.kind == "broadcast" and message.started.index < after.begun.index
        for message in model.messages.values()
        if model.delivered(connection.id, message.token)
    )
    ended = connection.closed
    return worked and (ended is None or ended.index > after.until)


def _closed_by_server(after: Aftermath, connection: Connection) -> bool:
    ours = connection.closing is not None and connection.closed is not None and connection.closing < connection.closed
    return after.covers(connection.closed) and not connection.refused and not ours


def _seen(model: Model, observer: str, message: Message) -> str:
    arrived = model.delivered(observer, message.token)
    if arrived:
        return f"the echo came back as {arrived[0].data!r}"[:300]
    return "the echo got no reply"
