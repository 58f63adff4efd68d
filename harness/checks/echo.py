"""A handler's reply goes to the sender, once, on its channel, and strays reach nobody: EN-1, RT-2, RT-6, RT-7."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.checks.delivery import loss_shape
from harness.checks.finding import Finding, Held
from harness.model.claims import claimed
from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.outage import cut_off
from harness.model.state import Delivery, Message
from harness.wire.template import match

EARLY = "once:early"
"""The kind of a finding about what was said as soon as the connection was open."""
RELAY = "relay"
"""The kind of a finding in which others got what a client sent, as it was sent."""


def echo(model: Model) -> Iterator[Finding | Held]:
    """Judge each message that an observer sent: the reply that it owes, and where else it showed."""
    sent = [message for message in model.messages.values() if message.kind == "echo"]
    busy = sorted((message.started.index, (message.settled or model.now).index, message.by or "") for message in sent)
    shapes = _loss_shapes(model, sent)
    for message in sent:
        elsewhere = _elsewhere(model, message)
        replied = bool(_replies(model, message))
        for observer in elsewhere:
            yield _finding(
                "RT-6" if replied else "RT-7",
                message,
                observer,
                expected=f"the reply to {message.by} reaches its connection only",
                seen=f"{observer} received it too" if replied else f"{observer} received it, and {message.by} did not",
                kind=""
                if any(_is_reply(message, each) for each in model.delivered(observer, message.token))
                else RELAY,
            )
        if message.settled is None or message.by not in model.connections:
            continue
        if must_reach_connection(model, model.connections[message.by], message):
            yield from _judge_reply(model, message, shape=shapes[message.by], crossed=bool(elsewhere) and not replied)
            if replied and not elsewhere:
                yield Held("RT-6")
                if _overlapped(message, busy):
                    yield Held("RT-7")
    yield from _first_words(model, sent)
    yield from _strays(model, answered=any(_replies(model, message) for message in sent))


def _loss_shapes(model: Model, sent: list[Message]) -> dict[str, str]:
    arrived: defaultdict[str, list[bool]] = defaultdict(list)
    for message in sent:
        by = message.by or ""
        arrived[by].append(bool(model.delivered(by, message.token)))
    return {by: loss_shape(each) for by, each in arrived.items()}


def _judge_reply(model: Model, message: Message, *, shape: str, crossed: bool) -> Iterator[Finding | Held]:
    arrived = model.delivered(message.by or "", message.token)
    owed = "exactly one reply to the echo, with its text"
    if not arrived:
        if not crossed:
            yield _finding("EN-1", message, message.by or "", expected=owed, seen="no reply came", kind=shape)
    elif len(arrived) > 1:
        yield _finding("EN-1", message, message.by or "", expected=owed, seen=f"{len(arrived)} replies came")
    elif match(message.expected, arrived[0].data) is None:
        yield _finding(
            "EN-1",
            message,
            message.by or "",
            expected=f"{owed}: {message.expected!r}"[:400],
            seen=f"data {arrived[0].data!r}"[:400],
        )
    else:
        yield Held("EN-1")


def _first_words(model: Model, sent: list[Message]) -> Iterator[Finding]:
    """Judge what a connection said as soon as it was open, and got no reply to: it is a message like those after it."""
    for connection in model.connections.values():
        said = [message for message in sent if message.by == connection.id]
        ready, opened = connection.ready, connection.opened
        if connection.probed or ready is None or opened is None or not said or said[0].started > ready:
            continue
        if not connection.in_order or connection.stalls:
            continue
        if model.browser(connection.browser).changed_within(connection.opening, ready) or claimed(model, connection.id):
            continue
        heard_later = any(model.delivered(connection.id, each.token) for each in said[1:])
        answered = model.delivered(connection.id, said[0].token) or _elsewhere(model, said[0])
        if heard_later and not answered and not cut_off(model, opened, ready):
            yield _finding(
                "EN-1",
                said[0],
                connection.id,
                expected="a reply to what is said as soon as the connection is open, as to what is said later",
                seen="no reply came to the first echo, and replies to later ones",
                kind=EARLY,
            )


def _strays(model: Model, *, answered: bool) -> Iterator[Finding | Held]:
    for message in model.messages.values():
        if message.kind != "stray":
            continue
        clean, own = True, _own(model, message)
        own += [life.key for life in model.lives() if life.id == message.by]
        for observer, found in model.deliveries.items():
            for arrived in found.get(message.token, ())[:1]:
                # An error that quotes the text, sent back to the sender alone, is a documented answer and no delivery.
                if observer not in own or _is_reply(message, arrived):
                    clean = False
                    yield _finding(
                        "RT-2",
                        message,
                        observer,
                        expected=f"a message on {message.channel!r}, which nobody handles, has no effect",
                        seen=f"{observer} received {arrived.data!r} on {arrived.channel!r}"[:300],
                        kind="" if observer in own or _is_reply(message, arrived) else RELAY,
                    )
        if clean and answered and message.settled is not None:
            yield Held("RT-2")


def _is_reply(message: Message, arrived: Delivery) -> bool:
    return message.expected is not None and match(message.expected, arrived.data) is not None


def _replies(model: Model, message: Message) -> bool:
    """Whether the reply arrived at the sender, or, for a tab, at any connection of its browser."""
    own = _own(model, message)
    return any(model.delivered(observer, message.token) for observer in own)


def _elsewhere(model: Model, message: Message) -> list[str]:
    own = _own(model, message)
    return [each for each in model.connections if each not in own and model.delivered(each, message.token)]


def _own(model: Model, message: Message) -> list[str]:
    if message.by in model.connections:
        return [message.by]
    life = model.tabs.get(message.by or "")
    return [connection.id for connection in model.browser(life.browser).connections] if life else []


def _overlapped(message: Message, busy: list[tuple[int, int, str]]) -> bool:
    end = (message.settled or message.started).index
    return any(by != message.by and start < end and stop > message.started.index for start, stop, by in busy)


def _finding(requirement: str, message: Message, observer: str, *, expected: str, seen: str, kind: str = "") -> Finding:
    return Finding(
        requirement=requirement,
        check="echo",
        observer=observer,
        token=message.token,
        at=message.started.index,
        expected=expected,
        seen=seen,
        kind=kind,
    )
