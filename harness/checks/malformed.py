"""What a client sends wrongly harms nobody: EN-3, EN-4, EN-5, EN-6, RT-3.

One harm is told once, under the gravest of what it did: nobody is served any more, others are not, the sender is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.aftermath import Aftermath, aftermaths, left_behind, others_served, sender_served, unserved
from harness.checks.echo import RELAY
from harness.checks.finding import Finding, Held
from harness.history import Provoked
from harness.model.model import Model
from harness.wire.close_codes import in_words

_GRAVE = {"all": "EN-5", "others": "EN-3", "sender": "EN-5"}
_SORTS = {"unknown channel": "RT-3", "throwing": "EN-6"}
"""Sorts of odd messages that have a requirement of their own, whatever they do."""

_OWED = {
    "all": "after it a right echo works on the same connection or a new one",
    "others": "it affects no other connection",
    "sender": "the connection goes on working, or is closed",
}
SPREAD = "spread"
"""The kind of a finding in which something of a message showed to others, or later."""
_FINE_CODES = range(4000, 5000)
"""Close codes that an application gives its own meaning (RFC 6455 section 7.4.2)."""


def malformed(model: Model) -> Iterator[Finding | Held]:
    """Judge each odd message: whom it harmed, what was answered to it, and what it left behind."""
    addressed: set[str] = set()
    for after in aftermaths(model):
        event = after.event
        found = [*_harm(model, after), *_answers(model, after, addressed), *_spread(model, after)]
        yield from found
        if not found and sender_served(model, after):
            yield from _held(model, after)
        if event.addressed:
            addressed.add(event.sender)


def _harm(model: Model, after: Aftermath) -> Iterator[Finding]:
    harm = unserved(model, after)
    if harm is not None:
        name = _SORTS.get(after.event.sort, _GRAVE[harm.who])
        kind = f"{'once' if harm.once else 'silence' if harm.silent else 'harm'}:{after.event.sort}"
        yield _finding(name, after, _OWED[harm.who], harm.seen, kind=kind)
    if after.event.sort == "throwing":
        sender = model.connections[after.event.sender]
        code, closed = sender.code, sender.closed
        if after.covers(closed) and sender.by == "server" and code != 1011 and code not in _FINE_CODES:
            owed = "the connection stays open or is closed with 1011"
            yield _finding("EN-6", after, owed, f"it was closed {in_words(code)}")


def _answers(model: Model, after: Aftermath, addressed: set[str]) -> Iterator[Finding]:
    """Judge what came on the echo's channel for a message that cannot be meant for it.

    After one that can be, a late answer to that one cannot be told from it.
    """
    event = after.event
    if event.addressed or event.sort != "malformed":
        return
    echoes = {message.channel for message in model.messages.values() if message.kind == "echo"}
    marked = [each for token in event.tokens for each in model.delivered(event.sender, token)]
    said = [(each.moment, each.channel, each.data) for each in marked]
    if event.sender not in addressed:
        said += [
            (moment, each.channel, each.data)
            for moment, each in model.unmarked
            if each.observer == event.sender and after.covers(moment)
        ]
    for moment, channel, data in [each for each in said if each[1] in echoes][:1]:
        yield _finding(
            "EN-3",
            after,
            "it names no channel, so no channel answers it",
            f"{event.sender} received {data!r} on {channel!r}"[:300],
            at=moment.index,
        )


def _spread(model: Model, after: Aftermath) -> Iterator[Finding]:
    """Judge what others received of it, and what is left of it in later replies."""
    event = after.event
    name = {"malformed": "EN-3", "hostile": "EN-4", "throwing": "EN-6"}.get(event.sort)
    if name is None:
        return
    if event.sort == "throwing":
        for moment, received in model.unmarked:
            if received.channel == event.channel and received.observer != event.sender and after.covers(moment):
                seen = f"{received.observer} received {received.data!r} on {received.channel!r}"[:300]
                yield _finding(name, after, "it answers nobody else", seen, at=moment.index)
                return
    found = left_behind(model, event)
    if found is not None:
        observer, arrived = found
        yield _finding(
            name,
            after,
            "nothing of it shows in what others are sent, or anybody later",
            f"{observer} received {arrived.data!r} on {arrived.channel!r}"[:300],
            kind=RELAY if event.sort == "malformed" else SPREAD,
            at=arrived.moment.index,
        )


def _held(model: Model, after: Aftermath) -> Iterator[Held]:
    sort = after.event.sort
    if sort in _SORTS:
        if others_served(model, after):
            yield Held(_SORTS[sort])
        return
    yield Held("EN-5")
    if sort in {"malformed", "hostile"} and others_served(model, after):
        yield Held("EN-3" if sort == "malformed" else "EN-4")


def _finding(
    name: str, after: Aftermath, expected: str, seen: str, *, kind: str = "", at: int | None = None
) -> Finding:
    event: Provoked = after.event
    return Finding(
        requirement=name,
        check="malformed",
        observer=event.sender,
        token=event.tokens[0] if event.tokens else "",
        at=after.begun.index if at is None else at,
        expected=f"{event.sender} sends {event.name} ({event.sort}): {expected}"[:400],
        seen=seen,
        kind=kind,
    )
