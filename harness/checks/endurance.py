"""A connection goes on being answered: the same text again (EN-1, BC-1), and after very many messages (ORD-3).

What was counted only is judged here. Who promises no rate may have one all the same: it may close for that reason, or
let nothing through for a while. A server that stops or starts anew may close whenever it likes.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import EchoedAgain, FaultArmed, HeardAgain, TalkedLong, TargetDied
from harness.model.model import Model
from harness.model.state import Moment
from harness.wire.close_codes import GOING_AWAY, OWN_CODES, TOO_MUCH, in_words


def endurance(model: Model) -> Iterator[Finding | Held]:
    """Judge counted echoes on connections that nothing but the server can have ended."""
    if model.facts(TargetDied):
        return
    disturbed = {event.browser for _, event in model.facts(FaultArmed)}
    repeats: list[tuple[Moment, EchoedAgain | HeardAgain]] = [*model.facts(EchoedAgain), *model.facts(HeardAgain)]
    for moment, again in repeats:
        if model.connections[again.connection].browser not in disturbed:
            yield from _again(moment, again)
    for moment, talked in model.facts(TalkedLong):
        if model.connections[talked.connection].browser not in disturbed:
            yield from _talked(model, moment, talked)


def _again(moment: Moment, event: EchoedAgain | HeardAgain) -> Iterator[Finding | Held]:
    echoed = isinstance(event, EchoedAgain)
    requirement, expected = ("EN-1", "a reply to each echo") if echoed else ("BC-1", "each broadcast")
    if event.times in event.came:
        yield Held(requirement)
    elif any(event.came) and not event.ended:
        seen = ", then ".join(f"{each} of {event.times}" for each in event.came)
        yield Finding(
            requirement=requirement,
            check="endurance",
            observer=event.connection,
            at=moment.index,
            kind="once:same text",
            expected=f"{expected}, also where its text is that of the one before",
            seen=f"{seen} {'were answered' if echoed else 'came'}",
        )


def _talked(model: Model, moment: Moment, event: TalkedLong) -> Iterator[Finding | Held]:
    if event.ended:
        connection = model.connections[event.connection]
        seen = "" if _may_close(connection.code, event) else f"the server ended it {in_words(connection.code)}"
    elif event.silent:
        seen = f"nothing was answered any more, for {event.waited_s:.1f} s"
    else:
        if event.answered >= event.sent:
            yield Held("ORD-3")
        return
    if seen:
        yield Finding(
            requirement="ORD-3",
            check="endurance",
            observer=event.connection,
            at=moment.index,
            kind="talked:ended" if event.ended else "",
            expected=f"a connection that sends no more than {event.per_s} messages a second goes on being answered"
            + ("" if event.promised else " (a limit is a promise: flood_per_s)"),
            seen=f"after {event.answered} replies {seen}",
        )


def _may_close(code: int | None, event: TalkedLong) -> bool:
    if code is None:
        return False
    return code in GOING_AWAY or (not event.promised and (code in TOO_MUCH or code >= OWN_CODES))
