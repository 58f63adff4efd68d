"""A text that looks like another value, or like nothing, comes through as it is (EN-8).

Such a text carries no token: it is known by its place in the data. What was refused in words was not dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import BareAnswered, BareSent, StepFinished
from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.state import Connection, Message, Moment
from harness.wire.template import fill, match
from harness.wire.token import Token


def round_trip(model: Model) -> Iterator[Finding | Held]:
    """Judge each bare text at each connection that must get it; one that came at the second time was not dropped."""
    tried: defaultdict[tuple[str, str, str], list[tuple[Moment, BareSent, Moment]]] = defaultdict(list)
    for moment, bare in model.facts(BareSent):
        end = _end_of_step(model, moment)
        answered = _answer(model, moment)
        if bare.kind != "echo" and (answered is None or not answered.accepted):
            continue
        message = Message(
            Token(""), bare.kind, bare.channel, None, moment, moment, accepted=True,
            to_user=bare.to_user, by=bare.sender, settled=end,
        )  # fmt: skip
        for connection in model.connections.values():
            if must_reach_connection(model, connection, message) and _hears(model, connection, bare.kind, moment):
                tried[connection.id, bare.kind, bare.text].append((moment, bare, end))
    for (observer, _, _), tries in tried.items():
        yield from _judge(model, observer, tries)


def _hears(model: Model, connection: Connection, kind: str, moment: Moment) -> bool:
    """Whether the connection got an ordinary message of this kind before."""
    return any(
        message.kind == kind and message.started.index < moment.index and model.delivered(connection.id, token)
        for token, message in model.messages.items()
    )


def _judge(model: Model, observer: str, tries: list[tuple[Moment, BareSent, Moment]]) -> Iterator[Finding | Held]:
    moment, bare, _ = tries[0]
    expected = fill(bare.template, {"text": bare.text, "data": "{data}"})
    came = [
        each
        for at, each in model.unmarked
        if each.observer == observer and any(since.index < at.index <= until.index for since, _, until in tries)
    ]
    # On another channel it came too; which channel is for RT-1 to say.
    if any(match(expected, each.data) is not None for each in came):
        yield Held("EN-8")
        return
    # An echo may be refused in words, in a form that is not the reply's.
    if bare.kind == "echo" and any(match(bare.template, each.data) is None for each in came):
        return
    others = [each.data for each in came if each.channel == bare.channel]
    yield Finding(
        requirement="EN-8",
        check="round_trip",
        observer=observer,
        at=moment.index,
        expected=f"the text {bare.text!r} ({bare.kind}) comes as {expected!r}"[:300],
        seen=(f"what came was {others!r}" if others else "nothing came")[:300],
    )


def _answer(model: Model, moment: Moment) -> BareAnswered | None:
    return next((event for at, event in model.facts(BareAnswered) if at.index > moment.index), None)


def _end_of_step(model: Model, moment: Moment) -> Moment:
    return next((at for at, _ in model.facts(StepFinished) if at.index > moment.index), model.now)
