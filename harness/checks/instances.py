"""Several instances act as one: MI-1 to MI-5. And where a fault is filed that other checks found on several instances.

What breaks on several instances only is theirs: a lost or doubled broadcast is MI-1, a private message lost or leaked
MI-2, an end of a session that was not told MI-3. The kind of such a finding ends in the requirement that the check
named, so that `filing.classify` can give it back where one instance alone shows it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from harness.checks.finding import Finding, Held
from harness.history import (
    BrokerReturned,
    ElsewherePublished,
    GarbagePublished,
    GarbagePublishing,
    InstancesJoined,
)
from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.outage import cut_off
from harness.model.state import Connection, IdentitySpan
from harness.wire.token import Token

FILED = {
    "BC-1": "MI-1",
    "ORD-2": "MI-1",
    "ORD-3": "MI-1",
    "ISO-1": "MI-2",
    "ID-1": "MI-2",
    "ISO-2": "MI-2",
    "ISO-3": "MI-2",
    "ISO-5": "MI-2",
    "ISO-7": "MI-2",
    "ID-2": "MI-3",
    "ID-3": "MI-3",
    "ID-5": "MI-3",
    "ID-8": "MI-3",
}
"""What a finding of one instance is on several."""


OUTLIVED = ("BC-2", "ISO-4")
"""What a broker that returns may have kept for a while is no history, nor an inbox."""


def across(model: Model, finding: Finding) -> Finding | None:
    """Return a finding under the requirement of several instances where it was made on several.

    None where it asks too much of them.
    """
    if not model.facts(InstancesJoined):
        return finding
    message = model.messages.get(Token(finding.token))
    if message is not None and finding.requirement in OUTLIVED:
        return None if cut_off(model, message.started, message.settled or model.now) else finding
    if finding.requirement == "EN-2":
        garbage = [moment.index for moment, _ in model.facts(GarbagePublishing)]
        name = "MI-5" if garbage and garbage[0] < finding.at else "EN-2"
    else:
        name = FILED.get(finding.requirement, finding.requirement)
    if name == finding.requirement:
        return finding
    return msgspec.structs.replace(finding, requirement=name, kind=f"{finding.kind}:{finding.requirement}")


def instances(model: Model) -> Iterator[Finding | Held]:
    """Say what held between instances, and judge what befell their broker."""
    if model.facts(InstancesJoined):
        yield from _crossed(model)
        yield from _told(model)
        yield from _returned(model)
        yield from _digested(model)
        yield from _apart(model)


def _crossed(model: Model) -> Iterator[Held]:
    """What reached another instance than the one that was asked, once."""
    for message in model.messages.values():
        if message.kind not in {"broadcast", "private"} or message.settled is None:
            continue
        for connection in model.connections.values():
            if connection.instance == message.instance or not must_reach_connection(model, connection, message):
                continue
            if len(model.delivered(connection.id, message.token)) == 1:
                yield Held("MI-1" if message.kind == "broadcast" else "MI-2")


def _told(model: Model) -> Iterator[Held]:
    """Sockets on another instance than the one that handled the end of their session, and got nothing more."""
    for connection in model.connections.values():
        spans = model.browser(connection.browser).spans
        for before, after in pairwise(spans):
            if before.user is None or before.user == after.user or after.instance == connection.instance:
                continue
            then = model.browser(connection.browser).users(connection.opening, connection.opened or connection.opening)
            # A server may end the socket before it answers the sign-out, but not before it was asked.
            over = connection.over_by(after.since.index)
            if not over and then == {before.user} and _stayed_silent(model, connection, before):
                yield Held("MI-3")


def _stayed_silent(model: Model, connection: Connection, ended: IdentitySpan) -> bool:
    """Whether the server ended the socket itself, or a private message of the user passed it by, the grace over."""
    if ended.until is None:
        return False
    if connection.closed is not None and connection.closing is None:
        return True
    over_s = ended.until.at_s + (ended.soft_s or model.promises.sign_out_s)
    return any(
        message.kind == "private"
        and message.to_user == ended.user
        and message.settled is not None
        and message.started.at_s > over_s
        and not connection.over_by(message.settled.index)
        and not model.delivered(connection.id, message.token)
        and any(model.delivered(each, message.token) for each in model.connections)
        for message in model.messages.values()
    )


def _returned(model: Model) -> Iterator[Finding | Held]:
    for moment, event in model.facts(BrokerReturned):
        what = "after the broker's return messages cross between all instances again, none of which is restarted"
        yield from _recovery(model, "MI-4", what, event, at=moment.index)


def _digested(model: Model) -> Iterator[Finding | Held]:
    tokens = [token for _, event in model.facts(GarbagePublishing) for token in event.tokens]
    leaks = list(_strangers(model, tokens, expected="a malformed or foreign message on the broker reaches nobody"))
    yield from leaks
    for moment, event in model.facts(GarbagePublished):
        what = "after malformed and foreign messages on the broker, messages go on crossing between all instances"
        if event.heard and not (leaks and event.crossed):
            yield from _recovery(model, "MI-5", what, event, at=moment.index)


def _apart(model: Model) -> Iterator[Finding | Held]:
    for moment, event in model.facts(ElsewherePublished):
        what = f"the {event.kind} message of another application on the same broker reaches nobody here"
        leaks = list(_strangers(model, [event.token], expected=what))
        yield from leaks
        if not leaks and event.arrived and any(moment.index < each.index for each in model.settles):
            yield Held("MI-5")


def _strangers(model: Model, tokens: list[Token], *, expected: str) -> Iterator[Finding]:
    """Yield what connections were handed that none of our messages is, shaped or not."""
    for connection in model.connections.values():
        for token in tokens:
            arrived = [*model.delivered(connection.id, token)[:1]]
            if token in model.shapeless[connection.id]:
                arrived.append(model.shapeless[connection.id][token])
            for each in arrived[:1]:
                yield Finding(
                    requirement="MI-5",
                    check="instances",
                    observer=connection.id,
                    token=token,
                    at=each.moment.index,
                    expected=expected,
                    seen=f"{connection.id} was sent {each.data!r}"[:300],
                )


def _recovery(
    model: Model, requirement: str, what: str, event: BrokerReturned | GarbagePublished, *, at: int
) -> Iterator[Finding | Held]:
    promise_s = model.promises.reconnect_s
    if event.crossed and event.waited_s <= promise_s:
        yield Held(requirement)
        return
    seen = f"it took {event.waited_s:.2f} s" if event.crossed else f"{event.note}, {event.waited_s:.2f} s later"
    yield Finding(
        requirement=requirement,
        check="instances",
        at=at,
        expected=f"{what}, within {promise_s:g} s",
        seen=seen,
        level="late" if event.crossed else "fail",
    )
