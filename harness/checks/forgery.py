"""A client cannot speak for the server: RT-4 for the broadcast channel, RT-5 for private messages and replies.

A server that relays all three is told once, as RT-5 (`filing.classify`).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.aftermath import Aftermath, aftermaths, others_served
from harness.checks.echo import RELAY
from harness.checks.finding import Finding, Held
from harness.model.model import Model

_REQUIREMENTS = {"forged broadcast": "RT-4", "forged private": "RT-5", "forged reply": "RT-5"}


def forgery(model: Model) -> Iterator[Finding | Held]:
    """Judge each forged message at each connection."""
    for after in aftermaths(model):
        name = _REQUIREMENTS.get(after.event.sort)
        if name is None:
            continue
        found = list(_relayed(model, after, name))
        yield from found[:1]
        settled = any(moment.index > after.begun.index for moment in model.settles)
        if not found and settled and others_served(model, after):
            yield Held(name)


def _relayed(model: Model, after: Aftermath, name: str) -> Iterator[Finding]:
    event = after.event
    for token in event.tokens:
        for observer in model.connections:
            for arrived in model.delivered(observer, token):
                # To the sender an error that quotes it is an answer; what it forged, as it forged it, is not.
                own = observer == event.sender
                same = arrived.channel == event.channel and arrived.data == event.data
                if own and (not same or event.sort == "forged reply"):
                    continue
                yield Finding(
                    requirement=name,
                    check="forgery",
                    observer=observer,
                    token=token,
                    at=arrived.moment.index,
                    kind=RELAY,
                    expected=f"what {event.sender} sends ({event.sort}, {event.name}) reaches nobody as the server's",
                    seen=f"{observer} received {arrived.data!r} on {arrived.channel!r}"[:300],
                )
