"""Every server message is an envelope, on the channel it was published on: EN-2, RT-1.

Looks at all traffic of all tests, but for what a server says to a connection that has just sent what no right client
sends: a channel for that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.aftermath import provoked_by
from harness.checks.finding import Finding, Held
from harness.model.model import Model
from harness.wire.token import Token


def envelope(model: Model) -> Iterator[Finding | Held]:
    """Judge the form of everything that a connection received, and the channel of everything that carries a token."""
    for moment, event in model.malformed:
        if provoked_by(model, event.observer, moment):
            continue
        yield Finding(
            requirement="EN-2",
            check="envelope",
            observer=event.observer,
            at=moment.index,
            expected="every message of the server has the shape of the target's envelope",
            seen=f"{event.why}: {event.raw[:200]!r}",
        )
    for observer, found in model.deliveries.items():
        for token, arrived in found.items():
            message = model.messages.get(token)
            for each in arrived[:1]:
                on_connection = observer in model.connections
                if on_connection:
                    yield Held("EN-2")
                # A page may list data without its channel; a server may not.
                if message is None or message.kind == "stray" or not (on_connection or each.channel):
                    continue
                if each.channel == message.channel:
                    yield Held("RT-1")
                elif on_connection or not _came_so(model, token, each.channel):
                    yield Finding(
                        requirement="RT-1",
                        check="envelope",
                        observer=each.observer,
                        token=token,
                        at=each.moment.index,
                        expected=f"the message arrives on its own channel, {message.channel!r}",
                        seen=f"it arrived on {each.channel!r}",
                    )


def _came_so(model: Model, token: Token, channel: str) -> bool:
    return any(
        arrived.channel == channel for connection in model.connections for arrived in model.delivered(connection, token)
    )
